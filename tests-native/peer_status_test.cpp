// What a neighbour's STATUS changes: sizes learnt, offers noted, snapshots that replace, claims that contradict.
// The other half of peer_protocol.cpp; the rules of the conversation are in peer_protocol_test.cpp.
#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

std::string holders(Rig& rig, uint64_t key) {
  std::string digits;
  const Segment& segment = rig.at(rig.world.window.find({key}));
  for (uint32_t block = 0; block < segment.offers.size(); ++block) {
    digits += static_cast<char>('0' + std::popcount(segment.offers.holders(block)));
  }
  return digits;
}

TEST(PeerStatus, What_it_has_is_noted_block_by_block) {
  Rig rig;
  const Handle a = rig.neighbour();
  const Handle b = rig.neighbour();
  rig.segment(1, ".....");
  rig.receive(a, status(1, "HHH..", bytes_of_blocks(5)));
  rig.receive(b, status(1, "HpcH", bytes_of_blocks(5), 1));
  EXPECT_EQ(holders(rig, 1), "12101");
}

TEST(PeerStatus, A_delta_changes_its_run_and_nothing_else) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.segment(1, ".....");
  rig.receive(peer, status(1, "HH...", bytes_of_blocks(5)));
  rig.receive(peer, status(1, "H", bytes_of_blocks(5), 4));
  EXPECT_EQ(holders(rig, 1), "11001");
  rig.receive(peer, status(1, "..", bytes_of_blocks(5), 0));
  EXPECT_EQ(holders(rig, 1), "00001") << "a block may be lost again";
}

TEST(PeerStatus, A_snapshot_replaces_all_that_was_known_of_its_sender) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle other = rig.neighbour();
  rig.segment(1, "...");
  rig.segment(2, "...");
  rig.receive(peer, status(1, "HHH", bytes_of_blocks(3)));
  rig.receive(other, status(1, "HHH", bytes_of_blocks(3)));
  rig.receive(peer, status(2, "HHH", bytes_of_blocks(3), 0, true));
  EXPECT_EQ(holders(rig, 1), "111");
  EXPECT_EQ(holders(rig, 2), "111");
}

TEST(PeerStatus, A_dropped_segment_is_no_longer_on_offer) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.segment(1, "...");
  rig.receive(peer, status(1, "HHH", bytes_of_blocks(3)));
  rig.receive(peer, dropped(1));
  rig.receive(peer, dropped(1));
  rig.receive(peer, dropped(777));
  EXPECT_EQ(holders(rig, 1), "000");
}

TEST(PeerStatus, The_first_who_knows_the_size_tells_it) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1);
  rig.receive(peer, status(1, "HH", bytes_of_blocks(3)));
  EXPECT_EQ(rig.picture(clip), "...");
  EXPECT_FALSE(rig.at(clip).size_from_cdn);
}

TEST(PeerStatus, Who_disagrees_about_the_size_is_not_believed_about_the_blocks) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.segment(1, "...");
  rig.receive(peer, status(1, "HHHHH", bytes_of_blocks(5)));
  EXPECT_EQ(holders(rig, 1), "000");
  EXPECT_NE(rig.world.peers.get(peer), nullptr) << "one of us is wrong, and it need not be the neighbour";
}

TEST(PeerStatus, Blocks_beyond_the_size_that_it_claims_itself_are_a_violation) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.receive(peer, status(1, "HHHH", bytes_of_blocks(3)));
  EXPECT_EQ(rig.world.peers.get(peer), nullptr);
}

TEST(PeerStatus, Before_anybody_knows_the_size_offers_grow_as_they_are_heard) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1);
  rig.receive(peer, status(1, "..c", 0, 4));
  EXPECT_EQ(rig.at(clip).offers.size(), 7u);
  EXPECT_NE(rig.at(clip).offers.fetchers(6), 0u);
}

TEST(PeerStatus, Who_does_not_know_the_size_cannot_claim_blocks_beyond_it) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.segment(1, "...");
  rig.receive(peer, status(1, "HHHHHHHH", 0));
  EXPECT_EQ(holders(rig, 1), "111");
}

TEST(PeerStatus, A_segment_that_we_do_not_list_yet_is_remembered) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.receive(peer, status(9, "HH", bytes_of_blocks(2)));
  EXPECT_EQ(holders(rig, 9), "11");
  const Handle clip = rig.segment(9);
  EXPECT_EQ(rig.picture(clip), "..") << "when our playlist lists it, it can be asked for at once";
}

TEST(PeerStatus, Announced_segments_without_end_stay_within_their_bound) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.segment(1, "P");
  for (uint64_t key = 100; key < 1000; ++key) rig.receive(peer, status(key, "HH", bytes_of_blocks(2)));
  EXPECT_EQ(rig.world.window.size(), 1 + tunables::kForeignSegmentsMax);
  EXPECT_NE(rig.world.window.find({1}), 0);
}

TEST(PeerStatus, A_claim_of_a_segment_too_large_to_trade_is_a_violation) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1);
  rig.receive(peer, status(1, "", kBlocksPerSegmentMax * kBlockBytes + 1));
  EXPECT_EQ(rig.world.peers.get(peer), nullptr) << "an honest viewer never announces one";
  EXPECT_FALSE(rig.at(clip).is_cdn_only) << "and a lie must not end the trade";
}

TEST(PeerStatus, Spare_is_what_it_said_last) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.receive(peer, heartbeat(false, 3));
  EXPECT_EQ(rig.peer(peer).spare, 3u);
}

TEST(PeerStatus, Who_is_gone_offers_nothing_and_its_successor_in_the_slot_neither) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.segment(1, "...");
  rig.receive(peer, status(1, "HHH", bytes_of_blocks(3)));
  rig.protocol.gone(peer);
  EXPECT_EQ(holders(rig, 1), "000");
  const Handle successor = rig.neighbour();
  EXPECT_EQ(Slots<Peer>::slot_of(successor), Slots<Peer>::slot_of(peer));
  EXPECT_EQ(holders(rig, 1), "000");
}

}  // namespace
}  // namespace bazaar::testing
