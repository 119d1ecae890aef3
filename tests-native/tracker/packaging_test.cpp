// Boards and alerts ask for metrics that exist, with labels and values that they have, and leave none out.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "metrics/catalogue.hpp"

namespace bazaar::tracker::metrics {
namespace {

const std::string kFolder = BAZAAR_SOURCE_DIR "/tracker/packaging/";

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const FamilyRow* find(const std::string& name) {
  for (const FamilyRow& row : catalogue())
    if (std::string(kPrefix) + std::string(row.name) == name) return &row;
  return nullptr;
}

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

/// Every metric of an expression with the label matchers behind it and, where it is summed, the labels by which.
void check(const std::string& expression, std::set<std::string>& seen) {
  static const std::regex metric(R"((bazaar_tracker_\w+)(?:\{([^}]*)\})?)");
  static const std::regex matcher(R"re((\w+)(=~|!=|=)"([^"]*)")re");
  static const std::regex by(R"(by \(([\w, ]+)\))");
  static const std::set<std::string> kFromPrometheus = {"job", "instance"};
  std::set<std::string> labels = kFromPrometheus;
  for (const std::smatch& found : matches(expression, metric)) {
    const FamilyRow* row = find(found[1]);
    ASSERT_TRUE(row) << found[1] << " in " << expression;
    seen.insert(found[1]);
    labels.insert(std::string(row->label));
    if (row->scope == Scope::kWorker) labels.insert("worker");
    const std::string inside = found[2];
    for (const std::smatch& one : matches(inside, matcher)) {
      if (kFromPrometheus.contains(one[1])) continue;
      EXPECT_EQ(one[1].str(), std::string(row->label)) << expression;
      const std::regex wanted(one[3].str());
      EXPECT_TRUE(std::any_of(row->values.begin(), row->values.end(),
                              [&](std::string_view value) { return std::regex_match(std::string(value), wanted); }))
          << one[3] << " in " << expression;
    }
  }
  for (const std::smatch& found : matches(expression, by)) {
    std::istringstream names{std::regex_replace(found[1].str(), std::regex(","), " ")};
    for (std::string name; names >> name;) EXPECT_TRUE(labels.contains(name)) << name << " in " << expression;
  }
}

TEST(Grafana, Asks_for_metrics_and_labels_that_exist_and_shows_every_one) {
  const auto board = nlohmann::json::parse(slurp(kFolder + "grafana.json"));
  std::set<std::string> seen;
  std::set<int> ids;
  for (const auto& panel : board["panels"]) {
    EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second);
    if (panel["type"] == "row") continue;
    EXPECT_FALSE(panel["description"].get<std::string>().empty()) << panel["title"];
    ASSERT_FALSE(panel["targets"].empty()) << panel["title"];
    for (const auto& target : panel["targets"]) check(target["expr"], seen);
  }
  for (const FamilyRow& row : catalogue())
    EXPECT_TRUE(seen.contains(std::string(kPrefix) + std::string(row.name))) << row.name << " is on no panel";
}

TEST(Alerts, Ask_for_metrics_and_labels_that_exist) {
  std::set<std::string> seen;
  const std::string text = slurp(kFolder + "alerts.yml");
  static const std::regex expression(R"(expr: (?:>-\n\s+)?([^\n]+(?:\n\s+>[^\n]*)?))");
  const auto found = matches(text, expression);
  EXPECT_GE(found.size(), 8u);
  for (const std::smatch& one : found) check(one[1], seen);
  EXPECT_GE(seen.size(), 8u);
}

TEST(Unit, Waits_longer_than_a_drain_and_has_more_files_than_viewers) {
  const std::string unit = slurp(kFolder + "hls-bazaar-tracker.service");
  std::smatch stop;
  std::smatch files;
  ASSERT_TRUE(std::regex_search(unit, stop, std::regex("\nTimeoutStopSec=(\\d+)\n")));
  ASSERT_TRUE(std::regex_search(unit, files, std::regex("\nLimitNOFILE=(\\d+)\n")));
  const std::string options = slurp(kFolder + "tracker.toml");
  std::smatch deadline;
  std::smatch connections;
  ASSERT_TRUE(std::regex_search(options, deadline, std::regex("\n#drain_deadline_s = (\\d+)\n")));
  ASSERT_TRUE(std::regex_search(options, connections, std::regex("\n#connections_max = (\\d+)\n")));
  EXPECT_GT(std::stoi(stop[1]), std::stoi(deadline[1]));
  EXPECT_GT(std::stoi(files[1]), std::stoi(connections[1]) + 1'000);
}

}  // namespace
}  // namespace bazaar::tracker::metrics
