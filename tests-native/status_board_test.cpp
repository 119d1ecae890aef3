// What the neighbours must still be told: gathered a short while, merged by segment, taken once.
#include "status_board.hpp"

#include <gtest/gtest.h>

namespace bazaar::testing {
namespace {

struct Taken {
  std::vector<StatusBoard::Change> changes;
  std::vector<SegmentKey> dropped;
};
Taken take(StatusBoard& board) {
  Taken taken;
  board.take(taken.changes, taken.dropped);
  return taken;
}

TEST(StatusBoard, Nothing_to_tell_is_never_due) {
  StatusBoard board;
  EXPECT_GE(board.due_ms(), 1e300);
  EXPECT_TRUE(take(board).changes.empty());
}

TEST(StatusBoard, A_change_waits_for_company) {
  StatusBoard board;
  board.note(1, 5, false, 1000);
  EXPECT_EQ(board.due_ms(), 1000 + tunables::kStatusBatchMs);
  board.note(1, 6, false, 1010);
  EXPECT_EQ(board.due_ms(), 1000 + tunables::kStatusBatchMs) << "the first sets the time";
}

TEST(StatusBoard, The_start_of_a_cdn_fetch_goes_out_at_once_and_takes_the_others_along) {
  StatusBoard board;
  board.note(1, 5, false, 1000);
  board.note(2, 0, true, 1001);
  EXPECT_EQ(board.due_ms(), 1001);
  EXPECT_EQ(take(board).changes.size(), 2u);
}

TEST(StatusBoard, Changes_of_one_segment_become_one_run) {
  StatusBoard board;
  for (const uint32_t block : {7u, 3u, 5u}) board.note(1, block, false, 1000);
  const Taken taken = take(board);
  ASSERT_EQ(taken.changes.size(), 1u);
  EXPECT_EQ(taken.changes[0].first, 3u);
  EXPECT_EQ(taken.changes[0].end, 8u);
}

TEST(StatusBoard, A_segment_announced_alone_has_no_blocks_until_one_changes) {
  StatusBoard board;
  board.note_known(1, 1000);
  board.note(1, 4, false, 1000);
  board.note_known(1, 1000);
  const Taken taken = take(board);
  ASSERT_EQ(taken.changes.size(), 1u);
  EXPECT_EQ(taken.changes[0].first, 4u);
  EXPECT_EQ(taken.changes[0].end, 5u);
  board.note_known(2, 1000);
  EXPECT_EQ(take(board).changes[0].end, 0u);
}

TEST(StatusBoard, What_was_taken_is_not_told_again) {
  StatusBoard board;
  board.note(1, 5, false, 1000);
  board.note_dropped({9}, 1000);
  const Taken taken = take(board);
  EXPECT_EQ(taken.changes.size(), 1u);
  ASSERT_EQ(taken.dropped.size(), 1u);
  EXPECT_EQ(taken.dropped[0].value, 9u);
  EXPECT_GE(board.due_ms(), 1e300);
  const Taken again = take(board);
  EXPECT_TRUE(again.changes.empty() && again.dropped.empty());
}

TEST(StatusBoard, It_lists_as_many_dropped_segments_as_a_window_holds) {
  StatusBoard board;
  for (uint64_t key = 0; key < tunables::kSegmentSlots + 10; ++key) board.note_dropped({key}, 1000);
  EXPECT_EQ(take(board).dropped.size(), tunables::kSegmentSlots);
}

}  // namespace
}  // namespace bazaar::testing
