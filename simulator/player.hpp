// hls.js as far as a loader notices it: where it starts, what it loads next, when it plays, when it stalls.
// Owns playhead, buffer and the order of loads; refuses to know where bytes come from. Invariant: one load at a time;
// the playhead never passes the end of the buffer.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "ids.hpp"

namespace bazaar::sim {

/// What a viewer saw, for comparing two runs: when each segment was there, and which were missed when they were due.
struct PlayRecord {
  struct Late {
    uint32_t sn = 0;
    TimeMs due_ms = 0;  ///< the playhead came to its start then, and waited
  };
  static constexpr float kNever = -1;

  uint32_t first_sn = 0;
  std::vector<float> appended_ms;  ///< from first_sn on; kNever for what was skipped
  std::vector<Late> late;
  TimeMs first_picture_ms = kNever;
  TimeMs end_ms = 0;  ///< nothing is known after it

  TimeMs appended(uint32_t sn) const {
    return sn >= first_sn && sn - first_sn < appended_ms.size() ? appended_ms[sn - first_sn] : kNever;
  }
};

class Player {
 public:
  /// hls.js's maxBufferLength.
  static constexpr TimeMs kBufferGoalMs = 30'000;
  /// A stalled player goes on when this much lies ahead.
  static constexpr TimeMs kResumeMs = 200;

  Player(TimeMs segment_ms, TimeMs sync_ms) : segment_ms_(segment_ms), sync_ms_(sync_ms) {}

  /// The playlist lists segments from `first` up to `published`. The first time decides where to start.
  void listed(uint32_t published, uint32_t first) {
    listed_ = published;
    const bool has_fallen_out = is_started_ && next_sn_ < first && !loading_;
    if (is_started_ && !has_fallen_out) return;
    // The live sync position, also for who fell out of the window: hls.js seeks back to it.
    position_ms_ = std::max(first * segment_ms_, published * segment_ms_ - sync_ms_);
    next_sn_ = static_cast<uint32_t>(position_ms_ / segment_ms_);
    buffered_end_ms_ = position_ms_;
    is_playing_ = false;
    if (!is_started_) record_.first_sn = next_sn_;
    is_started_ = true;
  }

  /// The segment that hls.js loads now, if any; it is loading from then on.
  std::optional<uint32_t> load_next(TimeMs now) {
    if (!is_started_ || loading_ || next_sn_ >= listed_) return std::nullopt;
    if (buffered_end_ms_ - position_ms(now) >= kBufferGoalMs) return std::nullopt;
    loading_ = next_sn_;
    return loading_;
  }
  std::optional<uint32_t> loading() const { return loading_; }
  /// Whether a segment is appended, loading, or will never be loaded.
  bool is_past(uint32_t sn) const { return sn < next_sn_ || (loading_ && *loading_ == sn); }

  void appended(uint32_t sn, TimeMs now) {
    if (!loading_ || *loading_ != sn) return;
    loading_.reset();
    buffered_end_ms_ = (sn + 1) * segment_ms_;
    next_sn_ = sn + 1;
    record_.appended_ms.resize(sn - record_.first_sn, PlayRecord::kNever);
    record_.appended_ms.push_back(static_cast<float>(now));
  }

  /// Brings the playhead up to now: stalls, goes on. Call before reading.
  void advance(TimeMs now) {
    const TimeMs at = position_ms(now);
    if (is_playing_ && at >= buffered_end_ms_) {
      stalled_since_ms_ = at_ms_ + (buffered_end_ms_ - position_ms_);
      position_ms_ = buffered_end_ms_;
      is_playing_ = false;
      ++stalls_;
      record_.late.push_back({next_sn_, stalled_since_ms_});
    } else if (is_started_ && !is_playing_ && buffered_end_ms_ - position_ms_ >= kResumeMs) {
      if (!first_picture_ms_) {
        first_picture_ms_ = now;
      } else {
        stalled_ms_ += now - stalled_since_ms_;
      }
      is_playing_ = true;
      at_ms_ = now;
    }
  }

  bool is_started() const { return is_started_; }
  bool is_playing() const { return is_playing_; }
  TimeMs position_ms(TimeMs now) const { return position_ms_ + (is_playing_ ? now - at_ms_ : 0); }
  TimeMs buffered_end_ms() const { return buffered_end_ms_; }
  std::optional<TimeMs> first_picture_ms() const { return first_picture_ms_; }
  uint32_t stalls() const { return stalls_; }
  TimeMs stalled_ms() const { return stalled_ms_; }
  const PlayRecord& record() const { return record_; }

 private:
  TimeMs segment_ms_;
  TimeMs sync_ms_;
  bool is_started_ = false;
  bool is_playing_ = false;
  TimeMs position_ms_ = 0;  ///< at `at_ms_` when playing
  TimeMs at_ms_ = 0;
  TimeMs buffered_end_ms_ = 0;
  uint32_t listed_ = 0;
  uint32_t next_sn_ = 0;
  std::optional<uint32_t> loading_;
  std::optional<TimeMs> first_picture_ms_;
  TimeMs stalled_since_ms_ = 0;
  TimeMs stalled_ms_ = 0;
  uint32_t stalls_ = 0;
  PlayRecord record_;
};

}  // namespace bazaar::sim
