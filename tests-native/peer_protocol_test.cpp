// The rules of the conversation: HELLO first, for this swarm and version, only what was asked for, not too much of it.
// Who breaks one is closed, and nothing else changes.
#include "peer_protocol.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

struct Meeting : Rig {
  Handle stranger = world.peers.add(50, PeerState::kDialing, world.now);
  void open() {
    protocol.opened(stranger);
    said();
  }
  bool is_closed(Handle handle) { return world.peers.get(handle) == nullptr; }
  /// Fails unless the peer was closed for a violation, with a notice and a BYE.
  void expect_violation(Handle handle) {
    const Record record = said();
    EXPECT_EQ(record.words(ActionType::kClosePeer), "CLOSE_PEER") << record.words();
    for (const Said* close : record.all(ActionType::kClosePeer)) {
      EXPECT_EQ((*close)[0], handle);
      EXPECT_EQ((*close)[1], static_cast<int32_t>(CloseReason::kViolation));
    }
    EXPECT_EQ(record.count(ActionType::kNotice), 1u);
    EXPECT_TRUE(is_closed(handle));
    EXPECT_EQ(world.counters.peers_dropped, 1);
  }
};

TEST(PeerProtocol, An_open_channel_is_greeted_once) {
  Meeting rig;
  rig.protocol.opened(rig.stranger);
  rig.protocol.opened(rig.stranger);
  EXPECT_EQ(rig.said().words(), "SEND:HELLO");
}

TEST(PeerProtocol, A_hello_opens_the_trade_with_a_snapshot) {
  Meeting rig;
  rig.open();
  rig.segment(1, "PC");
  rig.receive(rig.stranger, hello(50));
  const Record said = rig.said();
  EXPECT_EQ(said.words(), "PEER_OPEN SEND:STATUS");
  EXPECT_TRUE(said.sent(wire::Type::kStatus)[0].status.snapshot);
  EXPECT_TRUE(rig.peer(rig.stranger).is_trading());
}

TEST(PeerProtocol, A_second_hello_brings_a_new_id_and_no_second_snapshot) {
  Meeting rig;
  rig.open();
  rig.receive(rig.stranger, hello(50));
  rig.said();
  rig.receive(rig.stranger, hello(51));
  EXPECT_TRUE(rig.said().is_empty());
  EXPECT_EQ(rig.peer(rig.stranger).remote_id, 51u);
}

TEST(PeerProtocol, Nobody_takes_anothers_id_or_ours) {
  Meeting rig;
  rig.open();
  rig.world.own_id = 99;
  rig.neighbour(60);
  rig.receive(rig.stranger, hello(60));
  EXPECT_EQ(rig.peer(rig.stranger).remote_id, 50u);
  rig.receive(rig.stranger, hello(99));
  EXPECT_EQ(rig.peer(rig.stranger).remote_id, 50u);
}

// The channel keeps no order: a lost HELLO comes after what was said next.
TEST(PeerProtocol, News_that_overtook_hello_is_kept_and_counts_once_hello_is_here) {
  Meeting rig;
  rig.open();
  const Handle clip = rig.segment(1, "..");
  rig.receive(rig.stranger, status(1, "HH", bytes_of_blocks(2)));
  EXPECT_FALSE(rig.is_closed(rig.stranger));
  EXPECT_EQ(rig.world.peers.trusted(rig.world.now), 0u) << "nobody is asked before HELLO";
  EXPECT_NE(rig.at(clip).offers.holders(0), 0u);
}

TEST(PeerProtocol, A_request_that_overtook_hello_is_put_off) {
  Meeting rig;
  rig.open();
  rig.receive(rig.stranger, request(1, 1, 0));
  EXPECT_FALSE(rig.is_closed(rig.stranger));
  EXPECT_EQ(rig.said().sent(wire::Type::kReject, rig.stranger).size(), 1u);
}

TEST(PeerProtocol, An_answer_before_hello_is_a_violation) {
  Meeting rig;
  rig.open();
  rig.receive(rig.stranger, reject(1, wire::RejectReason::kBusy));
  rig.expect_violation(rig.stranger);
  Meeting again;
  again.open();
  again.receive_block(again.stranger, 1);
  again.expect_violation(again.stranger);
}

TEST(PeerProtocol, Another_swarm_or_another_version_is_a_violation) {
  Meeting wrong_swarm;
  wrong_swarm.open();
  wrong_swarm.receive(wrong_swarm.stranger, hello(50, {1, 2, 3}));
  wrong_swarm.expect_violation(wrong_swarm.stranger);
  Meeting wrong_version;
  wrong_version.open();
  wrong_version.receive(wrong_version.stranger, hello(50, {}, wire::kProtocolVersion + 1));
  wrong_version.expect_violation(wrong_version.stranger);
}

TEST(PeerProtocol, Garbage_is_a_violation_and_an_unknown_type_is_not) {
  Meeting rig;
  const Handle friendly = rig.neighbour();
  rig.receive(friendly, {0x92, 0x63, 0x01});  // [99, 1]: a newer version's message
  EXPECT_TRUE(rig.said().is_empty());
  EXPECT_FALSE(rig.is_closed(friendly));
  rig.receive(friendly, {0xc9, 0xff, 0xff, 0xff, 0xff, 0x01});
  rig.expect_violation(friendly);
}

TEST(PeerProtocol, Truncated_empty_and_oversize_messages_are_violations) {
  Bytes cut = status(1, "HHHH", bytes_of_blocks(4));
  cut.pop_back();
  for (const Bytes& bytes : {cut, Bytes{}, Bytes(kMessageBytesMax + 1, 0x93)}) {
    Meeting rig;
    const Handle peer = rig.neighbour();
    rig.receive(peer, bytes);
    rig.expect_violation(peer);
  }
}

TEST(PeerProtocol, A_flood_is_a_violation) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  const auto burst = static_cast<int>(tunables::kMessagesBurst);
  for (int i = 0; i < burst; ++i) rig.receive(peer, heartbeat());
  EXPECT_FALSE(rig.is_closed(peer));
  rig.receive(peer, heartbeat());
  rig.expect_violation(peer);
}

TEST(PeerProtocol, A_request_for_a_run_counts_as_many_messages) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  const uint16_t run = wire::kRequestRunMax;
  for (uint32_t i = 0; i < static_cast<uint32_t>(tunables::kMessagesBurst) / run; ++i)
    rig.receive(peer, encoded(wire::Request{1 + run * i, {1}, 0, 3'000, run}));
  rig.said();
  for (uint32_t i = 0; i < static_cast<uint32_t>(tunables::kMessagesBurst) % run; ++i) rig.receive(peer, heartbeat());
  EXPECT_FALSE(rig.is_closed(peer));
  rig.receive(peer, heartbeat());
  rig.expect_violation(peer);
}

TEST(PeerProtocol, A_flood_of_unknown_messages_is_a_violation_too) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  for (double i = 0; i <= tunables::kMessagesBurst; ++i) rig.receive(peer, {0x91, 0x63});
  rig.expect_violation(peer);
}

TEST(PeerProtocol, An_unasked_block_is_a_violation) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  rig.segment(1, "....");
  rig.receive_block(peer, 5);
  EXPECT_EQ(rig.world.counters.bytes_wasted, kBlockBytes);
  rig.expect_violation(peer);
}

TEST(PeerProtocol, A_block_that_another_was_asked_for_is_unasked) {
  Meeting rig;
  const Handle asked = rig.neighbour();
  const Handle thief = rig.neighbour();
  const Handle clip = rig.segment(1, "....");
  const uint32_t id = rig.ask(asked, clip, 0);
  rig.said();
  rig.receive_block(thief, id);
  rig.expect_violation(thief);
  EXPECT_EQ(rig.picture(clip), "r...") << "the real request goes on";
}

TEST(PeerProtocol, Who_was_asked_ahead_has_the_block_that_it_sends) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "....");
  rig.offer(peer, clip, "c...");
  rig.receive_block(peer, rig.ask(peer, clip, 0));
  EXPECT_NE(rig.at(clip).offers.holders(0), 0u) << "and is told nothing of it";
  EXPECT_EQ(rig.at(clip).offers.fetchers(0), 0u);
}

TEST(PeerProtocol, An_answer_that_comes_twice_is_unasked_the_second_time) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "....");
  const uint32_t id = rig.ask(peer, clip, 0);
  rig.receive_block(peer, id);
  rig.said();
  rig.receive_block(peer, id);
  rig.expect_violation(peer);
  EXPECT_EQ(rig.picture(clip), "P...");
}

TEST(PeerProtocol, A_block_of_the_wrong_length_is_a_violation_and_the_block_is_missing_again) {
  for (const uint32_t bytes : {kBlockBytes - 1, 1u}) {
    Meeting rig;
    const Handle peer = rig.neighbour();
    const Handle clip = rig.segment(1, "....");
    const uint32_t id = rig.ask(peer, clip, 0);
    rig.said();
    rig.receive_block(peer, id, bytes);
    EXPECT_EQ(rig.picture(clip), "....");
    EXPECT_EQ(rig.world.ledger.size(), 0u);
    rig.expect_violation(peer);
  }
}

TEST(PeerProtocol, The_last_block_has_its_own_length) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "..");
  rig.receive_block(peer, rig.ask(peer, clip, 1), kBlockBytes - 1000);
  EXPECT_EQ(rig.picture(clip), ".P");
  EXPECT_FALSE(rig.is_closed(peer));
}

TEST(PeerProtocol, A_block_is_kept_before_its_segment_is_ready) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "C.");
  rig.custody.wanted(clip);
  const uint32_t id = rig.ask(peer, clip, 1);
  rig.said();
  rig.receive_block(peer, id, kBlockBytes - 1000);
  const Record said = rig.said();
  EXPECT_EQ(said.words(), "KEEP_BLOCK SEGMENT_READY");
  const Said& keep = said.only(ActionType::kKeepBlock);
  EXPECT_EQ(keep[0], 7) << "the token of the message";
  EXPECT_EQ(keep[1], static_cast<int32_t>(block(id, kBlockBytes - 1000).size())) << "the payload follows the header";
  EXPECT_EQ(keep[2], static_cast<int32_t>(kBlockBytes) - 1000);
  EXPECT_EQ(keep[3], clip);
  EXPECT_EQ(keep[4], 1);
  EXPECT_EQ(keep[5], peer);
  EXPECT_EQ(keep[6], 0);
}

TEST(PeerProtocol, A_block_of_a_segment_that_was_dropped_meanwhile_is_waste) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "..");
  const uint32_t id = rig.ask(peer, clip, 0);
  rig.world.window.drop(clip);
  rig.said();
  rig.receive_block(peer, id);
  EXPECT_TRUE(rig.said().is_empty());
  EXPECT_EQ(rig.world.counters.bytes_wasted, kBlockBytes);
  EXPECT_EQ(rig.peer(peer).in_flight, 0u);
}

TEST(PeerProtocol, A_bye_ends_it_in_peace) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  rig.receive(peer, bye());
  EXPECT_EQ(rig.said().only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kLeaving));
  EXPECT_EQ(rig.world.counters.peers_dropped, 0);
}

TEST(PeerProtocol, Who_broke_the_rules_is_left_alone_for_a_while) {
  Meeting rig;
  const Handle peer = rig.neighbour(60);
  rig.receive(peer, {0xff});
  EXPECT_TRUE(rig.world.avoided.contains(60, rig.world.now));
  EXPECT_FALSE(rig.world.avoided.contains(60, rig.world.now + tunables::kRedialMs));
}

TEST(PeerProtocol, Who_falls_silent_is_closed) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  EXPECT_EQ(rig.protocol.sweep(), rig.world.now + tunables::kSilenceMs);
  rig.wait(tunables::kSilenceMs - 1);
  rig.receive(peer, heartbeat());
  rig.wait(1);
  rig.protocol.sweep();
  EXPECT_FALSE(rig.is_closed(peer)) << "it spoke just in time";
  rig.wait(tunables::kSilenceMs);
  rig.protocol.sweep();
  EXPECT_EQ(rig.said().only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kSilent));
}

TEST(PeerProtocol, Who_lets_too_many_requests_time_out_is_closed) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  rig.peer(peer).timeouts = tunables::kTimeoutsMax - 1;
  rig.protocol.sweep();
  EXPECT_FALSE(rig.is_closed(peer));
  rig.peer(peer).timeouts = tunables::kTimeoutsMax;
  rig.protocol.sweep();
  EXPECT_EQ(rig.said().only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kSlow));
}

TEST(PeerProtocol, What_a_closed_neighbour_still_says_is_not_heard) {
  Meeting rig;
  const Handle peer = rig.neighbour();
  rig.protocol.close(peer, CloseReason::kLeaving);
  rig.said();
  rig.receive(peer, hello(50));
  rig.receive(peer, {0xff});
  rig.protocol.close(peer, CloseReason::kViolation);
  EXPECT_TRUE(rig.said().is_empty());
}

}  // namespace
}  // namespace bazaar::testing
