// One worker's knowledge of everybody else's cells: where a newcomer of a stream could be placed, how large its
// audience is. Owns a replica made of notices; refuses to place (that is the desks' affair) or to reach anybody.
// Invariant: an entry that was not renewed for kCellTtlMs is gone, and so is every entry of a node that was lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "swarm/bus.hpp"

namespace bazaar::tracker {

/// Owners renew their notices every third of this.
inline constexpr int64_t kCellTtlMs = 15'000;

class Directory {
 public:
  struct Entry {
    Address cell;
    uint32_t size = 0;  ///< members, never 0
    int64_t heard_ms = 0;
  };

  /// `cells_max`: entries kept; beyond it notices of cells not known yet are ignored.
  explicit Directory(size_t cells_max = 200'000) : cells_max_(cells_max) {}

  void heard(const CellNotice& notice, int64_t now_ms);
  void node_lost(uint16_t node);
  void expire(int64_t now_ms);

  /// Cells of other workers, by address; valid until the next change.
  const std::vector<Entry>& cells_of(const StreamId& stream) const;
  const Entry* find(const StreamId& stream, Address cell) const;
  /// Members of other workers' cells of this stream.
  uint32_t size_elsewhere(const StreamId& stream) const;
  /// Members of all other workers' cells.
  uint64_t size_elsewhere() const;
  size_t streams() const { return streams_.size(); }
  size_t cells() const { return cells_; }

 private:
  struct Stream {
    std::vector<Entry> cells;  // by address
    uint32_t size = 0;
  };
  template <typename IsGone>
  void erase_if(IsGone is_gone);

  std::map<StreamId, Stream> streams_;
  size_t cells_max_;
  size_t cells_ = 0;
};

}  // namespace bazaar::tracker
