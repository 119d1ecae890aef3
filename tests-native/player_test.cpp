// The simulator's player does what hls.js does, as far as a loader can tell.
#include "player.hpp"

#include <gtest/gtest.h>

namespace bazaar::sim {
namespace {

TEST(Player, It_starts_behind_the_live_edge_and_loads_one_segment_after_another) {
  Player player(2'000, 6'000);
  EXPECT_FALSE(player.load_next(0)) << "nothing is listed";
  player.listed(10, 0);
  EXPECT_EQ(player.load_next(0), 7u);
  EXPECT_FALSE(player.load_next(0)) << "one load at a time";
  player.appended(7, 0);
  player.advance(100);
  EXPECT_TRUE(player.is_playing());
  EXPECT_EQ(player.first_picture_ms(), 100);
  EXPECT_EQ(player.load_next(100), 8u);
}

TEST(Player, It_stalls_at_the_end_of_its_buffer_and_goes_on_when_there_is_more) {
  Player player(2'000, 6'000);
  player.listed(10, 0);
  player.load_next(0);
  player.appended(7, 0);
  player.advance(0);
  player.load_next(0);
  player.advance(2'500);
  EXPECT_FALSE(player.is_playing());
  EXPECT_EQ(player.stalls(), 1u);
  EXPECT_EQ(player.position_ms(2'500), 16'000) << "the playhead waits at the end of segment 7";
  player.appended(8, 0);
  player.advance(3'000);
  EXPECT_TRUE(player.is_playing());
  EXPECT_EQ(player.stalled_ms(), 1'000) << "from 2,000, when the buffer was empty, to 3,000";
}

TEST(Player, It_stops_loading_at_the_buffer_goal) {
  Player player(2'000, 60'000);
  player.listed(40, 0);
  uint32_t loads = 0;
  while (const auto sn = player.load_next(0)) {
    player.appended(*sn, 0);
    ++loads;
  }
  EXPECT_EQ(loads, 15u) << "30 s of 2 s segments";
}

TEST(Player, Fallen_out_of_the_playlist_it_seeks_back_to_live) {
  Player player(2'000, 6'000);
  player.listed(10, 0);
  player.listed(40, 30);
  EXPECT_EQ(player.load_next(0), 37u);
}

// A segment that comes a moment after its time makes a stall, however short, and is written down with its time.
TEST(Player, What_it_missed_is_written_down_with_the_time_it_was_due) {
  Player player(2'000, 4'000);
  player.listed(10, 0);
  player.load_next(0);
  player.appended(8, 100);
  player.advance(100);
  player.load_next(100);
  player.advance(2'150);
  player.appended(9, 2'150);
  player.advance(2'150);
  const PlayRecord& record = player.record();
  EXPECT_EQ(record.first_sn, 8u);
  EXPECT_EQ(record.appended(8), 100);
  EXPECT_EQ(record.appended(9), 2'150);
  EXPECT_EQ(record.appended(7), PlayRecord::kNever);
  EXPECT_EQ(record.appended(10), PlayRecord::kNever);
  ASSERT_EQ(record.late.size(), 1u);
  EXPECT_EQ(record.late[0].sn, 9u);
  EXPECT_EQ(record.late[0].due_ms, 2'100);
  EXPECT_EQ(player.stalled_ms(), 50);
}

TEST(Player, What_is_appended_or_loading_is_past) {
  Player player(2'000, 4'000);
  player.listed(10, 0);
  player.load_next(0);
  EXPECT_TRUE(player.is_past(7)) << "before its start";
  EXPECT_TRUE(player.is_past(8)) << "loading";
  EXPECT_FALSE(player.is_past(9));
}

}  // namespace
}  // namespace bazaar::sim
