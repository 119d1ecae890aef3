// A token bucket in eight bytes: so many a second, so many at once.
// Owns one moment in time; refuses to know the rate (its owner has one for thousands of buckets) or the clock.
// Invariant: a bucket never used is full, one that was refused loses nothing, and a clock that steps back gives
// nothing.
#pragma once

#include <algorithm>
#include <cstdint>

namespace bazaar::tracker::admission {

/// 0 a second is no limit at all.
struct Rate {
  uint32_t per_second = 0;
  uint32_t burst = 0;
};

class TokenBucket {
 public:
  /// Whether `cost` tokens were there, and takes them. Costs above the burst never are.
  bool take(Rate rate, uint32_t cost, int64_t now_ms) {
    if (rate.per_second == 0) return true;
    const int64_t now_ns = now_ms * kNsPerMs;
    const int64_t full_at_ns = std::max(full_at_ns_, now_ns) + ns_of(rate, cost);
    if (full_at_ns - now_ns > ns_of(rate, rate.burst)) return false;
    full_at_ns_ = full_at_ns;
    return true;
  }

  /// How long until `cost` tokens are there, for Retry-After; 0 when they are.
  int64_t wait_ms(Rate rate, uint32_t cost, int64_t now_ms) const {
    if (rate.per_second == 0) return 0;
    const int64_t now_ns = now_ms * kNsPerMs;
    const int64_t missing_ns = std::max(full_at_ns_, now_ns) + ns_of(rate, cost) - now_ns - ns_of(rate, rate.burst);
    return missing_ns <= 0 ? 0 : (missing_ns + kNsPerMs - 1) / kNsPerMs;
  }

  bool is_full(int64_t now_ms) const { return full_at_ns_ <= now_ms * kNsPerMs; }

 private:
  static constexpr int64_t kNsPerMs = 1'000'000;
  // 2^32 tokens at one a second are 4.3e18 ns: below what int64_t holds.
  static constexpr int64_t ns_of(Rate rate, uint32_t tokens) {
    return static_cast<int64_t>(tokens) * 1'000'000'000 / rate.per_second;
  }

  int64_t full_at_ns_ = 0;  // what was taken is back by then
};
static_assert(sizeof(TokenBucket) == 8);

}  // namespace bazaar::tracker::admission
