#include "backplane/own_cells.hpp"

#include <algorithm>

#include "backplane/redis_limits.hpp"
#include "swarm/directory.hpp"

namespace bazaar::tracker {

bool OwnCells::put(const CellNotice& notice, int64_t now_ms) {
  const uint64_t address = notice.cell.value();
  auto found = cells_.find(address);
  if (found == cells_.end()) {
    if (notice.size == 0) return true;
    if (cells_.size() >= kCellsPerNodeMax) return false;
    found = cells_.emplace(address, Cell{}).first;
  }
  Cell& cell = found->second;
  cell.stream = notice.stream;
  cell.size = notice.size;
  cell.heard_ms = now_ms;
  mark_untold(address, cell);
  return true;
}

void OwnCells::mark_untold(uint64_t address, Cell& cell) {
  if (!cell.is_untold) untold_.push_back(address);
  cell.is_untold = true;
  const bool is_urgent = (cell.size == 0) != (cell.stored_size == 0);
  if (is_urgent && !cell.is_urgent) ++urgent_;
  if (!is_urgent && cell.is_urgent) --urgent_;
  cell.is_urgent = is_urgent;
}

std::vector<OwnCells::Change> OwnCells::take() {
  const size_t count = std::min(untold_.size(), kNoticesPerBulletinMax);
  std::vector<Change> changes;
  changes.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const auto found = cells_.find(untold_[i]);
    Cell& cell = found->second;
    changes.push_back({{cell.stream, Address(found->first), cell.size}, cell.size == cell.stored_size});
    if (cell.is_urgent) --urgent_;
    if (cell.size == 0) {
      cells_.erase(found);
      continue;
    }
    cell.stored_size = cell.size;
    cell.is_untold = cell.is_urgent = false;
  }
  untold_.erase(untold_.begin(), untold_.begin() + static_cast<std::ptrdiff_t>(count));
  return changes;
}

void OwnCells::expire(int64_t now_ms) {
  for (auto& [address, cell] : cells_) {
    if (cell.size == 0 || now_ms - cell.heard_ms <= kCellTtlMs) continue;
    cell.size = 0;
    mark_untold(address, cell);
  }
}

void OwnCells::retell() {
  for (auto& [address, cell] : cells_) {
    cell.stored_size = 0;
    mark_untold(address, cell);
  }
}

void OwnCells::clear() {
  cells_.clear();
  untold_.clear();
  urgent_ = 0;
}

}  // namespace bazaar::tracker
