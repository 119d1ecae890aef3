// A list in a fixed array: order, room, and what happens at the bound.
#include "bounded_list.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bazaar::testing {
namespace {

using List = BoundedList<int, 3>;
std::vector<int> all(const List& list) { return {list.begin(), list.end()}; }

TEST(BoundedList, It_keeps_what_it_was_given_in_order) {
  List list = {1, 2};
  list.push_back(3);
  EXPECT_EQ(all(list), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(list.front(), 1);
  EXPECT_EQ(list.back(), 3);
  list.pop_back();
  EXPECT_EQ(all(list), (std::vector<int>{1, 2}));
  list.clear();
  EXPECT_TRUE(list.empty());
}

TEST(BoundedList, What_is_pushed_into_a_full_list_is_dropped) {
  List list = {1, 2, 3, 4};
  EXPECT_TRUE(list.full());
  list.push_back(5);
  EXPECT_EQ(all(list), (std::vector<int>{1, 2, 3}));
}

TEST(BoundedList, Removal_keeps_the_order_of_the_others) {
  List list = {1, 2, 3};
  list.remove_if([](int value) { return value == 2; });
  EXPECT_EQ(all(list), (std::vector<int>{1, 3}));
  list.remove_if([](int) { return false; });
  EXPECT_EQ(all(list), (std::vector<int>{1, 3}));
  list.remove_front();
  EXPECT_EQ(all(list), (std::vector<int>{3}));
  list.remove_front(0);
  EXPECT_EQ(list.size(), 1u);
  list.remove_front(1);
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace bazaar::testing
