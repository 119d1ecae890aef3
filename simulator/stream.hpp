// The live stream: which segments exist, how long they are, what they are called.
// Owns the arithmetic of segments; refuses to hold bytes. Invariant: the same scenario and seed give the same segments.
#pragma once

#include <algorithm>
#include <cmath>

#include "ids.hpp"
#include "scenario.hpp"

namespace bazaar::sim {

/// A well-mixed number from a few: for choices that everybody must agree on without being told.
inline uint64_t mix(uint64_t a, uint64_t b = 0, uint64_t c = 0) {
  uint64_t z = a * 0x9e3779b97f4a7c15ull ^ b * 0xc2b2ae3d27d4eb4full ^ c * 0x165667b19e3779f9ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
/// Uniform in [0, 1).
inline double roll_of(uint64_t a, uint64_t b = 0, uint64_t c = 0) {
  return static_cast<double>(mix(a, b, c) >> 11) * 0x1.0p-53;
}

class Stream {
 public:
  /// Segments that exist when the first viewer comes.
  static constexpr uint32_t kBefore = 10;
  /// Segments that a playlist lists.
  static constexpr uint32_t kListed = 10;

  Stream(const Scenario& scenario, uint64_t seed) : scenario_(scenario), seed_(seed) {
    blocks_max_ = block_count_of(
        static_cast<uint32_t>(bytes_per_ms_max() * scenario.segment_ms * (1 + scenario.size_spread)) + 1);
  }

  TimeMs segment_ms() const { return scenario_.segment_ms; }
  uint32_t renditions() const { return static_cast<uint32_t>(scenario_.bitrates_kbit.size()); }
  double bytes_per_ms(uint32_t rendition) const { return scenario_.bitrates_kbit[rendition] / 8; }
  double bytes_per_ms_max() const {
    return *std::max_element(scenario_.bitrates_kbit.begin(), scenario_.bitrates_kbit.end()) / 8;
  }

  uint32_t published(TimeMs now) const { return kBefore + static_cast<uint32_t>(now / scenario_.segment_ms); }
  uint32_t segment_bytes(uint32_t rendition, uint32_t sn) const {
    const double mean = bytes_per_ms(rendition) * scenario_.segment_ms;
    const double spread = scenario_.size_spread * (2 * roll_of(seed_, sn, 77) - 1);
    return static_cast<uint32_t>(mean * (1 + spread));
  }
  uint32_t segments_max() const { return published(scenario_.duration_ms) + 1; }
  uint32_t blocks_max() const { return blocks_max_; }
  /// Where a block is in vectors of blocks_of_run() entries.
  size_t block_index(uint32_t rendition, uint32_t sn, uint32_t block) const {
    return (static_cast<size_t>(sn) * renditions() + rendition) * blocks_max() + block;
  }
  uint32_t block_bytes_at(size_t index) const {
    const size_t segment = index / blocks_max_;
    return block_bytes_of(
        segment_bytes(static_cast<uint32_t>(segment % renditions()), static_cast<uint32_t>(segment / renditions())),
        static_cast<uint32_t>(index % blocks_max_));
  }
  size_t blocks_of_run() const { return block_index(0, segments_max(), 0); }
  SegmentKey key(uint32_t rendition, uint32_t sn) const { return {mix(seed_, sn, 1000 + rendition)}; }

 private:
  const Scenario& scenario_;
  uint64_t seed_;
  uint32_t blocks_max_ = 0;
};

}  // namespace bazaar::sim
