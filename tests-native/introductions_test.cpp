// How viewers meet: whom we dial and when, whose offer stands when both dial, and when nobody is dialled.
#include "introductions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

using tracker_wire::GoneReason;
using tracker_wire::SignalKind;
using tracker_wire::Type;

struct Lobby : Rig {
  /// The player plays: no picture to wait for.
  Lobby() { world.playhead = {true, 0, 10'000, 1, world.now}; }
  /// The connection is there, the tracker has said HELLO, JOIN is out.
  void open(uint32_t window_ms = 0, const Bytes& token = {}) {
    introductions.tracker_opened(token);
    receive_tracker(wait_frame(Type::kHello, window_ms));
    introductions.step();
  }
  /// Joined as viewer `own_id`, with these ids to dial.
  void join(uint32_t own_id, const std::vector<uint32_t>& ids, uint32_t swarm_size = 0) {
    open();
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

/// The only message to the tracker among what was said.
tracker_wire::Message only(const Record& said) {
  const auto told = said.told_tracker();
  EXPECT_EQ(told.size(), 1u) << said.words();
  return told.empty() ? tracker_wire::Message{} : told[0];
}

TEST(Introductions, A_tracker_that_said_hello_is_asked_to_let_us_in) {
  Lobby lobby;
  lobby.world.config.swarm[0] = 0xab;
  lobby.introductions.tracker_opened({});
  EXPECT_GE(lobby.introductions.step(), 1e300) << "HELLO comes first";
  EXPECT_TRUE(lobby.said().is_empty());
  lobby.receive_tracker(wait_frame(Type::kHello, 0));
  lobby.introductions.step();
  const Record said = lobby.said();
  const tracker_wire::Message join = only(said);
  EXPECT_EQ(join.type, Type::kJoin);
  EXPECT_EQ(join.version, tracker_wire::kProtocolVersion);
  EXPECT_EQ(join.stream[0], 0xab);
  EXPECT_EQ(join.want, tunables::kPeersMaxDefault);
  EXPECT_TRUE(join.token.empty());
  EXPECT_TRUE(join.resume.empty());
}

TEST(Introductions, A_crowd_joins_spread_over_the_window_each_once) {
  constexpr uint32_t kWindowMs = 10'000;
  TimeMs first = 1e300;
  TimeMs last = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Lobby lobby;
    lobby.world.dice = Dice(seed);
    const TimeMs begin = lobby.world.now;
    lobby.open(kWindowMs);
    lobby.receive_tracker(wait_frame(Type::kHello, 0));  // a second HELLO changes nothing
    const TimeMs when = lobby.introductions.step();
    ASSERT_LE(when, begin + kWindowMs);
    lobby.world.now = when - 1;
    lobby.introductions.step();
    EXPECT_TRUE(lobby.said().is_empty()) << "not before its time";
    lobby.world.now = when;
    lobby.introductions.step();
    lobby.receive_tracker(wait_frame(Type::kHello, 0));
    lobby.introductions.step();
    EXPECT_EQ(lobby.said().told_tracker().size(), 1u);
    first = std::min(first, when - begin);
    last = std::max(last, when - begin);
  }
  EXPECT_LT(first, 0.2 * kWindowMs);
  EXPECT_GT(last, 0.8 * kWindowMs);
}

//  HELLO          picture           HELLO                        + 1 s
//    |───────────────|JOIN            |──────────────────────────────|JOIN
TEST(Introductions, Until_there_is_a_picture_nobody_is_met_but_no_longer_than_a_second) {
  for (const bool has_picture : {true, false}) {
    Lobby lobby;
    const TimeMs begin = lobby.world.now;
    lobby.world.playhead = {true, 0, 2'000, 0, begin};  // media is here, and nothing moves yet
    lobby.open();
    EXPECT_EQ(lobby.introductions.step(), begin + tunables::kPictureMs);
    lobby.world.now = begin + tunables::kPictureMs - 1;
    lobby.introductions.step();
    EXPECT_TRUE(lobby.said().is_empty());
    if (has_picture) {
      lobby.world.playhead = {true, 0, 2'000, 1, lobby.world.now};
    } else {
      lobby.world.now = begin + tunables::kPictureMs;
    }
    lobby.introductions.step();
    const Record said = lobby.said();
    EXPECT_EQ(only(said).type, Type::kJoin);
  }
}

//  HELLO at 100.1 ms, and a clock that has no number for 1100.1 − 1000: JOIN in the same turn all the same
TEST(Introductions, Who_has_a_picture_joins_in_the_turn_of_hello_however_young_the_page) {
  size_t rounded_up = 0;
  for (TimeMs now = 100.1; now < 200; now += 1.1) {
    Lobby lobby;
    lobby.world.now = now;
    lobby.world.playhead = {true, 0, 2'000, 1, now};
    lobby.open();
    lobby.introductions.step();
    const Record said = lobby.said();
    EXPECT_EQ(only(said).type, Type::kJoin) << now;
    rounded_up += now + tunables::kPictureMs - tunables::kPictureMs > now;
  }
  EXPECT_GT(rounded_up, 10u) << "the trap was there";
}

TEST(Introductions, Who_lost_the_connection_before_its_turn_does_not_join_on_the_dead_one) {
  Lobby lobby;
  lobby.open(10'000);
  lobby.introductions.tracker_closed();
  lobby.wait(20'000);
  EXPECT_GE(lobby.introductions.step(), 1e300);
  EXPECT_TRUE(lobby.said().is_empty());
}

TEST(Introductions, The_token_of_the_page_goes_with_each_join) {
  Lobby lobby;
  const Bytes first = {1, 2, 3};
  const Bytes second(tracker_wire::kTokenBytesMax, 9);
  for (const Bytes& token : {first, second}) {
    lobby.open(0, token);
    const Record said = lobby.said();
    const auto join = only(said);
    EXPECT_EQ(Bytes(join.token.begin(), join.token.end()), token);
    lobby.introductions.tracker_closed();
  }
}

TEST(Introductions, The_profile_says_what_the_tracker_may_choose_by) {
  Lobby lobby;
  lobby.world.config.region = 77;
  lobby.world.renditions = {4, 9};
  lobby.neighbour(50);
  lobby.segment(1, "", 10'000);
  lobby.segment(2, "", 12'000);
  lobby.play(8'000, 3'000);
  lobby.open();
  const Record unmeasured = lobby.said();
  const tracker_wire::Profile before = only(unmeasured).profile;
  EXPECT_EQ(before.rendition, 15u);
  EXPECT_EQ(before.region, 77u);
  EXPECT_EQ(before.upload_kbps, 0u) << "not known yet";
  EXPECT_EQ(before.free_slots, tunables::kPeersMaxDefault - 1);
  EXPECT_EQ(before.behind_ms, 6'000u) << "the edge is at 14 s";

  lobby.introductions.tracker_closed();
  lobby.world.renditions = {9, 4};
  lobby.world.pace.note_drained(100'000, lobby.world.now, lobby.world.now + 100);
  lobby.world.playhead.is_known = false;
  lobby.open();
  const Record measured = lobby.said();
  const tracker_wire::Profile after = only(measured).profile;
  EXPECT_EQ(after.rendition, before.rendition) << "in whatever order they were chosen";
  EXPECT_EQ(after.upload_kbps, 8'000u);
  EXPECT_EQ(after.behind_ms, 0u);

  lobby.introductions.tracker_closed();
  lobby.world.config.may_upload = false;
  lobby.world.renditions = {};
  lobby.open();
  const Record silent = lobby.said();
  EXPECT_EQ(only(silent).profile.upload_kbps, 1u);
  EXPECT_EQ(only(silent).profile.rendition, 0u);
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

struct Busy : Lobby {
  Busy() {
    join(1, ids_from(100, 4));
    EXPECT_EQ(dialled().size(), 4u);
    protocol.opened(world.peers.find_remote(100));
  }
  void be_late() {
    for (int i = 0; i < 100; ++i) world.lateness.note(0, 500);
  }
  /// Rests, and returns for how long.
  TimeMs rest() {
    be_late();
    introductions.step();
    return world.rest_until_ms - world.now;
  }
};

TEST(Introductions, A_computer_with_too_much_to_do_leaves_its_neighbours_for_a_while) {
  Busy rig;
  const Handle open = rig.world.peers.find_remote(100);
  rig.said();
  const TimeMs length = rig.rest();
  EXPECT_GE(length, 0.5 * tunables::kRestMs);
  EXPECT_LE(length, 1.5 * tunables::kRestMs);
  const Record said = rig.said();
  EXPECT_EQ(said.count(ActionType::kClosePeer), 4u);
  const auto byes = said.sent(wire::Type::kBye);
  ASSERT_EQ(byes.size(), 1u) << "whose channel is open is told";
  EXPECT_EQ(byes[0].bye.reason, wire::ByeReason::kLeaving);
  EXPECT_EQ(rig.world.peers.get(open), nullptr);
  EXPECT_EQ(rig.world.peers.size(), 0u);
  EXPECT_FALSE(rig.world.is_p2p());
}

TEST(Introductions, Who_rests_dials_nobody_and_answers_nobody_and_then_does) {
  Busy rig;
  const TimeMs length = rig.rest();
  rig.said();
  rig.receive_tracker(peers(ids_from(500, 3), 8));
  rig.wait(length - 1);
  EXPECT_TRUE(rig.dialled().empty());
  rig.receive_tracker(relayed(600, SignalKind::kOffer));
  EXPECT_EQ(only(rig.said()).kind, SignalKind::kBye);
  rig.wait(1);
  EXPECT_TRUE(rig.world.is_p2p());
  EXPECT_FALSE(rig.dialled().empty());
}

TEST(Introductions, Each_rest_is_twice_as_long_up_to_a_bound) {
  Busy rig;
  for (uint32_t rests = 0; rests < tunables::kRestsMax + 3; ++rests) {
    const double times = 1u << std::min(rests, tunables::kRestsMax);
    const TimeMs length = rig.rest();
    EXPECT_GE(length, 0.5 * times * tunables::kRestMs);
    EXPECT_LE(length, 1.5 * times * tunables::kRestMs);
    rig.wait(length);
    rig.neighbour(700 + rests);
  }
}

TEST(Introductions, Alone_there_is_nothing_to_rest_from) {
  Lobby lobby;
  lobby.join(1, {});
  for (int i = 0; i < 100; ++i) lobby.world.lateness.note(0, 500);
  lobby.introductions.step();
  EXPECT_TRUE(lobby.world.is_p2p());
  lobby.neighbour(700);
  lobby.introductions.step();
  EXPECT_TRUE(lobby.world.is_p2p()) << "what was late before it had company does not count";
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

TEST(Introductions, Who_was_busy_is_dialled_again_in_its_turn) {
  Lobby lobby;
  lobby.join(1, ids_from(100, 8));
  lobby.dialled();
  lobby.receive_tracker(gone(100, GoneReason::kBusy));
  EXPECT_EQ(lobby.said().only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kLeaving));
  lobby.receive_tracker(gone(100, GoneReason::kBusy));  // its candidates, too: twice is once
  std::vector<uint32_t> later;
  for (int i = 0; i < 5; ++i) {
    lobby.wait(tunables::kDialPaceMs);
    for (const uint32_t id : lobby.dialled()) later.push_back(id);
  }
  EXPECT_EQ(later, (std::vector<uint32_t>{106, 107, 100}));
}

TEST(Introductions, An_answer_that_was_not_delivered_is_not_dialled) {
  Lobby lobby;
  lobby.join(1, {});
  lobby.receive_tracker(relayed(200, SignalKind::kOffer));
  lobby.receive_tracker(gone(200, GoneReason::kBusy));
  EXPECT_EQ(lobby.world.peers.size(), 0u);
  EXPECT_TRUE(lobby.dialled().empty()) << "the newcomer offers";
}

TEST(Introductions, A_stranger_is_given_up_without_blame) {
  Lobby lobby;
  lobby.join(1, {100}, 2);
  lobby.dialled();
  lobby.receive_tracker(gone(100, GoneReason::kStranger));
  EXPECT_EQ(lobby.said().only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kLeaving));
  EXPECT_TRUE(lobby.dialled().empty());
  lobby.receive_tracker(peers({100}, 2));
  EXPECT_EQ(lobby.dialled(), ids_from(100, 1)) << "once introduced";
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
  lobby.receive_tracker(relayed(100, SignalKind::kCandidates));
  lobby.receive_tracker(relayed(999, SignalKind::kCandidates));
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

TEST(Introductions, More_leaves_out_whom_we_have_and_whom_we_avoid) {
  Lobby lobby;
  lobby.neighbour(50);
  lobby.neighbour(0);  // one whose id we do not know
  lobby.join(1, {100}, 50);
  lobby.dialled();
  lobby.receive_tracker(gone(100));
  lobby.said();
  lobby.wait(tunables::kMoreMs * 2);
  lobby.introductions.step();
  const Record said = lobby.said();
  const auto more = only(said);
  EXPECT_EQ(more.type, Type::kMore);
  EXPECT_EQ(more.want, tunables::kPeersMaxDefault - 2);
  EXPECT_EQ(std::vector<uint32_t>(more.ids.begin(), more.ids.begin() + static_cast<std::ptrdiff_t>(more.id_count)),
            (std::vector<uint32_t>{50, 100}));
}

TEST(Introductions, More_leaves_out_no_more_than_a_message_holds_the_latest_first) {
  Lobby lobby;
  lobby.join(1, {}, 1000);
  for (uint32_t id = 1; id <= 100; ++id) lobby.world.avoided.add(id, lobby.world.now);
  lobby.wait(tunables::kMoreMs * 2);
  lobby.introductions.step();
  const Record said = lobby.said();
  const auto more = only(said);
  ASSERT_EQ(more.id_count, tracker_wire::kPeersMax);
  EXPECT_EQ(more.ids[0], 100u);
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
  EXPECT_EQ(lobby.introductions.encode_signal(open, SignalKind::kCandidates, 10, out), 0u)
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

/// WELCOME with a resume token.
Bytes keeping(uint32_t own_id, const Bytes& resume, bool is_resumed = false) {
  tracker_wire::Message message;
  message.type = Type::kWelcome;
  message.peer = own_id;
  message.audience = 2;
  message.resume = resume;
  message.is_resumed = is_resumed;
  return frame(message);
}

TEST(Introductions, Who_resumes_while_its_player_stalls_is_back_at_once) {
  Lobby lobby;
  lobby.open();
  lobby.receive_tracker(keeping(7, {1, 2, 3, 4}));
  lobby.introductions.tracker_closed();
  lobby.said();
  lobby.world.playhead = {true, 0, 0, 0, lobby.world.now};
  lobby.open();
  const Record said = lobby.said();
  EXPECT_EQ(only(said).type, Type::kJoin);
}

TEST(Introductions, A_lost_connection_is_resumed_at_once_and_no_neighbour_hears_of_it) {
  Lobby lobby;
  const Handle open = lobby.neighbour(50);
  lobby.open();
  lobby.receive_tracker(keeping(7, {1, 2, 3, 4}));
  lobby.introductions.tracker_closed();
  lobby.said();
  lobby.open(60'000);
  const Record said = lobby.said();
  const auto join = only(said);
  EXPECT_EQ(Bytes(join.resume.begin(), join.resume.end()), (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(join.want, tunables::kPeersMaxDefault - 1) << "as many as there is room for";
  lobby.receive_tracker(keeping(7, {5}, true));
  EXPECT_TRUE(lobby.said().sent(wire::Type::kHello, open).empty()) << "the same id as before";
  lobby.introductions.tracker_closed();
  lobby.open();
  const Record again = lobby.said();
  EXPECT_EQ(only(again).resume.size(), 1u) << "the latest token";
}

TEST(Introductions, A_place_that_was_not_kept_makes_us_a_newcomer_whom_neighbours_hear_of) {
  Lobby lobby;
  const Handle open = lobby.neighbour(50);
  lobby.open();
  lobby.receive_tracker(keeping(7, {1}));
  lobby.introductions.tracker_closed();
  lobby.open();
  lobby.said();
  lobby.receive_tracker(keeping(8, {}));
  EXPECT_EQ(lobby.said().sent(wire::Type::kHello, open).size(), 1u);
  lobby.introductions.tracker_closed();
  lobby.open();
  const Record said = lobby.said();
  EXPECT_TRUE(only(said).resume.empty()) << "this tracker keeps no places";
}

TEST(Introductions, Superseded_by_itself_a_viewer_does_not_resume_again) {
  Lobby lobby;
  lobby.open();
  lobby.receive_tracker(keeping(7, {1}));
  tracker_wire::Message error;
  error.type = Type::kError;
  error.code = tracker_wire::ErrorCode::kSuperseded;
  lobby.receive_tracker(frame(error));
  lobby.introductions.tracker_closed();
  lobby.said();
  lobby.open();
  const Record said = lobby.said();
  EXPECT_TRUE(only(said).resume.empty());
}

TEST(Introductions, Going_away_is_answered_by_a_new_connection_after_a_part_of_the_time) {
  TimeMs first = 1e300;
  TimeMs last = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Lobby lobby;
    lobby.world.dice = Dice(seed);
    lobby.join(1, {});
    lobby.receive_tracker(wait_frame(Type::kGoAway, 10'000));
    const TimeMs delay = lobby.said().only(ActionType::kReconnect)[0];
    first = std::min(first, delay);
    last = std::max(last, delay);
  }
  EXPECT_LT(first, 2'000);
  EXPECT_GT(last, 8'000);
  EXPECT_LT(last, 10'000);
}

TEST(Introductions, Statistics_are_sent_as_often_as_the_tracker_wants_each_byte_once) {
  Lobby lobby;
  lobby.open();
  tracker_wire::Message wanted;
  wanted.type = Type::kWelcome;
  wanted.peer = 1;
  wanted.audience = 1;
  wanted.stats_s = 60;
  lobby.receive_tracker(frame(wanted));
  lobby.said();
  lobby.world.counters.bytes_from_cdn = 1'000;
  std::set<TimeMs> pauses;
  double told = 0;
  for (int i = 0; i < 20; ++i) {
    const TimeMs before = lobby.world.now;
    lobby.world.now = lobby.introductions.step();
    ASSERT_GE(lobby.world.now - before, 30'000);
    ASSERT_LE(lobby.world.now - before, 90'000);
    pauses.insert(lobby.world.now - before);
    lobby.introductions.step();
    const Record said = lobby.said();
    const auto stats = only(said);
    ASSERT_EQ(stats.type, Type::kStats);
    told += static_cast<double>(stats.traffic.cdn_bytes);
    EXPECT_EQ(stats.profile.free_slots, tunables::kPeersMaxDefault);
    lobby.world.counters.bytes_from_cdn += 500;
  }
  EXPECT_EQ(told, lobby.world.counters.bytes_from_cdn - 500);
  EXPECT_EQ(pauses.size(), 20u) << "viewers that joined together do not report together";
  lobby.introductions.tracker_closed();
  EXPECT_GE(lobby.introductions.step(), 1e300);
  wanted.stats_s = 0;
  lobby.receive_tracker(frame(wanted));
  EXPECT_GE(lobby.introductions.step(), 1e300) << "a tracker that wants none gets none";
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
  error.wait_ms = 1'500;
  lobby.receive_tracker(frame(error));
  const Record said = lobby.said();
  EXPECT_EQ(said.only(ActionType::kNotice)[1], 4006);
  EXPECT_EQ(said.only(ActionType::kNotice)[2], 1'500) << "how long to stay away";
}

}  // namespace
}  // namespace bazaar::testing
