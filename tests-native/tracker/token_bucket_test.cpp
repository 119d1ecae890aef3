// Buckets fill with time and with nothing else.
#include "admission/token_bucket.hpp"

#include <gtest/gtest.h>

namespace bazaar::tracker::admission {
namespace {

constexpr Rate kTenASecond{10, 3};

TEST(TokenBucket, A_fresh_one_holds_the_burst_and_no_more) {
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(kTenASecond, 1, 5'000)) << i;
  EXPECT_FALSE(bucket.take(kTenASecond, 1, 5'000));
}

TEST(TokenBucket, Fills_at_the_rate_and_stops_at_the_burst) {
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) bucket.take(kTenASecond, 1, 0);
  EXPECT_FALSE(bucket.take(kTenASecond, 1, 99));
  EXPECT_TRUE(bucket.take(kTenASecond, 1, 100));
  EXPECT_FALSE(bucket.take(kTenASecond, 1, 199));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(kTenASecond, 1, 1'000'000)) << i;
  EXPECT_FALSE(bucket.take(kTenASecond, 1, 1'000'000));
}

TEST(TokenBucket, A_refusal_costs_nothing_and_says_how_long_to_wait) {
  TokenBucket bucket;
  bucket.take(kTenASecond, 3, 0);
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(bucket.take(kTenASecond, 1, 1));
  EXPECT_EQ(bucket.wait_ms(kTenASecond, 1, 1), 99);
  EXPECT_TRUE(bucket.take(kTenASecond, 1, 100));
  EXPECT_EQ(bucket.wait_ms(kTenASecond, 3, 100), 300);
}

TEST(TokenBucket, More_than_the_burst_never_passes) {
  TokenBucket bucket;
  EXPECT_FALSE(bucket.take(kTenASecond, 4, 1'000'000));
  EXPECT_TRUE(bucket.is_full(1'000'000));
}

TEST(TokenBucket, A_clock_that_steps_back_gives_nothing) {
  TokenBucket bucket;
  bucket.take(kTenASecond, 3, 10'000);
  EXPECT_FALSE(bucket.take(kTenASecond, 1, 5'000));
  EXPECT_FALSE(bucket.take(kTenASecond, 1, 10'099));
  EXPECT_TRUE(bucket.take(kTenASecond, 1, 10'100));
}

TEST(TokenBucket, No_rate_is_no_limit) {
  TokenBucket bucket;
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(bucket.take({0, 0}, 1'000'000, 0));
}

TEST(TokenBucket, The_greatest_numbers_do_not_overflow) {
  TokenBucket bucket;
  constexpr Rate kSlow{1, UINT32_MAX};
  EXPECT_TRUE(bucket.take(kSlow, UINT32_MAX, 1'000));
  EXPECT_FALSE(bucket.take(kSlow, UINT32_MAX, 1'000));
  EXPECT_EQ(bucket.wait_ms(kSlow, UINT32_MAX, 1'000), int64_t{UINT32_MAX} * 1'000);
  constexpr Rate kFast{UINT32_MAX, UINT32_MAX};
  TokenBucket fast;
  EXPECT_TRUE(fast.take(kFast, UINT32_MAX, 0));
  EXPECT_FALSE(fast.take(kFast, UINT32_MAX, 999));
  EXPECT_TRUE(fast.take(kFast, UINT32_MAX, 1'000));
}

}  // namespace
}  // namespace bazaar::tracker::admission
