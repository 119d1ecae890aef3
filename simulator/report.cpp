#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <sstream>

namespace bazaar::sim {

namespace {

struct Figure {
  const char* key;   ///< in the JSON
  const char* name;  ///< in the table
  int digits;
  std::function<double(const RunResult&)> value;
};

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

const std::vector<Figure>& figures() {
  static const std::vector<Figure> all{
      {"offload", "offload", 4, [](const RunResult& r) { return r.offload; }},
      {"limit", "limit", 4, [](const RunResult& r) { return r.limit; }},
      {"of_limit", "offload / limit", 4, [](const RunResult& r) { return share(r.offload, r.limit); }},
      {"offload_total", "offload, start-up included", 4, [](const RunResult& r) { return r.offload_total; }},
      {"copies", "copies of a block from the CDN", 2, [](const RunResult& r) { return r.copies; }},
      {"copies_of_audience", "copies / viewers", 4, [](const RunResult& r) { return r.copies_of_audience; }},
      {"copies_max", "copies of the worst block", 0, [](const RunResult& r) { return r.copies_max; }},
      {"seeds", "of them seeds, by dice", 2, [](const RunResult& r) { return r.seeds; }},
      {"seeds_max", "seeds of the worst block", 0, [](const RunResult& r) { return r.seeds_max; }},
      {"by_deadline", "bytes by deadline / useful", 4,
       [](const RunResult& r) { return share(r.measured.by_deadline, r.measured.useful()); }},
      {"waste", "waste / useful", 4, [](const RunResult& r) { return share(r.measured.wasted, r.measured.useful()); }},
      {"control", "control / useful", 4,
       [](const RunResult& r) { return share(r.measured.control, r.measured.useful()); }},
      {"stalls", "stalls", 0, [](const RunResult& r) { return static_cast<double>(r.stalls); }},
      {"stalled_s", "stalled, s", 1, [](const RunResult& r) { return r.stalled_ms / 1'000; }},
      {"never_started", "viewers that never started", 0,
       [](const RunResult& r) { return static_cast<double>(r.never_started); }},
      {"start_up_p50_ms", "start-up p50, ms", 0, [](const RunResult& r) { return r.start_up_ms.p50; }},
      {"start_up_p95_ms", "start-up p95, ms", 0, [](const RunResult& r) { return r.start_up_ms.p95; }},
      {"start_up_p99_ms", "start-up p99, ms", 0, [](const RunResult& r) { return r.start_up_ms.p99; }},
      {"latency_p50_ms", "latency p50, ms", 0, [](const RunResult& r) { return r.latency_ms.p50; }},
      {"latency_p95_ms", "latency p95, ms", 0, [](const RunResult& r) { return r.latency_ms.p95; }},
      {"latency_p99_ms", "latency p99, ms", 0, [](const RunResult& r) { return r.latency_ms.p99; }},
      {"upload_ratio_max", "upload / download, largest", 3, [](const RunResult& r) { return r.upload_ratio_max; }},
      {"upload_jain", "uploads' fairness (Jain)", 3, [](const RunResult& r) { return r.upload_jain; }},
      {"hops_mean", "hops from the CDN, mean", 2, [](const RunResult& r) { return r.hops_mean; }},
      {"hops_max", "hops, largest", 0, [](const RunResult& r) { return static_cast<double>(r.hops_max); }},
      {"links_mean", "connections a viewer", 1, [](const RunResult& r) { return r.links_mean; }},
      {"messages_per_viewer_second", "messages / viewer-second", 1,
       [](const RunResult& r) { return share(r.measured.messages, r.measured.viewer_ms / 1'000); }},
      {"statuses_per_viewer_second", "of them STATUS", 1,
       [](const RunResult& r) { return share(r.measured.statuses, r.measured.viewer_ms / 1'000); }},
      {"requests_per_viewer_second", "of them REQUEST", 1,
       [](const RunResult& r) { return share(r.measured.requests, r.measured.viewer_ms / 1'000); }},
      {"rejected", "requests rejected / sent", 3,
       [](const RunResult& r) { return share(r.measured.rejects, r.measured.requests); }},
      {"timeouts", "requests timed out", 0, [](const RunResult& r) { return r.requests_timed_out; }},
      {"rejects", "requests rejected", 0, [](const RunResult& r) { return r.requests_rejected; }},
      {"viewers_mean", "viewers present, mean", 0, [](const RunResult& r) { return r.viewers_mean; }},
      {"useful_mb", "useful media, MB", 0, [](const RunResult& r) { return r.measured.useful() / 1e6; }},
      {"cdn_mb", "left the CDN, MB", 0, [](const RunResult& r) { return r.cdn_bytes / 1e6; }},
      {"events_per_viewer_second", "events / viewer-second", 1,
       [](const RunResult& r) { return r.events_per_viewer_second; }},
      {"complaints", "broken promises", 0, [](const RunResult& r) { return static_cast<double>(r.complaints); }},
      {"components", "components of the graph", 0,
       [](const RunResult& r) { return static_cast<double>(r.components); }},
      {"wall_s", "took, s", 1, [](const RunResult& r) { return r.wall_seconds; }},
      {"peak_memory_mb", "peak memory so far, MB", 0, [](const RunResult& r) { return r.peak_memory_mb; }},
  };
  return all;
}

}  // namespace

nlohmann::ordered_json json_of(const RunResult& result) {
  nlohmann::ordered_json json;
  for (const Figure& figure : figures()) json[figure.key] = figure.value(result);
  json["limit_binds"] = result.limit_key;
  nlohmann::ordered_json limits = nlohmann::ordered_json::array();
  for (const Limit& limit : result.limits) {
    limits.push_back({{"key", limit.key},
                      {"name", limit.name},
                      {"offload", limit.offload},
                      {"of_limit", share(result.offload, limit.offload)},
                      {"applies", limit.applies},
                      {"binds", limit.key == result.limit_key}});
  }
  json["limits"] = limits;
  json["offload_by_second"] = result.offload_by_second;
  json["complaint_samples"] = result.complaint_samples;
  std::ostringstream hash;
  hash << std::hex << result.trace_hash;
  json["trace_hash"] = hash.str();
  return json;
}

void print_table(std::ostream& out, const std::vector<Column>& columns) {
  constexpr int kNameWidth = 34;
  constexpr int kWidth = 12;
  out << std::left << std::setw(kNameWidth) << "" << std::right;
  for (const Column& column : columns) out << std::setw(kWidth) << column.name;
  out << '\n';
  for (const Figure& figure : figures()) {
    out << std::left << std::setw(kNameWidth) << figure.name << std::right << std::fixed
        << std::setprecision(figure.digits);
    for (const Column& column : columns) out << std::setw(kWidth) << figure.value(*column.result);
    out << '\n';
  }
  out << std::defaultfloat;
}

void print_limits(std::ostream& out, const RunResult& result) {
  out << "limits of offload, and ours / limit:\n" << std::fixed << std::setprecision(4);
  for (const Limit& limit : result.limits) {
    out << "  " << limit.offload << "  " << share(result.offload, limit.offload) << "  " << limit.name;
    if (!limit.applies) out << " (to compare: not our rules)";
    if (limit.key == result.limit_key) out << "   <- binds";
    out << '\n';
  }
  out << std::defaultfloat;
}

}  // namespace bazaar::sim
