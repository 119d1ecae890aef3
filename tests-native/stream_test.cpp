// The live stream is the same for everybody who asks, and for every run of a seed.
#include "stream.hpp"

#include <gtest/gtest.h>

#include <set>

namespace bazaar::sim {
namespace {

Scenario two_renditions() {
  Scenario scenario;
  scenario.duration_ms = 20'000;
  scenario.bitrates_kbit = {800, 2'500};
  scenario.size_spread = 0.5;
  return scenario;
}

TEST(Stream, A_segment_is_published_when_it_is_over) {
  const Scenario scenario = two_renditions();
  const Stream stream(scenario, 1);
  EXPECT_EQ(stream.published(0), Stream::kBefore);
  EXPECT_EQ(stream.published(1'999), Stream::kBefore);
  EXPECT_EQ(stream.published(2'000), Stream::kBefore + 1);
}

TEST(Stream, Sizes_vary_within_the_spread_around_the_bitrate_and_belong_to_the_seed) {
  const Scenario scenario = two_renditions();
  const Stream stream(scenario, 1);
  const Stream again(scenario, 1);
  const Stream other(scenario, 2);
  double sum = 0;
  bool differs = false;
  for (uint32_t sn = 0; sn < 500; ++sn) {
    const uint32_t bytes = stream.segment_bytes(1, sn);
    ASSERT_GE(bytes, 625'000u / 2 - 1);
    ASSERT_LE(bytes, 625'000u * 3 / 2);
    ASSERT_LE(block_count_of(bytes), stream.blocks_max());
    ASSERT_EQ(bytes, again.segment_bytes(1, sn));
    differs = differs || bytes != other.segment_bytes(1, sn);
    sum += bytes;
  }
  EXPECT_NEAR(sum / 500, 625'000, 20'000);
  EXPECT_TRUE(differs);
}

TEST(Stream, Every_segment_and_every_block_has_a_name_of_its_own) {
  const Scenario scenario = two_renditions();
  const Stream stream(scenario, 1);
  std::set<uint64_t> keys;
  std::set<size_t> blocks;
  size_t count = 0;
  for (uint32_t sn = 0; sn < stream.segments_max(); ++sn) {
    for (uint32_t rendition = 0; rendition < 2; ++rendition) {
      keys.insert(stream.key(rendition, sn).value);
      const uint32_t bytes = stream.segment_bytes(rendition, sn);
      for (uint32_t block = 0; block < block_count_of(bytes); ++block) {
        const size_t index = stream.block_index(rendition, sn, block);
        ASSERT_LT(index, stream.blocks_of_run());
        ASSERT_EQ(stream.block_bytes_at(index), block_bytes_of(bytes, block));
        blocks.insert(index);
        ++count;
      }
    }
  }
  EXPECT_EQ(keys.size(), 2 * stream.segments_max());
  EXPECT_EQ(blocks.size(), count);
}

}  // namespace
}  // namespace bazaar::sim
