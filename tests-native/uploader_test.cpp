// Serving neighbours: what is accepted, in which order blocks leave, and that upload never exceeds download.
#include "uploader.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

struct Server : Rig {
  Handle client = neighbour(50);
  Handle clip = segment(1, "PPPPPPPPP.");
  Server() { world.credit.add_download(100.0 * kBlockBytes); }
  uint32_t reserved_blocks() {
    return static_cast<uint32_t>((world.credit.downloaded() - world.credit.uploaded() - world.credit.available()) /
                                 kBlockBytes);
  }
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
  rig.world.config.verifies = true;
  const Handle held = rig.segment(2, "h");
  (void)held;
  for (const auto& [key, block] : {std::pair<uint64_t, uint16_t>{1, 9}, {1, 10}, {1, 1023}, {99, 0}, {2, 0}}) {
    rig.receive(rig.client, request(42, key, block));
    const Record said = rig.said();
    EXPECT_EQ(reason_of(said), wire::RejectReason::kNotHeld) << key << "/" << block;
    EXPECT_EQ(said.count(ActionType::kSendBlock), 0u);
  }
  EXPECT_EQ(rig.world.counters.rejects_sent, 5);
}

TEST(Uploader, Upload_never_exceeds_download_at_accept) {
  Rig rig;
  const Handle client = rig.neighbour();
  rig.segment(1, "PPPP");
  rig.world.credit.add_download(2.5 * kBlockBytes);
  for (uint32_t i = 0; i < 3; ++i) {
    rig.receive(client, request(i + 1, 1, static_cast<uint16_t>(i)));
    rig.uploader.writable(client);
  }
  const Record said = rig.said();
  EXPECT_EQ(said.count(ActionType::kSendBlock), 2u);
  EXPECT_EQ(reason_of(said), wire::RejectReason::kNoCredit);
  EXPECT_EQ(said.sent(wire::Type::kReject)[0].reject.retry_ms, tunables::kRetryNoCreditMs);
}

TEST(Uploader, Upload_never_exceeds_download_at_send) {
  Server rig;
  for (uint16_t block = 0; block < 6; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kBlocksInChannelMax);
  rig.world.credit.add_download(-98.0 * kBlockBytes);  // whatever made the sums wrong, nothing more leaves
  rig.uploader.writable(rig.client);
  const Record said = rig.said();
  EXPECT_EQ(said.count(ActionType::kSendBlock), 0u);
  EXPECT_EQ(said.sent(wire::Type::kReject).size(), 4u) << "each accepted request ends all the same";
  EXPECT_LE(rig.world.credit.uploaded(), rig.world.credit.downloaded());
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
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kBlocksInChannelMax);
  rig.uploader.writable(rig.client);
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kBlocksInChannelMax);
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
  EXPECT_EQ(rig.said().count(ActionType::kSendBlock), tunables::kBlocksInChannelsMax);
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

TEST(Uploader, Who_needs_it_soonest_is_served_first) {
  Server rig;
  for (uint16_t block = 0; block < 2; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  rig.receive(rig.client, request(10, 1, 2, 9000));
  rig.receive(rig.client, request(11, 1, 3, 200));
  rig.receive(rig.client, request(12, 1, 4, 3000));
  rig.said();
  std::string order;
  for (int i = 0; i < 2; ++i) {
    rig.uploader.writable(rig.client);
    const Record said = rig.said();
    for (const Said* sent : said.all(ActionType::kSendBlock)) order += static_cast<char>('0' + (*sent)[4]);
  }
  EXPECT_EQ(order, "342");
}

TEST(Uploader, A_neighbour_may_have_so_many_requests_open_and_one_more_is_refused) {
  Server rig;
  for (uint32_t i = 0; i < tunables::kUploadsPerPeerMax + tunables::kBlocksInChannelMax; ++i) {
    rig.receive(rig.client, request(i + 1, 1, static_cast<uint16_t>(i % 9)));
  }
  EXPECT_EQ(rig.peer(rig.client).uploads.size(), tunables::kUploadsPerPeerMax);
  rig.said();
  rig.receive(rig.client, request(999, 1, 0));
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kTooMany);
  EXPECT_EQ(rig.peer(rig.client).uploads.size(), tunables::kUploadsPerPeerMax);
}

TEST(Uploader, A_cancelled_request_gives_its_credit_back) {
  Server rig;
  for (uint16_t block = 0; block < 4; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  EXPECT_EQ(rig.reserved_blocks(), 2u);
  rig.receive(rig.client, cancel(4));
  EXPECT_EQ(rig.reserved_blocks(), 1u);
  rig.receive(rig.client, cancel(4));
  rig.receive(rig.client, cancel(1));
  rig.receive(rig.client, cancel(12345));
  EXPECT_EQ(rig.reserved_blocks(), 1u) << "twice, too late or never asked: nothing happens";
}

TEST(Uploader, A_request_long_past_its_deadline_is_refused_and_gives_its_credit_back) {
  Server rig;
  for (uint32_t id = 1; id <= 5; ++id) rig.receive(rig.client, request(id, 1, static_cast<uint16_t>(id)));
  ASSERT_GT(rig.reserved_blocks(), 0u);
  rig.said();
  rig.wait(70'000);  // the channel never drained
  rig.uploader.serve();
  EXPECT_EQ(rig.reserved_blocks(), 0u);
  EXPECT_EQ(rig.said().sent(wire::Type::kReject).size(), 5 - tunables::kBlocksInChannelMax);
}

TEST(Uploader, A_neighbour_that_is_gone_gives_its_credit_back) {
  Server rig;
  for (uint16_t block = 0; block < 6; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  rig.protocol.gone(rig.client);
  EXPECT_EQ(rig.reserved_blocks(), 0u);
  EXPECT_EQ(rig.world.credit.uploaded(), 2 * kBlockBytes);
}

TEST(Uploader, A_segment_dropped_before_its_turn_ends_in_a_reject) {
  Server rig;
  for (uint16_t block = 0; block < 3; ++block) rig.receive(rig.client, request(block + 1u, 1, block));
  rig.world.window.drop(rig.clip);
  rig.said();
  rig.uploader.writable(rig.client);
  EXPECT_EQ(reason_of(rig.said()), wire::RejectReason::kNotHeld);
  EXPECT_EQ(rig.reserved_blocks(), 0u);
}

}  // namespace
}  // namespace bazaar::testing
