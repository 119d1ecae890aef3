// A swarm in virtual time for native tests: N real engines, a tracker, a CDN and hls.js-like players, all frames real.
// Owns the clock and the event queue; refuses to model bandwidth (the simulator does). Invariant: a run is a pure
// function of its settings: no real clock, no global randomness.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "engine.hpp"

namespace bazaar::testing {

struct SwarmSettings {
  uint32_t viewers = 4;
  TimeMs segment_ms = 2000;
  uint32_t segment_bytes = 625'000;
  TimeMs link_ms = 10;      ///< one way between viewers
  TimeMs signal_ms = 20;    ///< one way through the tracker
  TimeMs connect_ms = 100;  ///< ICE and DTLS
  TimeMs cdn_rtt_ms = 20;
  double cdn_bytes_per_ms = 5000;
  TimeMs poll_spread_ms = 1000;  ///< a new segment is noticed up to this late
  TimeMs behind_live_ms = 6000;
  bool cdn_has_ranges = true;
  uint64_t seed = 1;
};

/// A viewer's outside: what the glue, hls.js and the browser would be.
struct Viewer {
  explicit Viewer(uint32_t seed) : engine(seed) {}
  Engine engine;
  uint32_t id = 0;
  uint32_t remote_id = 0;
  bool is_alive = true;
  TimeMs poll_phase_ms = 0;
  TimeMs timer_ms = -1;
  // The player.
  bool is_started = false;
  TimeMs position_ms = 0;
  TimeMs position_at_ms = 0;
  TimeMs buffered_end_ms = 0;
  bool is_playing = false;
  uint32_t stalls = 0;
  std::map<uint32_t, Handle> by_sn;
  std::map<Handle, uint32_t> sn_of;
  std::set<std::pair<Handle, uint32_t>> store;
  Handle loading = 0;
  uint32_t next_sn = 0;
  // Links by handle: the other viewer and its handle for us.
  std::map<Handle, std::pair<uint32_t, Handle>> links;
  std::map<Handle, uint32_t> dialled;  // our handle → viewer index
  std::set<Handle> fetches;
  double cdn_bytes = 0;
  double bytes_sent = 0;
  double bytes_got = 0;
  bool upload_exceeded_download = false;
  uint32_t failed_segments = 0;
  uint32_t ready_segments = 0;
  std::vector<int32_t> closes;
};

class VirtualSwarm {
 public:
  explicit VirtualSwarm(SwarmSettings settings) : settings_(settings), dice_(settings.seed) {}

  uint32_t join(TimeMs when);
  void run_until(TimeMs when);
  /// Leaves without a word: nothing of it is delivered any more, nobody is told.
  void kill(uint32_t viewer) { viewers_[viewer]->is_alive = false; }
  void set_cdn_status(int32_t status, TimeMs from, TimeMs until) {
    fault_status_ = status;
    fault_from_ = from;
    fault_until_ = until;
  }

  TimeMs now() const { return now_; }
  Viewer& viewer(uint32_t i) { return *viewers_[i]; }
  size_t size() const { return viewers_.size(); }
  double cdn_bytes() const {
    double sum = 0;
    for (const auto& viewer : viewers_) sum += viewer->cdn_bytes;
    return sum;
  }
  /// Sum over viewers of bytes handed to the player since the start.
  double played_bytes() const {
    double sum = 0;
    for (const auto& viewer : viewers_) sum += viewer->ready_segments * double{1} * settings_.segment_bytes;
    return sum;
  }
  uint32_t stalls() const {
    uint32_t sum = 0;
    for (const auto& viewer : viewers_) sum += viewer->stalls;
    return sum;
  }

 private:
  struct Event {
    TimeMs at;
    uint64_t order;
    std::function<void()> act;
    bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  void after(TimeMs delay, std::function<void()> act) { events_.push({now_ + delay, ++order_, std::move(act)}); }

  void turn(uint32_t i, const std::function<void(Engine&)>& tell);
  void perform(uint32_t i, const Action& action);
  void signal(uint32_t i, Handle peer, int32_t kind);
  void relay(uint32_t from, std::vector<uint8_t> frame);
  void fetch(uint32_t i, const Action& action);
  void tick_player(uint32_t i);
  void poll_playlist(uint32_t i);
  void want_next(uint32_t i);
  TimeMs position(const Viewer& viewer) const {
    return viewer.position_ms + (viewer.is_playing ? now_ - viewer.position_at_ms : 0);
  }

  SwarmSettings settings_;
  Dice dice_;
  TimeMs now_ = 0;
  uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<std::unique_ptr<Viewer>> viewers_;
  std::vector<uint32_t> members_;
  int32_t fault_status_ = 0;
  TimeMs fault_from_ = 0;
  TimeMs fault_until_ = 0;
};

}  // namespace bazaar::testing
