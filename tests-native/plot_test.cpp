// Pictures of runs: every line is there, names its series, and stays within the axes.
#include "plot.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "sweep.hpp"

namespace bazaar::sim {
namespace {

std::string drawn(const Plot& plot) {
  std::ostringstream out;
  draw(out, plot);
  return out.str();
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Plot, Lines_have_names_and_axes_have_titles) {
  Plot plot{
      "title", "time, s", "offload <share>", {{"ours", {{0, 0}, {10, 1}}}, {"coin", {{0, 0.5}, {10, 0.5}}, true}}};
  const std::string svg = drawn(plot);
  EXPECT_EQ(count_of(svg, "<path"), 2u);
  EXPECT_EQ(count_of(svg, "class=\"c1 dashed\""), 1u);
  EXPECT_EQ(count_of(svg, ">ours<"), 1u);
  EXPECT_EQ(count_of(svg, ">time, s<"), 1u);
  EXPECT_EQ(count_of(svg, ">offload &lt;share><"), 1u);
  EXPECT_NE(svg.find("d=\"M64.0 344.0L570.0 44.0\""), std::string::npos) << "from corner to corner: " << svg;
}

TEST(Plot, What_lies_outside_is_drawn_at_the_edge) {
  const std::string svg = drawn({"t", "x", "y", {{"ours", {{0, -3}, {10, 7}}}}});
  EXPECT_NE(svg.find("d=\"M64.0 344.0L570.0 44.0\""), std::string::npos) << svg;
}

TEST(Plot, Nothing_to_draw_is_no_reason_to_fail) {
  EXPECT_EQ(count_of(drawn({"t", "x", "y", {}}), "<path"), 0u);
  EXPECT_EQ(drawn({"t", "x", "y", {{"ours", {}}}}).find("nan"), std::string::npos);
}

// useful  10 10 10 10
// cdn     10  0 10  0      in windows of two seconds: half, but for the first
TEST(Sweep, Offload_over_time_is_of_a_window_not_of_a_second) {
  RunResult result;
  result.useful_by_second = {10, 10, 10, 10};
  result.cdn_by_second = {10, 0, 10, 0};
  const auto points = offload_over_time(result, 2);
  ASSERT_EQ(points.size(), 4u);
  EXPECT_EQ(points[0], (std::pair<double, double>{1, 0}));
  for (size_t i = 1; i < 4; ++i) EXPECT_DOUBLE_EQ(points[i].second, 0.5);
}

}  // namespace
}  // namespace bazaar::sim
