#include "lateness_checker.hpp"

#include <cmath>

namespace bazaar::sim {

void LatenessChecker::check(uint32_t viewer, const PlayRecord& ours) {
  if (viewer >= alone_.size()) return complaints_.add(ours.end_ms, viewer, "is not in the run of the CDN alone");
  const PlayRecord& alone = alone_[viewer];
  for (const PlayRecord::Late& late : ours.late) {
    const TimeMs there_ms = alone.appended(late.sn);
    if (there_ms < 0 || there_ms > late.due_ms) continue;
    complaints_.add(late.due_ms, viewer,
                    "segment " + std::to_string(late.sn) + " is late; the CDN alone had it " +
                        std::to_string(std::lround(late.due_ms - there_ms)) + " ms before");
  }
  const bool is_dark = ours.first_picture_ms < 0 && alone.first_picture_ms >= 0;
  if (is_dark && alone.first_picture_ms + kStartGraceMs <= ours.end_ms) {
    complaints_.add(ours.end_ms, viewer,
                    "never started; the CDN alone showed segment " + std::to_string(alone.first_sn) + " at " +
                        std::to_string(alone.first_picture_ms / 1'000) + " s");
  }
}

}  // namespace bazaar::sim
