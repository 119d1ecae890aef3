// When must a segment be here? The playhead's motion turned into clock time.
// Owns the last report of the playhead; refuses to see segments. Invariant: a deadline is a pure function of the last
// report, the segment's start and the clock.
#pragma once

#include <algorithm>

#include "ids.hpp"
#include "tunables.hpp"

namespace bazaar {

struct Playhead {
  bool is_known = false;
  TimeMs position_ms = 0;      ///< media time at `at_ms`
  TimeMs buffered_end_ms = 0;  ///< media time up to which the player can play without another segment
  double rate = 0;             ///< 0 while paused, stalled or not started
  TimeMs at_ms = 0;            ///< clock time of the report

  TimeMs position_at(TimeMs now) const { return position_ms + (now - at_ms) * rate; }
  TimeMs buffered_at(TimeMs now) const { return buffered_end_ms - position_at(now); }

  /// The player is waiting for media: not started or stalled with (nearly) nothing to play.
  bool is_starving(TimeMs now) const {
    return !is_known || (rate == 0 && buffered_at(now) < tunables::kStarvingBufferMs);
  }

  /// Milliseconds until media at `start_ms` is played. A paused player counts as one about to go on: it may at any
  /// time. One that starves goes on with what its loader waits for (`is_wanted`): that has no time left; what follows
  /// has.
  TimeMs slack_ms(TimeMs start_ms, TimeMs now, bool is_wanted = false) const {
    if (is_starving(now)) return is_known && !is_wanted && start_ms > buffered_end_ms ? start_ms - buffered_end_ms : 0;
    return (start_ms - position_at(now)) / (rate > 0 ? rate : 1);
  }
};

/// How late our timers come: a busy main thread is late for the player too. The largest lateness lately, and the usual.
class Lateness {
 public:
  /// A timer that was due at `due_ms` has come at `now`. Those of a hidden page come late on purpose, and one that
  /// comes minutes late comes from a computer that has slept: neither is a computer that has too much to do.
  void note(TimeMs due_ms, TimeMs now, bool is_hidden = false) {
    const TimeMs late = now > due_ms ? now - due_ms : 0;
    late_ms_ = late > late_ms_ ? late : late_ms_ + (late - late_ms_) * 0.01;
    if (!is_hidden) usual_ms_ += (std::min(late, tunables::kLateMaxMs) - usual_ms_) * tunables::kUsualGain;
  }
  bool is_overloaded() const { return usual_ms_ > tunables::kOverloadMs; }
  /// The load is another one from now on.
  void forget_usual() { usual_ms_ = 0; }
  /// What the CDN must be asked before the deadline, besides the time that it takes.
  TimeMs margin_ms() const {
    const TimeMs more = tunables::kLatenessMargin * late_ms_;
    return tunables::kFallbackMarginMs +
           (more < tunables::kLatenessMarginMaxMs ? more : tunables::kLatenessMarginMaxMs);
  }

 private:
  TimeMs late_ms_ = 0;
  TimeMs usual_ms_ = 0;
};

/// Who uploads accepts what will be through within this time. `room`: its uplink as a multiple of the stream.
constexpr TimeMs queue_max_ms(TimeMs block_ms, double room) {
  const TimeMs blocks = tunables::kQueueBlocks * block_ms;
  const double times = room < 1 ? 1 : (room > tunables::kQueueRoomMax ? tunables::kQueueRoomMax : room);
  const TimeMs crowd = tunables::kQueueMaxMs * times;
  return blocks > crowd ? blocks : crowd;
}

/// Time left for peers: until the moment when the CDN must be asked to make it.
constexpr TimeMs market_slack_ms(TimeMs slack_ms, TimeMs cdn_expected_ms, TimeMs margin_ms) {
  return slack_ms - margin_ms - 2 * cdn_expected_ms;
}

}  // namespace bazaar
