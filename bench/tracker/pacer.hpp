// When arrivals are due, by the plan and not by the answers: an open loop. A generator that falls behind fires what it
// owes at once, each with the time at which it was due, so that the wait it caused is in the figures.
// Owns the plan; refuses to look at a clock. Invariant: after any time t exactly floor(t · rate) + 1 arrivals were due.
#pragma once

#include <cstdint>

#include "clock.hpp"

namespace bazaar::load {

class Pacer {
 public:
  Pacer(int64_t start_ns, double per_second)
      : start_ns_(start_ns), gap_ns_(static_cast<double>(kNsPerSecond) / per_second) {}

  int64_t next_ns() const { return start_ns_ + static_cast<int64_t>(static_cast<double>(fired_) * gap_ns_); }

  /// Takes the next arrival when it is due: its planned time into `due_ns`.
  bool take(int64_t now_ns, int64_t& due_ns) {
    due_ns = next_ns();
    if (due_ns > now_ns) return false;
    ++fired_;
    return true;
  }

  uint64_t fired() const { return fired_; }

 private:
  int64_t start_ns_;
  double gap_ns_;
  uint64_t fired_ = 0;
};

}  // namespace bazaar::load
