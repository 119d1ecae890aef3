// Latencies in bounded memory, as HdrHistogram keeps them: 64 steps to each power of two, so that any value is told
// within 1.6 %. Owns counts; refuses to keep samples. Invariant: the memory is the same for ten values and for ten
// billion, and what is over the range is counted in the last step, never lost.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bazaar::load {

class Histogram {
 public:
  static constexpr int64_t kMostNs = int64_t{1} << 37;  ///< 137 s

  void add(int64_t ns) {
    const int64_t value = std::clamp<int64_t>(ns, 0, kMostNs - 1);
    ++counts_[step_of(static_cast<uint64_t>(value))];
    ++total_;
    most_ns_ = std::max(most_ns_, ns);
  }

  void merge(const Histogram& other) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    most_ns_ = std::max(most_ns_, other.most_ns_);
  }

  uint64_t total() const { return total_; }
  int64_t most_ns() const { return most_ns_; }

  /// The greatest value of the step that holds this share of all; 0 when there are none.
  int64_t quantile_ns(double share) const {
    if (total_ == 0) return 0;
    const auto rank = std::max<uint64_t>(1, static_cast<uint64_t>(share * static_cast<double>(total_) + 0.5));
    uint64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= rank) return std::min(most_ns_, last_of(i));
    }
    return most_ns_;
  }

 private:
  static constexpr int kStepBits = 6;
  static constexpr uint64_t kSteps = 1u << kStepBits;
  static constexpr size_t kCounts = (37 - kStepBits + 1) * kSteps;

  // Values below 64 have a step each; above, the six bits after the leading one choose among 64 steps.
  static size_t step_of(uint64_t value) {
    if (value < kSteps) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - kStepBits;
    return static_cast<size_t>(shift + 1) * kSteps + ((value >> shift) - kSteps);
  }
  static int64_t last_of(size_t step) {
    if (step < kSteps) return static_cast<int64_t>(step);
    const size_t shift = step / kSteps - 1;
    return static_cast<int64_t>(((kSteps + step % kSteps + 1) << shift) - 1);
  }

  std::array<uint64_t, kCounts> counts_{};
  uint64_t total_ = 0;
  int64_t most_ns_ = 0;
};

}  // namespace bazaar::load
