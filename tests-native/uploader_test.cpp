// Serving neighbours: what is accepted, in which order blocks leave, and that upload never exceeds download.
#include "uploader.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

struct Server : Rig {
  Handle client = neighbour(50);
  Handle clip = segment(1, "PPPPPPPPP.");
  Server() {
    world.credit.add_download(100.0 * kBlockBytes);
    learn_uplink(1000);
  }
  void learn_uplink(double bytes_per_ms) {
    for (int i = 0; i < 50; ++i) {
      world.now += kBlockBytes / bytes_per_ms;
      world.pace.note_drained(kBlockBytes, 0, world.now);
    }
  }
  void learn_stream(double bytes_per_ms) {
    for (int i = 0; i < 50; ++i) {
      world.now += 1'000;
      world.pace.note_downloaded(bytes_per_ms * world.now, world.now);
    }
  }
  size_t waiting() { return peer(client).uploads.size(); }
};

wire::RejectReason reason_of(const Record& said) {
  const auto sent = said.sent(wire::Type::kReject);
  EXPECT_EQ(sent.size(), 1u) << said.words();
  return sent.empty() ? wire::RejectReason::kBusy : sent[0].reject.reason;
}

TEST(Uploader, A_block_that_is_held_is_sent_with_its_header) {
  Server rig;
  rig.receive(rig.client, request(42, 1, 3));
  const Record said = rig.said();
  const Said& sent = said.only(ActionType::kSendBlock);
  EXPECT_EQ(sent[0], rig.client);
  EXPECT_EQ(sent[3], rig.clip);
  EXPECT_EQ(sent[4], 3);
  EXPECT_EQ(sent[5], static_cast<int32_t>(kBlockBytes));
  wire::Message message;
  ASSERT_EQ(wire::decode(sent.bytes, sent.bytes.size() + kBlockBytes, message), wire::DecodeStatus::kOk);
  EXPECT_EQ(message.block.id, 42u);
  EXPECT_EQ(message.block.payload_bytes, kBlockBytes);
  EXPECT_EQ(rig.world.credit.uploaded(), kBlockBytes);
  EXPECT_EQ(rig.peer(rig.client).bytes_out, kBlockBytes);
}

TEST(Uploader, What_is_not_held_is_refused) {
  Server rig;
  rig.segment(2, "r");  // asked of a peer: two that wait for each other would wait for ever
  for (const auto& [key, block] : {std::pair<uint64_t, uint16_t>{1, 9}, {1, 10}, {1, 1023}, {99, 0}, {2, 0}}) {
    rig.receive(rig.client, request(42, key, block));
    const Record said = rig.said();
    EXPECT_EQ(reason_of(said), wire::RejectReason::kNotHeld) << key << "/" << block;
    EXPECT_EQ(said.count(ActionType::kSendBlock), 0u);
  }
  EXPECT_EQ(rig.world.counters.rejects_sent, 5);
}

TEST(Uploader, What_is_on_its_way_from_the_cdn_may_be_asked_for_and_is_sent_when_it_is_here) {
  Server rig;
  const Handle clip = rig.segment(2, "cc");
  rig.receive(rig.client, request(42, 2, 1));
  rig.receive(rig.client, request(43, 1, 3));
  const Record meanwhile = rig.said();
  EXPECT_EQ(meanwhile.only(ActionType::kSendBlock)[3], rig.clip) << "what is here does not wait behind it";
  rig.uploader.writable(rig.client);
  rig.at(clip).blocks.mark_held(1, Source::kCdn);
  rig.at(clip).blocks.mark_verified(1);
  rig.uploader.serve();
  EXPECT_EQ(rig.said().only(ActionType::kSendBlock)[4], 1);
}

TEST(Uploader, What_comes_from_the_cdn_is_promised_to_nobody_before_its_length_is_known) {
  Server rig;
  const Handle clip = rig.segment(2, "c");
  rig.at(clip).bytes_total = 0;
  rig.receive(rig.client, request(42, 2, 0));
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kNotHeld);
}

TEST(Uploader, What_does_not_come_from_the_cdn_after_all_is_refused) {
  Server rig;
  const Handle clip = rig.segment(2, "c");
  rig.receive(rig.client, request(42, 2, 0));
  EXPECT_EQ(rig.said().words(), "");
  rig.at(clip).blocks.abandon(0);
  rig.uploader.serve();
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kNotHeld);
}

TEST(Uploader, Who_waits_for_the_cdn_longer_than_the_queue_may_be_is_refused) {
  Server rig;
  rig.segment(2, "c");
  rig.receive(rig.client, request(42, 2, 0, 60'000));
  rig.wait(tunables::kQueueLateness * tunables::kQueueRoomMax * tunables::kQueueMaxMs);
  rig.uploader.serve();
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kBusy);
}

TEST(Uploader, Upload_never_exceeds_download_and_a_block_waits_until_the_next_pays_for_it) {
  Rig rig;
  const Handle client = rig.neighbour();
  rig.segment(1, "PPPP");
  rig.world.credit.add_download(2.5 * kBlockBytes);
  for (uint32_t i = 0; i < 3; ++i) {
    rig.receive(client, request(i + 1, 1, static_cast<uint16_t>(i)));
    rig.uploader.writable(client);
  }
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), 2u);
  rig.uploader.serve();
  EXPECT_EQ(rig.said().words(), "");
  rig.world.credit.add_download(0.5 * kBlockBytes);
  rig.uploader.serve();
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), 1u);
  EXPECT_EQ(rig.world.credit.uploaded(), rig.world.credit.downloaded());
}

TEST(Uploader, Whatever_makes_the_sums_wrong_nothing_leaves_without_credit) {
  Server rig;
  for (uint16_t block = 0; block < 6; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kNear.in_channel_max);
  rig.world.credit.add_download(-99.5 * kBlockBytes);
  rig.uploader.writable(rig.client);
  EXPECT_EQ(rig.said().words(), "");
  rig.wait(70'000);
  rig.uploader.serve();
  EXPECT_EQ(rig.said().sent(wire::Type::kReject).size(), 5u) << "each accepted request ends all the same";
}

TEST(Uploader, What_would_wait_longer_than_the_queue_may_be_is_refused_with_the_time_to_come_back) {
  Server rig;
  rig.learn_uplink(300);  // 205 ms a block: the bound is 2.5 blocks
  rig.learn_stream(300);  // as fast as the stream comes in
  for (uint16_t block = 0; block < 4; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  const Record said = rig.said();
  EXPECT_EQ(said.count(ActionType::kSendBlock), 1u);
  EXPECT_EQ(rig.waiting(), 1u);
  const auto refused = said.sent(wire::Type::kReject);
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_EQ(refused[0].reject.reason, wire::RejectReason::kBusy);
  EXPECT_NEAR(refused[0].reject.retry_ms, 3 * 205 - tunables::kRetryShare * 2.5 * 205, 5);
}

TEST(Uploader, What_would_come_too_late_is_refused) {
  Server rig;
  rig.learn_uplink(300);
  rig.receive(rig.client, request(1, 1, 0, 150));
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kBusy);
  rig.receive(rig.client, request(2, 1, 0, 250));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), 1u);
}

TEST(Uploader, An_urgent_request_waits_only_for_what_is_due_before_it) {
  Server rig;
  rig.learn_uplink(400);  // 154 ms a block
  std::vector<Handle> clients{rig.client};
  while (clients.size() < 5) clients.push_back(rig.neighbour());
  for (uint16_t i = 0; i < 3; ++i) rig.receive(clients[i], request(1, 1, i));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kChannelsMax);
  rig.receive(clients[3], request(1, 1, 3, static_cast<uint32_t>(tunables::kUrgentMs)));
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kBusy) << "two in channels, one that waits, its own: 614 ms";
  rig.receive(clients[3], request(2, 1, 3, static_cast<uint32_t>(tunables::kUrgentMs) - 1));
  EXPECT_TRUE(rig.said().is_empty()) << "accepted: 461 ms";
  rig.receive(clients[4], request(1, 1, 4, static_cast<uint32_t>(tunables::kUrgentMs) - 1));
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kBusy) << "behind the urgent one";
  rig.uploader.writable(clients[0]);
  EXPECT_EQ(rig.said().only(ActionType::kSendBlock)[0], clients[3]);
}

TEST(Uploader, An_uplink_that_takes_seconds_for_a_block_serves_nobody_for_a_while) {
  Server rig;
  rig.learn_uplink(kBlockBytes / tunables::kBlockMsMax * 0.9);
  rig.receive(rig.client, request(1, 1, 0));
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kNoCredit);
  rig.wait(tunables::kSlowUplinkPauseMs);
  rig.receive(rig.client, request(2, 1, 0));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), 1u);
}

TEST(Uploader, Who_may_not_upload_does_not) {
  Server rig;
  rig.world.config.may_upload = false;
  rig.receive(rig.client, request(42, 1, 3));
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kNoCredit);
}

TEST(Uploader, A_channel_takes_so_many_blocks_and_then_drains_first) {
  Server rig;
  for (uint16_t block = 0; block < 5; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kNear.in_channel_max);
  rig.uploader.writable(rig.client);
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kNear.in_channel_max);
  rig.uploader.writable(rig.client);
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), 1u);
}

TEST(Uploader, All_channels_together_take_so_many) {
  Server rig;
  std::vector<Handle> clients{rig.client};
  while (clients.size() < 5) clients.push_back(rig.neighbour());
  for (const Handle client : clients) {
    for (uint16_t block = 0; block < 3; ++block) rig.receive(client, request(block + 1u, 1, block));
  }
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kChannelsMax);
}

TEST(Uploader, A_channel_that_is_stuck_does_not_hold_up_the_others) {
  Server rig;
  const Handle stuck_too = rig.neighbour();
  const Handle free = rig.neighbour();
  for (const Handle client : {rig.client, stuck_too}) {
    for (uint16_t block = 0; block < 3; ++block) rig.receive(client, request(block + 1u, 1, block));
  }
  rig.said();
  rig.receive(free, request(1, 1, 0));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), 0u);
  rig.wait(500);
  rig.uploader.serve();
  EXPECT_EQ(rig.said().only(ActionType::kSendBlock)[0], free);
}

TEST(Uploader, Who_needs_it_within_a_moment_is_served_first_then_who_has_most_credit_to_pass_it_on) {
  Server rig;
  rig.learn_uplink(5'000);
  std::vector<Handle> clients{rig.client};
  while (clients.size() < 5) clients.push_back(rig.neighbour());
  for (const Handle client : {clients[0], clients[1]}) rig.receive(client, request(1, 1, 0));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kChannelsMax) << "both channels are full";
  rig.peer(clients[2]).spare = 3;
  rig.peer(clients[3]).spare = 70;
  rig.receive(clients[2], request(1, 1, 2));
  rig.receive(clients[3], request(1, 1, 3));
  rig.receive(clients[4], request(1, 1, 4, static_cast<uint32_t>(tunables::kUrgentMs) - 10));
  std::string order;
  for (const Handle client : {clients[0], clients[1], clients[4]}) {
    rig.uploader.writable(client);
    const Record said = rig.said();
    for (const Said* sent : said.all(ActionType::kSendBlock)) order += static_cast<char>('0' + (*sent)[4]);
  }
  EXPECT_EQ(order, "432");
}

TEST(Uploader, A_request_for_a_run_is_as_many_requests) {
  Server rig;
  rig.learn_uplink(30'000);
  rig.receive(rig.client, encoded(wire::Request{40, {1}, 7, 3'000, 4}));  // of blocks 0 … 8
  Record said = rig.said();
  const auto refused = said.sent(wire::Type::kReject);
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_EQ(refused[0].reject.id, 42u) << "there is no block 9";
  EXPECT_EQ(refused[1].reject.id, 43u);
  EXPECT_EQ(said.only(ActionType::kSendBlock)[4], 7);
  rig.uploader.writable(rig.client);
  said = rig.said();
  wire::Message message;
  const Said& sent = said.only(ActionType::kSendBlock);
  ASSERT_EQ(wire::decode(sent.bytes, sent.bytes.size() + kBlockBytes, message), wire::DecodeStatus::kOk);
  EXPECT_EQ(sent[4], 8);
  EXPECT_EQ(message.block.id, 41u);
  EXPECT_EQ(rig.waiting(), 0u);
  for (uint32_t i = 0; i < 4; ++i) rig.receive(rig.client, encoded(wire::Request{100 + 9 * i, {1}, 0, 3'000, 9}));
  EXPECT_EQ(rig.waiting(), tunables::kUploadsPerPeerMax) << "of 36";
}

TEST(Uploader, With_ample_uplinks_a_channel_takes_several_blocks_in_one_go) {
  Server rig;
  rig.learn_uplink(30'000);
  rig.world.gathering = &tunables::kAmple;
  std::vector<Handle> clients{rig.client, rig.neighbour(), rig.neighbour()};
  rig.receive(clients[0], encoded(wire::Request{1, {1}, 0, 3'000, 9}));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kAmple.in_channel_max);
  for (const Handle client : {clients[1], clients[2]}) rig.receive(client, encoded(wire::Request{1, {1}, 0, 3'000, 9}));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), (tunables::kChannelsMax - 1) * tunables::kAmple.in_channel_max);
}

TEST(Uploader, A_neighbour_may_have_so_many_requests_open_and_one_more_is_refused) {
  Server rig;
  rig.learn_uplink(30'000);
  for (uint32_t i = 0; i < tunables::kUploadsPerPeerMax + tunables::kNear.in_channel_max; ++i) {
    rig.receive(rig.client, request(i + 1, 1, static_cast<uint16_t>(i % 9)));
  }
  EXPECT_EQ(rig.waiting(), tunables::kUploadsPerPeerMax);
  rig.said();
  rig.receive(rig.client, request(999, 1, 0));
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kTooMany);
  EXPECT_EQ(rig.waiting(), tunables::kUploadsPerPeerMax);
}

TEST(Uploader, A_cancelled_request_is_not_served) {
  Server rig;
  for (uint16_t block = 0; block < 4; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  EXPECT_EQ(rig.waiting(), 3u);
  rig.receive(rig.client, cancel(4));
  EXPECT_EQ(rig.waiting(), 2u);
  rig.receive(rig.client, cancel(4));
  rig.receive(rig.client, cancel(1));
  rig.receive(rig.client, cancel(12345));
  EXPECT_EQ(rig.waiting(), 2u) << "twice, too late or never asked: nothing happens";
}

TEST(Uploader, A_request_past_its_deadline_is_refused) {
  Server rig;
  for (uint32_t id = 1; id <= 4; ++id) rig.receive(rig.client, request(id, 1, static_cast<uint16_t>(id)));
  rig.said();
  rig.wait(70'000);  // the channel never drained
  rig.uploader.serve();
  EXPECT_EQ(rig.waiting(), 0u);
  EXPECT_EQ(rig.said().sent(wire::Type::kReject).size(), 4 - tunables::kNear.in_channel_max);
}

TEST(Uploader, A_neighbour_that_is_gone_leaves_no_queue) {
  Server rig;
  for (uint16_t block = 0; block < 6; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  const double waiting = rig.world.bytes_unpaid();
  EXPECT_GT(waiting, 0);
  rig.protocol.gone(rig.client);
  EXPECT_EQ(rig.world.bytes_unpaid(), 0);
}

TEST(Uploader, A_block_that_another_size_makes_another_one_is_refused) {
  Server rig;
  const Handle clip = rig.segment(2, "cc");
  rig.receive(rig.client, request(42, 2, 1));
  rig.custody.learn_size(clip, bytes_of_blocks(2) - 100, true);
  rig.at(clip).blocks.mark_fetching(1);
  rig.custody.arrived(clip, 1, Source::kCdn);
  rig.said();
  rig.uploader.serve();
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kNotHeld);
}

TEST(Uploader, A_segment_dropped_before_its_turn_ends_in_a_reject) {
  Server rig;
  for (uint16_t block = 0; block < 2; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  rig.world.window.drop(rig.clip);
  rig.said();
  rig.uploader.writable(rig.client);
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kNotHeld);
}

}  // namespace
}  // namespace bazaar::testing
