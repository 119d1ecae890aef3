// The engine's only randomness: that a seed replays, and that the rolls are as even as the market assumes.
#include "dice.hpp"

#include <gtest/gtest.h>

#include <array>

namespace bazaar::testing {
namespace {

TEST(Dice, The_same_seed_gives_the_published_numbers_of_splitmix64) {
  Dice dice(1234567);
  EXPECT_EQ(dice.next(), 6457827717110365317ull);
  EXPECT_EQ(dice.next(), 3203168211198807973ull);
  EXPECT_EQ(dice.next(), 9817491932198370423ull);
}

TEST(Dice, Other_seeds_give_other_rolls) {
  Dice a(1);
  Dice b(2);
  EXPECT_NE(a.next(), b.next());
}

TEST(Dice, A_roll_is_at_least_0_and_below_1_and_even_in_the_mean) {
  Dice dice(3);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double roll = dice.roll();
    ASSERT_GE(roll, 0);
    ASSERT_LT(roll, 1);
    sum += roll;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.005);
}

TEST(Dice, Below_stays_below_and_reaches_every_number) {
  Dice dice(4);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen.at(dice.below(6));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(dice.below(0), 0u);
  EXPECT_EQ(dice.below(1), 0u);
}

}  // namespace
}  // namespace bazaar::testing
