// Desks of several workers: members of one swarm meet wherever their connections are, also when messages are lost.
#include <gtest/gtest.h>

#include <set>

#include "tracker/support/webtorrent_room.hpp"
#include "webtorrent/desk.hpp"

namespace bazaar::tracker::webtorrent {
namespace {

uint64_t audience(const Json& frame) {
  return frame.value("complete", uint64_t{0}) + frame.value("incomplete", uint64_t{0});
}

TEST(WebTorrentDesks, Members_on_two_workers_exchange_offer_and_answer) {
  Room room(2);
  const auto a = room.open(0), b = room.open(1);
  room.say(a, announce_json(1));
  room.say(b, announce_json(2, 0, {{"left", 0}}));
  EXPECT_EQ(audience(room.only(a)), 1u);
  const Json counts = room.only(b);
  EXPECT_EQ(counts.at("complete"), 1);
  EXPECT_EQ(counts.at("incomplete"), 1);
  for (const auto& [offering, number, answering, other] : {std::tuple{b, 2, a, 1}, std::tuple{a, 1, b, 2}}) {
    room.say(offering, announce_json(number, 5));
    EXPECT_EQ(audience(room.only(offering)), 2u);
    const Json offer = room.only(answering);
    EXPECT_EQ(offer.at("peer_id"), peer_text(number));
    room.say(answering, answer_json(other, offer));
    EXPECT_EQ(room.only(offering).at("answer").at("sdp"), "v=0 answer\r\n");
    room.say(answering, answer_json(other, offer));
    EXPECT_TRUE(room.heard(offering).empty()) << "answered once";
  }
  EXPECT_EQ(room.cells(swarm_text()), 1u);
}

TEST(WebTorrentDesks, A_stop_is_answered_by_who_keeps_the_counts) {
  Room room(2);
  const auto a = room.open(0), b = room.open(1);
  room.say(a, announce_json(1, 0, {{"left", 0}}));
  room.say(b, announce_json(2));
  room.heard(b);
  for (int twice = 0; twice < 2; ++twice) {
    room.say(b, announce_json(2, 0, {{"event", "stopped"}}));
    EXPECT_EQ(audience(room.only(b)), 1u);
  }
  EXPECT_EQ(room.desk(1).counters().memberships, 0u);
  EXPECT_EQ(room.desk(0).counters().members, 1u);
}

TEST(WebTorrentDesks, Cells_that_began_at_once_become_one) {
  Room room(3);
  room.loss = 1;
  std::vector<ConnectionId> all;
  for (int i = 0; i < 9; ++i) {
    all.push_back(room.open(i % 3));
    room.say(all.back(), announce_json(i + 1));
  }
  EXPECT_EQ(room.cells(swarm_text()), 3u);
  room.loss = 0;
  room.pass(7'000);
  EXPECT_EQ(room.cells(swarm_text()), 1u) << "without an announce of anybody's";
  for (const auto each : all) room.heard(each);
  for (int i = 0; i < 9; ++i) {
    room.say(all[i], announce_json(i + 1, 10));
    size_t reached = 0;
    for (const auto other : all) {
      for (const Json& frame : room.heard(other)) {
        if (!frame.contains("offer")) {
          EXPECT_EQ(audience(frame), 9u);
          continue;
        }
        EXPECT_NE(other, all[i]);
        ++reached;
      }
    }
    EXPECT_EQ(reached, 8u);
  }
}

TEST(WebTorrentDesks, A_member_that_was_moved_can_still_be_stopped_and_closed) {
  Room room(2);
  room.loss = 1;
  const auto a = room.open(0), b = room.open(1), c = room.open(1);
  room.say(a, announce_json(1));
  room.say(b, announce_json(2));
  room.say(c, announce_json(3));
  room.loss = 0;
  room.pass(7'000);
  room.say(b, announce_json(2, 0, {{"event", "stopped"}}));
  room.close(c);
  room.heard(a);
  room.say(a, announce_json(1));
  EXPECT_EQ(audience(room.only(a)), 1u);
}

TEST(WebTorrentDesks, A_guest_of_a_cell_that_moves_on_is_still_reached) {
  Room room(3);
  // Guests of worker 2's cell from worker 1; then worker 0 begins a cell that nobody hears of in time.
  const auto owner = room.open(2), guest = room.open(1);
  room.say(owner, announce_json(3));
  room.say(guest, announce_json(2));
  EXPECT_EQ(audience(room.only(guest)), 2u);
  room.loss = 1;
  room.pass(16'000);
  const auto first = room.open(0);
  room.say(first, announce_json(1));
  room.loss = 0;
  room.pass(7'000);
  EXPECT_EQ(room.cells(swarm_text()), 1u);
  room.heard(first), room.heard(guest), room.heard(owner);
  room.say(first, announce_json(1, 10));
  EXPECT_EQ(audience(room.only(first)), 3u);
  EXPECT_EQ(room.heard(guest).size(), 1u);
  EXPECT_EQ(room.heard(owner).size(), 1u);
  room.close(guest);
  room.say(first, announce_json(1));
  EXPECT_EQ(audience(room.only(first)), 2u) << "its home knows the new owner";
}

TEST(WebTorrentDesks, A_crowd_stays_at_home) {
  Limits limits;
  limits.cell_join_below = 10;
  Room room(2, limits);
  room.say(room.open(0), announce_json(1));
  std::vector<ConnectionId> crowd;
  for (int i = 0; i < 30; ++i) {
    crowd.push_back(room.open(1));
    room.say(crowd.back(), announce_json(100 + i));
  }
  room.pass(2'000);
  EXPECT_EQ(room.cells(swarm_text()), 2u);
  const auto sent = room.desk(1).counters().bus_out;
  for (int i = 0; i < 30; ++i) {
    room.heard(crowd[i]);
    room.say(crowd[i], announce_json(100 + i, 5));
  }
  EXPECT_LE(room.desk(1).counters().bus_out, sent + 10) << "stops at the old owner, then nothing";
  room.pass(2'000);
  const auto settled = room.desk(1).counters().bus_out;
  for (int i = 0; i < 30; ++i) {
    room.heard(crowd[i]);
    room.say(crowd[i], announce_json(100 + i));
    EXPECT_EQ(audience(room.only(crowd[i])), 31u) << "the whole audience";
  }
  EXPECT_EQ(room.desk(1).counters().bus_out, settled);
}

TEST(WebTorrentDesks, The_few_join_the_first_large_cell_even_when_their_own_address_is_lower) {
  Limits limits;
  limits.cell_join_below = 10;
  Room room(3, limits);
  for (int i = 0; i < 12; ++i) room.say(room.open(1), announce_json(100 + i));
  for (int i = 0; i < 12; ++i) room.say(room.open(2), announce_json(200 + i));
  room.pass(1'500);
  const size_t before = room.desk(1).counters().members;
  const auto few = room.open(0);
  room.say(few, announce_json(1, 5));
  EXPECT_EQ(audience(room.only(few)), 25u);
  EXPECT_EQ(room.desk(0).counters().cells, 0u);
  EXPECT_EQ(room.desk(1).counters().members, before + 1);
}

TEST(WebTorrentDesks, A_peer_id_taken_on_another_worker_is_refused) {
  Room room(2);
  const auto a = room.open(0), thief = room.open(1);
  room.say(a, announce_json(1));
  room.say(thief, announce_json(1, 3));
  EXPECT_TRUE(room.only(thief).contains("failure reason"));
  EXPECT_EQ(room.desk(1).counters().memberships, 0u);
  room.close(thief);
  room.heard(a);
  room.say(a, announce_json(1));
  EXPECT_EQ(audience(room.only(a)), 1u);
}

TEST(WebTorrentDesks, Members_of_a_lost_owner_meet_again) {
  Room room(3);
  const auto gone = room.open(0), b = room.open(1), c = room.open(2);
  room.say(gone, announce_json(1));
  room.say(b, announce_json(2));
  room.say(c, announce_json(3));
  room.heard(b), room.heard(c);
  room.kill(0);
  room.say(b, announce_json(2, 5));
  EXPECT_TRUE(room.heard(b).empty()) << "lost with the owner; the client asks again in its time";
  room.pass(16'000);
  room.say(b, announce_json(2));
  room.say(c, announce_json(3, 5));
  EXPECT_EQ(audience(room.only(c)), 2u);
  EXPECT_EQ(room.heard(b).size(), 2u);
}

TEST(WebTorrentDesks, Members_from_a_lost_node_are_offered_nothing) {
  Room room(2);
  const auto a = room.open(0), b = room.open(1);
  room.say(a, announce_json(1));
  room.say(b, announce_json(2));
  room.desk(0).node_lost(Room::address(1).node());
  room.heard(a);
  room.say(a, announce_json(1, 5));
  EXPECT_EQ(audience(room.only(a)), 1u);
}

TEST(WebTorrentDesks, Notices_come_at_once_for_new_and_ended_cells_and_once_a_second_between) {
  Room room(2);
  const auto a = room.open(0);
  room.say(a, announce_json(1));
  ASSERT_EQ(room.notices.size(), 1u);
  EXPECT_EQ(room.notices[0].size, 1u);
  EXPECT_EQ(room.notices[0].stream.bytes.back(), static_cast<uint8_t>(BusMessageClass::kWebTorrent));
  for (int i = 0; i < 20; ++i) {
    room.say(a, announce_json(10 + i));
    room.pass(100);
  }
  EXPECT_LE(room.notices.size(), 4u);
  room.pass(1'000);
  EXPECT_EQ(room.notices.back().size, 16u) << "more are not let in on one connection";
}

TEST(WebTorrentDesks, A_cell_says_that_it_is_there_and_that_it_ended) {
  Room room(2);
  const auto a = room.open(0);
  room.say(a, announce_json(1));
  room.notices.clear();
  room.pass(20'000);
  EXPECT_GE(room.notices.size(), 3u);
  room.close(a);
  EXPECT_EQ(room.notices.back().size, 0u);
}

TEST(WebTorrentDesks, Garbage_on_the_bus_is_counted_and_does_nothing) {
  Room room(2);
  const auto a = room.open(0);
  room.say(a, announce_json(1));
  room.heard(a);
  BusCodec codec;
  BusMessage message;
  message.type = BusType::kOffer;
  message.connection = a;
  std::copy_n(swarm_text().begin(), 20, message.info_hash.begin());
  std::copy_n(peer_text(1).begin(), 20, message.to_peer.begin());
  const Description good{"id", "\"v=0\""};
  message.descriptions = {&good, 1};
  const auto bytes = codec.encode(message);
  const std::vector<uint8_t> whole(bytes.begin(), bytes.end());
  room.deliver(0, whole);
  EXPECT_EQ(room.heard(a).size(), 1u) << "the undamaged one arrives";
  for (size_t length = 0; length < whole.size(); ++length) room.deliver(0, std::span(whole).first(length));
  EXPECT_EQ(room.dropped(Drop::kBadBusMessage), whole.size());
  const Description broken{"id", "\"v=0\",\"x\":\"\""};
  message.descriptions = {&broken, 1};
  room.deliver(0, codec.encode(message));
  EXPECT_EQ(room.dropped(Drop::kBadBusMessage), whole.size() + 1);
  message.descriptions = {&good, 1};
  message.connection = a + 99;
  room.deliver(0, codec.encode(message));
  EXPECT_EQ(room.dropped(Drop::kOfferLate), 1u);
  EXPECT_TRUE(room.heard(a).empty());
}

/// Announces, stops, closes and answers at random on three workers while a fifth of all messages is lost; afterwards,
/// without loss, everybody meets again and nothing is left over.
TEST(WebTorrentDesks, A_lossy_bus_costs_offers_and_nothing_else) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Limits limits;
    limits.cell_join_below = 6;
    Room room(3, limits, seed);
    Dice dice(seed * 977);
    std::map<int, ConnectionId> viewers;
    room.loss = 0.2;
    for (int step = 0; step < 600; ++step) {
      const int peer = 1 + dice.below(20);
      if (!viewers.contains(peer)) viewers[peer] = room.open(static_cast<int>(dice.below(3)));
      const auto connection = viewers[peer];
      const auto roll = dice.below(10);
      if (roll == 0) {
        room.close(connection);
        viewers.erase(peer);
      } else if (roll == 1) {
        room.say(connection, announce_json(peer, 0, {{"event", "stopped"}}));
      } else {
        room.say(connection, announce_json(peer, static_cast<int>(dice.below(6))));
        for (const auto& [other, its] : viewers) {
          for (const Json& frame : room.heard(its)) {
            if (frame.contains("offer")) room.say(its, answer_json(other, frame));
          }
        }
      }
      room.pass(100 * dice.below(20));
    }
    room.loss = 0;
    for (int round = 0; round < 6; ++round) {
      for (const auto& [peer, connection] : viewers) room.say(connection, announce_json(peer));
      room.pass(30'000);
    }
    for (const auto& [peer, connection] : viewers) {
      room.heard(connection);
      room.say(connection, announce_json(peer));
      EXPECT_EQ(audience(room.only(connection)), viewers.size());
    }
    for (const auto& [peer, connection] : viewers) room.close(connection);
    room.pass(130'000);
    for (int worker = 0; worker < 3; ++worker) {
      const Counters counters = room.desk(worker).counters();
      EXPECT_EQ(counters.connections + counters.memberships + counters.swarms + counters.members, 0u);
    }
    EXPECT_EQ(room.dropped(Drop::kBadBusMessage), 0u);
  }
}

}  // namespace
}  // namespace bazaar::tracker::webtorrent
