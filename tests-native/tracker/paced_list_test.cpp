// A drain's pace: so many a second, each once.
#include "admission/paced_list.hpp"

#include <gtest/gtest.h>

namespace bazaar::tracker::admission {
namespace {

TEST(PacedList, Each_is_dealt_with_once_and_no_faster_than_the_rate) {
  PacedList<int> list;
  list.set_rate({.per_second = 10, .burst = 2});
  for (int i = 1; i <= 5; ++i) list.push(i);
  std::vector<int> seen;
  const auto see = [&](int item) { seen.push_back(item); };
  EXPECT_EQ(list.turn(1'000, see), 1'100) << "a burst of two, the next after a tenth of a second";
  EXPECT_EQ(seen, (std::vector{5, 4}));
  EXPECT_EQ(list.turn(1'099, see), 1'100);
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_EQ(list.turn(1'100, see), 1'200);
  EXPECT_EQ(list.turn(1'300, see), PacedList<int>::kNever) << "a turn that came late makes up for it";
  EXPECT_EQ(seen, (std::vector{5, 4, 3, 2, 1}));
}

TEST(PacedList, With_nothing_in_it_nothing_is_ever_due) {
  PacedList<int> list;
  EXPECT_EQ(list.turn(1'000, [](int) { FAIL(); }), PacedList<int>::kNever);
}

}  // namespace
}  // namespace bazaar::tracker::admission
