// That the bench's loop is open: arrivals are due by the plan, whatever happened to those before. Owns virtual time.
#include <gtest/gtest.h>

#include "bench/tracker/pacer.hpp"

namespace bazaar::load {
namespace {

TEST(LoadPacer, Arrivals_are_due_at_even_distances_from_the_start) {
  Pacer pacer(1000, 4);
  int64_t due_ns = 0;
  ASSERT_TRUE(pacer.take(1000, due_ns));
  EXPECT_EQ(due_ns, 1000);
  EXPECT_FALSE(pacer.take(1000, due_ns));
  EXPECT_EQ(pacer.next_ns(), 1000 + kNsPerSecond / 4);
  EXPECT_FALSE(pacer.take(pacer.next_ns() - 1, due_ns));
  EXPECT_TRUE(pacer.take(pacer.next_ns(), due_ns));
}

TEST(LoadPacer, Who_was_held_up_owes_all_that_was_due_each_with_its_own_time) {
  Pacer pacer(0, 10);
  int64_t due_ns = 0;
  int64_t last_ns = -1;
  uint64_t taken = 0;
  while (pacer.take(kNsPerSecond, due_ns)) {
    EXPECT_GT(due_ns, last_ns);
    last_ns = due_ns;
    ++taken;
  }
  EXPECT_EQ(taken, 11u);
  EXPECT_EQ(last_ns, kNsPerSecond);
}

TEST(LoadPacer, A_rate_that_no_nanosecond_divides_does_not_drift) {
  Pacer pacer(0, 30'000);
  int64_t due_ns = 0;
  while (pacer.take(3600 * kNsPerSecond, due_ns)) {
  }
  EXPECT_EQ(pacer.fired(), 3600u * 30'000 + 1);
}

}  // namespace
}  // namespace bazaar::load
