// The queue of what is to be done, and the bytes that its records name: in order, bounded, and still there when read.
#include "actions.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace bazaar::testing {
namespace {

TEST(Actions, Records_come_out_in_the_order_they_went_in) {
  Actions actions;
  actions.push(ActionType::kConnect, {1, 77});
  actions.push(ActionType::kClosePeer, {2, 3});
  ASSERT_EQ(actions.drain(), 2u);
  EXPECT_EQ(actions.drained()[0].type, ActionType::kConnect);
  EXPECT_EQ(actions.drained()[0].fields[1], 77);
  EXPECT_EQ(actions.drained()[1].type, ActionType::kClosePeer);
  EXPECT_EQ(actions.drain(), 0u) << "each is seen once";
}

TEST(Actions, What_does_not_fit_one_drain_comes_with_the_next) {
  Actions actions;
  for (int32_t i = 0; i < 600; ++i) actions.push(ActionType::kDropBlock, {i});
  int32_t expected = 0;
  for (const size_t count : {256u, 256u, 88u}) {
    ASSERT_EQ(actions.drain(), count);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(actions.drained()[i].fields[0], expected++);
  }
}

size_t pushed(Actions& actions, ActionType type, size_t times) {
  for (size_t i = 0; i < times; ++i) actions.push(type);
  size_t sum = 0;
  while (const size_t count = actions.drain()) sum += count;
  return sum;
}

TEST(Actions, A_full_queue_drops_the_newest) {
  Actions actions;
  EXPECT_EQ(pushed(actions, ActionType::kKeepBlock, Actions::kQueueMax + 10), Actions::kQueueMax);
}

TEST(Actions, News_and_messages_never_take_the_room_of_what_must_happen) {
  Actions actions;
  for (size_t i = 0; i < Actions::kQueueMax; ++i) actions.push(ActionType::kRole);
  for (size_t i = 0; i < Actions::kQueueMax; ++i) actions.push(ActionType::kSend);
  for (size_t i = 0; i < 100; ++i) actions.push(ActionType::kKeepBlock);
  size_t kept = 0;
  size_t all = 0;
  while (const size_t count = actions.drain()) {
    all += count;
    for (size_t i = 0; i < count; ++i) kept += actions.drained()[i].type == ActionType::kKeepBlock ? 1 : 0;
  }
  EXPECT_EQ(kept, 100u);
  EXPECT_EQ(all, Actions::kQueueSendsMax + 100);
}

TEST(Actions, Bytes_stay_where_they_are_until_their_turn_was_drained) {
  Actions actions;
  actions.begin_turn();
  std::memcpy(actions.room().data(), "first", 5);
  const int32_t first = actions.take(5);
  actions.begin_turn();  // a turn that began without the last one having been drained
  std::memcpy(actions.room().data(), "other", 5);
  const int32_t other = actions.take(5);
  EXPECT_NE(first, other);
  EXPECT_EQ(std::memcmp(actions.outbox() + first, "first", 5), 0);
  actions.drain();
  actions.begin_turn();
  EXPECT_EQ(actions.take(5), first) << "now their room is free again";
}

TEST(Actions, Half_drained_keeps_the_bytes) {
  Actions actions;
  actions.begin_turn();
  const int32_t offset = actions.take(5);
  for (size_t i = 0; i < Actions::kDrainMax + 1; ++i) actions.push(ActionType::kSend, {1, offset, 5});
  actions.drain();
  actions.begin_turn();
  EXPECT_NE(actions.take(5), offset);
}

TEST(Actions, Room_shrinks_to_nothing_and_never_below) {
  Actions actions;
  actions.begin_turn();
  const size_t room = actions.room().size();
  EXPECT_EQ(room, Actions::kOutboxBytes - Actions::kScratchBytes);
  actions.take(room);
  EXPECT_EQ(actions.room().size(), 0u);
}

TEST(Actions, Answers_to_direct_calls_do_not_touch_the_records_bytes) {
  Actions actions;
  actions.begin_turn();
  EXPECT_GE(actions.take(1), static_cast<int32_t>(actions.scratch().size()));
}

}  // namespace
}  // namespace bazaar::testing
