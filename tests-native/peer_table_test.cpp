// The neighbours' entries: what a measurement means, how much a neighbour may talk, whose word counts.
#include "peer_table.hpp"

#include <gtest/gtest.h>

namespace bazaar::testing {
namespace {

TEST(PeerTable, A_neighbour_is_found_by_its_remote_id_until_it_is_removed) {
  PeerTable peers;
  const Handle handle = peers.add(77, PeerState::kDialing, 5);
  EXPECT_EQ(peers.find_remote(77), handle);
  peers.remove(handle);
  EXPECT_EQ(peers.find_remote(77), 0);
  EXPECT_EQ(peers.get(handle), nullptr);
}

TEST(PeerTable, The_id_0_names_nobody) {
  PeerTable peers;
  peers.add(0, PeerState::kTrading, 5);
  EXPECT_EQ(peers.find_remote(0), 0);
}

TEST(PeerTable, A_full_table_takes_no_more_neighbours) {
  PeerTable peers;
  for (uint32_t id = 1; id <= tunables::kPeerSlots; ++id) ASSERT_NE(peers.add(id, PeerState::kDialing, 0), 0);
  EXPECT_EQ(peers.add(1000, PeerState::kDialing, 0), 0);
  EXPECT_EQ(peers.size(), tunables::kPeerSlots);
}

TEST(PeerTable, Only_who_trades_is_trusted) {
  PeerTable peers;
  peers.add(1, PeerState::kDialing, 0);
  peers.add(2, PeerState::kAnswering, 0);
  peers.add(3, PeerState::kGreeting, 0);
  EXPECT_EQ(peers.trusted(0), 0u);
  const Handle trading = peers.add(4, PeerState::kTrading, 0);
  EXPECT_EQ(peers.trusted(0), mask_of(Slots<Peer>::slot_of(trading)));
  EXPECT_EQ(peers.trading_count(), 1u);
}

TEST(PeerTable, Who_let_a_request_time_out_is_distrusted_for_a_while_and_longer_each_time) {
  PeerTable peers;
  Peer& peer = *peers.get(peers.add(4, PeerState::kTrading, 0));
  TimeMs now = 1000;
  TimeMs before = 0;
  for (int i = 0; i < 6; ++i) {
    peer.note_timeout(now);
    const TimeMs pause = peer.distrusted_until_ms - now;
    EXPECT_GT(pause, before);
    EXPECT_EQ(peers.trusted(now + pause - 1), 0u);
    EXPECT_NE(peers.trusted(now + pause), 0u);
    before = pause;
    now += pause;
  }
  peer.note_timeout(now);
  EXPECT_EQ(peer.distrusted_until_ms - now, before) << "the doubling ends";
}

TEST(PeerTable, A_block_ends_the_row_of_time_outs) {
  Peer peer;
  peer.note_timeout(0);
  peer.note_timeout(0);
  peer.note_block(kBlockBytes, 0, 50);
  EXPECT_EQ(peer.timeouts, 0u);
  EXPECT_EQ(peer.bytes_in, kBlockBytes);
}

TEST(PeerTable, A_neighbour_with_a_queue_is_expected_later_until_the_queue_is_through) {
  Peer idle;
  Peer busy;
  idle.note_wait(100, 0);
  busy.note_wait(100, 0);
  busy.note_wait(700, 0);
  EXPECT_EQ(busy.expected_ms(0) - idle.expected_ms(0), 600);
  EXPECT_EQ(busy.expected_ms(5'000), busy.rtt_ms + busy.block_ms);
}

TEST(PeerTable, A_slow_uplink_is_known_by_the_least_wait_it_tells) {
  Peer peer;
  for (int i = 0; i < 500; ++i) peer.note_wait(i % 2 == 0 ? 400 : 800, i * 100);
  EXPECT_GT(peer.block_ms, 395);
  EXPECT_LT(peer.block_ms, 420);
}

TEST(PeerTable, Each_request_in_flight_makes_the_next_answer_later) {
  Peer peer;
  const TimeMs idle = peer.expected_ms(0);
  peer.in_flight = 2;
  EXPECT_EQ(peer.expected_ms(0) - idle, 2 * peer.block_ms);
}

TEST(PeerTable, A_burst_of_messages_is_allowed_and_one_more_is_not) {
  Peer peer;
  const auto burst = static_cast<int>(tunables::kMessagesBurst);
  for (int i = 0; i < burst; ++i) ASSERT_TRUE(peer.may_talk(1000));
  EXPECT_FALSE(peer.may_talk(1000));
  EXPECT_TRUE(peer.may_talk(1000 + 1000 / tunables::kMessagesPerSecondMax)) << "time earns another";
}

TEST(PeerTable, Silence_saves_up_one_burst_and_no_more) {
  Peer peer;
  ASSERT_TRUE(peer.may_talk(1000));
  int said = 0;
  while (peer.may_talk(1e9)) ++said;
  EXPECT_EQ(said, static_cast<int>(tunables::kMessagesBurst));
}

TEST(PeerTable, A_late_answer_is_expected_once_for_each_id) {
  Peer peer;
  peer.remember_late({5});
  peer.remember_late({6});
  EXPECT_TRUE(peer.forget_late(5, 0));
  EXPECT_FALSE(peer.forget_late(5, 0)) << "twice is unasked";
  EXPECT_TRUE(peer.forget_late(6, 0));
  EXPECT_FALSE(peer.forget_late(0, 0)) << "0 is no id";
}

TEST(PeerTable, An_answer_after_its_time_out_tells_how_slow_the_peer_is_and_one_to_a_cancelled_request_nothing) {
  Peer peer;
  const TimeMs guess = peer.rtt_ms;
  peer.remember_late({5});
  peer.remember_late({6, 1'000});
  EXPECT_TRUE(peer.forget_late(5, 9'000));
  EXPECT_EQ(peer.rtt_ms, guess);
  EXPECT_TRUE(peer.forget_late(6, 2'700));
  EXPECT_EQ(peer.rtt_ms, 1'700);
  EXPECT_EQ(peer.expected_ms(2'700), 1'700 + peer.block_ms);
  peer.remember_late({7, 1'000});
  EXPECT_TRUE(peer.forget_late(7, 1e9));
  EXPECT_EQ(peer.rtt_ms, tunables::kRequestTimeoutMaxMs) << "nobody raises the round trip without end";
}

TEST(PeerTable, Who_has_not_delivered_yet_or_not_since_a_time_out_may_owe_one_block) {
  Peer peer;
  EXPECT_EQ(peer.in_flight_max(), tunables::kRequestsUnprovenMax) << "never asked";
  peer.note_block(kBlockBytes, 0, 50);
  EXPECT_EQ(peer.in_flight_max(), tunables::kRequestsPerPeerMax);
  peer.note_timeout(100);
  EXPECT_EQ(peer.in_flight_max(), tunables::kRequestsUnprovenMax) << "timed out";
  peer.note_block(kBlockBytes, 200, 250);
  EXPECT_EQ(peer.in_flight_max(), tunables::kRequestsPerPeerMax);
}

TEST(PeerTable, Of_too_many_late_ids_the_oldest_are_forgotten) {
  Peer peer;
  for (uint32_t id = 1; id <= tunables::kLateRequestsMax + 1; ++id) peer.remember_late({id});
  EXPECT_FALSE(peer.forget_late(1, 0));
  EXPECT_TRUE(peer.forget_late(2, 0));
  EXPECT_TRUE(peer.forget_late(tunables::kLateRequestsMax + 1, 0));
}

}  // namespace
}  // namespace bazaar::testing
