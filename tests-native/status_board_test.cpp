// What the neighbours must still be told: gathered a short while, merged by segment, taken once.
#include "status_board.hpp"

#include <gtest/gtest.h>

namespace bazaar::testing {
namespace {

constexpr TimeMs kGather = 300;
constexpr TimeMs kLazy = 500;

struct Taken {
  std::vector<StatusBoard::Change> changes;
  std::vector<SegmentKey> dropped;
};
Taken take(StatusBoard& board, TimeMs now) {
  Taken taken;
  board.take(now, taken.changes, taken.dropped);
  return taken;
}

TEST(StatusBoard, Nothing_to_tell_is_never_due) {
  StatusBoard board;
  EXPECT_GE(board.due_ms(), 1e300);
  EXPECT_TRUE(take(board, 1e9).changes.empty());
}

TEST(StatusBoard, A_block_that_is_here_waits_for_company_and_the_first_sets_the_time) {
  StatusBoard board;
  board.note_held(1, 5, kGather, 1000);
  EXPECT_EQ(board.due_ms(), 1000 + kGather);
  board.note_held(1, 6, kGather, 1010);
  EXPECT_EQ(board.due_ms(), 1000 + kGather);
  EXPECT_TRUE(take(board, 999 + kGather).changes.empty());
  EXPECT_EQ(take(board, 1000 + kGather).changes.size(), 1u);
}

TEST(StatusBoard, One_that_cannot_wait_takes_those_along_that_can) {
  StatusBoard board;
  board.note_held(1, 5, kGather, 1000);
  board.note_held(2, 5, 3, 1001);
  EXPECT_EQ(board.due_ms(), 1004);
  EXPECT_EQ(take(board, 1004).changes.size(), 2u);
  EXPECT_GE(board.due_ms(), 1e300);
}

TEST(StatusBoard, The_start_of_a_cdn_fetch_goes_out_at_once_and_takes_everything_along) {
  StatusBoard board;
  board.note_held(1, 5, kGather, 1000);
  board.note_lazily(3, 2, kLazy, 1000);
  board.note_dropped({9}, 1000);
  board.note_urgent(2, 0, 1001);
  EXPECT_EQ(board.due_ms(), 1001);
  const Taken taken = take(board, 1001);
  EXPECT_EQ(taken.changes.size(), 3u);
  EXPECT_EQ(taken.dropped.size(), 1u);
  EXPECT_GE(board.due_ms(), 1e300);
}

TEST(StatusBoard, What_was_asked_of_a_peer_rides_along_and_when_it_has_waited_is_told_for_its_own_sake) {
  StatusBoard board;
  board.note_lazily(1, 2, kLazy, 1000);
  board.note_held(1, 5, 3, 1000);
  const Taken early = take(board, 1003);
  ASSERT_EQ(early.changes.size(), 2u);
  EXPECT_FALSE(early.changes[0].is_rider);
  EXPECT_TRUE(early.changes[1].is_rider);
  board.note_lazily(1, 2, kLazy, 1010);
  EXPECT_EQ(board.due_ms(), 1010 + kLazy);
  const Taken late = take(board, 1010 + kLazy);
  ASSERT_EQ(late.changes.size(), 1u);
  EXPECT_FALSE(late.changes[0].is_rider);
}

TEST(StatusBoard, A_dropped_segment_waits_for_urgent_news_for_seconds) {
  StatusBoard board;
  board.note_dropped({9}, 1000);
  board.note_held(1, 5, 3, 1000);
  EXPECT_TRUE(take(board, 1003).dropped.empty());
  EXPECT_EQ(board.due_ms(), 1000 + tunables::kStatusDroppedMs);
  EXPECT_EQ(take(board, 1000 + tunables::kStatusDroppedMs).dropped.size(), 1u);
}

TEST(StatusBoard, Changes_of_one_segment_become_one_run) {
  StatusBoard board;
  for (const uint32_t block : {7u, 3u, 5u}) board.note_urgent(1, block, 1000);
  const Taken taken = take(board, 1000);
  ASSERT_EQ(taken.changes.size(), 1u);
  EXPECT_EQ(taken.changes[0].first, 3u);
  EXPECT_EQ(taken.changes[0].end, 8u);
}

TEST(StatusBoard, A_segment_announced_alone_has_no_blocks_until_one_changes) {
  StatusBoard board;
  board.note_known(1, tunables::kStatusBatchMs, 1000);
  board.note_urgent(1, 4, 1000);
  board.note_known(1, tunables::kStatusBatchMs, 1000);
  const Taken taken = take(board, 1000);
  ASSERT_EQ(taken.changes.size(), 1u);
  EXPECT_TRUE(taken.changes[0].is_announced) << "and it stays an announcement";
  EXPECT_EQ(taken.changes[0].first, 4u);
  EXPECT_EQ(taken.changes[0].end, 5u);
  board.note_known(2, tunables::kStatusBatchMs, 1000);
  EXPECT_EQ(take(board, 1000 + tunables::kStatusBatchMs).changes[0].end, 0u);
}

TEST(StatusBoard, A_segment_that_can_wait_is_told_with_other_news_or_when_its_patience_is_over) {
  StatusBoard board;
  board.note_known(1, 500, 1000);
  EXPECT_TRUE(take(board, 1499).changes.empty());
  board.note_urgent(2, 0, 1499);
  const Taken taken = take(board, 1499);
  ASSERT_EQ(taken.changes.size(), 2u);
  EXPECT_TRUE(taken.changes[1].is_announced && taken.changes[1].is_rider) << "it is worth no message of its own yet";
  board.note_known(3, 500, 2000);
  const Taken late = take(board, 2500);
  ASSERT_EQ(late.changes.size(), 1u);
  EXPECT_TRUE(late.changes[0].is_announced && !late.changes[0].is_rider);
}

TEST(StatusBoard, What_was_taken_is_not_told_again) {
  StatusBoard board;
  board.note_urgent(1, 5, 1000);
  board.note_dropped({9}, 1000);
  const Taken taken = take(board, 1000);
  EXPECT_EQ(taken.changes.size(), 1u);
  ASSERT_EQ(taken.dropped.size(), 1u);
  EXPECT_EQ(taken.dropped[0].value, 9u);
  const Taken again = take(board, 1e9);
  EXPECT_TRUE(again.changes.empty() && again.dropped.empty());
}

TEST(StatusBoard, It_lists_as_many_dropped_segments_as_a_window_holds) {
  StatusBoard board;
  for (uint64_t key = 0; key < tunables::kSegmentSlots + 10; ++key) board.note_dropped({key}, 1000);
  EXPECT_EQ(take(board, 1e9).dropped.size(), tunables::kSegmentSlots);
}

}  // namespace
}  // namespace bazaar::testing
