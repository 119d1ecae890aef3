// What the neighbours must still be told: changed blocks and dropped segments, gathered into few STATUS messages.
// Owns the list of changes; refuses to send (status_sender.hpp does). Invariant: a change stays listed until taken.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ids.hpp"
#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar {

class StatusBoard {
 public:
  /// A run of one segment's blocks among which some have changed; `end` 0: none have.
  struct Change {
    Handle segment = 0;
    uint32_t first = 0;
    uint32_t end = 0;
    bool is_announced = false;  ///< the segment itself is to be told, too, or its size
    bool is_rider = false;      ///< worth no message of its own
  };

  /// It keeps others from rolling, or makes them roll: told at once.
  void note_urgent(Handle segment, uint32_t block, TimeMs now) {
    note_run(prompt_, segment, block, block + 1);
    prompt_due_ms_ = std::min(prompt_due_ms_, now);
    are_dropped_due_ = true;
  }
  /// A peer has brought a block: told within `gather_ms`, with whatever has come by then.
  void note_held(Handle segment, uint32_t block, TimeMs gather_ms, TimeMs now) {
    note_run(prompt_, segment, block, block + 1);
    prompt_due_ms_ = std::min(prompt_due_ms_, now + gather_ms);
  }
  /// Asked of a peer, or not any more: soon out of date. Or here from the CDN, as was to be expected. Told along with
  /// other news (to those who get some), or after `patience_ms`.
  void note_lazily(Handle segment, uint32_t block, TimeMs patience_ms, TimeMs now) {
    note_run(lazy_, segment, block, block + 1);
    lazy_due_ms_ = std::min(lazy_due_ms_, now + patience_ms);
  }
  /// A segment is listed, or its size known (nobody asks for its blocks before). With some patience: told along with
  /// other news, or after `patience_ms`.
  void note_known(Handle segment, TimeMs patience_ms, TimeMs now) {
    const bool is_lazy = patience_ms > tunables::kStatusBatchMs;
    note_run(is_lazy ? lazy_ : prompt_, segment, 0, 0).is_announced = true;
    TimeMs& due_ms = is_lazy ? lazy_due_ms_ : prompt_due_ms_;
    due_ms = std::min(due_ms, now + patience_ms);
  }
  /// Told along with what is urgent, or late: who asks for it all the same is refused.
  void note_dropped(SegmentKey key, TimeMs now) {
    if (dropped_.size() < tunables::kSegmentSlots) dropped_.push_back(key);
    dropped_due_ms_ = std::min(dropped_due_ms_, now + tunables::kStatusDroppedMs);
  }

  /// Clock time at which there is something to tell; infinity when there is nothing.
  TimeMs due_ms() const { return std::min({prompt_due_ms_, lazy_due_ms_, dropped_due_ms_}); }

  /// What is to be told at `now`. Both vectors come empty.
  void take(TimeMs now, std::vector<Change>& changes, std::vector<SegmentKey>& dropped) {
    if (due_ms() > now) return;
    const bool is_late = lazy_due_ms_ <= now;
    changes.swap(prompt_);
    for (const Change& change : lazy_)
      changes.push_back({change.segment, change.first, change.end, change.is_announced, !is_late});
    lazy_.clear();
    prompt_due_ms_ = kNever;
    lazy_due_ms_ = kNever;
    if (!are_dropped_due_ && dropped_due_ms_ > now) return;
    dropped.swap(dropped_);
    are_dropped_due_ = false;
    dropped_due_ms_ = kNever;
  }

 private:
  static constexpr TimeMs kNever = 1e300;

  static Change& note_run(std::vector<Change>& changes, Handle segment, uint32_t first, uint32_t end) {
    for (Change& change : changes) {
      if (change.segment != segment) continue;
      if (end == 0) return change;
      change.first = change.end == 0 ? first : std::min(first, change.first);
      change.end = std::max(end, change.end);
      return change;
    }
    return changes.emplace_back(Change{segment, first, end});
  }

  // At most one change a segment in each.
  std::vector<Change> prompt_;
  std::vector<Change> lazy_;
  std::vector<SegmentKey> dropped_;
  TimeMs prompt_due_ms_ = kNever;
  TimeMs lazy_due_ms_ = kNever;
  TimeMs dropped_due_ms_ = kNever;
  bool are_dropped_due_ = false;  ///< with the prompt ones
};

}  // namespace bazaar
