// The desk of one worker as its clients hear it: who is told what, and who is told nothing.
#include <gtest/gtest.h>

#include <set>

#include "tracker/support/webtorrent_room.hpp"
#include "webtorrent/desk.hpp"

namespace bazaar::tracker::webtorrent {
namespace {

std::string reason(const Json& frame) { return frame.value("failure reason", ""); }

TEST(WebTorrentDesk, An_announce_is_answered_with_the_counts) {
  Room room;
  const auto a = room.open();
  room.say(a, announce_json(1, 0, {{"event", "started"}, {"left", 5}}));
  EXPECT_EQ(
      room.only(a),
      (Json{
          {"action", "announce"}, {"complete", 0}, {"incomplete", 1}, {"interval", 30}, {"info_hash", swarm_text()}}));
  const auto b = room.open();
  room.say(b, announce_json(2, 0, {{"event", "started"}, {"left", 0}}));
  EXPECT_EQ(room.only(b).at("complete"), 1);
  EXPECT_TRUE(room.heard(a).empty());
}

TEST(WebTorrentDesk, Offers_reach_different_others_and_never_the_sender) {
  Room room;
  std::vector<ConnectionId> all;
  for (int peer = 1; peer <= 6; ++peer) {
    all.push_back(room.open());
    room.say(all.back(), announce_json(peer));
    room.heard(all.back());
  }
  room.say(all[0], announce_json(1, 3));
  EXPECT_FALSE(room.only(all[0]).contains("offer"));
  std::set<std::string> ids;
  int reached = 0;
  for (size_t i = 1; i < all.size(); ++i) {
    for (const Json& frame : room.heard(all[i])) {
      ++reached;
      ids.insert(frame.at("offer_id"));
      EXPECT_EQ(frame.at("peer_id"), peer_text(1));
      EXPECT_EQ(frame.at("info_hash"), swarm_text());
      EXPECT_EQ(frame.at("offer").at("type"), "offer");
      EXPECT_EQ(frame.at("offer").at("sdp"), "v=0\r\ns=-\r\n" + frame.at("offer_id").get<std::string>());
    }
  }
  EXPECT_EQ(reached, 3);
  EXPECT_EQ(ids.size(), 3u);
}

TEST(WebTorrentDesk, More_offers_than_others_reach_everybody_once) {
  Room room;
  const auto a = room.open(), b = room.open(), c = room.open();
  room.say(b, announce_json(2));
  room.say(c, announce_json(3));
  room.heard(b), room.heard(c);
  room.say(a, announce_json(1, 10));
  EXPECT_EQ(room.heard(b).size(), 1u);
  EXPECT_EQ(room.heard(c).size(), 1u);
}

TEST(WebTorrentDesk, Numwant_below_the_number_of_offers_holds) {
  Room room;
  const auto a = room.open(), b = room.open(), c = room.open();
  room.say(b, announce_json(2));
  room.say(c, announce_json(3));
  room.heard(b), room.heard(c);
  room.say(a, announce_json(1, 5, {{"numwant", 1}}));
  EXPECT_EQ(room.heard(b).size() + room.heard(c).size(), 1u);
  EXPECT_EQ(room.dropped(Drop::kNumwant), 4u);
  room.say(a, announce_json(1, 5, {{"numwant", "many"}}));
  EXPECT_EQ(room.heard(b).size() + room.heard(c).size(), 2u) << "what is no number does not limit";
}

TEST(WebTorrentDesk, Offers_beyond_ten_are_not_passed_on) {
  Room room;
  std::vector<ConnectionId> others;
  for (int peer = 2; peer <= 20; ++peer) {
    others.push_back(room.open());
    room.say(others.back(), announce_json(peer));
    room.heard(others.back());
  }
  room.say(room.open(), announce_json(1, 12));
  size_t reached = 0;
  for (const auto other : others) reached += room.heard(other).size();
  EXPECT_EQ(reached, 10u);
  EXPECT_EQ(room.dropped(Drop::kOffersTooMany), 2u);
}

/// a offers to b; returns the offer as b heard it.
Json introduce(Room& room, ConnectionId a, ConnectionId b) {
  room.say(b, announce_json(2));
  room.heard(b);
  room.say(a, announce_json(1, 1));
  room.heard(a);
  return room.only(b);
}

TEST(WebTorrentDesk, An_answer_goes_back_to_the_one_who_offered) {
  Room room;
  const auto a = room.open(), b = room.open();
  const Json offer = introduce(room, a, b);
  room.say(b, answer_json(2, offer));
  EXPECT_EQ(room.only(a), (Json{{"action", "announce"},
                                {"info_hash", swarm_text()},
                                {"peer_id", peer_text(2)},
                                {"offer_id", "p1-0"},
                                {"answer", {{"type", "answer"}, {"sdp", "v=0 answer\r\n"}}}}));
  EXPECT_TRUE(room.heard(b).empty()) << "no reply is due";
}

TEST(WebTorrentDesk, A_second_answer_to_one_offer_is_dropped) {
  Room room;
  const auto a = room.open(), b = room.open();
  const Json offer = introduce(room, a, b);
  room.say(b, answer_json(2, offer));
  room.heard(a);
  room.say(b, answer_json(2, offer));
  EXPECT_TRUE(room.heard(a).empty());
  EXPECT_EQ(room.dropped(Drop::kAnswerUnasked), 1u);
}

TEST(WebTorrentDesk, An_answer_is_dropped_without_its_offer) {
  Room room;
  const auto a = room.open(), b = room.open(), c = room.open();
  const Json offer = introduce(room, a, b);
  Json other = offer;
  other["offer_id"] = "p1-9";
  room.say(b, answer_json(2, other));
  EXPECT_EQ(room.dropped(Drop::kAnswerUnasked), 1u) << "an id that was not offered";
  room.say(c, announce_json(3));
  room.heard(c);
  room.say(c, answer_json(3, offer));
  EXPECT_EQ(room.dropped(Drop::kAnswerUnasked), 2u) << "another member than the one it went to";
  room.say(c, answer_json(2, offer));
  EXPECT_EQ(room.dropped(Drop::kAnswerFromStranger), 1u) << "under another's peer id";
  EXPECT_TRUE(room.heard(a).empty());
  EXPECT_TRUE(room.heard(b).empty());
  EXPECT_TRUE(room.heard(c).empty());
}

TEST(WebTorrentDesk, An_answer_after_the_offers_time_is_dropped) {
  Room room;
  const auto a = room.open(), b = room.open();
  const Json offer = introduce(room, a, b);
  room.now_ms += 120'001;
  room.say(b, answer_json(2, offer));
  EXPECT_TRUE(room.heard(a).empty());
  EXPECT_EQ(room.dropped(Drop::kAnswerUnasked), 1u);
}

TEST(WebTorrentDesk, An_answer_to_one_who_left_is_dropped) {
  Room room;
  const auto a = room.open(), b = room.open();
  const Json offer = introduce(room, a, b);
  room.say(a, announce_json(1, 0, {{"event", "stopped"}}));
  room.heard(a);
  room.say(b, answer_json(2, offer));
  EXPECT_TRUE(room.heard(a).empty());
  EXPECT_EQ(room.dropped(Drop::kAnswerLate), 1u);
}

TEST(WebTorrentDesk, Only_the_last_offers_of_a_connection_stay_open) {
  Limits limits;
  limits.open_offers_max = 2;
  Room room(1, limits);
  const auto a = room.open(), b = room.open();
  room.say(b, announce_json(2));
  room.heard(b);
  for (int i = 0; i < 3; ++i) {
    room.say(a, announce_json(1, 0, {{"numwant", 1}, {"offers", offers_json(1, "round" + std::to_string(i) + "-")}}));
  }
  const auto offers = room.heard(b);
  room.heard(a);
  ASSERT_EQ(offers.size(), 3u);
  room.say(b, answer_json(2, offers[0]));
  EXPECT_TRUE(room.heard(a).empty());
  room.say(b, answer_json(2, offers[1]));
  room.say(b, answer_json(2, offers[2]));
  EXPECT_EQ(room.heard(a).size(), 2u);
}

TEST(WebTorrentDesk, A_peer_id_stays_with_its_connection) {
  Room room;
  const auto a = room.open(), thief = room.open();
  room.say(a, announce_json(1));
  room.heard(a);
  room.say(thief, announce_json(1, 3));
  EXPECT_NE(reason(room.only(thief)), "");
  room.say(thief, announce_json(1, 0, {{"event", "stopped"}}));
  EXPECT_EQ(room.only(thief).at("incomplete"), 1) << "a stop of somebody else's is none";
  room.close(thief);
  room.say(a, announce_json(1));
  EXPECT_EQ(room.only(a).at("incomplete"), 1);
  EXPECT_EQ(room.dropped(Drop::kPeerIdTaken), 1u);
}

TEST(WebTorrentDesk, A_peer_id_is_free_again_when_its_connection_has_gone) {
  Room room;
  const auto a = room.open();
  room.say(a, announce_json(1));
  room.close(a);
  const auto b = room.open();
  room.say(b, announce_json(1));
  EXPECT_EQ(room.only(b).at("incomplete"), 1);
}

TEST(WebTorrentDesk, One_connection_speaks_for_several_peers_and_swarms) {
  Room room;
  const auto page = room.open(), other = room.open();
  for (int swarm = 1; swarm <= 3; ++swarm) room.say(page, announce_json(10 + swarm, 0, Json::object(), swarm));
  EXPECT_EQ(room.heard(page).size(), 3u);
  room.close(page);
  for (int swarm = 1; swarm <= 3; ++swarm) {
    room.say(other, announce_json(20, 0, Json::object(), swarm));
    EXPECT_EQ(room.only(other).at("incomplete"), 1);
  }
}

TEST(WebTorrentDesk, Completed_moves_a_member_and_never_back) {
  Room room;
  const auto a = room.open();
  const auto counts = [&](const Json& more) {
    room.say(a, announce_json(1, 0, more));
    const Json frame = room.only(a);
    return std::to_string(frame.at("complete").get<int>()) + "/" + std::to_string(frame.at("incomplete").get<int>());
  };
  EXPECT_EQ(counts({{"event", "started"}, {"left", 9}}), "0/1");
  EXPECT_EQ(counts({{"event", "completed"}}), "1/0");
  EXPECT_EQ(counts({{"event", "completed"}}), "1/0");
  EXPECT_EQ(counts({{"left", 9}}), "1/0");
  EXPECT_EQ(counts({{"event", "paused"}}), "1/0");
  EXPECT_EQ(counts({{"event", "stopped"}}), "0/0");
  EXPECT_EQ(counts({{"event", "stopped"}}), "0/0");
  EXPECT_EQ(counts({{"event", "completed"}, {"left", 9}}), "0/1") << "a stranger's completed is a start";
  EXPECT_EQ(counts({{"left", 0}}), "1/0");
}

TEST(WebTorrentDesk, A_scrape_names_every_swarm_asked_for) {
  Room room;
  const auto a = room.open(), b = room.open();
  room.say(a, announce_json(1, 0, {{"left", 0}}, 1));
  room.say(b, announce_json(2, 0, Json::object(), 1));
  room.heard(b);
  room.say(b, {{"action", "scrape"}, {"info_hash", swarm_text(1)}});
  EXPECT_EQ(room.only(b), (Json{{"action", "scrape"},
                                {"files", {{swarm_text(1), {{"complete", 1}, {"incomplete", 1}, {"downloaded", 1}}}}},
                                {"flags", {{"min_request_interval", 30}}}}));
  room.say(b, {{"action", "scrape"}, {"info_hash", {swarm_text(1), swarm_text(2)}}});
  EXPECT_EQ(room.only(b).at("files").at(swarm_text(2)).at("incomplete"), 0);
}

TEST(WebTorrentDesk, A_scrape_of_everything_or_of_too_much_is_refused) {
  Room room;
  const auto a = room.open();
  room.say(a, {{"action", "scrape"}});
  EXPECT_NE(reason(room.only(a)), "");
  Json many = Json::array();
  for (int i = 0; i < 51; ++i) many.push_back(swarm_text(i));
  room.say(a, {{"action", "scrape"}, {"info_hash", many}});
  EXPECT_NE(reason(room.only(a)), "");
  many.erase(50);
  room.say(a, {{"action", "scrape"}, {"info_hash", many}});
  EXPECT_EQ(room.only(a).at("files").size(), 50u);
  EXPECT_EQ(room.dropped(Drop::kScrapeAll), 1u);
  EXPECT_EQ(room.dropped(Drop::kScrapeTooMany), 1u);
}

TEST(WebTorrentDesk, Silent_members_are_gone_after_their_time) {
  Room room;
  const auto silent = room.open(), loud = room.open();
  room.say(silent, announce_json(1));
  room.say(loud, announce_json(2));
  room.pass(100'000);
  room.say(loud, announce_json(2));
  room.pass(40'000);
  room.heard(silent), room.heard(loud);
  room.say(loud, announce_json(2, 3));
  EXPECT_EQ(room.only(loud).at("incomplete"), 1);
  EXPECT_TRUE(room.heard(silent).empty());
  EXPECT_EQ(room.desk().counters().expired, 1u);
  room.say(silent, announce_json(1));
  EXPECT_EQ(room.only(silent).at("incomplete"), 2) << "and come back with their next announce";
}

TEST(WebTorrentDesk, Swarms_of_one_connection_are_limited_and_silent_ones_make_room) {
  Limits limits;
  limits.swarms_per_connection_max = 2;
  Room room(1, limits);
  const auto a = room.open();
  room.say(a, announce_json(1, 0, Json::object(), 1));
  room.pass(60'000);
  room.say(a, announce_json(1, 0, Json::object(), 2));
  room.heard(a);
  room.say(a, announce_json(1, 0, Json::object(), 3));
  EXPECT_NE(reason(room.only(a)), "");
  EXPECT_EQ(room.dropped(Drop::kSwarmsPerConnection), 1u);
  room.pass(70'000);
  room.say(a, announce_json(1, 0, Json::object(), 3));
  EXPECT_EQ(room.only(a).at("incomplete"), 1);
  EXPECT_EQ(room.desk().counters().memberships, 2u);
}

TEST(WebTorrentDesk, Swarms_of_the_worker_are_limited) {
  Limits limits;
  limits.swarms_max = 2;
  Room room(1, limits);
  const auto a = room.open();
  for (int swarm = 1; swarm <= 3; ++swarm) room.say(a, announce_json(1, 0, Json::object(), swarm));
  EXPECT_NE(reason(room.heard(a).back()), "");
  EXPECT_EQ(room.dropped(Drop::kSwarms), 1u);
  room.say(a, announce_json(1, 0, {{"event", "stopped"}}, 1));
  room.heard(a);
  room.say(a, announce_json(1, 0, Json::object(), 3));
  EXPECT_EQ(room.only(a).at("incomplete"), 1) << "and a swarm that ended makes room";
}

TEST(WebTorrentDesk, Nothing_is_left_of_those_who_left) {
  Room room;
  for (int i = 0; i < 200; ++i) {
    const auto a = room.open();
    room.say(a, announce_json(i, 2, Json::object(), i % 7));
    room.close(a);
  }
  const Counters counters = room.desk().counters();
  EXPECT_EQ(counters.connections + counters.memberships + counters.swarms + counters.cells + counters.members, 0u);
}

TEST(WebTorrentDesk, Messages_of_connections_that_are_gone_are_ignored) {
  Room room;
  const auto a = room.open();
  room.close(a);
  room.say(a, announce_json(1));
  room.close(a);
  EXPECT_TRUE(room.heard(a).empty());
}

TEST(WebTorrentDesk, Bytes_that_JSON_must_escape_come_back_as_they_were) {
  Room room;
  const auto a = room.open(), b = room.open();
  std::string hash, peer;
  for (int i = 0; i < 20; ++i) {
    const auto add = [](std::string& text, int code) {
      if (code < 0x80) return text.push_back(static_cast<char>(code));
      text.push_back(static_cast<char>(0xc0 | code >> 6));
      text.push_back(static_cast<char>(0x80 | (code & 0x3f)));
    };
    add(hash, i * 13 % 256);
    add(peer, 255 - i * 12);
  }
  hash[1] = '"';
  const Json joins = {{"action", "announce"}, {"info_hash", hash}, {"peer_id", peer}};
  room.say(a, joins);
  EXPECT_EQ(room.only(a).at("info_hash"), hash);
  Json offering = joins;
  offering["peer_id"] = peer_text(2);
  offering["offers"] = {{{"offer", {{"type", "offer"}, {"sdp", "\"\\\u0001\u00ff\u20ac"}}}, {"offer_id", hash}}};
  room.say(b, offering);
  const Json offer = room.only(a);
  EXPECT_EQ(offer.at("offer").at("sdp"), "\"\\\u0001\u00ff\u20ac");
  EXPECT_EQ(offer.at("offer_id"), hash);
  room.heard(b);
  Json answer = answer_json(0, offer);
  answer["peer_id"] = peer;
  room.say(b, answer);
  EXPECT_TRUE(room.heard(b).empty());
  room.say(a, answer);
  EXPECT_EQ(room.only(b).at("peer_id"), peer);
}

}  // namespace
}  // namespace bazaar::tracker::webtorrent
