// Blocks of peers that wait for their verdict, and who sent each: a false block is proof against its sender.
// Owns the pairs; refuses to judge. Invariant: at most kUnverifiedMax, the oldest forgotten first (its sender then goes
// unblamed once).
#pragma once

#include <cstddef>
#include <cstdint>

#include "bounded_list.hpp"
#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar {

class Unverified {
 public:
  void note(Handle segment, uint32_t block, Handle sender) {
    take(segment, block);
    if (entries_.full()) entries_.remove_front();
    entries_.push_back({segment, block, sender});
  }
  /// Who sent it; 0 when nobody knows. Forgets it.
  Handle take(Handle segment, uint32_t block) {
    Handle sender = 0;
    entries_.remove_if([&](const Entry& one) {
      const bool is_it = one.segment == segment && one.block == block;
      if (is_it) sender = one.sender;
      return is_it;
    });
    return sender;
  }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Handle segment = 0;
    uint32_t block = 0;
    Handle sender = 0;
  };
  BoundedList<Entry, tunables::kUnverifiedMax> entries_;
};

}  // namespace bazaar
