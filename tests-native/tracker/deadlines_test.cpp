// The wheel is never early, late by a tick at most, and forgets what is cleared.
#include "net/deadlines.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace bazaar::tracker::net {
namespace {

std::vector<uint32_t> expired(Deadlines& deadlines, int64_t now_ms) {
  std::vector<uint32_t> due;
  deadlines.expire(now_ms, due);
  std::sort(due.begin(), due.end());
  return due;
}

using Slots = std::vector<uint32_t>;

TEST(Deadlines, Are_never_early_and_come_once) {
  Deadlines deadlines(1'000);
  deadlines.set(7, 1'500);
  EXPECT_EQ(expired(deadlines, 1'499), Slots{});
  EXPECT_EQ(expired(deadlines, 1'500), Slots{7});
  EXPECT_EQ(expired(deadlines, 9'999), Slots{});
}

TEST(Deadlines, A_later_one_takes_the_place_of_an_earlier) {
  Deadlines deadlines(0);
  deadlines.set(1, 100);
  deadlines.set(1, 500);
  EXPECT_EQ(expired(deadlines, 400), Slots{});
  EXPECT_EQ(expired(deadlines, 600), Slots{1});
}

TEST(Deadlines, Clearing_one_leaves_its_neighbours_in_the_bucket) {
  for (const uint32_t cleared : {0u, 1u, 2u}) {
    Deadlines deadlines(0);
    for (uint32_t slot = 0; slot < 3; ++slot) deadlines.set(slot, 1'000);
    deadlines.clear(cleared);
    deadlines.clear(cleared);
    Slots rest{0, 1, 2};
    std::erase(rest, cleared);
    EXPECT_EQ(expired(deadlines, 1'000), rest);
  }
}

TEST(Deadlines, What_is_past_already_is_due_at_once) {
  Deadlines deadlines(10'000);
  EXPECT_EQ(expired(deadlines, 10'000), Slots{});
  deadlines.set(3, 5);
  EXPECT_LE(deadlines.next_ms(), 10'000 + Deadlines::kTickMs);
  EXPECT_EQ(expired(deadlines, 10'000), Slots{3});
}

TEST(Deadlines, Beyond_a_round_they_wait_for_their_own) {
  Deadlines deadlines(0);
  const int64_t far = 200'000;
  deadlines.set(9, far);
  for (int64_t now = 0; now < far; now = std::max(now + 1, deadlines.next_ms())) {
    if (now >= far) break;
    EXPECT_EQ(expired(deadlines, now), Slots{}) << now;
  }
  EXPECT_EQ(expired(deadlines, far), Slots{9});
}

TEST(Deadlines, A_long_sleep_misses_nobody) {
  Deadlines deadlines(0);
  for (uint32_t slot = 0; slot < 100; ++slot) deadlines.set(slot, slot * 1'000);
  EXPECT_EQ(expired(deadlines, 10'000'000).size(), 100u);
  EXPECT_EQ(deadlines.next_ms(), Deadlines::kNever);
}

TEST(Deadlines, Waking_when_told_to_is_late_by_a_tick_at_most) {
  std::mt19937 dice(4);
  Deadlines deadlines(0);
  std::map<uint32_t, int64_t> want;
  int64_t now = 0;
  int wakes = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<uint32_t>(dice() % 500);
    if (dice() % 4 == 0) {
      deadlines.clear(slot);
      want.erase(slot);
    } else {
      want[slot] = now + static_cast<int64_t>(dice() % 100'000);
      deadlines.set(slot, want[slot]);
    }
    if (step % 10 != 0) continue;
    const int64_t next = deadlines.next_ms();
    for (const auto& [waiting, at_ms] : want) ASSERT_LE(next, std::max(at_ms, now) + Deadlines::kTickMs) << waiting;
    now = std::min(next, now + 50);
    ++wakes;
    for (const uint32_t due : expired(deadlines, now)) {
      ASSERT_TRUE(want.count(due));
      ASSERT_LE(want[due], now);
      want.erase(due);
    }
    for (const auto& [waiting, at_ms] : want) ASSERT_GT(at_ms, now) << waiting;
  }
  EXPECT_GT(wakes, 1'000);
}

}  // namespace
}  // namespace bazaar::tracker::net
