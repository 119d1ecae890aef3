// The engine from outside, as the glue drives it: tell, step, drain, sleep until the deadline. A block's whole journey,
// what a stale handle does (nothing), and that the same calls give the same actions.
#include "engine.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/neighbour.hpp"
#include "support/said.hpp"

namespace bazaar::testing {
namespace {

constexpr uint32_t kBlocks = 4;

struct Viewer {
  explicit Viewer(uint32_t seed = 1) : engine(seed) {
    engine.at(0);
    engine.rendition_active(0, true);
  }
  Engine engine;
  TimeMs now = 0;
  void at(TimeMs when) { engine.at(now = when); }
  Record turn() { return step(engine); }
  void hear(Handle peer, const Bytes& bytes, size_t payload = 0) {
    engine.peer_message(peer, 3, bytes, bytes.size() + payload);
  }
  /// Meets a neighbour through the tracker and greets it.
  Handle meet(uint32_t remote_id) {
    engine.tracker_opened();
    engine.tracker_message(0, welcome(1, {remote_id}, 2));
    const Record record = turn();
    const Handle peer = record.only(ActionType::kConnect)[0];
    engine.link_opened(peer);
    hear(peer, hello(remote_id));
    turn();
    return peer;
  }
  Handle see(uint64_t key) { return engine.segment_seen({key}, 0, 10'000, 2000); }
};

TEST(Engine, A_viewer_alone_fetches_hands_over_and_sleeps) {
  Viewer viewer;
  const Handle clip = viewer.see(1);
  viewer.engine.segment_wanted(clip);
  const Handle fetch = viewer.turn().only(ActionType::kFetch)[0];
  viewer.at(50);
  viewer.engine.cdn_headers(fetch, bytes_of_blocks(kBlocks), false);
  for (uint32_t block = 0; block < kBlocks; ++block) viewer.engine.cdn_block(fetch, block);
  viewer.engine.cdn_done(fetch, 0);
  EXPECT_EQ(viewer.turn().words(), "SEGMENT_READY");
  EXPECT_EQ(viewer.engine.world().counters.bytes_from_cdn, bytes_of_blocks(kBlocks));
  EXPECT_EQ(viewer.engine.segment_bytes(clip), bytes_of_blocks(kBlocks));
}

TEST(Engine, A_block_travels_from_status_to_request_to_store_to_player) {
  Viewer viewer;
  const Handle peer = viewer.meet(50);
  const Handle clip = viewer.see(1);
  viewer.engine.playhead(5'000, 9'500, 1);
  viewer.hear(peer, status(1, "HHHH", bytes_of_blocks(kBlocks)));
  viewer.engine.segment_wanted(clip);
  for (uint32_t arrived = 0; arrived < kBlocks;) {
    const Record record = viewer.turn();
    for (const wire::Message& asked : record.sent(wire::Type::kRequest, peer)) {
      const uint32_t bytes = block_bytes_of(bytes_of_blocks(kBlocks), asked.request.block);
      viewer.at(viewer.now + 30);
      viewer.hear(peer, block(asked.request.id, bytes), bytes);
      ++arrived;
    }
    ASSERT_LT(viewer.now, 1000);
  }
  const Record record = viewer.turn();
  EXPECT_EQ(record.words(ActionType::kSegmentReady), "SEGMENT_READY");
  EXPECT_EQ(viewer.engine.world().counters.bytes_from_peers, bytes_of_blocks(kBlocks));
  EXPECT_EQ(viewer.engine.world().counters.bytes_from_cdn, 0);
}

TEST(Engine, Who_sent_a_false_block_is_closed_and_stays_out) {
  Viewer viewer;
  viewer.engine.configure(Option::kVerify, 1);
  const Handle liar = viewer.meet(50);
  const Handle clip = viewer.see(1);
  viewer.engine.playhead(5'000, 9'500, 1);
  viewer.hear(liar, status(1, "HHHH", bytes_of_blocks(kBlocks)));
  const Record asked = viewer.turn();
  const wire::Request request = asked.sent(wire::Type::kRequest, liar).front().request;
  const uint32_t bytes = block_bytes_of(bytes_of_blocks(kBlocks), request.block);
  viewer.hear(liar, block(request.id, bytes), bytes);
  viewer.turn();
  viewer.engine.block_verified(clip, request.block, false);
  const Record said = viewer.turn();
  EXPECT_EQ(said.only(ActionType::kClosePeer)[1], static_cast<int32_t>(CloseReason::kBadBlock));
  EXPECT_EQ(said.only(ActionType::kNotice)[0], static_cast<int32_t>(Notice::kBadBlock));
  viewer.at(viewer.now + 2 * tunables::kRedialMs);
  viewer.engine.tracker_message(0, peers({50}, 2));
  EXPECT_EQ(viewer.turn().words(ActionType::kConnect), "") << "nor is it dialled again";
  viewer.engine.tracker_message(0, relayed(50, tracker_wire::SignalKind::kOffer, "v=0"));
  EXPECT_EQ(viewer.turn().words(ActionType::kSignal), "") << "nor answered when it dials";
}

TEST(Engine, What_it_has_it_serves_up_to_what_it_downloaded) {
  Viewer viewer;
  const Handle peer = viewer.meet(50);
  const Handle clip = viewer.see(1);
  viewer.engine.segment_wanted(clip);
  const Handle fetch = viewer.turn().only(ActionType::kFetch)[0];
  viewer.engine.cdn_headers(fetch, bytes_of_blocks(kBlocks), false);
  viewer.engine.cdn_block(fetch, 0);
  viewer.hear(peer, request(9, 1, 0));
  viewer.hear(peer, request(10, 1, 0));
  viewer.hear(peer, request(11, 2, 1));
  const Record record = viewer.turn();
  EXPECT_EQ(record.count(ActionType::kSendBlock), 1u);
  EXPECT_EQ(record.sent(wire::Type::kReject, peer).size(), 1u) << "the one of a segment that it does not have";
  viewer.engine.peer_writable(peer);
  EXPECT_EQ(viewer.turn().count(ActionType::kSendBlock), 0u) << "the other waits for credit";
  viewer.engine.cdn_block(fetch, 1);
  EXPECT_EQ(viewer.turn().count(ActionType::kSendBlock), 1u);
}

TEST(Engine, The_public_status_of_a_block_can_be_asked_at_any_time) {
  Viewer viewer;
  const Handle clip = viewer.see(1);
  EXPECT_EQ(viewer.engine.block_status(clip, 0), -1) << "no size, no blocks";
  viewer.engine.segment_wanted(clip);
  const Handle fetch = viewer.turn().only(ActionType::kFetch)[0];
  viewer.engine.cdn_headers(fetch, bytes_of_blocks(kBlocks), false);
  viewer.engine.cdn_block(fetch, 1);
  EXPECT_EQ(viewer.engine.block_status(clip, 0), 1);
  EXPECT_EQ(viewer.engine.block_status(clip, 1), 2);
  EXPECT_EQ(viewer.engine.block_status(clip, kBlocks), -1);
  ASSERT_EQ(viewer.engine.write_states(clip), kBlocks);
  EXPECT_EQ(viewer.engine.outbox()[0], 1);
  EXPECT_EQ(viewer.engine.outbox()[1], 2 | (1 << 2)) << "downloaded, from the CDN";
  viewer.engine.cdn_failed(fetch, 503, 0);
  EXPECT_EQ(viewer.engine.block_status(clip, 0), 0);
}

TEST(Engine, The_largest_segments_states_fit_the_scratch_area) {
  Viewer viewer;
  const Handle clip = viewer.see(1);
  viewer.engine.segment_wanted(clip);
  const Handle fetch = viewer.turn().only(ActionType::kFetch)[0];
  viewer.engine.cdn_headers(fetch, kBlocksPerSegmentMax * kBlockBytes, false);
  EXPECT_EQ(viewer.engine.write_states(clip), kBlocksPerSegmentMax);
}

TEST(Engine, Stale_and_foreign_handles_do_nothing) {
  Viewer viewer;
  viewer.turn();
  for (const Handle handle : {0, -1, 256, 0x7fffffff}) {
    viewer.engine.segment_gone(handle);
    viewer.engine.segment_wanted(handle);
    viewer.engine.segment_unwanted(handle);
    viewer.engine.cdn_headers(handle, 100, true);
    viewer.engine.cdn_block(handle, 0);
    viewer.engine.cdn_done(handle, 100);
    viewer.engine.cdn_failed(handle, 500, 100);
    viewer.engine.block_verified(handle, 0, false);
    viewer.engine.link_opened(handle);
    viewer.engine.link_closed(handle);
    viewer.engine.peer_writable(handle);
    viewer.hear(handle, hello());
    EXPECT_EQ(viewer.engine.block_status(handle, 0), -1);
    EXPECT_EQ(viewer.engine.write_states(handle), 0u);
    EXPECT_EQ(viewer.engine.segment_bytes(handle), 0u);
    EXPECT_EQ(viewer.engine.encode_signal(handle, 0, 10), 0u);
  }
  EXPECT_TRUE(viewer.turn().is_empty());
  EXPECT_EQ(viewer.engine.world().counters.bytes_wasted, 0);
}

TEST(Engine, With_nothing_to_wait_for_the_deadline_is_never) {
  Viewer viewer;
  viewer.turn();
  EXPECT_TRUE(std::isinf(viewer.engine.next_deadline()));
}

TEST(Engine, With_company_the_deadline_is_soon_and_never_in_the_past) {
  Viewer viewer;
  viewer.meet(50);
  viewer.see(1);
  viewer.engine.playhead(5'000, 9'500, 1);
  for (int i = 0; i < 200; ++i) {
    viewer.turn();
    const TimeMs next = viewer.engine.next_deadline();
    ASSERT_GT(next, viewer.now) << "a deadline that has passed would spin";
    ASSERT_LE(next, viewer.now + 1000);
    viewer.at(next);
  }
}

TEST(Engine, Time_that_runs_backwards_counts_as_standing_still) {
  Viewer viewer;
  viewer.at(5000);
  viewer.engine.at(1000);
  EXPECT_EQ(viewer.engine.world().now, 5000);
  viewer.engine.at(std::nan(""));
  EXPECT_EQ(viewer.engine.world().now, 5000);
}

TEST(Engine, Options_out_of_range_are_refused) {
  Viewer viewer;
  EXPECT_TRUE(viewer.engine.configure(Option::kPeersMax, tunables::kPeerSlots));
  EXPECT_FALSE(viewer.engine.configure(Option::kPeersMax, tunables::kPeerSlots + 1));
  EXPECT_FALSE(viewer.engine.configure(Option::kPeersMax, -1));
  EXPECT_FALSE(viewer.engine.configure(Option::kPeersMax, std::nan("")));
  EXPECT_TRUE(viewer.engine.configure(Option::kStoreBytesMax, kBlockBytes));
  EXPECT_FALSE(viewer.engine.configure(Option::kStoreBytesMax, kBlockBytes - 1));
  EXPECT_FALSE(viewer.engine.configure(Option::kStoreBytesMax, std::nan("")));
  EXPECT_FALSE(viewer.engine.configure(static_cast<Option>(99), 1));
  EXPECT_EQ(viewer.engine.world().config.peers_max, tunables::kPeerSlots);
}

TEST(Engine, A_full_window_is_told_and_the_segment_is_left_to_the_stock_loader) {
  Viewer viewer;
  for (uint64_t key = 1; key <= tunables::kSegmentSlots; ++key) ASSERT_NE(viewer.see(key), 0);
  EXPECT_EQ(viewer.see(9999), 0);
  EXPECT_EQ(viewer.turn().only(ActionType::kNotice)[0], static_cast<int32_t>(Notice::kWindowFull));
}

TEST(Engine, A_channel_that_closed_is_not_dialled_again_at_once) {
  Viewer viewer;
  const Handle peer = viewer.meet(50);
  viewer.engine.link_closed(peer);
  viewer.engine.link_closed(peer);
  viewer.engine.tracker_message(0, peers({50}, 2));
  EXPECT_EQ(viewer.turn().words(ActionType::kConnect), "");
}

TEST(Engine, Media_fetched_outside_earns_credit) {
  Viewer viewer;
  viewer.engine.bytes_outside(1000);
  EXPECT_EQ(viewer.engine.world().credit.downloaded(), 1000);
  EXPECT_EQ(viewer.engine.world().counters.bytes_from_cdn, 1000);
}

TEST(Engine, A_signal_is_addressed_to_its_neighbour) {
  Viewer viewer;
  const Handle peer = viewer.meet(50);
  EXPECT_EQ(viewer.engine.encode_signal(peer, 4, 10), 0u) << "no such kind";
  EXPECT_EQ(viewer.engine.encode_signal(peer, -1, 10), 0u);
  EXPECT_EQ(viewer.engine.encode_signal(peer, 0, tracker_wire::kBlobBytesMax + 1), 0u);
  const size_t length = viewer.engine.encode_signal(peer, 2, 3);
  ASSERT_GT(length, 0u);
  Bytes frame(viewer.engine.outbox(), viewer.engine.outbox() + length);
  for (const uint8_t letter : {'s', 'd', 'p'}) frame.push_back(letter);
  tracker_wire::Message message;
  ASSERT_EQ(tracker_wire::decode(frame, message), tracker_wire::DecodeStatus::kOk);
  EXPECT_EQ(message.peer, 50u);
  EXPECT_EQ(message.kind, tracker_wire::SignalKind::kCandidates);
}

std::string life_of(uint32_t seed) {
  Viewer viewer(seed);
  const Handle peer = viewer.meet(50);
  std::string story;
  for (uint64_t key = 1; key <= 5; ++key)
    viewer.engine.segment_seen({key}, 0, 8'000 + 2000.0 * static_cast<double>(key), 2000);
  viewer.hear(peer, status(3, "H.H.H.H.H.", bytes_of_blocks(10)));
  viewer.hear(peer, status(4, "...c....p.", bytes_of_blocks(10)));
  for (int i = 0; i < 100; ++i) {
    viewer.at(viewer.now + 25);
    viewer.engine.playhead(3'000 + viewer.now, 9'900, 1);
    const Record record = viewer.turn();
    for (const Said& said : record.list()) {
      story += std::to_string(static_cast<int>(said.type));
      for (const int32_t field : said.fields) story += "," + std::to_string(field);
      story += ";";
    }
  }
  return story;
}

TEST(Engine, The_same_seed_and_the_same_calls_give_the_same_actions) {
  EXPECT_EQ(life_of(7), life_of(7));
  EXPECT_NE(life_of(7), life_of(8)) << "and another seed another life";
}

// Whether it rests after some of thirty turns, each a tenth of a second after it was due.
bool rests_when_late(Viewer& viewer, Handle peer) {
  for (int i = 0; i < 30 && viewer.engine.world().is_p2p(); ++i) {
    viewer.at(viewer.engine.next_deadline() + 100);
    viewer.hear(peer, heartbeat());
    viewer.turn();
  }
  return !viewer.engine.world().is_p2p();
}

TEST(Engine, Whose_timers_come_late_rests_from_trading_unless_its_page_is_hidden) {
  Viewer viewer;
  const Handle peer = viewer.meet(50);
  viewer.engine.configure(Option::kHidden, 1);
  EXPECT_FALSE(rests_when_late(viewer, peer));
  EXPECT_EQ(viewer.engine.world().peers.trading_count(), 1u);
  viewer.engine.configure(Option::kHidden, 0);
  EXPECT_TRUE(rests_when_late(viewer, peer));
  EXPECT_EQ(viewer.engine.world().peers.size(), 0u);
}

TEST(Engine, A_thousand_random_messages_close_the_neighbour_and_harm_nothing_else) {
  Dice dice(11);
  Viewer viewer;
  viewer.engine.configure(Option::kHidden, 1);  // or all these leaps of the clock make it rest
  viewer.engine.playhead(5'000, 9'500, 1);
  const Handle clip = viewer.see(1);
  for (uint32_t round = 0; round < 1000; ++round) {
    viewer.at(viewer.now + 40'000);
    const Handle peer = viewer.meet(1000 + round);
    Bytes bytes = round % 3 == 0   ? status(1, "HHHH", bytes_of_blocks(kBlocks))
                  : round % 3 == 1 ? request(1, 1, 0)
                                   : block(1);
    for (int flips = 0; flips < 3; ++flips)
      bytes[dice.below(static_cast<uint32_t>(bytes.size()))] ^= static_cast<uint8_t>(1u << dice.below(8));
    bytes.resize(1 + dice.below(static_cast<uint32_t>(bytes.size())));
    viewer.hear(peer, bytes, dice.below(2) * kBlockBytes);
    viewer.turn();
    ASSERT_EQ(viewer.engine.segment_bytes(clip) > kBlocksPerSegmentMax * kBlockBytes, false);
    viewer.engine.link_closed(peer);
    viewer.turn();
  }
  EXPECT_EQ(viewer.engine.world().peers.size(), 0u);
  EXPECT_LE(viewer.engine.world().window.size(), 1 + tunables::kForeignSegmentsMax);
}

}  // namespace
}  // namespace bazaar::testing
