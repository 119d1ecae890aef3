// What a connection and a stream may do, and that the table of streams stays at its bound.
#include "admission/rate_limits.hpp"

#include <gtest/gtest.h>

#include <set>

namespace bazaar::tracker::admission {
namespace {

using Verdict = ConnectionBudget::Verdict;

StreamId stream(uint32_t number) {
  StreamId id;
  for (int i = 0; i < 4; ++i) id.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  return id;
}

TEST(ConnectionBudget, Messages_and_bytes_are_bounded_each_by_itself) {
  constexpr ConnectionRates kRates{{10, 2}, {1'000, 1'500}};
  ConnectionBudget chatty;
  EXPECT_EQ(chatty.take(kRates, 1, 0), Verdict::kIn);
  EXPECT_EQ(chatty.take(kRates, 1, 0), Verdict::kIn);
  EXPECT_EQ(chatty.take(kRates, 1, 0), Verdict::kTooManyMessages);
  ConnectionBudget heavy;
  EXPECT_EQ(heavy.take(kRates, 1'000, 0), Verdict::kIn);
  EXPECT_EQ(heavy.take(kRates, 1'000, 0), Verdict::kTooManyBytes);
  EXPECT_EQ(heavy.take(kRates, 1'000, 500), Verdict::kIn);
}

TEST(StreamJoins, Each_stream_has_its_own_rate) {
  StreamJoins joins({10, 2}, 100, {});
  EXPECT_TRUE(joins.take(stream(1), 0));
  EXPECT_TRUE(joins.take(stream(1), 0));
  EXPECT_FALSE(joins.take(stream(1), 0));
  EXPECT_EQ(joins.wait_ms(stream(1), 0), 100);
  EXPECT_TRUE(joins.take(stream(2), 0));
  EXPECT_EQ(joins.wait_ms(stream(3), 0), 0);
  EXPECT_TRUE(joins.take(stream(1), 100));
}

TEST(StreamJoins, The_table_stays_at_its_bound_and_keeps_the_stream_that_is_busy) {
  StreamJoins joins({1, 1}, 50, {1, 2});
  EXPECT_TRUE(joins.take(stream(0), 0));
  for (uint32_t i = 1; i < 10'000; ++i) {
    EXPECT_TRUE(joins.take(stream(i), 0));
    ASSERT_FALSE(joins.take(stream(0), 0)) << "forgotten after " << i;
    ASSERT_LE(joins.size(), 50u);
  }
  EXPECT_EQ(joins.size(), 50u);
  EXPECT_TRUE(joins.take(stream(1), 0));  // long forgotten, so full again
}

TEST(StreamJoins, Without_a_limit_nothing_is_remembered) {
  StreamJoins joins({}, 50, {});
  for (uint32_t i = 0; i < 1'000; ++i) EXPECT_TRUE(joins.take(stream(7), 0));
  EXPECT_EQ(joins.size(), 0u);
}

TEST(ShareOf, Workers_together_make_the_whole_and_none_is_shut) {
  EXPECT_EQ(share_of({100, 200}, 4).per_second, 25u);
  EXPECT_EQ(share_of({100, 200}, 4).burst, 50u);
  EXPECT_EQ(share_of({1, 1}, 8).per_second, 1u);
  EXPECT_EQ(share_of({0, 9}, 8).per_second, 0u);
  EXPECT_EQ(share_of({7, 7}, 1).per_second, 7u);
}

TEST(SeededHash, Another_seed_puts_keys_elsewhere_and_every_byte_counts) {
  const SeededHash one({1, 2});
  const SeededHash other({3, 4});
  size_t same = 0;
  std::set<size_t> hashes;
  for (uint64_t key = 0; key < 1'000; ++key) {
    same += one(key) % 1024 == other(key) % 1024;
    hashes.insert(one(key));
  }
  EXPECT_LT(same, 20u);
  EXPECT_EQ(hashes.size(), 1'000u);
  hashes.clear();
  for (size_t i = 0; i < 21; ++i) {
    StreamId id;
    id.bytes[i] = 1;
    hashes.insert(one(id));
  }
  EXPECT_EQ(hashes.size(), 21u);
}

}  // namespace
}  // namespace bazaar::tracker::admission
