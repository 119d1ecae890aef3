// How long a block would wait here before it is on its way: what the uplink and the credit allow.
// Owns two measured rates; refuses to queue anything. Invariant: both rates stay positive.
#pragma once

#include <algorithm>

#include "ids.hpp"
#include "tunables.hpp"

namespace bazaar {

class UploadPace {
 public:
  /// `bytes` have left a channel that got them at `handed_ms`. Several channels share the uplink, so time counts from
  /// when the last of them drained: then the uplink was busy with these bytes.
  void note_drained(double bytes, TimeMs handed_ms, TimeMs now) {
    const TimeMs took = std::max(now - std::max(handed_ms, drained_ms_), 0.5);
    drained_ms_ = now;
    if (bytes <= 0) return;
    // Sums that fade, not a mean of rates: of two channels that drain together the second seems to have taken no time.
    sent_ = sent_ * kFade + bytes;
    took_ms_ = took_ms_ * kFade + took;
    uplink_ = std::clamp(sent_ / took_ms_, 4.0, 100'000.0);
  }

  /// Too slow to serve anybody; but a bad moment is not for ever, and who never sends never measures.
  bool is_too_slow(TimeMs now) const {
    return kBlockBytes / uplink_ > tunables::kBlockMsMax && now - drained_ms_ < tunables::kSlowUplinkPauseMs;
  }

  bool is_measured() const { return took_ms_ > 0; }
  /// Measured, and a block takes less than a second.
  bool is_brisk() const { return is_measured() && kBlockBytes / uplink_ < 1'000; }

  /// Credit grows as fast as we download.
  void note_downloaded(double downloaded, TimeMs now) {
    if (now - sampled_ms_ < kSampleMs) return;
    const double rate = (downloaded - sampled_) / (now - sampled_ms_);
    if (sampled_ms_ > 0) download_ += (std::max(rate, 1.0) - download_) * 0.3;
    sampled_ = downloaded;
    sampled_ms_ = now;
  }

  /// Until `bytes`, all that waits and one more, are through, with `credit` bytes to spend now.
  TimeMs wait_ms(double bytes, double credit) const { return std::max(bytes / uplink_, (bytes - credit) / download_); }
  double uplink() const { return uplink_; }      ///< bytes/ms
  double download() const { return download_; }  ///< bytes/ms, of the stream as it comes in

 private:
  static constexpr TimeMs kSampleMs = 1'000;
  static constexpr double kFade = 0.8;
  double sent_ = 0;
  TimeMs took_ms_ = 0;
  double uplink_ = 600;    // about 5 Mbit/s until measured
  double download_ = 150;  // about 1.2 Mbit/s until measured
  TimeMs drained_ms_ = 0;
  double sampled_ = 0;
  TimeMs sampled_ms_ = 0;
};

}  // namespace bazaar
