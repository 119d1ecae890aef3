// How viewers meet: whom we dial and when, whose offer stands when both dial, and when nobody is dialled.
#include "introductions.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

using tracker_wire::SignalKind;
using tracker_wire::Type;

struct Lobby : Rig {
  /// Joined as viewer `own_id`, with these ids to dial.
  void join(uint32_t own_id, const std::vector<uint32_t>& ids, uint32_t swarm_size = 0) {
    introductions.tracker_opened();
    said();
    receive_tracker(welcome(own_id, ids, swarm_size != 0 ? swarm_size : static_cast<uint32_t>(ids.size()) + 1));
  }
  /// Ids dialled by one step, in order.
  std::vector<uint32_t> dialled() {
    introductions.step();
    std::vector<uint32_t> ids;
    const Record record = said();
    for (const Said* connect : record.all(ActionType::kConnect)) ids.push_back(static_cast<uint32_t>((*connect)[1]));
    return ids;
  }
};

std::vector<uint32_t> ids_from(uint32_t first, uint32_t count) {
  std::vector<uint32_t> ids;
  for (uint32_t i = 0; i < count; ++i) ids.push_back(first + i);
  return ids;
}

TEST(Introductions, An_open_tracker_is_asked_to_let_us_in) {
  Rig rig;
  rig.world.config.swarm[0] = 0xab;
  rig.introductions.tracker_opened();
  const Record said = rig.said();
  const auto told = said.told_tracker();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].type, Type::kJoin);
  EXPECT_EQ(told[0].swarm[0], 0xab);
  EXPECT_EQ(told[0].want, tunables::kPeersMaxDefault);
}

TEST(Introductions, After_joining_a_burst_is_dialled_and_then_one_a_second) {
  Lobby lobby;
  lobby.join(1, ids_from(100, 10));
  EXPECT_EQ(lobby.dialled(), ids_from(100, tunables::kDialBurst));
  EXPECT_TRUE(lobby.dialled().empty());
  lobby.wait(tunables::kDialPaceMs - 1);
  EXPECT_TRUE(lobby.dialled().empty());
  lobby.wait(1);
  EXPECT_EQ(lobby.dialled(), ids_from(106, 1));
  EXPECT_TRUE(lobby.dialled().empty());
  lobby.wait(tunables::kDialPaceMs);
  EXPECT_EQ(lobby.dialled(), ids_from(107, 1));
}

TEST(Introductions, Dialling_answering_and_open_connections_together_stay_within_the_budget) {
  Lobby lobby;
  lobby.world.config.peers_max = 4;
  lobby.neighbour(50);
  lobby.join(1, ids_from(100, 10));
  lobby.receive_tracker(relayed(200, SignalKind::kOffer));
  EXPECT_EQ(lobby.dialled().size(), 2u);
  lobby.receive_tracker(relayed(201, SignalKind::kOffer));
  const Record said = lobby.said();
  EXPECT_EQ(said.count(ActionType::kSignal), 0u) << "no room for an offer either";
  const auto told = said.told_tracker();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, SignalKind::kBye);
  EXPECT_EQ(told[0].peer, 201u);
  EXPECT_EQ(lobby.world.peers.size(), 4u);
}

TEST(Introductions, A_connection_that_ended_makes_room_for_the_next) {
  Lobby lobby;
  lobby.world.config.peers_max = 2;
  lobby.join(1, ids_from(100, 3));
  EXPECT_EQ(lobby.dialled(), ids_from(100, 2));
  lobby.protocol.gone(lobby.world.peers.find_remote(100));
  EXPECT_EQ(lobby.dialled(), ids_from(102, 1));
}

TEST(Introductions, Nobody_is_dialled_twice_nor_we_ourselves) {
  Lobby lobby;
  lobby.neighbour(101);
  lobby.join(1, {1, 100, 101, 100});
  lobby.receive_tracker(peers({100, 101, 1}, 3));
  EXPECT_EQ(lobby.dialled(), ids_from(100, 1));
}

TEST(Introductions, Without_p2p_nobody_is_dialled_and_nobody_answered) {
  Lobby lobby;
  lobby.world.config.is_p2p = false;
  lobby.join(1, ids_from(100, 3));
  EXPECT_TRUE(lobby.dialled().empty());
  lobby.receive_tracker(relayed(200, SignalKind::kOffer));
  EXPECT_EQ(lobby.world.peers.size(), 0u);
}

TEST(Introductions, A_dial_that_does_not_open_is_given_up_and_not_tried_again_for_a_while) {
  Lobby lobby;
  lobby.join(1, {100}, 2);
  EXPECT_EQ(lobby.dialled().size(), 1u);
  lobby.wait(tunables::kDialTimeoutMs);
  lobby.introductions.step();
  EXPECT_EQ(lobby.said().only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kFailed));
  lobby.receive_tracker(peers({100}, 2));
  EXPECT_TRUE(lobby.dialled().empty());
  lobby.wait(tunables::kRedialMs);
  lobby.receive_tracker(peers({100}, 2));
  EXPECT_EQ(lobby.dialled().size(), 1u);
}

TEST(Introductions, Who_refused_is_not_dialled_again_at_once) {
  Lobby lobby;
  lobby.join(1, {100}, 2);
  lobby.dialled();
  lobby.receive_tracker(relayed(100, SignalKind::kBye));
  EXPECT_EQ(lobby.said().only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kRefused));
  lobby.receive_tracker(peers({100}, 2));
  EXPECT_TRUE(lobby.dialled().empty());
}

TEST(Introductions, A_bye_through_the_tracker_does_not_end_an_open_channel) {
  Lobby lobby;
  const Handle open = lobby.neighbour(50);
  lobby.receive_tracker(relayed(50, SignalKind::kBye));
  lobby.receive_tracker(gone(50));
  EXPECT_NE(lobby.world.peers.get(open), nullptr);
}

TEST(Introductions, Who_is_gone_is_dialled_no_longer) {
  Lobby lobby;
  lobby.join(1, ids_from(100, 8));
  lobby.dialled();
  lobby.receive_tracker(gone(100));
  EXPECT_EQ(lobby.said().only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kFailed));
  lobby.receive_tracker(gone(106));
  lobby.receive_tracker(gone(106));
  lobby.wait(tunables::kDialPaceMs);
  EXPECT_EQ(lobby.dialled(), ids_from(107, 1));
}

TEST(Introductions, An_offer_becomes_a_connection_to_answer) {
  Lobby lobby;
  lobby.join(1, {});
  lobby.receive_tracker(relayed(200, SignalKind::kOffer, "v=0 offer"));
  const Record said = lobby.said();
  const Said& signal = said.only(ActionType::kSignal);
  EXPECT_EQ(signal[1], 0);
  EXPECT_EQ(signal[2], 9) << "the token of the frame";
  EXPECT_EQ(signal[4], 9) << "bytes of the blob";
  EXPECT_EQ(signal[5], 200);
  EXPECT_EQ(lobby.world.peers.get(signal[0])->state, PeerState::kAnswering);
}

TEST(Introductions, Answers_and_candidates_go_to_their_connection_and_strangers_are_ignored) {
  Lobby lobby;
  lobby.join(1, {100});
  lobby.dialled();
  lobby.receive_tracker(relayed(100, SignalKind::kAnswer));
  lobby.receive_tracker(relayed(100, SignalKind::kCandidate));
  lobby.receive_tracker(relayed(999, SignalKind::kCandidate));
  lobby.receive_tracker(relayed(999, SignalKind::kAnswer));
  EXPECT_EQ(lobby.said().words(), "SIGNAL SIGNAL");
}

TEST(Introductions, When_both_dial_at_once_exactly_one_connection_comes_of_it) {
  for (const auto& [mine, theirs] : {std::pair<uint32_t, uint32_t>{1, 2}, {2, 1}}) {
    Lobby me;
    Lobby them;
    me.join(mine, {theirs});
    them.join(theirs, {mine});
    EXPECT_EQ(me.dialled().size() + them.dialled().size(), 2u);
    me.receive_tracker(relayed(theirs, SignalKind::kOffer));
    them.receive_tracker(relayed(mine, SignalKind::kOffer));
    ASSERT_EQ(me.world.peers.size(), 1u);
    ASSERT_EQ(them.world.peers.size(), 1u);
    const PeerState a = me.world.peers.get(me.world.peers.find_remote(theirs))->state;
    const PeerState b = them.world.peers.get(them.world.peers.find_remote(mine))->state;
    EXPECT_EQ(a == PeerState::kDialing, mine > theirs) << "the offer of the greater id stands";
    EXPECT_EQ(b == PeerState::kDialing, theirs > mine);
    const size_t answers = me.said().count(ActionType::kSignal) + them.said().count(ActionType::kSignal);
    EXPECT_EQ(answers, 1u);
  }
}

TEST(Introductions, Who_offers_anew_has_lost_the_old_connection) {
  Lobby lobby;
  lobby.join(1, {});
  const Handle old = lobby.neighbour(50);
  lobby.receive_tracker(relayed(50, SignalKind::kOffer));
  EXPECT_EQ(lobby.world.peers.get(old), nullptr);
  EXPECT_EQ(lobby.world.peers.size(), 1u);
  EXPECT_EQ(lobby.said().words(ActionType::kSignal), "SIGNAL");
}

TEST(Introductions, More_ids_than_we_remember_push_out_the_oldest) {
  Lobby lobby;
  lobby.join(1, {}, 1000);
  for (uint32_t page = 0; page < 3; ++page) lobby.receive_tracker(peers(ids_from(1000 + 64 * page, 64), 1000));
  EXPECT_EQ(lobby.dialled(), ids_from(1000 + 3 * 64 - tunables::kCandidateIdsMax, tunables::kDialBurst));
}

TEST(Introductions, With_room_and_nobody_left_to_dial_the_tracker_is_asked_for_more_less_and_less_often) {
  Lobby lobby;
  lobby.join(1, {}, 50);
  TimeMs last = lobby.world.now;
  TimeMs longest = 0;
  for (int i = 0; i < 10; ++i) {
    const TimeMs next = lobby.introductions.step();
    EXPECT_EQ(lobby.said().count(ActionType::kSendTracker), 0u) << "not before its time";
    lobby.world.now = next;
    lobby.introductions.step();
    const Record said = lobby.said();
    const auto told = said.told_tracker();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].type, Type::kMore);
    EXPECT_EQ(told[0].want, tunables::kPeersMaxDefault);
    longest = std::max(longest, next - last);
    last = next;
  }
  EXPECT_GT(longest, tunables::kMoreMaxMs / 2);
  EXPECT_LE(longest, tunables::kMoreMaxMs * 1.5);
}

TEST(Introductions, Who_has_met_the_whole_swarm_does_not_ask_for_more) {
  Lobby lobby;
  lobby.neighbour(50);
  lobby.join(1, {}, 2);
  lobby.wait(60'000);
  lobby.introductions.step();
  EXPECT_EQ(lobby.said().count(ActionType::kSendTracker), 0u);
}

TEST(Introductions, When_the_tracker_dies_channels_live_and_nobody_is_dialled) {
  Lobby lobby;
  const Handle open = lobby.neighbour(50);
  lobby.join(1, ids_from(100, 8));
  lobby.introductions.tracker_closed();
  EXPECT_TRUE(lobby.dialled().empty());
  EXPECT_NE(lobby.world.peers.get(open), nullptr);
  Bytes out(64);
  EXPECT_EQ(lobby.introductions.encode_signal(open, SignalKind::kCandidate, 10, out), 0u)
      << "there is nobody to relay it";
}

TEST(Introductions, Joined_anew_the_neighbours_hear_our_new_id) {
  Lobby lobby;
  const Handle open = lobby.neighbour(50);
  lobby.introductions.tracker_closed();
  lobby.join(7, {});
  const Record said = lobby.said();
  const auto sent = said.sent(wire::Type::kHello, open);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].hello.peer_id, 7u);
}

TEST(Introductions, Garbage_and_errors_from_the_tracker_change_nothing_but_are_told) {
  Lobby lobby;
  lobby.join(1, {});
  lobby.receive_tracker({0xc1});
  lobby.receive_tracker({});
  EXPECT_TRUE(lobby.said().is_empty());
  tracker_wire::Message error;
  error.type = Type::kError;
  error.code = tracker_wire::ErrorCode::kFull;
  lobby.receive_tracker(frame(error));
  EXPECT_EQ(lobby.said().only(ActionType::kNotice)[1], 4006);
}

}  // namespace
}  // namespace bazaar::testing
