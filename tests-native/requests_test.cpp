// Asking neighbours for blocks, and every way in which asking ends: block, reject, cancel, time-out, disconnect.
#include "requests.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

struct Asked : Rig {
  Handle holder = neighbour(50);
  Handle clip = segment(1, "....");
  uint32_t id = 0;
  Asked() {
    offer(holder, clip, "HHHH");
    id = ask(holder, clip, 2);
  }
  bool is_over() { return world.ledger.size() == 0 && peer(holder).in_flight == 0; }
};

TEST(Requests, Asking_is_a_message_a_mark_and_a_promise_to_end) {
  Asked rig;
  EXPECT_EQ(rig.picture(rig.clip), "..r.");
  EXPECT_EQ(rig.peer(rig.holder).in_flight, 1u);
  const Record said = rig.said();
  const auto sent = said.sent(wire::Type::kRequest, rig.holder);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].request.id, rig.id);
  EXPECT_EQ(sent[0].request.key.value, 1u);
  EXPECT_EQ(sent[0].request.block, 2);
  EXPECT_EQ(sent[0].request.slack_ms, 3000);
  EXPECT_EQ(said.only(ActionType::kRole)[2], 2) << "the page hears who leeches what";
}

TEST(Requests, Slack_beyond_what_the_wire_can_say_is_the_most_it_can_say) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "..");
  rig.ask(peer, clip, 0, 1e9);
  rig.ask(peer, clip, 1, -50);
  const Record said = rig.said();
  const auto sent = said.sent(wire::Type::kRequest);
  EXPECT_EQ(sent[0].request.slack_ms, 65'535);
  EXPECT_EQ(sent[1].request.slack_ms, 0);
}

TEST(Requests, Blocks_that_follow_each_other_are_one_message_to_each_peer) {
  //          block  0 1 2 3 4 5 6
  // asked of a, b:  a a b a a . a     four messages
  Rig rig;
  const Handle a = rig.neighbour();
  const Handle b = rig.neighbour();
  const Handle clip = rig.segment(1, ".......");
  Requests::Asked asked({1}, 3000);
  for (const uint32_t block : {0u, 1u, 2u, 3u, 4u, 6u}) rig.requests.ask(asked, block == 2 ? b : a, clip, block);
  rig.requests.tell(asked);
  EXPECT_EQ(rig.picture(clip), "rrrrr.r");
  const Record said = rig.said();
  EXPECT_EQ(said.words(ActionType::kSend), "SEND:REQUEST SEND:REQUEST SEND:REQUEST SEND:REQUEST");
  std::string blocks;
  for (const wire::Message& one : said.sent(wire::Type::kRequest)) blocks += std::to_string(one.request.block);
  EXPECT_EQ(blocks, "012346") << "each under an id of its own";
  for (const OpenRequest& open : rig.world.ledger.requests())
    EXPECT_EQ(said.sent(wire::Type::kRequest, open.peer).size(), open.peer == a ? 5u : 1u);
}

TEST(Requests, A_block_ends_a_request) {
  Asked rig;
  rig.receive_block(rig.holder, rig.id);
  EXPECT_EQ(rig.picture(rig.clip), "..P.");
  EXPECT_TRUE(rig.is_over());
}

TEST(Requests, A_reject_ends_a_request_and_the_block_is_missing_again) {
  Asked rig;
  rig.receive(rig.holder, reject(rig.id, wire::RejectReason::kNotHeld));
  EXPECT_EQ(rig.picture(rig.clip), "....");
  EXPECT_TRUE(rig.is_over());
  EXPECT_EQ(rig.at(rig.clip).offers.holders(2), 0u) << "it does not hold it, whatever it said";
  EXPECT_NE(rig.at(rig.clip).offers.holders(1), 0u);
  EXPECT_EQ(rig.world.counters.rejects_received, 1);
}

TEST(Requests, Who_is_busy_or_without_credit_is_not_asked_for_as_long_as_it_said) {
  for (const auto reason : {wire::RejectReason::kBusy, wire::RejectReason::kNoCredit, wire::RejectReason::kTooMany}) {
    Asked rig;
    rig.receive(rig.holder, reject(rig.id, reason, 300));
    EXPECT_EQ(rig.peer(rig.holder).refused_until_ms, rig.world.now + 300);
    EXPECT_NE(rig.at(rig.clip).offers.holders(2), 0u) << "it still holds the block";
    EXPECT_TRUE(rig.is_over());
  }
}

TEST(Requests, A_cancelled_request_is_over_and_its_answer_late) {
  Asked rig;
  rig.said();
  rig.requests.cancel(rig.clip, 2, 3);
  EXPECT_EQ(rig.picture(rig.clip), "....");
  EXPECT_TRUE(rig.is_over());
  EXPECT_EQ(rig.said().words(), "SEND:CANCEL");
  rig.receive_block(rig.holder, rig.id);
  EXPECT_EQ(rig.picture(rig.clip), "....") << "late is dropped";
  EXPECT_EQ(rig.world.counters.bytes_wasted, kBlockBytes) << "and counted";
  EXPECT_EQ(rig.world.credit.downloaded(), kBlockBytes) << "it was downloaded all the same";
  EXPECT_EQ(rig.said().words(ActionType::kClosePeer), "") << "and nobody's fault";
}

TEST(Requests, A_request_that_times_out_is_over_and_costs_trust) {
  Asked rig;
  rig.world.now = rig.requests.next_timeout_ms();
  rig.said();
  rig.requests.time_out();
  EXPECT_EQ(rig.picture(rig.clip), "....");
  EXPECT_TRUE(rig.is_over());
  EXPECT_EQ(rig.world.peers.trusted(rig.world.now), 0u);
  EXPECT_EQ(rig.world.counters.timeouts, 1);
  EXPECT_EQ(rig.said().words(), "SEND:CANCEL");
  rig.receive_block(rig.holder, rig.id);
  EXPECT_EQ(rig.world.counters.bytes_wasted, kBlockBytes);
  EXPECT_TRUE(rig.said().is_empty());
}

TEST(Requests, A_time_out_comes_neither_too_soon_nor_too_late) {
  Rig rig;
  const Handle quick = rig.neighbour();
  const Handle slow = rig.neighbour();
  rig.peer(quick).rtt_ms = 1;
  rig.peer(quick).block_ms = 9;
  rig.peer(slow).block_ms = 5'000;
  const Handle clip = rig.segment(1, "..");
  rig.ask(quick, clip, 0);
  EXPECT_EQ(rig.requests.next_timeout_ms(), rig.world.now + rig.world.queue_max_ms(9) + 4 * (1 + 9));
  rig.ask(slow, clip, 1);
  EXPECT_EQ(rig.world.ledger.requests().back().timeout_ms, rig.world.now + tunables::kRequestTimeoutMaxMs);
  rig.wait(rig.world.queue_max_ms(9) - 1);
  rig.requests.time_out();
  EXPECT_EQ(rig.picture(clip), "rr");
}

TEST(Requests, A_disconnect_ends_every_request_to_that_neighbour_and_no_other) {
  Asked rig;
  const Handle other = rig.neighbour();
  rig.ask(other, rig.clip, 0);
  rig.ask(rig.holder, rig.clip, 3);
  EXPECT_EQ(rig.picture(rig.clip), "r.rr");
  rig.protocol.gone(rig.holder);
  EXPECT_EQ(rig.picture(rig.clip), "r...");
  EXPECT_EQ(rig.world.ledger.size(), 1u);
  EXPECT_EQ(rig.peer(other).in_flight, 1u);
}

TEST(Requests, A_reject_that_comes_twice_or_too_late_is_told_apart_from_one_for_nothing) {
  Asked rig;
  rig.requests.cancel(rig.clip, 2, 3);
  EXPECT_TRUE(rig.requests.rejected(rig.holder, {rig.id, wire::RejectReason::kNotHeld, 0})) << "late";
  EXPECT_FALSE(rig.requests.rejected(rig.holder, {rig.id, wire::RejectReason::kNotHeld, 0})) << "twice";
  EXPECT_FALSE(rig.requests.rejected(rig.holder, {777, wire::RejectReason::kNotHeld, 0})) << "for nothing";
  EXPECT_EQ(rig.world.counters.rejects_received, 0);
}

TEST(Requests, Whatever_ends_a_request_nothing_is_left_open) {
  Rig rig;
  const Handle clip = rig.segment(1, std::string(60, '.'));
  std::vector<Handle> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(rig.neighbour());
  Dice dice(9);
  for (uint32_t round = 0; round < 2000; ++round) {
    const uint32_t block = dice.below(60);
    const Handle peer = peers[dice.below(5)];
    if (rig.at(clip).blocks.is_missing(block)) rig.ask(peer, clip, block);
    const auto& open = rig.world.ledger.requests();
    if (!open.empty()) {
      const OpenRequest one = open[dice.below(static_cast<uint32_t>(open.size()))];
      switch (dice.below(5)) {
        case 0:
          rig.requests.cancel(clip, one.block, one.block + 1);
          break;
        case 1:
          rig.receive(one.peer, reject(one.id, wire::RejectReason::kBusy, 1));
          break;
        case 2:
          rig.wait(700);
          rig.requests.time_out();
          break;
        case 3:
          rig.receive_block(one.peer, one.id, block_bytes_of(rig.at(clip).bytes_total, one.block));
          rig.at(clip).blocks.abandon(one.block);
          break;
        default:
          break;
      }
    }
    uint32_t asked = 0;
    for (const char letter : rig.picture(clip)) asked += letter == 'r' ? 1 : 0;
    ASSERT_EQ(asked, rig.world.ledger.size()) << "a block asked of a neighbour has exactly one open request";
    uint32_t in_flight = 0;
    for (const Handle one : peers) in_flight += rig.peer(one).in_flight;
    ASSERT_EQ(in_flight, rig.world.ledger.size());
    rig.said();
  }
}

}  // namespace
}  // namespace bazaar::testing
