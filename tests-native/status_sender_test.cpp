// What a neighbour hears of us: a snapshot, then deltas, then heartbeats; read back through the real codec.
#include "status_sender.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

std::string picture_of(const wire::StatusRun& run) {
  std::string letters;
  for (uint32_t i = 0; i < run.count; ++i) letters += ".pcH"[static_cast<size_t>(run.code(i))];
  return letters;
}

TEST(StatusSender, A_snapshot_shows_each_segment_of_ours_as_it_stands) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.segment(1, ".rcPC");
  rig.segment(2);
  rig.world.window.hear_of({3}, 0);
  rig.status.send_snapshot(peer);
  const Record said = rig.said();
  const auto sent = said.sent(wire::Type::kStatus, peer);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].status.snapshot);
  ASSERT_EQ(sent[0].status.run_count, 2u) << "what only neighbours know is not ours to tell";
  EXPECT_EQ(sent[0].status.runs[0].key.value, 1u);
  EXPECT_EQ(sent[0].status.runs[0].bytes_total, bytes_of_blocks(5));
  EXPECT_EQ(picture_of(sent[0].status.runs[0]), ".pcHH");
  EXPECT_EQ(sent[0].status.runs[1].count, 0);
}

TEST(StatusSender, A_segment_that_is_not_traded_is_not_told) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.at(rig.segment(1, "PP")).is_cdn_only = true;
  rig.status.send_snapshot(peer);
  const Record said = rig.said();
  EXPECT_EQ(said.sent(wire::Type::kStatus)[0].status.run_count, 0u);
}

TEST(StatusSender, A_delta_carries_the_run_that_changed_to_everybody_who_trades) {
  Rig rig;
  const Handle a = rig.neighbour();
  const Handle b = rig.neighbour();
  const Handle dialled = rig.world.peers.add(5, PeerState::kDialing, rig.world.now);
  const Handle segment = rig.segment(1, "..P..");
  rig.world.status.note_urgent(segment, 2, rig.world.now);
  rig.world.status.note_urgent(segment, 3, rig.world.now);
  rig.status.flush();
  const Record said = rig.said();
  for (const Handle peer : {a, b}) {
    const auto sent = said.sent(wire::Type::kStatus, peer);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_FALSE(sent[0].status.snapshot);
    EXPECT_EQ(sent[0].status.runs[0].first, 2);
    EXPECT_EQ(picture_of(sent[0].status.runs[0]), "H.");
  }
  EXPECT_TRUE(said.sent(wire::Type::kStatus, dialled).empty());
}

TEST(StatusSender, Changes_wait_until_they_are_due_and_are_told_once) {
  Rig rig;
  rig.neighbour();
  const Handle segment = rig.segment(1, "P.");
  rig.world.status.note_held(segment, 0, 200, rig.world.now);
  EXPECT_EQ(rig.status.flush(), rig.world.now + 200);
  EXPECT_TRUE(rig.said().is_empty());
  rig.wait(200);
  rig.status.flush();
  EXPECT_EQ(rig.said().words(), "SEND:STATUS");
  rig.status.flush();
  EXPECT_TRUE(rig.said().is_empty());
}

TEST(StatusSender, A_block_that_is_again_what_the_neighbours_were_told_is_no_news) {
  Rig rig;
  rig.neighbour();
  const Handle segment = rig.segment(1, "..");
  rig.world.status.note_lazily(segment, 0, 900, rig.world.now);  // asked of a peer, and refused meanwhile
  rig.wait(899);
  rig.world.peers.each([&](Handle, Peer& peer) { peer.told_ms = rig.world.now; });
  rig.wait(1);
  rig.status.flush();
  EXPECT_TRUE(rig.said().is_empty());
  rig.at(segment).blocks.mark_fetching(0);
  rig.world.status.note_urgent(segment, 0, rig.world.now);
  rig.status.flush();
  EXPECT_EQ(rig.said().words(), "SEND:STATUS");
  rig.at(segment).blocks.abandon(0);
  rig.world.status.note_urgent(segment, 0, rig.world.now);
  rig.status.flush();
  EXPECT_EQ(rig.said().words(), "SEND:STATUS") << "they roll for it again";
}

TEST(StatusSender, Who_holds_the_block_is_told_nothing_and_what_rides_along_is_worth_no_message) {
  Rig rig;
  const Handle holder = rig.neighbour();
  const Handle other = rig.neighbour();
  const Handle segment = rig.segment(1, "Pr..");
  rig.offer(holder, segment, "H...");
  rig.world.status.note_held(segment, 0, 3, rig.world.now);
  rig.world.status.note_lazily(segment, 1, 900, rig.world.now);
  rig.wait(3);
  rig.status.flush();
  const Record said = rig.said();
  EXPECT_TRUE(said.sent(wire::Type::kStatus, holder).empty());
  const auto sent = said.sent(wire::Type::kStatus, other);
  ASSERT_EQ(sent.size(), 1u);
  ASSERT_EQ(sent[0].status.run_count, 1u) << "of one segment one run";
  EXPECT_EQ(picture_of(sent[0].status.runs[0]), "Hp");
}

TEST(StatusSender, News_of_a_block_is_gathered_where_everybody_is_a_neighbour_and_time_is_left) {
  Rig rig;
  for (int i = 0; i < 3; ++i) rig.neighbour();
  const Handle segment = rig.segment(1, "....");
  rig.world.pace.note_drained(kBlockBytes, rig.world.now - 1, rig.world.now);  // our own uplink is ample in any case
  const auto gather_ms = [&](uint32_t swarm_size, TimeMs block_ms) {
    rig.world.swarm_size = swarm_size;
    rig.world.peers.each([&](Handle, Peer& peer) { peer.block_ms = block_ms; });
    rig.trader.step();
    return rig.world.gather_ms(rig.at(segment));
  };
  const TimeMs ample_ms = tunables::kAmpleMs / 3;
  for (const auto& [gathering, block_ms] : {std::pair{tunables::kNear, ample_ms + 1}, {tunables::kAmple, ample_ms}}) {
    rig.play(5'000, 4'500);
    EXPECT_EQ(gather_ms(4, block_ms), gathering.most_ms);
    rig.play(10'000 - gathering.keep_ms - 1'000, 900);
    EXPECT_NEAR(gather_ms(4, block_ms), 1'000 * gathering.share, 1);
    rig.play(10'000 - gathering.keep_ms, 900);
    EXPECT_EQ(gather_ms(4, block_ms), tunables::kStatusBatchMs) << "somebody may be waiting";
    rig.play(5'000, 4'500);
    EXPECT_EQ(gather_ms(4 + tunables::kStrangersMax, block_ms), gathering.most_ms) << "one that could not connect";
    EXPECT_EQ(gather_ms(5 + tunables::kStrangersMax, block_ms), tunables::kStatusBatchMs) << "others are further away";
  }
}

TEST(StatusSender, A_dropped_segment_is_told_by_its_key) {
  Rig rig;
  rig.neighbour();
  rig.world.status.note_dropped({0xfeed}, rig.world.now - tunables::kStatusDroppedMs);
  rig.status.flush();
  const Record said = rig.said();
  const auto sent = said.sent(wire::Type::kStatus);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].status.runs[0].dropped);
  EXPECT_EQ(sent[0].status.runs[0].key.value, 0xfeedu);
}

TEST(StatusSender, A_change_of_a_segment_that_is_gone_is_told_to_nobody) {
  Rig rig;
  rig.neighbour();
  const Handle segment = rig.segment(1, "P.");
  rig.world.status.note_urgent(segment, 0, rig.world.now);
  rig.world.window.drop(segment);
  rig.status.flush();
  EXPECT_TRUE(rig.said().is_empty());
}

TEST(StatusSender, With_nobody_to_tell_changes_are_forgotten_for_the_snapshot_will_tell) {
  Rig rig;
  const Handle segment = rig.segment(1, "P.");
  rig.world.status.note_urgent(segment, 0, rig.world.now);
  EXPECT_GE(rig.status.flush(), 1e300);
  rig.neighbour();
  rig.status.flush();
  EXPECT_TRUE(rig.said().is_empty());
}

TEST(StatusSender, Who_has_heard_nothing_for_two_seconds_gets_a_heartbeat) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const TimeMs next = rig.status.flush();
  EXPECT_EQ(next, rig.world.now + tunables::kHeartbeatMs);
  rig.world.now = next;
  rig.status.flush();
  const Record said = rig.said();
  ASSERT_EQ(said.sent(wire::Type::kStatus, peer).size(), 1u);
  EXPECT_EQ(said.sent(wire::Type::kStatus, peer)[0].status.run_count, 0u);
  EXPECT_EQ(rig.status.flush(), next + tunables::kHeartbeatMs);
}

//  0            2 s          5 s
//  |─── waits ───|heartbeat, and the block with it
TEST(StatusSender, What_waits_for_company_goes_with_a_heartbeat) {
  Rig rig;
  const Handle due = rig.neighbour();
  const Handle busy = rig.neighbour();
  const Handle segment = rig.segment(1, "P.C.");
  rig.world.status.note_held(segment, 0, 5'000, rig.world.now);
  rig.world.status.note_lazily(segment, 2, 5'000, rig.world.now);
  rig.wait(tunables::kHeartbeatMs - 1);
  rig.peer(busy).told_ms = rig.world.now;
  rig.status.flush();
  EXPECT_TRUE(rig.said().is_empty());
  rig.wait(1);
  rig.status.flush();
  const Record said = rig.said();
  for (const Handle peer : {due, busy}) {
    const auto sent = said.sent(wire::Type::kStatus, peer);
    ASSERT_EQ(sent.size(), 1u);
    ASSERT_EQ(sent[0].status.run_count, 1u);
    EXPECT_EQ(picture_of(sent[0].status.runs[0]), "H.H");
  }
}

TEST(StatusSender, A_snapshot_of_more_segments_than_one_message_holds_goes_on_as_deltas) {
  Rig rig;
  const Handle peer = rig.neighbour();
  constexpr size_t kSegments = wire::kStatusRunsMax * 2 + 5;
  for (uint64_t key = 1; key <= kSegments; ++key) rig.segment(key, "PP..");
  rig.status.send_snapshot(peer);
  const Record said = rig.said();
  const auto sent = said.sent(wire::Type::kStatus, peer);
  ASSERT_EQ(sent.size(), 3u);
  size_t runs = 0;
  for (size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].status.snapshot, i == 0) << "a second snapshot would wipe out the first";
    runs += sent[i].status.run_count;
  }
  EXPECT_EQ(runs, kSegments);
}

TEST(StatusSender, The_largest_segments_fill_messages_and_none_is_oversize) {
  Rig rig;
  const Handle peer = rig.neighbour();
  for (uint64_t key = 1; key <= 50; ++key) rig.segment(key, std::string(kBlocksPerSegmentMax, 'P'));
  rig.status.send_snapshot(peer);
  const Record said = rig.said();
  uint32_t blocks = 0;
  for (const wire::Message& message : said.sent(wire::Type::kStatus, peer)) {
    for (size_t i = 0; i < message.status.run_count; ++i) {
      blocks += message.status.runs[i].count;
      EXPECT_EQ(picture_of(message.status.runs[i]), std::string(message.status.runs[i].count, 'H'));
    }
  }
  EXPECT_EQ(blocks, 50 * kBlocksPerSegmentMax);
  for (const Said& one : said.list()) EXPECT_LE(one.bytes.size(), kMessageBytesMax);
}

TEST(StatusSender, As_many_dropped_segments_as_a_window_holds_fit_their_messages) {
  Rig rig;
  rig.neighbour();
  for (uint64_t key = 0; key < tunables::kSegmentSlots; ++key)
    rig.world.status.note_dropped({key}, rig.world.now - tunables::kStatusDroppedMs);
  rig.status.flush();
  const Record said = rig.said();
  size_t runs = 0;
  for (const wire::Message& message : said.sent(wire::Type::kStatus)) runs += message.status.run_count;
  EXPECT_EQ(runs, tunables::kSegmentSlots);
}

TEST(StatusSender, Spare_is_the_credit_that_is_not_promised_yet) {
  Rig rig;
  EXPECT_EQ(StatusSender::spare_blocks(rig.world), 0u) << "no credit";
  rig.world.credit.add_download(3.5 * kBlockBytes);
  EXPECT_EQ(StatusSender::spare_blocks(rig.world), 3u);
  rig.peer(rig.neighbour()).uploads.push_back({1, 1, 0, kBlockBytes, 0});
  EXPECT_EQ(StatusSender::spare_blocks(rig.world), 2u);
  rig.world.credit.add_download(1e9);
  EXPECT_EQ(StatusSender::spare_blocks(rig.world), 1000u) << "told up to a bound";
  rig.world.config.may_upload = false;
  EXPECT_EQ(StatusSender::spare_blocks(rig.world), 0u);
}

TEST(StatusSender, Wait_grows_with_the_queue_up_to_a_bound) {
  Rig rig;
  rig.world.credit.add_download(1e9);
  const uint32_t idle = StatusSender::wait(rig.world);
  EXPECT_EQ(idle, static_cast<uint32_t>(kBlockBytes / rig.world.pace.uplink() / 10));
  Peer& peer = rig.peer(rig.neighbour());
  peer.uploads.push_back({1, 1, 0, kBlockBytes, 0});
  EXPECT_NEAR(StatusSender::wait(rig.world), 2 * idle, 1);
  peer.uploads.resize(30, peer.uploads[0]);
  EXPECT_EQ(StatusSender::wait(rig.world), 255);
}

}  // namespace
}  // namespace bazaar::testing
