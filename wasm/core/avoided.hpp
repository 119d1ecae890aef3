// Remote ids that are left alone for a while: dials that failed, neighbours that refused, fell silent or broke the
// protocol. Owns the ids and their times; refuses to know why. Invariant: at most kCandidateIdsMax ids, the oldest
// forgotten first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ids.hpp"
#include "tunables.hpp"

namespace bazaar {

class Avoided {
 public:
  void add(uint32_t id, TimeMs now, TimeMs for_ms = tunables::kRedialMs) {
    if (id == 0 || is_banned(id, now)) return;
    std::erase_if(entries_, [&](const Entry& entry) { return entry.id == id || now >= entry.until_ms; });
    if (entries_.size() >= tunables::kCandidateIdsMax) entries_.erase(entries_.begin());
    entries_.push_back({id, now + for_ms});
  }
  bool contains(uint32_t id, TimeMs now) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.id == id && now < entry.until_ms; });
  }
  /// Proven false: not let in either, for kBanMs.
  bool is_banned(uint32_t id, TimeMs now) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.id == id && entry.until_ms - now > tunables::kRedialMs;
    });
  }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    uint32_t id;
    TimeMs until_ms;
  };
  std::vector<Entry> entries_;
};

}  // namespace bazaar
