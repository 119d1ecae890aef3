// All connections of a loop, by slot.
// Owns their memory in chunks that never move; refuses to know what they do. Invariant: an id is the slot and its
// generation, so that an old id never finds a newcomer; slots are used again in the order in which they were freed,
// which makes a generation last.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "net/connection.hpp"

namespace bazaar::tracker::net {

class ConnectionTable {
 public:
  static constexpr int kGenerationShift = 32;

  static constexpr uint32_t slot_of(ConnectionId id) { return static_cast<uint32_t>(id); }
  static ConnectionId id_of(uint32_t slot, const Connection& connection) {
    return ConnectionId{connection.generation} << kGenerationShift | slot;
  }

  /// A free slot; the caller gives its connection a phase.
  uint32_t take() {
    if (free_.empty()) {
      const auto first = static_cast<uint32_t>(chunks_.size() * kChunk);
      chunks_.push_back(std::make_unique<Chunk>());
      for (uint32_t i = 0; i < kChunk; ++i) free_.push_back(first + i);
    }
    const uint32_t slot = free_.front();
    free_.pop_front();
    return slot;
  }

  /// Old ids find nothing from here on.
  void give_back(uint32_t slot) {
    Connection& connection = at(slot);
    const uint32_t generation = connection.generation + 1;
    connection = Connection();
    connection.generation = generation == 0 ? 1 : generation;
    free_.push_back(slot);
  }

  Connection& at(uint32_t slot) { return (*chunks_[slot / kChunk])[slot % kChunk]; }

  Connection* find(ConnectionId id) {
    const uint32_t slot = slot_of(id);
    if (slot >= chunks_.size() * kChunk) return nullptr;
    Connection& connection = at(slot);
    const bool is_it = connection.generation == id >> kGenerationShift && connection.phase != Phase::kFree;
    return is_it ? &connection : nullptr;
  }

  uint32_t slots() const { return static_cast<uint32_t>(chunks_.size() * kChunk); }

 private:
  static constexpr uint32_t kChunk = 256;
  using Chunk = std::array<Connection, kChunk>;

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::deque<uint32_t> free_;
};

}  // namespace bazaar::tracker::net
