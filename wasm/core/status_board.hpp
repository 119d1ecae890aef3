// What the neighbours must still be told: changed blocks and dropped segments, gathered into few STATUS messages.
// Owns the list of changes; refuses to send (status_sender.hpp does). Invariant: a change stays listed until taken.
#pragma once

#include <cstdint>
#include <vector>

#include "ids.hpp"
#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar {

class StatusBoard {
 public:
  /// A run of one segment's blocks whose state changed; `count` 0 announces the segment alone.
  struct Change {
    Handle segment = 0;
    uint32_t first = 0;
    uint32_t end = 0;
  };

  void note(Handle segment, uint32_t block, bool is_urgent, TimeMs now) {
    note_run(segment, block, block + 1, is_urgent ? now : now + tunables::kStatusBatchMs);
  }
  /// News that can wait for other news: asked of a peer, or not any more.
  void note_lazily(Handle segment, uint32_t block, TimeMs now) {
    note_run(segment, block, block + 1, now + tunables::kStatusLazyMs);
  }
  void note_known(Handle segment, TimeMs now) { note_run(segment, 0, 0, now + tunables::kStatusBatchMs); }
  void note_dropped(SegmentKey key, TimeMs now) {
    if (dropped_.size() < tunables::kSegmentSlots) dropped_.push_back(key);
    schedule(now + tunables::kStatusBatchMs);
  }

  /// Clock time at which the changes are due; infinity when there are none.
  TimeMs due_ms() const { return due_ms_; }

  void take(std::vector<Change>& changes, std::vector<SegmentKey>& dropped) {
    changes.swap(changes_);
    dropped.swap(dropped_);
    changes_.clear();
    dropped_.clear();
    due_ms_ = kNever;
  }

 private:
  static constexpr TimeMs kNever = 1e300;

  void note_run(Handle segment, uint32_t first, uint32_t end, TimeMs due) {
    schedule(due);
    for (Change& change : changes_) {
      if (change.segment != segment) continue;
      if (end == 0) return;
      const bool was_empty = change.end == 0;
      change.first = was_empty || first < change.first ? first : change.first;
      change.end = end > change.end ? end : change.end;
      return;
    }
    changes_.push_back({segment, first, end});
  }
  void schedule(TimeMs due) {
    if (due < due_ms_) due_ms_ = due;
  }

  std::vector<Change> changes_;  // at most one a segment
  std::vector<SegmentKey> dropped_;
  TimeMs due_ms_ = kNever;
};

}  // namespace bazaar
