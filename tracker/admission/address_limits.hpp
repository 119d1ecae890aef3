// How many connections the node has, in all and from each address, and how fast an address connects and speaks.
// Owns the counts, for all workers: locked at accept and close only; a message costs one atomic of its address's entry.
// Refuses to know sockets or which addresses are trusted. Invariant: an address with an open connection has an entry,
// so entries are bounded by connections and by `idle_addresses_max` remembered ones, the longest gone forgotten first.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>

#include "admission/seeded_hash.hpp"
#include "admission/token_bucket.hpp"

namespace bazaar::tracker::admission {

struct AddressCaps {
  size_t connections_max = 0;  ///< of the node, in all
  uint32_t connections_per_address_max = 0;
  Rate connections_per_address;
  Rate messages_per_address;
  size_t idle_addresses_max = 65'536;  ///< addresses remembered for their rate after their last connection
};

/// One address. Its fields are AddressLimits' own; others hold it by reference only.
class AddressEntry {
  friend class AddressLimits;
  uint32_t connections = 0;                          // under the shard's lock
  TokenBucket pace;                                  // the same: of connections
  std::list<uint64_t>::iterator place;               // in the shard's idle list while connections is 0
  std::atomic<TokenBucket> messages{TokenBucket{}};  // workers share it
};

class AddressLimits {
 public:
  enum class Verdict : uint8_t { kIn, kServerFull, kAddressFull, kAddressTooFast };

  AddressLimits(AddressCaps caps, HashSeed seed);

  /// For an accepted socket; `key` is ClientAddress::limit_key(). After kIn, and only then, leave() must follow.
  Verdict enter(uint64_t key, int64_t now_ms);
  void leave(uint64_t key);

  /// Between enter() and leave() of the same key; the entry lives as long. From any thread.
  AddressEntry& entry_of(uint64_t key);
  bool take_message(AddressEntry& entry, int64_t now_ms) const;

  size_t connections() const { return connections_.load(std::memory_order_relaxed); }
  /// Addresses known, open and remembered.
  size_t addresses() const;

 private:
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<uint64_t, AddressEntry, SeededHash> entries;
    std::list<uint64_t> idle;  // the last gone in front

    explicit Shard(HashSeed seed) : entries(0, SeededHash(seed)) {}
  };
  Shard& shard_of(uint64_t key) { return shards_[hash_(key) >> 60]; }
  bool count_in();

  AddressCaps caps_;
  SeededHash hash_;
  std::atomic<size_t> connections_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace bazaar::tracker::admission
