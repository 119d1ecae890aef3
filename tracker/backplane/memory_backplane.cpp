#include "backplane/memory_backplane.hpp"

namespace bazaar::tracker {

void MemoryBackplane::start(BackplaneListener& /*listener*/) {}

void MemoryBackplane::attend() {}

void MemoryBackplane::post(Address /*to*/, BusMessageClass /*kind*/, std::span<const uint8_t> /*message*/) {
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

void MemoryBackplane::publish(const CellNotice& /*notice*/) {}

void MemoryBackplane::draining() {}

Backplane::Counters MemoryBackplane::counters() const {
  Counters counters;
  counters.dropped = dropped_.load(std::memory_order_relaxed);
  counters.is_connected = true;
  counters.nodes = 1;
  return counters;
}

}  // namespace bazaar::tracker
