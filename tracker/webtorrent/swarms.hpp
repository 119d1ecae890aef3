// The swarms that one worker has a part in: it keeps their cell, or has viewers in a cell kept elsewhere.
// Owns their slots and the rule where a cell belongs; refuses to post, publish or expire. Invariant: a swarm lives as
// long as somebody here is in it, and its address is not used again for another.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "swarm/directory.hpp"
#include "webtorrent/cell.hpp"

namespace bazaar::tracker::webtorrent {

struct Swarm {
  Swarm(const Id& hash, Address where, KeyedHash keyed) : info_hash(hash), address(where), cell(keyed) {}

  Id info_hash;
  Address address;  ///< of the cell, whether or not it has members
  Cell cell;
  uint32_t homes = 0;       ///< memberships of this worker's connections, whoever keeps the cell
  bool is_crowded = false;  ///< enough of them that a cell elsewhere is not wanted
  uint32_t noticed = 0;     ///< members at the last notice
  int64_t noticed_ms = 0;
  int64_t expire_at_ms = 0;
};

/// Who keeps the cell that this worker's viewers of a swarm belong in; nobody: this worker. A crowd stays at home. A
/// few go to the first cell that is large enough to stay or else, as everybody reckons alike, to the first of all.
Address place_cell(Swarm& swarm, const std::vector<Directory::Entry>& elsewhere, uint32_t join_below);

class Swarms {
 public:
  Swarms(Address self, KeyedHash hash) : self_(self), hash_(hash), slot_of_(0, IdHash{hash}) {}

  Swarm* find(const Id& info_hash);
  /// The one there is, or a new one. References stay good until it is closed.
  Swarm& open(const Id& info_hash);
  Swarm& at(uint32_t slot) { return *slots_[slot]; }
  void close_if_unused(uint32_t slot);
  size_t size() const { return slot_of_.size(); }
  size_t slots() const { return slots_.size(); }

  /// The next `count` slots, round and round; what is unused afterwards is closed.
  template <typename Visitor>
  void visit(size_t count, Visitor&& visitor) {
    for (; count > 0; --count) {
      next_ = next_ + 1 < slots_.size() ? next_ + 1 : 0;
      if (!slots_[next_]) continue;
      visitor(*slots_[next_]);
      close_if_unused(static_cast<uint32_t>(next_));
    }
  }
  template <typename Visitor>
  void each(Visitor&& visitor) const {
    for (const auto& swarm : slots_) {
      if (swarm) visitor(std::as_const(*swarm));
    }
  }

 private:
  struct IdHash {
    KeyedHash hash;
    size_t operator()(const Id& id) const { return hash(id); }
  };

  const Address self_;
  const KeyedHash hash_;
  std::vector<std::unique_ptr<Swarm>> slots_;
  std::vector<uint32_t> free_slots_;
  std::unordered_map<Id, uint32_t, IdHash> slot_of_;
  uint16_t generation_ = 0;
  size_t next_ = 0;
};

}  // namespace bazaar::tracker::webtorrent
