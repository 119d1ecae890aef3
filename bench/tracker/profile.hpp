// What every profile is given, and the parts they share: opening the fleet at a pace, the window in which the server is
// measured, and how figures are named in the result.
// Refuses to know protocols. Invariant: a profile ends by time, whatever the server does.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "clock.hpp"
#include "dice.hpp"
#include "fleet.hpp"
#include "histogram.hpp"
#include "server_probe.hpp"

namespace bazaar::load {

struct ProfileOptions {
  FleetSettings fleet;
  int server_pid = 0;       ///< 0: its costs are not measured
  uint32_t per_swarm = 20;  ///< clients of one stream
  double rate = 1000;       ///< arrivals a second
  double open_rate = 2000;  ///< new connections a second
  double warm_up_s = 2;
  double seconds = 10;
  uint32_t payload_bytes = 300;
  double deaf_share = 0;  ///< of clients that never read
  uint64_t seed = 1;
  Target next;  ///< of a drain
};

inline int64_t ns_of(double seconds) { return static_cast<int64_t>(seconds * kNsPerSecond); }

/// Opens every client at options.open_rate and turns until `ready()` says that all are, or `patience_s` have passed
/// after the last was dialled. False in the latter case.
template <typename Ready>
bool open_fleet(Fleet& fleet, const ProfileOptions& options, Ready ready, double patience_s = 15) {
  const int64_t start_ns = now_ns();
  const double dial_s = options.fleet.clients / options.open_rate;
  const int64_t end_ns = start_ns + ns_of(dial_s + patience_s);
  ClientIndex dialled = 0;
  while (!ready()) {
    const int64_t now = now_ns();
    if (now > end_ns) return false;
    const double due = static_cast<double>(now - start_ns) * options.open_rate / kNsPerSecond;
    while (dialled < options.fleet.clients && dialled < due) fleet.open(dialled++);
    fleet.turn(now + kNsPerMs);
  }
  return true;
}

inline void idle_for(Fleet& fleet, double seconds) {
  const int64_t end_ns = now_ns() + ns_of(seconds);
  while (now_ns() < end_ns) fleet.turn(end_ns);
}

/// The server's cost between two moments, for each message that crossed its sockets either way.
class Window {
 public:
  void begin(int pid, const FleetCounts& counts);
  void end(const FleetCounts& counts);
  /// cores, µs a message, messages a second, bytes of memory and what the busiest thread did.
  void add_to(nlohmann::json& result) const;

 private:
  int pid_ = 0;
  int64_t begin_ns_ = 0;
  int64_t end_ns_ = 0;
  int64_t own_cpu_ns_ = 0;
  uint64_t messages_ = 0;
  ServerReading before_;
  ServerReading after_;
};

/// Between two turns, so that a generator on the server's own cores takes many arrivals in one: it is in the latencies.
inline constexpr int64_t kTurnNs = 100'000;
void sleep_until(int64_t when_ns);

/// From `start_ns` through warm-up and window: `fire(now)` sends what is due by then.
template <typename Fire>
void run_window(Fleet& fleet, const ProfileOptions& options, int64_t start_ns, Window& window, Fire fire) {
  const int64_t window_ns = start_ns + ns_of(options.warm_up_s);
  const int64_t end_ns = window_ns + ns_of(options.seconds);
  bool is_measuring = false;
  for (int64_t now = now_ns(); now < end_ns; now = now_ns()) {
    // A little early: reading the server's costs takes a moment that no latency of the window should hold.
    if (!is_measuring && now >= window_ns - 50 * kNsPerMs) {
      is_measuring = true;
      window.begin(options.server_pid, fleet.counts());
      continue;
    }
    fire(now);
    fleet.turn(now);
    sleep_until(now + kTurnNs);
  }
  window.end(fleet.counts());
}

/// What is still on its way has two seconds.
template <typename Done>
void wait_for_stragglers(Fleet& fleet, Done done) {
  const int64_t end_ns = now_ns() + 2 * kNsPerSecond;
  while (!done() && now_ns() < end_ns) fleet.turn(now_ns() + 10 * kNsPerMs);
}

/// p50, p99, p99.9 and the most, in microseconds.
nlohmann::json in_words(const Histogram& histogram);
void add_counts(const FleetCounts& counts, nlohmann::json& result);

}  // namespace bazaar::load
