#include "top/screen.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace bazaar::tracker::top {

namespace {

/// Per second, since the look before; a tracker that was restarted meanwhile starts from 0.
double rate(const Look& look, const Numbers& before, const Numbers& now, std::string_view name) {
  const double change = family(now, name) - family(before, name);
  return look.seconds <= 0 ? 0 : std::max(0.0, change) / look.seconds;
}

std::string whole(double value) { return fmt::format("{:.0f}", value); }

std::string bytes(double value) {
  for (const char* unit : {"B", "KB", "MB", "GB"}) {
    if (value < 1'000) return fmt::format("{:.{}f} {}", value, value < 10 && *unit != 'B' ? 1 : 0, unit);
    value /= 1'000;
  }
  return fmt::format("{:.1f} TB", value);
}

std::string duration(double seconds) {
  const auto s = static_cast<int64_t>(seconds);
  if (s < 120) return fmt::format("{} s", s);
  if (s < 7'200) return fmt::format("{} min", s / 60);
  if (s < 172'800) return fmt::format("{} h", s / 3'600);
  return fmt::format("{} days", s / 86'400);
}

constexpr const char* kRow = "{:<24} {:>11} {:>8} {:>8} {:>9} {:>10} {:>10} {:>10} {:>6}\n";

std::string row(const std::string& name, const Look& look, const Numbers& before, const Numbers& now) {
  const auto per_second = [&](std::string_view family) { return rate(look, before, now, family); };
  return fmt::format(kRow, name, whole(family(now, "connections")), whole(family(now, "streams")),
                     whole(per_second("joins_total")), whole(per_second("relays_total")),
                     whole(per_second("messages_total")), bytes(rate(look, before, now, "bytes_total.in")),
                     bytes(rate(look, before, now, "bytes_total.out")),
                     fmt::format("{:.0f} %", 100 * per_second("busy_seconds_total")));
}

struct Reason {
  std::string name;
  double per_second = 0;
  double total = 0;
};

/// What may be on the list of complaints: counters that only grow when something was not done.
bool is_complaint(std::string_view name) {
  for (const std::string_view family :
       {"refused_connections_total.", "failed_handshakes_total.", "refused_upgrades_total.", "throttled_total.",
        "errors_total.", "refused_joins_total.", "dropped_relays_total.", "webtorrent_drops_total.",
        "dropped_bus_messages_total."})
    if (name.starts_with(family)) return true;
  for (const std::string_view one : {"closed_total.slow", "closed_total.timeout", "closed_total.protocol",
                                     "backplane_dropped_total", "backplane_refused_total", "accept_pauses_total"})
    if (name == one) return true;
  return false;
}

void collect(const Look& look, const Numbers& before, const Numbers& now, std::vector<Reason>& out) {
  for (const auto& [name, total] : now) {
    if (total == 0 || !is_complaint(name)) continue;
    auto found =
        std::find_if(out.begin(), out.end(), [&known = name](const Reason& reason) { return reason.name == known; });
    if (found == out.end()) found = out.insert(out.end(), Reason{name});
    found->total += total;
    found->per_second += look.seconds <= 0 ? 0 : std::max(0.0, total - number(before, name)) / look.seconds;
  }
}

/// Each worker knows all, some a little later.
double audience(const Status& status) {
  double most = 0;
  for (const Numbers& worker : status.workers) most = std::max(most, number(worker, "audience"));
  return most;
}

std::string head(const Look& look) {
  if (!look.now) return fmt::format("{}: {}\n", look.url, look.problem);
  const Numbers& node = look.now->node;
  const Numbers now = look.now->sum();
  const Numbers before = look.before ? look.before->node : node;
  std::string out = fmt::format(
      "{}  tracker {}  up {}  {}  {} nodes{}\n", look.url, look.now->version, duration(number(node, "uptime_seconds")),
      number(node, "draining") > 0 ? "DRAINING" : "serving", whole(number(node, "backplane_nodes")),
      number(node, "backplane_connected") > 0 ? "" : "  BACKPLANE LOST");
  out += fmt::format("  viewers {} native, {} webtorrent; audience {}; {} cells, {} ghosts; join window {:.1f} s\n",
                     whole(number(now, "connections.native")), whole(number(now, "connections.webtorrent")),
                     whole(audience(*look.now)), whole(family(now, "cells")), whole(number(now, "ghosts")),
                     number(node, "join_window_seconds"));
  out += fmt::format("  memory {}, processor {:.0f} %, files {} of {}\n", bytes(number(node, "resident_bytes")),
                     100 * rate(look, before, node, "cpu_seconds_total"), whole(number(node, "open_files")),
                     whole(number(node, "open_files_max")));
  return out;
}

}  // namespace

std::string screen(const std::vector<Look>& looks, size_t rows_max) {
  std::string out;
  for (const Look& look : looks) out += head(look);
  out += "\n" +
         fmt::format(kRow, "", "connections", "streams", "joins/s", "relays/s", "messages/s", "in/s", "out/s", "busy");

  std::vector<Reason> reasons;
  for (const Look& look : looks) {
    if (!look.now) continue;
    const Status& now = *look.now;
    const Status& before = look.before ? *look.before : now;
    const Numbers sum = now.sum();
    const Numbers sum_before = before.sum();
    out += row(looks.size() > 1 ? look.url : "all", look, sum_before, sum);
    for (size_t i = 0; looks.size() == 1 && i < now.workers.size(); ++i)
      out += row(fmt::format("worker {}", i), look, i < before.workers.size() ? before.workers[i] : now.workers[i],
                 now.workers[i]);
    collect(look, sum_before, sum, reasons);
    collect(look, before.node, now.node, reasons);
  }
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) {
    return a.per_second != b.per_second ? a.per_second > b.per_second : a.total > b.total;
  });
  if (!reasons.empty()) out += fmt::format("\n{:<48} {:>10} {:>14}\n", "refused, dropped", "a second", "since start");
  for (const Reason& reason : reasons)
    out += fmt::format("{:<48} {:>10.1f} {:>14}\n", reason.name, reason.per_second, whole(reason.total));

  if (rows_max == 0) return out;
  size_t end = 0;
  for (size_t row_number = 0; row_number < rows_max && end != std::string::npos; ++row_number)
    end = out.find('\n', end == 0 ? 0 : end + 1);
  return end == std::string::npos ? out : out.substr(0, end + 1);
}

}  // namespace bazaar::tracker::top
