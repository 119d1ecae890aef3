#include "swarm/directory.hpp"

#include <algorithm>

namespace bazaar::tracker {

namespace {

constexpr auto kByAddress = [](const Directory::Entry& entry, Address cell) { return entry.cell < cell; };

}  // namespace

void Directory::heard(const CellNotice& notice, int64_t now_ms) {
  auto stream = streams_.find(notice.stream);
  if (stream == streams_.end()) {
    if (notice.size == 0 || cells_ >= cells_max_) return;
    stream = streams_.emplace(notice.stream, Stream{}).first;
  }
  auto& [cells, size] = stream->second;
  const auto entry = std::lower_bound(cells.begin(), cells.end(), notice.cell, kByAddress);
  const bool is_known = entry != cells.end() && entry->cell == notice.cell;
  if (is_known) size -= entry->size;
  if (notice.size == 0) {
    if (is_known) {
      cells.erase(entry);
      --cells_;
    }
  } else if (is_known) {
    *entry = {notice.cell, notice.size, now_ms};
  } else if (cells_ < cells_max_) {
    cells.insert(entry, {notice.cell, notice.size, now_ms});
    ++cells_;
  } else {
    return;
  }
  size += notice.size;
  if (cells.empty()) streams_.erase(stream);
}

template <typename IsGone>
void Directory::erase_if(IsGone is_gone) {
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    auto& [cells, size] = stream->second;
    std::erase_if(cells, [&, &size = size](const Entry& entry) {
      if (!is_gone(entry)) return false;
      size -= entry.size;
      --cells_;
      return true;
    });
    stream = cells.empty() ? streams_.erase(stream) : std::next(stream);
  }
}

void Directory::node_lost(uint16_t node) {
  erase_if([&](const Entry& entry) { return entry.cell.node() == node; });
}

void Directory::expire(int64_t now_ms) {
  erase_if([&](const Entry& entry) { return now_ms - entry.heard_ms >= kCellTtlMs; });
}

const std::vector<Directory::Entry>& Directory::cells_of(const StreamId& stream) const {
  static const std::vector<Entry> none;
  const auto found = streams_.find(stream);
  return found == streams_.end() ? none : found->second.cells;
}

const Directory::Entry* Directory::find(const StreamId& stream, Address cell) const {
  const auto& cells = cells_of(stream);
  const auto entry = std::lower_bound(cells.begin(), cells.end(), cell, kByAddress);
  return entry != cells.end() && entry->cell == cell ? &*entry : nullptr;
}

uint64_t Directory::size_elsewhere() const {
  uint64_t size = 0;
  for (const auto& [id, stream] : streams_) size += stream.size;
  return size;
}

uint32_t Directory::size_elsewhere(const StreamId& stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? 0 : found->second.size;
}

}  // namespace bazaar::tracker
