// The live window: segments by key, ours and those that only neighbours know, and what happens when it is full.
#include "segment_window.hpp"

#include <gtest/gtest.h>

#include "support/neighbour.hpp"

namespace bazaar::testing {
namespace {

Handle see(SegmentWindow& window, uint64_t key, TimeMs now = 0) { return window.see({key}, 0, 1000, 2000, now); }

TEST(SegmentWindow, A_segment_seen_twice_is_one_segment_with_the_later_times) {
  SegmentWindow window;
  const Handle first = window.see({7}, 0, 1000, 2000, 50);
  const Handle again = window.see({7}, 1, 1100, 1900, 99);
  EXPECT_EQ(first, again);
  EXPECT_EQ(window.size(), 1u);
  const Segment& segment = *window.get(first);
  EXPECT_EQ(segment.start_ms, 1100);
  EXPECT_EQ(segment.end_ms(), 3000);
  EXPECT_EQ(segment.rendition, 1);
  EXPECT_EQ(segment.seen_ms, 50) << "first seen is first seen";
}

TEST(SegmentWindow, A_segment_that_comes_back_to_the_playlist_is_not_gone) {
  SegmentWindow window;
  const Handle handle = see(window, 7);
  window.get(handle)->gone_ms = 500;
  see(window, 7);
  EXPECT_EQ(window.get(handle)->gone_ms, 0);
}

TEST(SegmentWindow, What_a_neighbour_announced_becomes_ours_when_the_playlist_lists_it) {
  SegmentWindow window;
  const Handle heard = window.hear_of({7}, 10);
  EXPECT_FALSE(window.get(heard)->is_ours);
  EXPECT_EQ(see(window, 7, 60), heard);
  EXPECT_TRUE(window.get(heard)->is_ours);
  EXPECT_EQ(window.get(heard)->seen_ms, 60);
  EXPECT_EQ(window.hear_of({7}, 70), heard) << "hearing of it again changes nothing";
  EXPECT_TRUE(window.get(heard)->is_ours);
}

TEST(SegmentWindow, A_dropped_segment_is_found_neither_by_key_nor_by_its_stale_handle) {
  SegmentWindow window;
  const Handle handle = see(window, 7);
  window.drop(handle);
  EXPECT_EQ(window.find({7}), 0);
  EXPECT_EQ(window.get(handle), nullptr);
  const Handle fresh = see(window, 7);
  EXPECT_NE(fresh, handle);
  window.drop(handle);
  EXPECT_NE(window.get(fresh), nullptr) << "dropping twice does not drop the successor";
}

TEST(SegmentWindow, One_announced_segment_too_many_takes_the_place_of_the_oldest) {
  SegmentWindow window;
  for (uint64_t key = 0; key < tunables::kForeignSegmentsMax; ++key) {
    ASSERT_NE(window.hear_of({key}, 100 + static_cast<double>(key)), 0);
  }
  EXPECT_NE(window.hear_of({1000}, 999), 0);
  EXPECT_EQ(window.size(), tunables::kForeignSegmentsMax);
  EXPECT_EQ(window.find({0}), 0) << "the oldest went";
  EXPECT_NE(window.find({1}), 0);
  EXPECT_NE(window.find({1000}), 0);
}

TEST(SegmentWindow, Announced_segments_that_went_leave_room_for_as_many_again) {
  SegmentWindow window;
  for (uint64_t key = 0; key < tunables::kForeignSegmentsMax; ++key) window.hear_of({key}, 0);
  for (uint64_t key = 0; key < tunables::kForeignSegmentsMax; ++key) window.drop(window.find({key}));
  for (uint64_t key = 100; key < 100 + tunables::kForeignSegmentsMax; ++key) window.hear_of({key}, 0);
  EXPECT_EQ(window.size(), tunables::kForeignSegmentsMax);
}

TEST(SegmentWindow, Announcements_never_push_out_what_our_playlist_lists) {
  SegmentWindow window;
  for (uint64_t key = 0; key < 10; ++key) see(window, key);
  for (uint64_t key = 100; key < 100 + 3 * tunables::kForeignSegmentsMax; ++key)
    window.hear_of({key}, static_cast<double>(key));
  for (uint64_t key = 0; key < 10; ++key) EXPECT_NE(window.find({key}), 0);
  EXPECT_EQ(window.size(), 10 + tunables::kForeignSegmentsMax);
}

TEST(SegmentWindow, A_full_window_takes_no_more_segments_of_ours) {
  SegmentWindow window;
  for (uint64_t key = 0; key < tunables::kSegmentSlots; ++key) ASSERT_NE(see(window, key), 0);
  EXPECT_EQ(see(window, 9999), 0);
  EXPECT_EQ(window.hear_of({9999}, 1), 0);
  EXPECT_NE(see(window, 5), 0) << "those it has it still knows";
  window.drop(window.find({3}));
  EXPECT_NE(see(window, 9999), 0);
}

TEST(SegmentWindow, In_a_full_window_a_segment_of_ours_takes_the_place_of_an_announced_one) {
  SegmentWindow window;
  window.hear_of({500}, 2);
  window.hear_of({501}, 1);
  for (uint64_t key = 0; window.size() < tunables::kSegmentSlots; ++key) see(window, key);
  EXPECT_NE(see(window, 9999), 0);
  EXPECT_EQ(window.find({501}), 0) << "the older announcement went";
  EXPECT_NE(window.find({500}), 0);
}

TEST(SegmentWindow, A_known_size_cuts_blocks_and_offers_alike) {
  Segment segment;
  EXPECT_TRUE(SegmentWindow::set_size(segment, bytes_of_blocks(11), true));
  EXPECT_EQ(segment.blocks.size(), 11u);
  EXPECT_EQ(segment.offers.size(), 11u);
  EXPECT_TRUE(segment.size_from_cdn);
}

TEST(SegmentWindow, The_largest_segment_is_traded_and_a_byte_more_is_not) {
  Segment segment;
  EXPECT_TRUE(SegmentWindow::set_size(segment, kBlocksPerSegmentMax * kBlockBytes, true));
  EXPECT_EQ(segment.blocks.size(), kBlocksPerSegmentMax);
  Segment larger;
  EXPECT_FALSE(SegmentWindow::set_size(larger, kBlocksPerSegmentMax * kBlockBytes + 1, true));
  EXPECT_TRUE(larger.is_cdn_only);
  EXPECT_EQ(larger.blocks.size(), 0u) << "no map is made for it";
}

TEST(SegmentWindow, Stored_bytes_count_the_short_last_block_as_short) {
  Segment segment;
  SegmentWindow::set_size(segment, bytes_of_blocks(3), true);
  segment.blocks = BlockMap::from_picture("P.C");
  EXPECT_EQ(SegmentWindow::stored_bytes(segment), 2.0 * kBlockBytes - 1000);
}

TEST(SegmentWindow, The_usual_bytes_of_a_rendition_come_from_sizes_that_the_cdn_told) {
  SegmentWindow window;
  EXPECT_EQ(window.bytes_per_ms(0), 0);
  SegmentWindow::set_size(*window.get(window.see({1}, 0, 0, 2000, 0)), 600'000, true);
  SegmentWindow::set_size(*window.get(window.see({2}, 0, 2000, 1000, 0)), 300'000, true);
  SegmentWindow::set_size(*window.get(window.see({3}, 0, 3000, 2000, 0)), 9'000'000, false);
  SegmentWindow::set_size(*window.get(window.see({4}, 1, 0, 2000, 0)), 9'000'000, true);
  EXPECT_EQ(window.bytes_per_ms(0), 300) << "neither a neighbour's word nor another rendition counts";
}

}  // namespace
}  // namespace bazaar::testing
