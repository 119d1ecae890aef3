// Handles with a generation: what JavaScript may hold on to for too long without doing harm.
#include "slots.hpp"

#include <gtest/gtest.h>

#include <set>

namespace bazaar::testing {
namespace {

TEST(Slots, A_handle_finds_its_object_until_it_is_erased) {
  Slots<int> slots(4);
  const Handle handle = slots.insert();
  ASSERT_GT(handle, 0);
  *slots.find(handle) = 42;
  EXPECT_EQ(*slots.find(handle), 42);
  slots.erase(handle);
  EXPECT_EQ(slots.find(handle), nullptr);
}

TEST(Slots, A_stale_handle_does_not_find_who_lives_in_its_slot_now) {
  Slots<int> slots(1);
  const Handle stale = slots.insert();
  slots.erase(stale);
  const Handle fresh = slots.insert();
  EXPECT_EQ(Slots<int>::slot_of(stale), Slots<int>::slot_of(fresh));
  EXPECT_NE(stale, fresh);
  EXPECT_EQ(slots.find(stale), nullptr);
  slots.erase(stale);
  EXPECT_NE(slots.find(fresh), nullptr) << "erasing twice erases once";
}

TEST(Slots, A_reused_slot_starts_fresh) {
  Slots<int> slots(1);
  const Handle first = slots.insert();
  *slots.find(first) = 42;
  slots.erase(first);
  EXPECT_EQ(*slots.find(slots.insert()), 0);
}

TEST(Slots, A_full_table_says_no_and_loses_nothing) {
  Slots<int> slots(3);
  std::set<Handle> handles;
  for (int i = 0; i < 3; ++i) handles.insert(slots.insert());
  EXPECT_EQ(handles.size(), 3u);
  EXPECT_EQ(slots.insert(), 0);
  EXPECT_EQ(slots.size(), 3u);
  slots.erase(*handles.begin());
  EXPECT_NE(slots.insert(), 0);
}

TEST(Slots, No_number_that_is_not_a_handle_finds_anything) {
  Slots<int> slots(2);
  slots.insert();
  for (const Handle nonsense : {0, -1, 1, 0xff, 0x1ff, 0x7fffffff, INT32_MIN}) EXPECT_EQ(slots.find(nonsense), nullptr);
}

TEST(Slots, A_visit_may_erase_the_object_it_was_given) {
  Slots<int> slots(4);
  for (int i = 0; i < 4; ++i) *slots.find(slots.insert()) = i;
  slots.each([&](Handle handle, const int& value) {
    if (value % 2 == 0) slots.erase(handle);
  });
  EXPECT_EQ(slots.size(), 2u);
}

TEST(Slots, Generations_stay_positive_however_often_a_slot_is_reused) {
  Slots<int> slots(1);
  Handle before = 0;
  for (int i = 0; i < (1 << 23) + 10; ++i) {
    const Handle handle = slots.insert();
    ASSERT_GT(handle, 0);
    ASSERT_NE(handle, before);
    before = handle;
    slots.erase(handle);
  }
}

}  // namespace
}  // namespace bazaar::testing
