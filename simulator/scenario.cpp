#include "scenario.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace bazaar::sim {

namespace {

/// One key of the file: where it goes, in which unit, within which bounds.
struct Field {
  const char* section;
  const char* key;
  double Scenario::*real = nullptr;
  uint32_t Scenario::*whole = nullptr;
  double unit;  ///< a value in the file times this is the value in the struct
  double min;
  double max;
  const char* what;
};

constexpr double kSecond = 1'000;

Field real(const char* section, const char* key, double Scenario::*to, double unit, double min, double max,
           const char* what) {
  return {section, key, to, nullptr, unit, min, max, what};
}
Field whole(const char* section, const char* key, uint32_t Scenario::*to, double min, double max, const char* what) {
  return {section, key, nullptr, to, 1, min, max, what};
}

const std::vector<Field>& fields() {
  static const std::vector<Field> all{
      real("run", "seconds", &Scenario::duration_ms, kSecond, 10, 7200, "virtual time, and video"),
      real("run", "warm_up_seconds", &Scenario::warm_up_ms, kSecond, 0, 7200, "figures count from here"),
      whole("audience", "viewers", &Scenario::viewers, 1, 100'000, "present at once"),
      real("audience", "join_seconds", &Scenario::join_ms, kSecond, 0, 600, "the first viewers join within this time"),
      real("audience", "mean_stay_seconds", &Scenario::mean_stay_ms, kSecond, 0, 86'400,
           "exponential; who leaves is replaced at once. 0: everybody stays"),
      real("audience", "silent_share", &Scenario::silent_share, 1, 0, 1, "of those who leave: without a word"),
      real("audience", "leave_at_seconds", &Scenario::leave_at_ms, kSecond, 0, 7200, "at this moment …"),
      real("audience", "leave_share", &Scenario::leave_share, 1, 0, 1,
           "… this share of the audience leaves for good, within a second"),
      real("stream", "segment_seconds", &Scenario::segment_ms, kSecond, 0.5, 10, "length of a segment"),
      real("stream", "behind_live_seconds", &Scenario::sync_ms, kSecond, 1, 60,
           "where the player starts, behind the end of the playlist"),
      real("stream", "size_spread", &Scenario::size_spread, 1, 0, 0.9,
           "a segment's size varies by this share either way"),
      real("stream", "switch_mean_seconds", &Scenario::switch_mean_ms, kSecond, 0, 3600,
           "a viewer changes rendition this often on average; 0: never"),
      real("links", "downlink_mbit", &Scenario::downlink_mbit, 1, 0.5, 10'000, "of every viewer"),
      real("links", "access_ms", &Scenario::access_ms, 1, 4, 500, "least delay of a viewer's access link, one way"),
      real("links", "access_more_ms", &Scenario::access_more_ms, 1, 0, 500, "mean of the exponential rest of it"),
      real("links", "jitter_ms", &Scenario::jitter_ms, 1, 0, 500,
           "mean of the exponential jitter of a message; each pair has 0.5 to 1.5 times it"),
      real("links", "loss", &Scenario::loss, 1, 0, 0.2, "of packets of 1,200 B; becomes delay"),
      real("links", "queue_ms", &Scenario::queue_ms, 1, 0, 2'000,
           "the access router's queue: what a small message waits for other channels' blocks"),
      real("connecting", "set_up_ms", &Scenario::set_up_ms, 1, 20, 20'000,
           "ICE and DTLS after the answer, mean, ± 50 %"),
      real("connecting", "symmetric_nat", &Scenario::symmetric_nat, 1, 0, 1,
           "share of viewers behind a symmetric NAT: two of them never connect"),
      real("connecting", "island_share", &Scenario::island_share, 1, 0, 1, "share of viewers behind firewalls …"),
      whole("connecting", "islands", &Scenario::islands, 1, 1000,
            "… in so many islands: they connect only within theirs"),
      real("connecting", "signal_ms", &Scenario::signal_ms, 1, 4, 1'000,
           "viewer to tracker, one way, besides the access link"),
      whole("connecting", "peers_max", &Scenario::peers_max, 0, 32, "connections a viewer"),
      real("cdn", "of_audience", &Scenario::cdn_of_audience, 1, 0, 10,
           "egress, as a share of what the whole audience needs; 0: no limit"),
      real("cdn", "one_way_ms", &Scenario::cdn_ms, 1, 4, 1'000, "besides the access link"),
      real("cdn", "answer_ms", &Scenario::cdn_answer_ms, 1, 0, 5'000, "until the first byte"),
      real("cdn", "outage_from_seconds", &Scenario::outage_from_ms, kSecond, 0, 7200,
           "segments and playlists are answered 503 …"),
      real("cdn", "outage_until_seconds", &Scenario::outage_until_ms, kSecond, 0, 7200, "… until here …"),
      real("cdn", "outage_share", &Scenario::outage_share, 1, 0, 1,
           "… to this share of the viewers (an edge that is down)"),
      real("behaviour", "free_riders", &Scenario::free_riders, 1, 0, 1, "share that never uploads"),
      real("behaviour", "liars", &Scenario::liars, 1, 0, 1, "share that serves other bytes than it received"),
      real("behaviour", "slow_peers", &Scenario::slow_peers, 1, 0, 1, "share that answers requests late …"),
      real("behaviour", "slow_ms", &Scenario::slow_ms, 1, 0, 10'000, "… by this"),
  };
  return all;
}

std::string show(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

class Reader {
 public:
  Reader(const std::string& name, Scenario& scenario) : name_(name), to_(scenario) {}

  void read(const toml::table& file) {
    for (const auto& [key, node] : file) {
      const std::string section(key.str());
      if (section == "sentence") {
        to_.sentence = text(node, "sentence");
      } else if (section == "uplink") {
        read_uplinks(node);
      } else if (is_section(section)) {
        const toml::table* table = node.as_table();
        if (!table) fail(node, section, "a section, [" + section + "]");
        for (const auto& [inner, value] : *table) read_field(section, std::string(inner.str()), value);
      } else {
        fail(node, section, "one of sentence, [[uplink]], " + sections());
      }
    }
    if (to_.sentence.empty()) fail_at(1, "sentence", "one sentence that says what the scenario is about");
    check_whole();
  }

 private:
  [[noreturn]] void fail_at(uint32_t line, const std::string& key, const std::string& expected) const {
    throw ScenarioError(name_ + ":" + std::to_string(line) + ": " + key + ": expected " + expected);
  }
  [[noreturn]] void fail(const toml::node& node, const std::string& key, const std::string& expected) const {
    fail_at(node.source().begin.line, key, expected);
  }

  static bool is_section(const std::string& name) {
    for (const Field& field : fields()) {
      if (name == field.section) return true;
    }
    return false;
  }
  static std::string sections() {
    std::string list;
    for (const Field& field : fields()) {
      const std::string section = std::string("[") + field.section + "]";
      if (list.find(section) == std::string::npos) list += (list.empty() ? "" : ", ") + section;
    }
    return list;
  }
  static std::string keys_of(const std::string& section) {
    std::string list = section == "stream" ? "bitrates_kbit" : "";
    for (const Field& field : fields()) {
      if (section == field.section) list += (list.empty() ? "" : ", ") + std::string(field.key);
    }
    return list;
  }

  std::string text(const toml::node& node, const std::string& key) const {
    const auto value = node.value_exact<std::string>();
    if (!value) fail(node, key, "text in quotes");
    return *value;
  }
  double number(const toml::node& node, const std::string& key, double min, double max) const {
    const std::string range = "a number from " + show(min) + " to " + show(max);
    if (!node.is_number()) fail(node, key, range);
    const double value = *node.value<double>();
    if (!(value >= min && value <= max)) fail(node, key, range + ", not " + show(value));
    return value;
  }

  void read_field(const std::string& section, const std::string& key, const toml::node& node) {
    if (section == "stream" && key == "bitrates_kbit") return read_bitrates(node);
    for (const Field& field : fields()) {
      if (section != field.section || key != field.key) continue;
      const double value = number(node, section + "." + key, field.min, field.max);
      lines_[section + "." + key] = node.source().begin.line;
      if (field.real) {
        to_.*field.real = value * field.unit;
        return;
      }
      if (value != std::floor(value)) fail(node, section + "." + key, "a whole number");
      to_.*field.whole = static_cast<uint32_t>(value);
      return;
    }
    fail(node, section + "." + key, "one of " + keys_of(section));
  }

  void read_bitrates(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (!list || list->empty() || list->size() > 8)
      fail(node, "stream.bitrates_kbit", "a list of one to eight numbers");
    to_.bitrates_kbit.clear();
    for (const toml::node& item : *list) to_.bitrates_kbit.push_back(number(item, "stream.bitrates_kbit", 50, 100'000));
  }

  void read_uplinks(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (!list || list->empty()) fail(node, "uplink", "[[uplink]] tables with share and of_bitrate");
    to_.uplinks.clear();
    double sum = 0;
    for (const toml::node& item : *list) {
      const toml::table* table = item.as_table();
      if (!table) fail(item, "uplink", "a table, [[uplink]], with share and of_bitrate");
      UplinkClass one;
      for (const auto& [key, value] : *table) {
        const std::string name(key.str());
        if (name == "share") {
          one.share = number(value, "uplink.share", 0, 1);
        } else if (name == "of_bitrate") {
          one.of_bitrate = number(value, "uplink.of_bitrate", 0, 1000);
        } else {
          fail(value, "uplink." + name, "one of share, of_bitrate");
        }
      }
      sum += one.share;
      to_.uplinks.push_back(one);
    }
    if (std::abs(sum - 1) > 1e-6) fail(node, "uplink", "shares that sum to 1, not " + show(sum));
  }

  void check_whole() {
    const auto line = [&](const char* key) { return lines_.contains(key) ? lines_.at(key) : 1; };
    if (to_.warm_up_ms >= to_.duration_ms)
      fail_at(line("run.warm_up_seconds"), "run.warm_up_seconds", "less than run.seconds");
    if (to_.outage_until_ms < to_.outage_from_ms)
      fail_at(line("cdn.outage_until_seconds"), "cdn.outage_until_seconds", "no less than cdn.outage_from_seconds");
    if (to_.switch_mean_ms > 0 && to_.bitrates_kbit.size() < 2)
      fail_at(line("stream.switch_mean_seconds"), "stream.switch_mean_seconds", "two or more stream.bitrates_kbit");
  }

  const std::string& name_;
  Scenario& to_;
  std::map<std::string, uint32_t> lines_;
};

/// The line with this number, from 1, as far as it is text and fits into a message.
std::string line_of(const std::string& source, uint32_t number) {
  constexpr size_t kShownMax = 80;
  std::istringstream text(source);
  std::string line;
  for (uint32_t i = 0; i < number; ++i) std::getline(text, line);
  const auto end = std::find_if(line.begin(), line.end(), [](unsigned char c) { return c < ' '; });
  return line.substr(0, std::min<size_t>(end - line.begin(), kShownMax));
}

}  // namespace

std::vector<std::string> scenario_key_rows() {
  const Scenario usual;
  std::vector<std::string> rows;
  for (const Field& field : fields()) {
    const double value = field.real ? usual.*field.real / field.unit : usual.*field.whole;
    rows.push_back("| `" + std::string(field.section) + "." + field.key + "` | " + show(field.min) + " to " +
                   show(field.max) + " | " + show(value) + " | " + field.what + " |");
  }
  return rows;
}

Scenario parse_scenario(const std::string& source, const std::string& name) {
  Scenario scenario;
  scenario.name = std::filesystem::path(name).stem().string();
  try {
    Reader(name, scenario).read(toml::parse(source));
  } catch (const toml::parse_error& error) {
    const uint32_t line = error.source().begin.line;
    throw ScenarioError(
        name + ":" + std::to_string(line) + ": `" + line_of(source, line) +
        "`: expected [section] or key = value, a number, \"text\", true or false: " + std::string(error.description()));
  }
  return scenario;
}

Scenario load_scenario(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw ScenarioError(path + ": no such scenario file; `simulator list` names those that come with it");
  std::ostringstream text;
  text << file.rdbuf();
  return parse_scenario(text.str(), path);
}

}  // namespace bazaar::sim
