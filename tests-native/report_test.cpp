// What is printed is in the JSON, and says what the run was.
#include "report.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace bazaar::sim {
namespace {

RunResult half() {
  RunResult result;
  result.offload = 0.4;
  result.measured.from_peers = 600;
  result.measured.from_cdn = 400;
  result.measured.wasted = 50;
  result.measured.control = 20;
  result.measured.by_deadline = 100;
  result.limits = {
      {"once", "every byte once", 0.9}, {"uplinks_capped", "uplinks", 0.5}, {"uplinks", "more", 0.45, false}};
  result.limit = 0.5;
  result.limit_key = "uplinks_capped";
  result.trace_hash = 0xabc;
  result.start_up_ms = {100, 200, 300};
  return result;
}

TEST(Report, Shares_are_of_useful_bytes_and_each_limit_has_its_quotient) {
  const auto json = json_of(half());
  EXPECT_EQ(json["offload"], 0.4);
  EXPECT_EQ(json["of_limit"], 0.8);
  EXPECT_EQ(json["waste"], 0.05);
  EXPECT_EQ(json["control"], 0.02);
  EXPECT_EQ(json["by_deadline"], 0.1);
  EXPECT_EQ(json["start_up_p99_ms"], 300);
  EXPECT_EQ(json["limit_binds"], "uplinks_capped");
  EXPECT_EQ(json["limits"][1]["of_limit"], 0.8);
  EXPECT_EQ(json["limits"][1]["binds"], true);
  EXPECT_EQ(json["limits"][0]["binds"], false);
  EXPECT_EQ(json["limits"][2]["applies"], false);
  EXPECT_EQ(json["trace_hash"], "abc");
}

TEST(Report, The_table_has_a_column_a_run_and_a_line_a_figure) {
  const RunResult ours = half();
  RunResult other = half();
  other.offload = 0.1234;
  std::ostringstream out;
  print_table(out, {{"ours", &ours}, {"coin", &other}});
  const std::string text = out.str();
  const size_t line = text.find("\noffload ");
  ASSERT_NE(line, std::string::npos);
  const std::string row = text.substr(line + 1, text.find('\n', line + 1) - line - 1);
  EXPECT_LT(row.find("0.4000"), row.find("0.1234")) << row;
}

TEST(Report, The_limit_that_binds_is_marked) {
  std::ostringstream out;
  print_limits(out, half());
  EXPECT_NE(out.str().find("0.5000  0.8000  uplinks   <- binds"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("more (to compare: not our rules)"), std::string::npos) << out.str();
}

TEST(Percentiles, They_are_nearest_ranks) {
  std::vector<double> values;
  for (int i = 1; i <= 100; ++i) values.push_back(i);
  const Percentiles all = percentiles_of(values);
  EXPECT_EQ(all.p50, 50);
  EXPECT_EQ(all.p95, 95);
  EXPECT_EQ(all.p99, 99);
  EXPECT_EQ(percentiles_of({}).p99, 0);
  EXPECT_EQ(percentiles_of({7}).p50, 7);
}

}  // namespace
}  // namespace bazaar::sim
