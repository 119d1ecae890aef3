// The simulator's player and links do what hls.js and access links do, as far as a loader can tell.
#include "player.hpp"

#include <gtest/gtest.h>

#include "network.hpp"

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

// bytes      ##########          1 byte/ms
// messages    .                  waits for the router's queue, not for the blocks
TEST(Pipe, Bytes_leave_one_after_the_other_and_small_messages_wait_for_the_queue_only) {
  Pipe pipe(1);
  EXPECT_EQ(pipe.push(0, 1'000), 1'000);
  EXPECT_EQ(pipe.push(500, 1'000), 2'000);
  EXPECT_EQ(pipe.push_small(500, 10, 50), 560);
  EXPECT_EQ(pipe.push(500, 1'000), 3'010) << "the small message's bytes delay the rest";
  EXPECT_EQ(pipe.push(5'000, 1'000), 6'000) << "an idle link does not save up";
}

TEST(Network, Symmetric_nats_do_not_meet_and_islands_keep_to_themselves) {
  Scenario scenario;
  scenario.symmetric_nat = 0.5;
  scenario.island_share = 0.3;
  scenario.islands = 2;
  const Network network(scenario, 7);
  uint32_t nats = 0;
  uint32_t islanders = 0;
  constexpr uint32_t kViewers = 400;
  for (uint32_t a = 0; a < kViewers; ++a) {
    nats += network.is_symmetric(a);
    islanders += network.island(a) > 0;
    for (uint32_t b = 0; b < a; ++b) {
      ASSERT_EQ(network.can_connect(a, b), network.can_connect(b, a));
      if (network.island(a) != network.island(b)) ASSERT_FALSE(network.can_connect(a, b));
      if (network.is_symmetric(a) && network.is_symmetric(b)) ASSERT_FALSE(network.can_connect(a, b));
    }
  }
  EXPECT_NEAR(nats, 200, 40);
  EXPECT_NEAR(islanders, 120, 40);
}

TEST(Network, Loss_is_delay_and_jitter_is_never_negative) {
  Scenario scenario;
  scenario.jitter_ms = 0;
  scenario.loss = 0.02;
  const Network network(scenario, 7);
  Dice dice(3);
  double sum = 0;
  int delayed = 0;
  for (int i = 0; i < 2'000; ++i) {
    const TimeMs extra = network.extra_ms(61'440, 25, 0, dice);
    ASSERT_GE(extra, 0);
    delayed += extra > 0;
    sum += extra;
  }
  // 52 packets at 2 %: 1 - 0.98^52 = 0.65 of blocks lose one, for a round trip of 50 ms or a few.
  EXPECT_NEAR(delayed, 1'300, 100);
  EXPECT_NEAR(sum / 2'000, 0.65 * 51, 3);
}

}  // namespace
}  // namespace bazaar::sim
