// Distances and access links. Delays are pure functions of who talks to whom; queues are state of their owner.
// Owns the model of links (docs/simulator.md); refuses to know what is sent. Invariant: bytes leave a link one after
// the other at its rate, never faster.
#pragma once

#include <algorithm>
#include <cmath>

#include "dice.hpp"
#include "scenario.hpp"
#include "stream.hpp"

namespace bazaar::sim {

class Network {
 public:
  Network(const Scenario& scenario, uint64_t seed) : scenario_(scenario), seed_(seed) {}

  /// One way over a viewer's access link, without queues.
  TimeMs access_ms(uint32_t viewer) const {
    return scenario_.access_ms - scenario_.access_more_ms * std::log1p(-roll_of(seed_, viewer, 1));
  }
  TimeMs one_way_ms(uint32_t a, uint32_t b) const { return access_ms(a) + access_ms(b); }
  TimeMs cdn_ms(uint32_t viewer) const { return access_ms(viewer) + scenario_.cdn_ms; }
  TimeMs signal_ms(uint32_t viewer) const { return access_ms(viewer) + scenario_.signal_ms; }

  /// Mean of the exponential jitter between two: each pair has its own, half to one and a half times the scenario's.
  TimeMs jitter_ms(uint32_t a, uint32_t b) const {
    return scenario_.jitter_ms * (0.5 + roll_of(seed_, std::min(a, b), 1'000 + uint64_t{std::max(a, b)}));
  }
  TimeMs cdn_jitter_ms(uint32_t viewer) const { return scenario_.jitter_ms * (0.5 + roll_of(seed_, viewer, 12)); }

  /// No message between two actors is quicker.
  TimeMs least_ms() const {
    return scenario_.access_ms + std::min({scenario_.access_ms, scenario_.cdn_ms, scenario_.signal_ms});
  }

  /// Uplink in bytes/ms.
  double uplink(uint32_t viewer, double bitrate_bytes_per_ms) const {
    double roll = roll_of(seed_, viewer, 2);
    for (const UplinkClass& one : scenario_.uplinks) {
      if (roll < one.share) return one.of_bitrate * bitrate_bytes_per_ms;
      roll -= one.share;
    }
    return scenario_.uplinks.back().of_bitrate * bitrate_bytes_per_ms;
  }
  double downlink() const { return scenario_.downlink_mbit * 125; }

  /// Whether ICE finds a way: not between two symmetric NATs, not out of or into an island.
  bool can_connect(uint32_t a, uint32_t b) const {
    if (island(a) != island(b)) return false;
    return !(is_symmetric(a) && is_symmetric(b));
  }
  bool is_symmetric(uint32_t viewer) const { return roll_of(seed_, viewer, 3) < scenario_.symmetric_nat; }
  /// 0 for the open network.
  uint32_t island(uint32_t viewer) const {
    if (roll_of(seed_, viewer, 4) >= scenario_.island_share) return 0;
    return 1 + static_cast<uint32_t>(mix(seed_, viewer, 5) % scenario_.islands);
  }

  /// A packet behind which no others come is missed by nobody but its sender's timer. SCTP's waits a second at least;
  /// TCP probes after two round trips and its least time-out (RFC 8985, as Linux does).
  static TimeMs sctp_timer_ms(TimeMs one_way_ms) { return std::max(1'000.0, 4 * one_way_ms); }
  static TimeMs tcp_timer_ms(TimeMs one_way_ms) { return 4 * one_way_ms + 200; }

  /// Jitter and what a lost packet costs: about a round trip, and `timer_ms` when few follow it.
  TimeMs extra_ms(double bytes, TimeMs one_way_ms, TimeMs jitter_ms, TimeMs timer_ms, Dice& dice) const {
    TimeMs extra = -jitter_ms * std::log1p(-dice.roll());
    if (scenario_.loss <= 0) return extra;
    const double packets = std::ceil(bytes / 1'200);
    double chance = 1 - std::pow(1 - scenario_.loss, packets);
    while (dice.roll() < chance) {
      extra += packets > 3 ? 2 * one_way_ms : timer_ms;
      chance = scenario_.loss;  // of the packet that is sent again
    }
    return extra;
  }

 private:
  const Scenario& scenario_;
  uint64_t seed_;
};

/// A serialised queue.
class Pipe {
 public:
  explicit Pipe(double bytes_per_ms = 1) : bytes_per_ms_(bytes_per_ms) {}
  /// When the last byte has left.
  TimeMs push(TimeMs now, double bytes) {
    free_ms_ = std::max(now, free_ms_) + bytes / bytes_per_ms_;
    return free_ms_;
  }
  /// A small message overtakes what waits in other channels and waits for the router's queue only; its bytes delay all.
  TimeMs push_small(TimeMs now, double bytes, TimeMs queue_ms) {
    const TimeMs waits = std::min(std::max(free_ms_ - now, 0.0), queue_ms);
    free_ms_ = std::max(now, free_ms_) + bytes / bytes_per_ms_;
    return now + waits + bytes / bytes_per_ms_;
  }
  TimeMs free_ms() const { return free_ms_; }
  double bytes_per_ms() const { return bytes_per_ms_; }

 private:
  double bytes_per_ms_;
  TimeMs free_ms_ = 0;
};

}  // namespace bazaar::sim
