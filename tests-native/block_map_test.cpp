// What this viewer has of one segment, drawn: `.` missing, `r` asked of a peer, `c` asked of the CDN, `h` here and not
// verified, `P`/`C` verified by source. One picture before, one after.
#include "block_map.hpp"

#include <gtest/gtest.h>

namespace bazaar::testing {
namespace {

TEST(BlockMap, A_new_map_is_missing_every_block) {
  BlockMap map;
  map.resize(5);
  EXPECT_EQ(map.picture(), ".....");
  EXPECT_EQ(map.missing_count(), 5u);
}

TEST(BlockMap, A_picture_reads_back_as_it_was_drawn) {
  const BlockMap map = BlockMap::from_picture(".rchPC");
  EXPECT_EQ(map.picture(), ".rchPC");
  EXPECT_EQ(map.missing_count(), 1u);
  EXPECT_EQ(map.verified_count(), 2u);
}

TEST(BlockMap, A_block_from_a_peer_goes_from_missing_to_verified) {
  BlockMap map = BlockMap::from_picture("...");
  map.mark_requested(1);
  EXPECT_EQ(map.picture(), ".r.");
  map.mark_held(1, Source::kPeer);
  EXPECT_EQ(map.picture(), ".h.");
  map.mark_verified(1);
  EXPECT_EQ(map.picture(), ".P.");
}

TEST(BlockMap, A_block_from_the_cdn_may_overtake_a_request) {
  BlockMap map = BlockMap::from_picture("r..");
  map.mark_fetching(0);
  EXPECT_EQ(map.picture(), "c..");
  map.mark_held(0, Source::kCdn);
  map.mark_verified(0);
  EXPECT_EQ(map.picture(), "C..");
}

TEST(BlockMap, A_block_that_is_abandoned_is_missing_again) {
  BlockMap map = BlockMap::from_picture(".rchPC");
  for (uint32_t block = 0; block < map.size(); ++block) map.abandon(block);
  EXPECT_EQ(map.picture(), "......");
  EXPECT_EQ(map.missing_count(), 6u);
  EXPECT_EQ(map.verified_count(), 0u);
  EXPECT_EQ(map.source(4), Source::kNone);
}

TEST(BlockMap, A_block_abandoned_twice_is_missing_once) {
  BlockMap map = BlockMap::from_picture("r.");
  map.abandon(0);
  map.abandon(0);
  EXPECT_EQ(map.missing_count(), 2u);
}

TEST(BlockMap, Only_a_map_of_verified_blocks_is_complete) {
  EXPECT_TRUE(BlockMap::from_picture("PCPC").is_complete());
  EXPECT_FALSE(BlockMap::from_picture("PChC").is_complete()) << "held is not verified";
  EXPECT_FALSE(BlockMap::from_picture("PC.C").is_complete());
  EXPECT_FALSE(BlockMap().is_complete()) << "nothing known is nothing complete";
}

TEST(BlockMap, The_public_status_has_three_states) {
  const BlockMap map = BlockMap::from_picture(".rchPC");
  std::string digits;
  for (uint32_t block = 0; block < map.size(); ++block)
    digits += static_cast<char>('0' + static_cast<int>(map.status(block)));
  EXPECT_EQ(digits, "011122") << "bytes that are not verified count as downloading";
}

TEST(BlockMap, The_code_for_neighbours_tells_a_cdn_download_from_a_peers) {
  const BlockMap map = BlockMap::from_picture(".rcP");
  EXPECT_EQ(map.code(0), BlockCode::kNone);
  EXPECT_EQ(map.code(1), BlockCode::kDownloadingPeer);
  EXPECT_EQ(map.code(2), BlockCode::kDownloadingCdn);
  EXPECT_EQ(map.code(3), BlockCode::kDownloaded);
}

TEST(BlockMap, An_unverified_block_is_announced_as_still_coming_from_where_it_came) {
  BlockMap map = BlockMap::from_picture("..");
  map.mark_held(0, Source::kPeer);
  map.mark_held(1, Source::kCdn);
  EXPECT_EQ(map.code(0), BlockCode::kDownloadingPeer);
  EXPECT_EQ(map.code(1), BlockCode::kDownloadingCdn);
}

TEST(BlockMap, Growing_adds_missing_blocks_at_the_end) {
  BlockMap map = BlockMap::from_picture("PC");
  map.resize(4);
  EXPECT_EQ(map.picture(), "PC..");
  EXPECT_EQ(map.missing_count(), 2u);
}

TEST(BlockMap, Cutting_forgets_what_stood_beyond_the_end) {
  BlockMap map = BlockMap::from_picture("P.rC");
  map.resize(2);
  EXPECT_EQ(map.picture(), "P.");
  EXPECT_EQ(map.missing_count(), 1u);
  EXPECT_EQ(map.verified_count(), 1u);
  map.resize(1);
  EXPECT_TRUE(map.is_complete());
}

TEST(BlockMap, The_largest_map_counts_right) {
  BlockMap map;
  map.resize(kBlocksPerSegmentMax);
  for (uint32_t block = 0; block < kBlocksPerSegmentMax; ++block) {
    map.mark_held(block, Source::kCdn);
    map.mark_verified(block);
  }
  EXPECT_TRUE(map.is_complete());
  EXPECT_EQ(map.verified_count(), kBlocksPerSegmentMax);
  EXPECT_EQ(map.missing_count(), 0u);
}

TEST(BlockMap, A_segment_is_cut_into_blocks_whose_bytes_add_up) {
  for (const uint32_t total : {1u, kBlockBytes - 1, kBlockBytes, kBlockBytes + 1, 625'000u, 0xffffffffu}) {
    uint64_t sum = 0;
    const uint32_t count = block_count_of(total);
    for (uint32_t block = 0; block < count; ++block) {
      EXPECT_GT(block_bytes_of(total, block), 0u);
      sum += block_bytes_of(total, block);
    }
    EXPECT_EQ(sum, total);
    EXPECT_EQ(block_bytes_of(total, count), 0u) << "beyond the end there is nothing";
  }
}

}  // namespace
}  // namespace bazaar::testing
