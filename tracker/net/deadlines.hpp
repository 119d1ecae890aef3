// One deadline for each connection, in a wheel.
// Owns when; refuses to know what is due. Invariant: setting and clearing cost O(1), expiring O(what is due and what
// shares its bucket); a deadline is never early, and late by at most a tick.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace bazaar::tracker::net {

class Deadlines {
 public:
  static constexpr int64_t kTickMs = 64;
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  explicit Deadlines(int64_t now_ms) : done_tick_(now_ms / kTickMs) {}

  /// Replaces the slot's deadline, if it has one.
  void set(uint32_t slot, int64_t at_ms) {
    clear(slot);
    if (slot >= links_.size()) links_.resize(slot + 1);
    // What is past already is due at the next look, in the bucket that is looked at first.
    const auto bucket = static_cast<uint32_t>(std::max(at_ms / kTickMs, done_tick_) % kBuckets);
    Link& link = links_[slot];
    link = {at_ms, kNone, heads_[bucket], static_cast<int32_t>(bucket)};
    if (link.next != kNone) links_[link.next].previous = slot;
    heads_[bucket] = slot;
    filled_[bucket / kWordBits] |= uint64_t{1} << bucket % kWordBits;
  }

  void clear(uint32_t slot) {
    if (slot >= links_.size() || links_[slot].bucket < 0) return;
    Link& link = links_[slot];
    const auto bucket = static_cast<uint32_t>(link.bucket);
    if (link.previous != kNone) {
      links_[link.previous].next = link.next;
    } else {
      heads_[bucket] = link.next;
      if (link.next == kNone) filled_[bucket / kWordBits] &= ~(uint64_t{1} << bucket % kWordBits);
    }
    if (link.next != kNone) links_[link.next].previous = link.previous;
    link.bucket = -1;
  }

  /// Takes what is due out and appends its slots to `due`.
  void expire(int64_t now_ms, std::vector<uint32_t>& due) {
    const int64_t now_tick = now_ms / kTickMs;
    if (now_tick < done_tick_) return;
    const int64_t ticks = std::min<int64_t>(now_tick - done_tick_ + 1, kBuckets);
    for (int64_t tick = now_tick - ticks + 1; tick <= now_tick; ++tick) {
      uint32_t slot = heads_[static_cast<size_t>(tick % kBuckets)];
      while (slot != kNone) {
        const uint32_t next = links_[slot].next;
        if (links_[slot].at_ms <= now_ms) {
          clear(slot);
          due.push_back(slot);
        }
        slot = next;
      }
    }
    done_tick_ = now_tick;
  }

  /// When expire() should be called next: everything in the next bucket is due then, if it is of this round.
  int64_t next_ms() const {
    for (int64_t ahead = 0; ahead < kBuckets;) {
      const auto bucket = static_cast<uint32_t>((done_tick_ + ahead) % kBuckets);
      const uint64_t rest = filled_[bucket / kWordBits] >> bucket % kWordBits;
      if (rest != 0) return (done_tick_ + ahead + std::countr_zero(rest) + 1) * kTickMs;
      ahead += kWordBits - bucket % kWordBits;
    }
    return kNever;
  }

 private:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  static constexpr int64_t kBuckets = 1024;  // a round is 65 s: longer than the usual deadlines
  static constexpr int64_t kWordBits = 64;

  struct Link {
    int64_t at_ms = 0;
    uint32_t previous = kNone;
    uint32_t next = kNone;
    int32_t bucket = -1;
  };

  static constexpr std::array<uint32_t, kBuckets> empty_heads() {
    std::array<uint32_t, kBuckets> heads{};
    heads.fill(kNone);
    return heads;
  }

  std::vector<Link> links_;  // by slot
  std::array<uint32_t, kBuckets> heads_ = empty_heads();
  std::array<uint64_t, kBuckets / kWordBits> filled_{};
  int64_t done_tick_;  // looked at up to here; this one is looked at again
};

}  // namespace bazaar::tracker::net
