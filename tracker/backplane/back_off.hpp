// How long to stay away from a Redis that failed: exponential, with full jitter, so that nodes that lost it together do
// not come back together.
// Owns the count of failures; refuses clocks and dice, which arrive as arguments. Invariant: 1 … kBackOffMaxMs.
#pragma once

#include <algorithm>
#include <cstdint>

#include "backplane/redis_limits.hpp"

namespace bazaar::tracker {

class BackOff {
 public:
  int64_t failed(uint64_t random) {
    const int64_t ceiling_ms = std::min(kBackOffMaxMs, kBackOffFirstMs << std::min(failures_, kDoublingsMax));
    ++failures_;
    return 1 + static_cast<int64_t>(random % static_cast<uint64_t>(ceiling_ms));
  }
  void succeeded() { failures_ = 0; }

 private:
  static constexpr int kDoublingsMax = 6;
  int failures_ = 0;
};

}  // namespace bazaar::tracker
