// hls.js as far as a loader notices it: where it starts, what it loads next, when it plays, when it stalls.
// Owns playhead, buffer and the order of loads; refuses to know where bytes come from. Invariant: one load at a time;
// the playhead never passes the end of the buffer.
#pragma once

#include <optional>

#include "ids.hpp"

namespace bazaar::sim {

class Player {
 public:
  /// hls.js's maxBufferLength.
  static constexpr TimeMs kBufferGoalMs = 30'000;
  /// A stalled player goes on when this much lies ahead.
  static constexpr TimeMs kResumeMs = 200;

  Player(TimeMs segment_ms, TimeMs sync_ms) : segment_ms_(segment_ms), sync_ms_(sync_ms) {}

  /// The playlist lists segments up to `published`. The first time decides where to start.
  void listed(uint32_t published, uint32_t first) {
    listed_ = published;
    const TimeMs end = published * segment_ms_;
    if (!is_started_) {
      is_started_ = true;
      const auto back = static_cast<uint32_t>(sync_ms_ / segment_ms_);
      next_sn_ = published > back ? published - back : 0;
      position_ms_ = next_sn_ * segment_ms_;
      buffered_end_ms_ = position_ms_;
    } else if (next_sn_ < first && !loading_) {
      // Fallen out of the window: hls.js seeks back to the live sync position.
      position_ms_ = end - sync_ms_;
      next_sn_ = static_cast<uint32_t>(position_ms_ / segment_ms_);
      buffered_end_ms_ = next_sn_ * segment_ms_;
      is_playing_ = false;
    }
  }

  /// The segment that hls.js loads now, if any; it is loading from then on.
  std::optional<uint32_t> load_next(TimeMs now) {
    if (!is_started_ || loading_ || next_sn_ >= listed_) return std::nullopt;
    if (buffered_end_ms_ - position_ms(now) >= kBufferGoalMs) return std::nullopt;
    loading_ = next_sn_;
    return loading_;
  }
  std::optional<uint32_t> loading() const { return loading_; }

  void appended(uint32_t sn) {
    if (!loading_ || *loading_ != sn) return;
    loading_.reset();
    buffered_end_ms_ = (sn + 1) * segment_ms_;
    next_sn_ = sn + 1;
  }

  /// Brings the playhead up to now: stalls, goes on. Call before reading.
  void advance(TimeMs now) {
    const TimeMs at = position_ms(now);
    if (is_playing_ && at >= buffered_end_ms_) {
      stalled_since_ms_ = at_ms_ + (buffered_end_ms_ - position_ms_);
      position_ms_ = buffered_end_ms_;
      is_playing_ = false;
      ++stalls_;
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
};

}  // namespace bazaar::sim
