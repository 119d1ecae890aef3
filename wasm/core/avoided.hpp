// Remote ids that are left alone for a while: dials that failed, neighbours that refused, fell silent or broke the
// protocol. Owns the ids and their times; refuses to know why. Invariant: at most kCandidateIdsMax ids, the oldest
// forgotten first.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bounded_list.hpp"
#include "ids.hpp"
#include "tunables.hpp"

namespace bazaar {

class Avoided {
 public:
  void add(uint32_t id, TimeMs now, TimeMs for_ms = tunables::kRedialMs) {
    if (id == 0 || is_banned(id, now)) return;
    entries_.remove_if([&](const Entry& entry) { return entry.id == id || now >= entry.until_ms; });
    if (entries_.full()) entries_.remove_front();
    entries_.push_back({id, now + for_ms});
  }
  bool contains(uint32_t id, TimeMs now) const { return until_ms(id) > now; }
  /// Proven false: not let in either, for kBanMs.
  bool is_banned(uint32_t id, TimeMs now) const { return until_ms(id) - now > tunables::kRedialMs; }
  size_t size() const { return entries_.size(); }
  /// Calls `visit` with each id that is avoided now, the latest first.
  template <typename Visit>
  void each(TimeMs now, Visit visit) const {
    for (size_t i = entries_.size(); i-- > 0;) {
      if (now < entries_[i].until_ms) visit(entries_[i].id);
    }
  }

 private:
  struct Entry {
    uint32_t id = 0;
    TimeMs until_ms = 0;
  };
  /// 0 for one that is not among them: each id is there once.
  TimeMs until_ms(uint32_t id) const {
    for (const Entry& entry : entries_) {
      if (entry.id == id) return entry.until_ms;
    }
    return 0;
  }
  BoundedList<Entry, tunables::kCandidateIdsMax> entries_;
};

}  // namespace bazaar
