#include "admission/rate_limits.hpp"

#include <algorithm>

namespace bazaar::tracker::admission {

StreamJoins::StreamJoins(Rate rate, size_t streams_max, HashSeed seed)
    : rate_(rate), streams_max_(std::max<size_t>(streams_max, 1)), buckets_(0, SeededHash(seed)) {}

bool StreamJoins::take(const StreamId& stream, int64_t now_ms) {
  if (rate_.per_second == 0) return true;
  auto found = buckets_.find(stream);
  if (found == buckets_.end()) {
    if (buckets_.size() >= streams_max_) {
      buckets_.erase(by_use_.back());
      by_use_.pop_back();
    }
    by_use_.push_front(stream);
    found = buckets_.emplace(stream, Entry{{}, by_use_.begin()}).first;
  } else {
    by_use_.splice(by_use_.begin(), by_use_, found->second.place);
  }
  return found->second.bucket.take(rate_, 1, now_ms);
}

int64_t StreamJoins::wait_ms(const StreamId& stream, int64_t now_ms) const {
  const auto found = buckets_.find(stream);
  return found == buckets_.end() ? 0 : found->second.bucket.wait_ms(rate_, 1, now_ms);
}

Rate share_of(Rate rate, uint32_t workers) {
  if (rate.per_second == 0 || workers <= 1) return rate;
  const auto share = [workers](uint32_t whole) { return std::max(1u, whole / workers + (whole % workers ? 1 : 0)); };
  return {share(rate.per_second), share(rate.burst)};
}

}  // namespace bazaar::tracker::admission
