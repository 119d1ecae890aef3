// Links are queues, not ideal pipes, and each pair of viewers is as far apart as it always is.
#include "network.hpp"

#include <gtest/gtest.h>

namespace bazaar::sim {
namespace {

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
    const TimeMs extra = network.extra_ms(61'440, 25, 0, 1'000, dice);
    ASSERT_GE(extra, 0);
    delayed += extra > 0;
    sum += extra;
  }
  // 52 packets at 2 %: 1 - 0.98^52 = 0.65 of blocks lose one, for a round trip of 50 ms or a few.
  EXPECT_NEAR(delayed, 1'300, 100);
  EXPECT_NEAR(sum / 2'000, 0.65 * 51, 3);
}

TEST(Network, A_lost_packet_that_none_follow_waits_for_its_senders_timer) {
  Scenario scenario;
  scenario.jitter_ms = 0;
  scenario.loss = 0.02;
  const Network network(scenario, 7);
  Dice dice(3);
  int delayed = 0;
  for (int i = 0; i < 5'000; ++i) {
    const TimeMs extra = network.extra_ms(100, 25, 0, Network::tcp_timer_ms(25), dice);
    if (extra == 0) continue;
    ++delayed;
    EXPECT_GE(extra, 300) << "two round trips and 200 ms";
  }
  EXPECT_NEAR(delayed, 100, 30);
  EXPECT_EQ(Network::sctp_timer_ms(25), 1'000);
  EXPECT_EQ(Network::sctp_timer_ms(400), 1'600);
}

TEST(Network, Each_pair_has_its_own_round_trip_and_jitter_the_same_from_both_ends) {
  Scenario scenario;
  const Network network(scenario, 7);
  double sum = 0;
  int pairs = 0;
  for (uint32_t a = 0; a < 60; ++a) {
    for (uint32_t b = 0; b < a; ++b) {
      ASSERT_EQ(network.jitter_ms(a, b), network.jitter_ms(b, a));
      ASSERT_EQ(network.one_way_ms(a, b), network.one_way_ms(b, a));
      ASSERT_GE(network.one_way_ms(a, b), network.least_ms());
      sum += network.jitter_ms(a, b);
      ++pairs;
    }
  }
  EXPECT_NEAR(sum / pairs, scenario.jitter_ms, 0.05);
  EXPECT_NE(network.jitter_ms(1, 2), network.jitter_ms(1, 3));
  EXPECT_NE(network.one_way_ms(1, 2), network.one_way_ms(1, 3));
}

TEST(Network, Uplinks_are_shared_out_as_the_scenario_says) {
  Scenario scenario;
  scenario.uplinks = {{0.3, 0.0}, {0.7, 2.0}};
  const Network network(scenario, 7);
  int none = 0;
  for (uint32_t viewer = 0; viewer < 1'000; ++viewer) {
    const double uplink = network.uplink(viewer, 100);
    ASSERT_TRUE(uplink == 0 || uplink == 200) << uplink;
    none += uplink == 0;
  }
  EXPECT_NEAR(none, 300, 45);
}

}  // namespace
}  // namespace bazaar::sim
