// Every segment in time whenever the CDN alone could have made it: judged against the run of the same audience, seed
// and links in which everybody fetches everything from the CDN. Owns the comparison; refuses to know why a segment was
// late. Invariant: what the CDN alone had missed too is no complaint, and neither is what it would have brought only
// after our playhead came to it.
#pragma once

#include <vector>

#include "checkers.hpp"
#include "player.hpp"

namespace bazaar::sim {

class LatenessChecker {
 public:
  /// Who has no picture although the CDN alone showed one this long before.
  static constexpr TimeMs kStartGraceMs = 5'000;

  /// Of the CDN-only run, by viewer; must outlive the checker.
  explicit LatenessChecker(const std::vector<PlayRecord>& alone) : alone_(alone) {}

  void check(uint32_t viewer, const PlayRecord& ours);
  void check_all(const std::vector<PlayRecord>& ours) {
    for (size_t i = 0; i < ours.size(); ++i) check(static_cast<uint32_t>(i), ours[i]);
  }
  const Complaints& complaints() const { return complaints_; }

 private:
  const std::vector<PlayRecord>& alone_;
  Complaints complaints_;
};

}  // namespace bazaar::sim
