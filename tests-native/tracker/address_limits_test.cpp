// The door of the node: every cap filled, every counterpart, and threads at once.
#include "admission/address_limits.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace bazaar::tracker::admission {
namespace {

using Verdict = AddressLimits::Verdict;

AddressCaps roomy() { return {1'000'000, 1'000, {}, {}, 1'600}; }

TEST(AddressLimits, The_node_is_full_for_everybody_and_a_leave_makes_room) {
  AddressCaps caps = roomy();
  caps.connections_max = 3;
  AddressLimits limits(caps, {});
  for (uint64_t key = 1; key <= 3; ++key) EXPECT_EQ(limits.enter(key, 0), Verdict::kIn);
  EXPECT_EQ(limits.enter(4, 0), Verdict::kServerFull);
  EXPECT_EQ(limits.connections(), 3u);
  limits.leave(2);
  EXPECT_EQ(limits.enter(4, 0), Verdict::kIn);
}

TEST(AddressLimits, One_address_is_full_for_itself_only) {
  AddressCaps caps = roomy();
  caps.connections_per_address_max = 2;
  AddressLimits limits(caps, {});
  EXPECT_EQ(limits.enter(7, 0), Verdict::kIn);
  EXPECT_EQ(limits.enter(7, 0), Verdict::kIn);
  EXPECT_EQ(limits.enter(7, 0), Verdict::kAddressFull);
  EXPECT_EQ(limits.enter(8, 0), Verdict::kIn);
  EXPECT_EQ(limits.connections(), 3u) << "a refused one is not counted";
  limits.leave(7);
  EXPECT_EQ(limits.enter(7, 0), Verdict::kIn);
}

TEST(AddressLimits, An_address_that_comes_and_goes_too_fast_is_remembered_while_it_is_away) {
  AddressCaps caps = roomy();
  caps.connections_per_address = {1, 2};
  AddressLimits limits(caps, {});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(limits.enter(7, 0), Verdict::kIn);
    limits.leave(7);
  }
  EXPECT_EQ(limits.enter(7, 500), Verdict::kAddressTooFast);
  EXPECT_EQ(limits.connections(), 0u);
  EXPECT_EQ(limits.enter(7, 1'000), Verdict::kIn);
}

TEST(AddressLimits, Remembered_addresses_are_bounded_and_connected_ones_are_never_forgotten) {
  AddressCaps caps = roomy();
  caps.connections_per_address = {1, 1};
  AddressLimits limits(caps, {5, 6});
  for (uint64_t key = 0; key < 2'000; ++key) ASSERT_EQ(limits.enter(key, 0), Verdict::kIn);
  for (uint64_t key = 10'000; key < 60'000; ++key) {
    ASSERT_EQ(limits.enter(key, 0), Verdict::kIn);
    limits.leave(key);
    ASSERT_EQ(limits.enter(key % 2'000, 0), Verdict::kAddressTooFast);
  }
  EXPECT_EQ(limits.addresses(), 2'000u + 1'600u);
  for (uint64_t key = 0; key < 2'000; ++key) limits.leave(key);
  EXPECT_EQ(limits.connections(), 0u);
  EXPECT_EQ(limits.addresses(), 1'600u);
}

TEST(AddressLimits, Refused_strangers_do_not_fill_the_table_either) {
  AddressCaps caps = roomy();
  caps.connections_per_address_max = 0;
  AddressLimits limits(caps, {5, 6});
  for (uint64_t key = 0; key < 50'000; ++key) ASSERT_EQ(limits.enter(key, 0), Verdict::kAddressFull);
  EXPECT_EQ(limits.addresses(), 1'600u);
}

TEST(AddressLimits, Messages_of_one_address_count_together_over_its_connections) {
  AddressCaps caps = roomy();
  caps.messages_per_address = {10, 2};
  AddressLimits limits(caps, {});
  ASSERT_EQ(limits.enter(7, 0), Verdict::kIn);
  ASSERT_EQ(limits.enter(7, 0), Verdict::kIn);
  AddressEntry& one = limits.entry_of(7);
  AddressEntry& other = limits.entry_of(7);
  EXPECT_TRUE(limits.take_message(one, 0));
  EXPECT_TRUE(limits.take_message(other, 0));
  EXPECT_FALSE(limits.take_message(one, 0));
  EXPECT_FALSE(limits.take_message(other, 99));
  EXPECT_TRUE(limits.take_message(other, 100));
}

TEST(AddressLimits, Workers_at_once_lose_no_count_and_give_no_token_twice) {
  constexpr int kWorkers = 4;
  constexpr uint64_t kRounds = 5'000;
  AddressCaps caps = roomy();
  caps.messages_per_address = {1, 1'000};
  AddressLimits limits(caps, {9, 9});
  ASSERT_EQ(limits.enter(1, 0), Verdict::kIn);
  std::atomic<int> taken{0};
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&limits, &taken] {
      AddressEntry& shared = limits.entry_of(1);
      for (uint64_t round = 0; round < kRounds; ++round) {
        const uint64_t key = 2 + round % 100;
        if (limits.enter(key, 0) != Verdict::kIn) continue;
        if (limits.take_message(shared, 0)) ++taken;
        limits.leave(key);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(limits.connections(), 1u);
  EXPECT_EQ(taken, 1'000);
}

}  // namespace
}  // namespace bazaar::tracker::admission
