// What this node's workers said of their cells, and which of it the other nodes have not been told yet.
// Owns the difference between both; refuses to send. Invariant: a cell is in Redis's hash with the size taken last, and
// one whose worker has been silent for kCellTtlMs is ended here, so that a lost notice leaves no ghost.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "swarm/bus.hpp"

namespace bazaar::tracker {

class OwnCells {
 public:
  /// False: refused, there are kCellsPerNodeMax of them.
  bool put(const CellNotice& notice, int64_t now_ms);
  struct Change {
    CellNotice notice;
    bool is_stored = false;  ///< the hash holds it as it is: the notice only renews
  };
  /// The oldest untold first, at most kNoticesPerBulletinMax.
  std::vector<Change> take();
  bool has_untold() const { return !untold_.empty(); }
  /// A new or an ended cell waits: others should not send newcomers to nowhere.
  bool is_urgent() const { return urgent_ > 0; }
  void expire(int64_t now_ms);
  /// Redis forgot the hash: everything is to be told and stored again.
  void retell();
  void clear();
  size_t size() const { return cells_.size(); }

 private:
  struct Cell {
    StreamId stream;
    uint32_t size = 0;
    uint32_t stored_size = 0;  ///< in the hash; 0: not there
    int64_t heard_ms = 0;
    bool is_untold = false;
    bool is_urgent = false;
  };
  void mark_untold(uint64_t address, Cell& cell);
  std::unordered_map<uint64_t, Cell> cells_;
  std::vector<uint64_t> untold_;
  size_t urgent_ = 0;
};

}  // namespace bazaar::tracker
