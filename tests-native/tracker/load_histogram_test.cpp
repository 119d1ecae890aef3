// What the bench's histogram tells of latencies. Owns small sets of values; refuses clocks.
#include <gtest/gtest.h>

#include "bench/tracker/histogram.hpp"

namespace bazaar::load {
namespace {

TEST(LoadHistogram, Nothing_has_no_quantiles) {
  const Histogram none;
  EXPECT_EQ(none.total(), 0u);
  EXPECT_EQ(none.quantile_ns(0.99), 0);
}

TEST(LoadHistogram, Small_values_are_told_exactly) {
  Histogram histogram;
  for (int64_t ns = 0; ns < 64; ++ns) histogram.add(ns);
  EXPECT_EQ(histogram.quantile_ns(0.5), 31);
  EXPECT_EQ(histogram.quantile_ns(1), 63);
}

TEST(LoadHistogram, Every_value_is_told_within_one_part_in_64_and_never_too_low) {
  for (int64_t ns = 1; ns < Histogram::kMostNs / 2; ns = ns * 9 / 8 + 1) {
    Histogram histogram;
    histogram.add(ns);
    histogram.add(Histogram::kMostNs - 1);  // so that the first is not the greatest, which is told exactly
    const int64_t told = histogram.quantile_ns(0.5);
    EXPECT_GE(told, ns);
    EXPECT_LE(told, ns + ns / 64) << ns;
  }
}

TEST(LoadHistogram, One_slow_answer_in_a_hundred_is_the_99th_percentile_and_not_the_98th) {
  Histogram histogram;
  for (int i = 0; i < 98; ++i) histogram.add(10);
  histogram.add(5'000'000);
  histogram.add(5'000'000);
  EXPECT_EQ(histogram.quantile_ns(0.98), 10);
  EXPECT_GE(histogram.quantile_ns(0.99), 5'000'000);
}

TEST(LoadHistogram, What_is_over_the_range_or_below_zero_is_counted_at_its_end) {
  Histogram histogram;
  histogram.add(-5);
  histogram.add(Histogram::kMostNs * 4);
  EXPECT_EQ(histogram.total(), 2u);
  EXPECT_EQ(histogram.quantile_ns(0.5), 0);
  EXPECT_EQ(histogram.most_ns(), Histogram::kMostNs * 4);
  EXPECT_GE(histogram.quantile_ns(1), Histogram::kMostNs - 1);
}

TEST(LoadHistogram, Merging_is_adding_all) {
  Histogram one;
  Histogram other;
  Histogram both;
  for (int64_t ns = 1; ns < 1'000'000; ns *= 3) {
    one.add(ns);
    other.add(2 * ns);
    both.add(ns);
    both.add(2 * ns);
  }
  one.merge(other);
  EXPECT_EQ(one.total(), both.total());
  for (const double share : {0.1, 0.5, 0.9, 1.0}) EXPECT_EQ(one.quantile_ns(share), both.quantile_ns(share));
}

}  // namespace
}  // namespace bazaar::load
