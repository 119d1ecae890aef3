// How much one connection may say and how fast one stream may grow, for one worker.
// Owns the streams' buckets; a connection's sixteen bytes lie with its session. Refuses to know sockets, clocks or what
// a message means. Invariant: the table of streams never exceeds its bound; when full it forgets the stream that was
// joined longest ago, which is the one most likely full again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "admission/seeded_hash.hpp"
#include "admission/token_bucket.hpp"
#include "swarm/bus.hpp"

namespace bazaar::tracker::admission {

struct ConnectionRates {
  Rate messages;
  Rate bytes;  ///< its burst must not be below the greatest message, or such messages never pass
};

/// What one connection has used up. Lies in its session.
struct ConnectionBudget {
  TokenBucket messages;
  TokenBucket bytes;

  enum class Verdict : uint8_t { kIn, kTooManyMessages, kTooManyBytes };
  Verdict take(const ConnectionRates& rates, uint32_t message_bytes, int64_t now_ms) {
    if (!messages.take(rates.messages, 1, now_ms)) return Verdict::kTooManyMessages;
    return bytes.take(rates.bytes, message_bytes, now_ms) ? Verdict::kIn : Verdict::kTooManyBytes;
  }
};
static_assert(sizeof(ConnectionBudget) == 16);

/// Joins a second of each stream. Every worker counts for itself: give it the node's rate divided by the workers.
class StreamJoins {
 public:
  StreamJoins(Rate rate, size_t streams_max, HashSeed seed);

  bool take(const StreamId& stream, int64_t now_ms);
  /// What to tell who was refused.
  int64_t wait_ms(const StreamId& stream, int64_t now_ms) const;
  size_t size() const { return buckets_.size(); }

 private:
  struct Entry {
    TokenBucket bucket;
    std::list<StreamId>::iterator place;
  };

  Rate rate_;
  size_t streams_max_;
  std::list<StreamId> by_use_;  // the last joined in front
  std::unordered_map<StreamId, Entry, SeededHash> buckets_;
};

/// A node's rate as each of its workers counts it; never below one where there is a limit.
Rate share_of(Rate rate, uint32_t workers);

}  // namespace bazaar::tracker::admission
