// Blocks of peers that wait for their verdict, and who sent each: a false block is proof against its sender.
// Owns the pairs; refuses to judge. Invariant: at most kUnverifiedMax, the oldest forgotten first (its sender then goes
// unblamed once).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar {

class Unverified {
 public:
  void note(Handle segment, uint32_t block, Handle sender) {
    take(segment, block);
    if (entries_.size() >= tunables::kUnverifiedMax) entries_.erase(entries_.begin());
    entries_.push_back({segment, block, sender});
  }
  /// Who sent it; 0 when nobody knows. Forgets it.
  Handle take(Handle segment, uint32_t block) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& one) { return one.segment == segment && one.block == block; });
    if (found == entries_.end()) return 0;
    const Handle sender = found->sender;
    entries_.erase(found);
    return sender;
  }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Handle segment;
    uint32_t block;
    Handle sender;
  };
  std::vector<Entry> entries_;
};

}  // namespace bazaar
