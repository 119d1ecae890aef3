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

TEST(PeerTable, A_fast_neighbour_is_expected_sooner_than_a_slow_one) {
  Peer fast;
  Peer slow;
  for (int i = 0; i < 20; ++i) {
    fast.note_block(kBlockBytes, i * 1000, i * 1000 + 20);
    slow.note_block(kBlockBytes, i * 1000, i * 1000 + 600);
  }
  EXPECT_LT(fast.expected_ms(), 100);
  EXPECT_GT(slow.expected_ms(), 500);
}

TEST(PeerTable, Each_request_in_flight_makes_the_next_answer_later) {
  Peer peer;
  const TimeMs idle = peer.expected_ms();
  peer.in_flight = 2;
  EXPECT_EQ(peer.expected_ms() - idle, 2 * kBlockBytes / peer.bytes_per_ms);
}

TEST(PeerTable, Answers_back_to_back_measure_the_link_and_not_the_queue) {
  Peer peer;
  // Three requests at once; the uplink delivers a block every 50 ms.
  for (int i = 0; i < 30; ++i) peer.note_block(kBlockBytes, 0, 100 + 50.0 * i);
  EXPECT_NEAR(peer.bytes_per_ms, kBlockBytes / 50.0, 30);
}

TEST(PeerTable, An_answer_in_no_time_does_not_make_the_link_infinite) {
  Peer peer;
  for (int i = 0; i < 100; ++i) peer.note_block(kBlockBytes, 10, 10);
  EXPECT_LE(peer.bytes_per_ms, kBlockBytes);
  EXPECT_GE(peer.expected_ms(), 0);
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
  peer.remember_late(5);
  peer.remember_late(6);
  EXPECT_TRUE(peer.forget_late(5));
  EXPECT_FALSE(peer.forget_late(5)) << "twice is unasked";
  EXPECT_TRUE(peer.forget_late(6));
  EXPECT_FALSE(peer.forget_late(0)) << "0 is no id";
}

TEST(PeerTable, Of_too_many_late_ids_the_oldest_are_forgotten) {
  Peer peer;
  for (uint32_t id = 1; id <= tunables::kLateRequestsMax + 1; ++id) peer.remember_late(id);
  EXPECT_FALSE(peer.forget_late(1));
  EXPECT_TRUE(peer.forget_late(2));
  EXPECT_TRUE(peer.forget_late(tunables::kLateRequestsMax + 1));
}

}  // namespace
}  // namespace bazaar::testing
