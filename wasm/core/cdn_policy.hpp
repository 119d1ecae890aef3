// The CDN as this viewer experiences it: fetches in progress, their speed, and when to leave it alone after a failure.
// Owns the fetch table; refuses to choose blocks. Invariant: a block is part of at most one fetch at a time.
#pragma once

#include <cstdint>

#include "dice.hpp"
#include "ids.hpp"
#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar {

struct Fetch {
  Handle segment = 0;
  uint32_t first = 0;
  uint32_t count = 0;      ///< 0: the whole segment
  bool is_whole = false;   ///< no Range asked for, or none granted
  bool is_urgent = false;  ///< by deadline, not by dice
  TimeMs began_ms = 0;
  TimeMs headers_ms = 0;  ///< 0 before them
  TimeMs progress_ms = 0;
  double bytes = 0;

  bool covers(uint32_t block) const { return is_whole || (block >= first && block < first + count); }
};

class CdnPolicy {
 public:
  CdnPolicy() : fetches_(tunables::kUrgentFetchesMax) {}

  /// 0 when there are kUrgentFetchesMax already.
  Handle begin(const Fetch& fetch) {
    const Handle handle = fetches_.insert();
    if (Fetch* slot = fetches_.find(handle)) *slot = fetch;
    return handle;
  }
  Fetch* get(Handle handle) { return fetches_.find(handle); }
  const Fetch* find(Handle handle) const { return fetches_.find(handle); }
  void end(Handle handle) { fetches_.erase(handle); }
  size_t in_progress() const { return fetches_.size(); }
  bool has_room(bool is_urgent) const {
    return fetches_.size() < (is_urgent ? tunables::kUrgentFetchesMax : tunables::kFetchesMax);
  }
  template <typename Visit>
  void each(Visit visit) {
    fetches_.each(visit);
  }
  /// Whether some fetch is to bring that block.
  bool is_fetched(Handle segment, uint32_t block) {
    bool is_fetched = false;
    each([&](Handle, const Fetch& fetch) {
      is_fetched = is_fetched || (fetch.segment == segment && fetch.covers(block));
    });
    return is_fetched;
  }

  /// After a failure: not before the pause is over, and then one fetch at a time until one succeeds.
  bool may_ask(TimeMs now) const { return now >= retry_ms_ && (failures_ == 0 || fetches_.size() == 0); }
  TimeMs retry_ms() const { return retry_ms_; }

  void note_headers(Fetch& fetch, TimeMs now) {
    fetch.headers_ms = now;
    fetch.progress_ms = now;
    first_byte_ms_ += (now - fetch.began_ms - first_byte_ms_) * 0.2;
    failures_ = 0;
  }
  void note_done(const Fetch& fetch, TimeMs now) {
    const TimeMs wrong = now - fetch.began_ms - expected_ms(fetch.bytes);
    deviation_ms_ += ((wrong < 0 ? -wrong : wrong) - deviation_ms_) * tunables::kDeviationGain;
    const TimeMs took = now - fetch.headers_ms;
    // An answer that came in one piece says little about the link.
    if (fetch.headers_ms > 0 && took >= 2 && fetch.bytes > 0) {
      bytes_per_ms_ += (fetch.bytes / took - bytes_per_ms_) * 0.2;
    }
  }
  void note_failure(Dice& dice, TimeMs now) {
    TimeMs pause = tunables::kCdnRetryMs;
    for (uint32_t i = 0; i < failures_ && pause < tunables::kCdnRetryMaxMs; ++i) pause *= 2;
    if (pause > tunables::kCdnRetryMaxMs) pause = tunables::kCdnRetryMaxMs;
    ++failures_;
    retry_ms_ = now + pause * (0.5 + dice.roll() / 2);
  }
  bool is_failing() const { return failures_ > 0; }

  /// Expected time to fetch `bytes`, in ms.
  TimeMs expected_ms(double bytes) const { return first_byte_ms_ + bytes / bytes_per_ms_; }
  /// By when they are here almost surely: as far beyond the expected time as fetches have deviated from it (as TCP sets
  /// its time-out, RFC 6298), and no less than what packets lost on the way cost, about a first byte's time each.
  TimeMs latest_ms(double bytes) const {
    const TimeMs lost = tunables::kLossesMax * first_byte_ms_;
    const TimeMs deviation = tunables::kDeviations * deviation_ms_;
    return expected_ms(bytes) + (deviation > lost ? deviation : lost);
  }

 private:
  Slots<Fetch> fetches_;
  TimeMs first_byte_ms_ = 50;
  double bytes_per_ms_ = 625;  // 5 Mbit/s until measured
  TimeMs deviation_ms_ = tunables::kDeviationUnknownMs;
  TimeMs retry_ms_ = 0;
  uint32_t failures_ = 0;
};

}  // namespace bazaar
