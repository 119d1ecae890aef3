#include "admission/address_limits.hpp"

#include <cassert>
#include <utility>

namespace bazaar::tracker::admission {

namespace {

template <typename Array, size_t... Index>
Array filled(HashSeed seed, std::index_sequence<Index...>) {
  return {((void)Index, typename Array::value_type(seed))...};
}

}  // namespace

AddressLimits::AddressLimits(AddressCaps caps, HashSeed seed)
    : caps_(caps),
      hash_(seed),
      // Another seed than the one that chose the shard, or a shard's keys would share their upper bits.
      shards_(filled<std::array<Shard, kShards>>({seed.second, seed.first}, std::make_index_sequence<kShards>{})) {}

bool AddressLimits::count_in() {
  if (connections_.fetch_add(1, std::memory_order_relaxed) < caps_.connections_max) return true;
  connections_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

AddressLimits::Verdict AddressLimits::enter(uint64_t key, int64_t now_ms) {
  if (!count_in()) return Verdict::kServerFull;
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto [found, is_new] = shard.entries.try_emplace(key);
  AddressEntry& entry = found->second;
  if (is_new) entry.place = shard.idle.insert(shard.idle.begin(), key);
  Verdict verdict = Verdict::kIn;
  if (entry.connections >= caps_.connections_per_address_max) {
    verdict = Verdict::kAddressFull;
  } else if (!entry.pace.take(caps_.connections_per_address, 1, now_ms)) {
    verdict = Verdict::kAddressTooFast;
  } else if (entry.connections++ == 0) {
    shard.idle.erase(entry.place);
  }
  if (verdict != Verdict::kIn) connections_.fetch_sub(1, std::memory_order_relaxed);
  if (shard.idle.size() > caps_.idle_addresses_max / kShards) {
    shard.entries.erase(shard.idle.back());
    shard.idle.pop_back();
  }
  return verdict;
}

void AddressLimits::leave(uint64_t key) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(key);
  assert(found != shard.entries.end() && found->second.connections > 0);
  connections_.fetch_sub(1, std::memory_order_relaxed);
  if (--found->second.connections > 0) return;
  found->second.place = shard.idle.insert(shard.idle.begin(), key);
  if (shard.idle.size() > caps_.idle_addresses_max / kShards) {
    shard.entries.erase(shard.idle.back());
    shard.idle.pop_back();
  }
}

AddressEntry& AddressLimits::entry_of(uint64_t key) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(key);
  assert(found != shard.entries.end() && found->second.connections > 0);
  return found->second;
}

bool AddressLimits::take_message(AddressEntry& entry, int64_t now_ms) const {
  if (caps_.messages_per_address.per_second == 0) return true;
  TokenBucket before = entry.messages.load(std::memory_order_relaxed);
  TokenBucket after = before;
  do {
    after = before;
    if (!after.take(caps_.messages_per_address, 1, now_ms)) return false;
  } while (!entry.messages.compare_exchange_weak(before, after, std::memory_order_relaxed));
  return true;
}

size_t AddressLimits::addresses() const {
  size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    count += shard.entries.size();
  }
  return count;
}

}  // namespace bazaar::tracker::admission
