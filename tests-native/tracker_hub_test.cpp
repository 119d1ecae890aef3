// The tracker's logic without sockets: who is introduced to whom, what is refused, and every bound filled.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "hub.hpp"

namespace bazaar::tracker {
namespace {

using tracker_wire::ErrorCode;
using tracker_wire::Message;
using tracker_wire::SignalKind;
using tracker_wire::Type;
using Bytes = std::vector<uint8_t>;

/// A hub, and what it has said to each connection, decoded.
struct Desk {
  explicit Desk(Limits limits = {}, uint64_t seed = 1) : hub(limits, seed) {}

  struct Heard {
    std::vector<Message> messages;
    std::vector<Bytes> frames;
    uint16_t close_code = 0;
  };

  void connect(ConnectionId connection) {
    hub.connected(connection, now_ms, out);
    deliver();
  }
  void say(ConnectionId connection, const Bytes& frame) {
    hub.frame(connection, frame, now_ms, out);
    deliver();
  }
  void say(ConnectionId connection, const Message& message) {
    Bytes frame(1024);
    frame.resize(tracker_wire::encode(message, frame));
    say(connection, frame);
  }
  PeerId join(ConnectionId connection, uint8_t swarm = 7, uint32_t want = 12) {
    connect(connection);
    Message message;
    message.type = Type::kJoin;
    message.version = tracker_wire::kProtocolVersion;
    message.swarm.fill(swarm);
    message.want = want;
    say(connection, message);
    const auto& heard = of(connection).messages;
    return heard.empty() ? 0 : heard.back().peer;
  }
  void signal(ConnectionId connection, PeerId to, const std::string& blob) {
    Bytes frame(64);
    frame.resize(tracker_wire::encode_signal_header(Type::kSignal, to, SignalKind::kOffer,
                                                    static_cast<uint32_t>(blob.size()), frame));
    frame.insert(frame.end(), blob.begin(), blob.end());
    say(connection, frame);
  }
  void tick(int64_t later_ms) {
    now_ms += later_ms;
    hub.tick(now_ms, out);
    deliver();
  }
  Heard& of(ConnectionId connection) { return heard_[connection]; }
  uint16_t code_of(ConnectionId connection) {
    const Heard& heard = of(connection);
    if (heard.messages.empty() || heard.messages.back().type != Type::kError) return 0;
    EXPECT_EQ(static_cast<uint16_t>(heard.messages.back().code), heard.close_code)
        << "the close says what the error said";
    return heard.close_code;
  }

  Hub hub;
  int64_t now_ms = 1'000;

 private:
  void deliver() {
    for (Outgoing& item : out) {
      Heard& heard = heard_[item.connection];
      EXPECT_EQ(heard.close_code, 0) << "nothing is sent after a close";
      if (item.close_code != 0) {
        heard.close_code = item.close_code;
        continue;
      }
      heard.frames.push_back(item.frame);
      Message message;
      EXPECT_EQ(tracker_wire::decode(heard.frames.back(), message), tracker_wire::DecodeStatus::kOk);
      message.text = {};  // a view into a frame that moves
      heard.messages.push_back(message);
    }
    out.clear();
  }
  std::vector<Outgoing> out;
  std::map<ConnectionId, Heard> heard_;
};

TEST(Hub, The_first_is_welcomed_alone_and_the_second_meets_the_first) {
  Desk desk;
  const PeerId first = desk.join(1);
  const PeerId second = desk.join(2);
  EXPECT_NE(first, 0u);
  EXPECT_NE(second, first);
  EXPECT_EQ(desk.of(1).messages[0].id_count, 0u);
  const Message& welcome = desk.of(2).messages[0];
  EXPECT_EQ(welcome.swarm_size, 2u);
  ASSERT_EQ(welcome.id_count, 1u);
  EXPECT_EQ(welcome.ids[0], first);
}

TEST(Hub, A_sample_is_distinct_never_oneself_and_as_large_as_wanted) {
  Desk desk;
  std::set<PeerId> all;
  for (ConnectionId connection = 1; connection <= 100; ++connection) all.insert(desk.join(connection));
  for (const uint32_t want : {0u, 5u, 40u, 64u}) {
    const ConnectionId connection = 1000 + want;
    const PeerId self = desk.join(connection, 7, want);
    const Message& welcome = desk.of(connection).messages[0];
    const std::set<PeerId> ids(welcome.ids.begin(),
                               welcome.ids.begin() + static_cast<std::ptrdiff_t>(welcome.id_count));
    EXPECT_EQ(ids.size(), want);
    EXPECT_FALSE(ids.contains(self));
    desk.hub.disconnected(connection);
  }
}

TEST(Hub, Everybody_is_sampled_sooner_or_later) {
  Desk desk;
  std::set<PeerId> all;
  for (ConnectionId connection = 1; connection <= 30; ++connection) all.insert(desk.join(connection));
  std::set<PeerId> met;
  for (ConnectionId connection = 100; connection < 200; ++connection) {
    desk.join(connection, 7, 4);
    const Message& welcome = desk.of(connection).messages[0];
    for (size_t i = 0; i < welcome.id_count; ++i) met.insert(welcome.ids[i]);
    desk.hub.disconnected(connection);
  }
  EXPECT_EQ(met, all);
}

TEST(Hub, A_signal_reaches_its_target_under_the_senders_true_id) {
  Desk desk;
  const PeerId first = desk.join(1);
  const PeerId second = desk.join(2);
  desk.signal(2, first, "sdp");
  const Message& relayed = desk.of(1).messages.back();
  EXPECT_EQ(relayed.type, Type::kRelayed);
  EXPECT_EQ(relayed.peer, second);
  const Bytes& frame = desk.of(1).frames.back();
  EXPECT_EQ(std::string(frame.begin() + relayed.blob_offset, frame.end()), "sdp");
}

TEST(Hub, A_signal_to_a_stranger_to_oneself_or_to_another_swarm_is_gone) {
  Desk desk;
  const PeerId self = desk.join(1, 7);
  const PeerId elsewhere = desk.join(2, 8);
  for (const PeerId target : {PeerId{12345}, self, elsewhere}) {
    desk.signal(1, target, "x");
    EXPECT_EQ(desk.of(1).messages.back().type, Type::kGone);
    EXPECT_EQ(desk.of(1).messages.back().peer, target);
  }
  EXPECT_EQ(desk.of(2).messages.size(), 1u) << "the other swarm heard nothing";
}

TEST(Hub, Who_left_or_lost_its_connection_is_gone) {
  Desk desk;
  desk.join(1);
  const PeerId leaver = desk.join(2);
  const PeerId lost = desk.join(3);
  Message leave;
  leave.type = Type::kLeave;
  desk.say(2, leave);
  desk.hub.disconnected(3);
  for (const PeerId target : {leaver, lost}) {
    desk.signal(1, target, "x");
    EXPECT_EQ(desk.of(1).messages.back().type, Type::kGone);
  }
  EXPECT_EQ(desk.hub.stats().members, 1u);
  EXPECT_NE(desk.join(2), 0u) << "who left may join again";
}

TEST(Hub, Members_hear_of_their_number_when_it_changed_and_not_more_often) {
  Desk desk;
  desk.join(1);
  desk.tick(5'000);
  EXPECT_EQ(desk.of(1).messages.back().swarm_size, 1u);
  const size_t heard = desk.of(1).messages.size();
  desk.tick(5'000);
  EXPECT_EQ(desk.of(1).messages.size(), heard) << "nothing changed";
  desk.join(2);
  desk.tick(1'000);
  EXPECT_EQ(desk.of(1).messages.size(), heard) << "too soon";
  desk.tick(4'000);
  EXPECT_EQ(desk.of(1).messages.back().type, Type::kPeers);
  EXPECT_EQ(desk.of(1).messages.back().swarm_size, 2u);
  EXPECT_EQ(desk.of(1).messages.back().id_count, 0u);
}

TEST(Hub, What_no_viewer_may_say_is_refused_with_its_code) {
  const std::vector<std::pair<Bytes, ErrorCode>> cases = {
      {{'g', 'a', 'r', 'b', 'a', 'g', 'e'}, ErrorCode::kBadFrame},
      {{0xc9, 0xff, 0xff, 0xff, 0xff, 0x01}, ErrorCode::kBadFrame},
      {Bytes(tracker_wire::kFrameBytesMax + 1, 0x91), ErrorCode::kOversize},
      {{0x91, 0x63}, ErrorCode::kUnknownType},
      {{0x92, 0x14, 0x01}, ErrorCode::kUnknownType},  // GONE: a tracker's word
      {{0x92, 0x03, 0x04}, ErrorCode::kNotJoined},
      {{0x91, 0x04}, ErrorCode::kNotJoined},
      {{0x94, 0x01, 0x02, 0xc4, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, ErrorCode::kVersion},
  };
  Desk desk;
  ConnectionId connection = 0;
  for (const auto& [frame, code] : cases) {
    desk.connect(++connection);
    desk.say(connection, frame);
    EXPECT_EQ(desk.code_of(connection), static_cast<uint16_t>(code)) << "case " << connection;
    desk.say(connection, frame);  // whatever follows is not answered
    EXPECT_EQ(desk.of(connection).messages.size(), 1u);
  }
}

TEST(Hub, A_second_join_is_refused_and_takes_the_first_back) {
  Desk desk;
  desk.join(1);
  Message join;
  join.type = Type::kJoin;
  join.version = 1;
  desk.say(1, join);
  EXPECT_EQ(desk.code_of(1), static_cast<uint16_t>(ErrorCode::kAlreadyJoined));
  EXPECT_EQ(desk.hub.stats().members, 0u);
}

TEST(Hub, Who_does_not_join_in_time_is_refused) {
  Desk desk;
  desk.connect(1);
  desk.join(2);
  desk.tick(9'999);
  EXPECT_EQ(desk.code_of(1), 0);
  desk.tick(1);
  EXPECT_EQ(desk.code_of(1), static_cast<uint16_t>(ErrorCode::kTimeout));
  EXPECT_EQ(desk.code_of(2), 0);
}

TEST(Hub, Who_left_has_as_long_again_to_come_back) {
  Desk desk;
  desk.join(1);
  desk.tick(60'000);
  Message leave;
  leave.type = Type::kLeave;
  desk.say(1, leave);
  desk.tick(9'000);
  EXPECT_EQ(desk.code_of(1), 0);
  desk.tick(2'000);
  EXPECT_EQ(desk.code_of(1), static_cast<uint16_t>(ErrorCode::kTimeout));
}

TEST(Hub, Too_many_frames_are_refused_and_a_pause_earns_new_ones) {
  Limits limits;
  limits.frames_burst = 10;
  limits.frames_per_second = 10;
  Desk desk(limits);
  desk.join(1);
  Message more;
  more.type = Type::kMore;
  for (int i = 0; i < 9; ++i) desk.say(1, more);
  EXPECT_EQ(desk.code_of(1), 0);
  desk.now_ms += 100;
  desk.say(1, more);
  EXPECT_EQ(desk.code_of(1), 0);
  desk.say(1, more);
  EXPECT_EQ(desk.code_of(1), static_cast<uint16_t>(ErrorCode::kRate));
}

TEST(Hub, Every_bound_refuses_the_one_too_many_and_takes_it_later) {
  Limits limits;
  limits.connections_max = 3;
  limits.swarms_max = 2;
  limits.swarm_size_max = 2;
  Desk desk(limits);
  EXPECT_NE(desk.join(1, 7), 0u);
  EXPECT_NE(desk.join(2, 7), 0u);
  desk.join(3, 7);
  EXPECT_EQ(desk.code_of(3), static_cast<uint16_t>(ErrorCode::kFull)) << "the swarm";
  desk.connect(4);
  EXPECT_EQ(desk.code_of(4), static_cast<uint16_t>(ErrorCode::kFull)) << "connections";
  desk.hub.disconnected(3);
  desk.hub.disconnected(4);
  EXPECT_NE(desk.join(5, 8), 0u);
  desk.hub.disconnected(2);
  desk.join(6, 9);
  EXPECT_EQ(desk.code_of(6), static_cast<uint16_t>(ErrorCode::kFull)) << "swarms";
  desk.hub.disconnected(6);
  EXPECT_NE(desk.join(7, 7), 0u) << "a place is free again";
}

TEST(Hub, Random_comings_and_goings_leave_nothing_behind) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Desk desk({}, seed);
    Dice dice(seed);
    std::map<ConnectionId, PeerId> joined;
    ConnectionId last = 0;
    for (int step = 0; step < 2'000; ++step) {
      const uint32_t roll = dice.below(10);
      if (roll < 5) {
        ++last;
        joined[last] = desk.join(last, static_cast<uint8_t>(dice.below(4)));
      } else if (!joined.empty()) {
        auto chosen = joined.begin();
        std::advance(chosen, dice.below(static_cast<uint32_t>(joined.size())));
        if (roll < 7) {
          desk.signal(chosen->first, joined.begin()->second, "x");
        } else {
          desk.hub.disconnected(chosen->first);
          joined.erase(chosen);
        }
      }
      if (step % 50 == 0) desk.tick(1'000);
      ASSERT_EQ(desk.hub.stats().members, joined.size());
      ASSERT_LE(desk.hub.stats().swarms, 4u);
    }
    for (const auto& [connection, id] : joined) desk.hub.disconnected(connection);
    EXPECT_EQ(desk.hub.stats().members, 0u);
    EXPECT_EQ(desk.hub.stats().swarms, 0u);
    EXPECT_EQ(desk.hub.stats().connections, 0u);
  }
}

}  // namespace
}  // namespace bazaar::tracker
