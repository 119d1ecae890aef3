// A block's life once its bytes are here: counted, verified, told, handed to the player, forgotten.
#include "custody.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

TEST(Custody, A_block_from_the_cdn_is_true_and_counts_as_the_cdns) {
  Rig rig;
  const Handle segment = rig.segment(1, "c.");
  rig.custody.arrived(segment, 0, Source::kCdn);
  EXPECT_EQ(rig.picture(segment), "C.");
  EXPECT_EQ(rig.world.counters.bytes_from_cdn, kBlockBytes);
  EXPECT_EQ(rig.world.store_bytes, kBlockBytes);
  EXPECT_EQ(rig.world.credit.downloaded(), kBlockBytes);
}

TEST(Custody, Neighbours_are_told_of_a_peers_block_and_have_heard_of_the_cdns) {
  const auto due_ms = [](Source source, const tunables::Gathering& gathering) {
    Rig rig;
    rig.world.gathering = &gathering;
    rig.neighbour();
    const Handle segment = rig.segment(1, "..");
    rig.play_with_time();
    rig.custody.arrived(segment, 0, source);
    return rig.world.status.due_ms() - rig.world.now;
  };
  for (const auto& gathering : {tunables::kFar, tunables::kNear, tunables::kAmple}) {
    EXPECT_EQ(due_ms(Source::kCdn, gathering), gathering.lazy_ms);
    EXPECT_EQ(due_ms(Source::kPeer, gathering), gathering.most_ms) << "with so much time";
  }
}

TEST(Custody, A_false_block_that_the_cdn_brings_besides_is_not_fetched_again) {
  Rig rig;
  rig.world.config.verifies = true;
  const Handle segment = rig.segment(1, "..");
  Fetch fetch;
  fetch.segment = segment;
  fetch.count = 1;
  rig.world.cdn.begin(fetch);
  for (uint32_t block = 0; block < 2; ++block) rig.custody.arrived(segment, block, Source::kPeer);
  for (uint32_t block = 0; block < 2; ++block) rig.custody.verified(segment, block, false);
  EXPECT_EQ(rig.picture(segment), "c.");
}

TEST(Custody, The_short_last_block_counts_its_own_bytes) {
  Rig rig;
  const Handle segment = rig.segment(1, "C.");
  rig.custody.arrived(segment, 1, Source::kPeer);
  EXPECT_EQ(rig.world.counters.bytes_from_peers, kBlockBytes - 1000);
}

TEST(Custody, A_peers_block_counts_only_once_it_is_verified) {
  Rig rig;
  rig.world.config.verifies = true;
  const Handle segment = rig.segment(1, "..");
  rig.custody.wanted(segment);
  rig.custody.arrived(segment, 0, Source::kPeer);
  rig.custody.arrived(segment, 1, Source::kPeer);
  EXPECT_EQ(rig.picture(segment), "hh");
  EXPECT_EQ(rig.world.counters.bytes_from_peers, 0);
  EXPECT_EQ(rig.said().words(), "") << "held is not ready";
  rig.custody.verified(segment, 0, true);
  rig.custody.verified(segment, 1, true);
  EXPECT_EQ(rig.picture(segment), "PP");
  EXPECT_EQ(rig.world.counters.blocks_from_peers, 2);
  EXPECT_EQ(rig.said().words(), "SEGMENT_READY");
}

TEST(Custody, A_damaged_block_is_forgotten_and_is_missing_again) {
  Rig rig;
  rig.world.config.verifies = true;
  const Handle segment = rig.segment(1, "..");
  rig.custody.arrived(segment, 0, Source::kPeer);
  rig.custody.verified(segment, 0, false);
  EXPECT_EQ(rig.picture(segment), "..");
  EXPECT_EQ(rig.world.store_bytes, 0);
  EXPECT_EQ(rig.world.counters.bytes_wasted, kBlockBytes);
  EXPECT_EQ(rig.said().words(), "DROP_BLOCK");
}

TEST(Custody, A_verdict_that_comes_twice_or_for_a_block_not_held_changes_nothing) {
  Rig rig;
  const Handle segment = rig.segment(1, "P.");
  rig.custody.verified(segment, 0, false);
  rig.custody.verified(segment, 1, true);
  rig.custody.verified(segment, 99, true);
  rig.custody.verified(12345, 0, true);
  EXPECT_EQ(rig.picture(segment), "P.");
  EXPECT_TRUE(rig.said().is_empty());
}

TEST(Custody, A_block_that_comes_twice_is_waste_the_second_time) {
  Rig rig;
  const Handle segment = rig.segment(1, "c.");
  rig.custody.arrived(segment, 0, Source::kCdn);
  rig.custody.arrived(segment, 0, Source::kCdn);
  EXPECT_EQ(rig.world.counters.bytes_from_cdn, kBlockBytes);
  EXPECT_EQ(rig.world.counters.bytes_wasted, kBlockBytes);
  EXPECT_EQ(rig.world.store_bytes, kBlockBytes);
}

TEST(Custody, A_block_beyond_the_end_or_of_unknown_length_is_no_block) {
  Rig rig;
  const Handle known = rig.segment(1, "..");
  rig.custody.arrived(known, 2, Source::kCdn);
  const Handle unknown = rig.segment(2);
  rig.at(unknown).blocks.resize(4);
  rig.custody.arrived(unknown, 0, Source::kCdn);
  EXPECT_EQ(rig.picture(known), "..");
  EXPECT_EQ(rig.picture(unknown), "....");
  EXPECT_EQ(rig.world.credit.downloaded(), 0);
}

TEST(Custody, When_the_cdn_is_first_the_neighbour_is_told_to_stop) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle segment = rig.segment(1, "..");
  rig.ask(peer, segment, 0);
  rig.said();
  rig.custody.arrived(segment, 0, Source::kCdn);
  EXPECT_EQ(rig.picture(segment), "C.");
  EXPECT_EQ(rig.said().words(), "SEND:CANCEL");
  EXPECT_EQ(rig.world.ledger.size(), 0u);
}

TEST(Custody, The_player_is_told_once_when_the_last_block_is_here) {
  Rig rig;
  const Handle segment = rig.segment(1, "PC.");
  rig.custody.wanted(segment);
  EXPECT_EQ(rig.said().words(), "");
  rig.custody.arrived(segment, 2, Source::kCdn);
  rig.custody.arrived(segment, 2, Source::kCdn);
  EXPECT_EQ(rig.said().words(), "SEGMENT_READY");
}

TEST(Custody, A_segment_that_is_already_here_is_ready_at_once_each_time_it_is_wanted) {
  Rig rig;
  const Handle segment = rig.segment(1, "PCP");
  rig.custody.wanted(segment);
  EXPECT_EQ(rig.said().words(), "SEGMENT_READY");
  rig.custody.wanted(segment);
  EXPECT_EQ(rig.said().words(), "SEGMENT_READY") << "the player may load it again";
}

TEST(Custody, Who_no_longer_wants_it_is_not_told) {
  Rig rig;
  const Handle segment = rig.segment(1, "P.");
  rig.custody.wanted(segment);
  rig.custody.unwanted(segment);
  rig.custody.arrived(segment, 1, Source::kCdn);
  EXPECT_EQ(rig.said().words(), "");
}

TEST(Custody, A_segment_left_to_the_cdn_fails_at_once_when_wanted) {
  Rig rig;
  const Handle segment = rig.segment(1, "..");
  rig.at(segment).is_cdn_only = true;
  rig.custody.wanted(segment);
  EXPECT_EQ(rig.said().words(), "SEGMENT_FAILED");
  EXPECT_FALSE(rig.at(segment).is_wanted);
}

TEST(Custody, A_size_that_a_neighbour_told_is_enough_to_begin) {
  Rig rig;
  const Handle segment = rig.segment(1);
  EXPECT_TRUE(rig.custody.learn_size(segment, bytes_of_blocks(3), false));
  EXPECT_EQ(rig.picture(segment), "...");
  EXPECT_FALSE(rig.at(segment).size_from_cdn);
  EXPECT_TRUE(rig.custody.learn_size(segment, bytes_of_blocks(3), true)) << "the CDN says the same";
  EXPECT_TRUE(rig.at(segment).size_from_cdn);
}

TEST(Custody, A_size_that_a_neighbour_told_is_passed_on_late_where_it_has_told_everybody) {
  const auto due_ms = [](bool from_cdn, const tunables::Gathering& gathering) {
    Rig rig;
    rig.world.gathering = &gathering;
    const Handle segment = rig.segment(1);
    rig.custody.learn_size(segment, bytes_of_blocks(3), from_cdn);
    return rig.world.status.due_ms() - rig.world.now;
  };
  for (const auto& gathering : {tunables::kFar, tunables::kNear, tunables::kAmple}) {
    EXPECT_EQ(due_ms(false, gathering), gathering.known_ms);
    EXPECT_EQ(due_ms(true, gathering), tunables::kStatusBatchMs) << "nobody else has said it";
  }
  EXPECT_EQ(tunables::kFar.known_ms, tunables::kStatusBatchMs) << "elsewhere others are further away";
}

TEST(Custody, A_neighbour_does_not_correct_a_size) {
  Rig rig;
  const Handle segment = rig.segment(1, "P..");
  EXPECT_FALSE(rig.custody.learn_size(segment, bytes_of_blocks(9), false));
  EXPECT_EQ(rig.picture(segment), "P..");
}

TEST(Custody, A_size_that_differs_from_a_peers_claim_makes_what_it_sent_worthless) {
  Rig rig;
  const Handle liar = rig.neighbour();
  const Handle segment = rig.segment(1, "PP...");
  rig.offer(liar, segment, "HHHHH");
  rig.ask(liar, segment, 3);
  rig.said();
  EXPECT_TRUE(rig.custody.learn_size(segment, bytes_of_blocks(3), true));
  EXPECT_EQ(rig.picture(segment), "...");
  EXPECT_EQ(rig.world.store_bytes, 0);
  EXPECT_EQ(rig.world.counters.bytes_wasted, 2 * kBlockBytes);
  EXPECT_EQ(rig.at(segment).offers.holders(0), 0u) << "nor does what it said of it count";
  const Record said = rig.said();
  EXPECT_EQ(said.only(ActionType::kNotice)[0], static_cast<int32_t>(Notice::kSizeDiffers));
  EXPECT_EQ(said.words(ActionType::kDropBlock), "DROP_BLOCK DROP_BLOCK");
  EXPECT_EQ(said.sent(wire::Type::kCancel).size(), 1u);
  EXPECT_EQ(rig.world.ledger.size(), 0u);
}

TEST(Custody, A_segment_too_large_for_blocks_is_left_to_the_cdn) {
  Rig rig;
  const Handle segment = rig.segment(1);
  EXPECT_FALSE(rig.custody.learn_size(segment, kBlocksPerSegmentMax * kBlockBytes + 1, true));
  EXPECT_TRUE(rig.at(segment).is_cdn_only);
  EXPECT_EQ(rig.said().only(ActionType::kNotice)[0], static_cast<int32_t>(Notice::kSegmentTooLarge));
}

TEST(Custody, A_segment_that_left_the_playlist_is_kept_for_the_slow_and_then_dropped) {
  Rig rig;
  rig.neighbour();
  const Handle segment = rig.segment(1, "PP");
  rig.at(segment).gone_ms = rig.world.now;
  rig.wait(tunables::kKeepGoneMs);
  rig.custody.expire();
  EXPECT_TRUE(rig.knows(segment));
  rig.wait(1);
  rig.custody.expire();
  EXPECT_FALSE(rig.knows(segment));
  EXPECT_EQ(rig.world.store_bytes, 0);
  EXPECT_EQ(rig.said().words(), "DROP_SEGMENT");
}

TEST(Custody, What_the_player_waits_for_is_never_dropped) {
  Rig rig;
  rig.world.config.store_bytes_max = kBlockBytes;
  const Handle segment = rig.segment(1, "PPP.");
  rig.custody.wanted(segment);
  rig.at(segment).gone_ms = rig.world.now;
  rig.wait(10 * tunables::kKeepGoneMs);
  rig.custody.expire();
  EXPECT_TRUE(rig.knows(segment));
}

TEST(Custody, A_dropped_segment_takes_its_requests_and_fetches_along) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle segment = rig.segment(1, "...");
  rig.ask(peer, segment, 0);
  Fetch fetch;
  fetch.segment = segment;
  const Handle id = rig.world.cdn.begin(fetch);
  rig.at(segment).gone_ms = 1;
  rig.wait(2 * tunables::kKeepGoneMs);
  rig.said();
  rig.custody.expire();
  EXPECT_EQ(rig.world.ledger.size(), 0u);
  EXPECT_EQ(rig.world.cdn.get(id), nullptr);
  EXPECT_EQ(rig.said().words(), "SEND:CANCEL ABORT_FETCH DROP_SEGMENT");
}

TEST(Custody, A_full_store_drops_the_oldest_media_one_segment_a_step_and_says_so_once) {
  Rig rig;
  for (uint64_t key = 1; key <= 4; ++key) rig.segment(key, "PP", 20'000 - 2000 * static_cast<double>(key));
  const Handle oldest = rig.world.window.find({4});
  rig.world.config.store_bytes_max = 5 * kBlockBytes;
  rig.custody.expire();
  EXPECT_FALSE(rig.knows(oldest));
  EXPECT_EQ(rig.said().words(), "NOTICE DROP_SEGMENT");
  rig.custody.expire();
  EXPECT_EQ(rig.said().words(), "DROP_SEGMENT");
  EXPECT_LE(rig.world.store_bytes, rig.world.config.store_bytes_max);
  rig.custody.expire();
  EXPECT_EQ(rig.said().words(), "");
}

TEST(Custody, An_announced_segment_is_forgotten_with_the_last_neighbour_that_knew_it) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.receive(peer, status(5, "HH", bytes_of_blocks(2)));
  rig.custody.expire();
  EXPECT_NE(rig.world.window.find({5}), 0);
  rig.protocol.gone(peer);
  rig.custody.expire();
  EXPECT_EQ(rig.world.window.find({5}), 0);
}

}  // namespace
}  // namespace bazaar::testing
