// One run: the audience of a scenario, the CDN, the tracker, and the figures at the end.
// Owns who comes and goes when; refuses to print. Invariant: the result is a function of scenario, mode and seed alone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "limits.hpp"
#include "scenario.hpp"
#include "tally.hpp"
#include "viewer.hpp"

namespace bazaar::sim {

struct Percentiles {
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
};
Percentiles percentiles_of(std::vector<double> values);

struct RunResult {
  Flows measured;
  Flows total;
  double cdn_bytes = 0;  ///< that left the CDN while measuring
  double cdn_bytes_total = 0;
  double offload = 0;        ///< 1 - cdn_bytes / useful bytes, while measuring
  double offload_total = 0;  ///< the same from the first join on
  std::vector<Limit> limits;
  double limit = 1;  ///< the one that binds
  std::string limit_key;
  uint32_t components = 0;  ///< of the graph of connections
  // Over the blocks published while measuring:
  double copies = 0;  ///< of a block that the CDN sent, mean
  double copies_max = 0;
  double copies_of_audience = 0;
  double seeds = 0;  ///< copies that dice fetched, mean; the rest is by deadline or by start-up
  double seeds_max = 0;
  double viewers_mean = 0;
  uint32_t viewers_seen = 0;
  uint32_t joins_measured = 0;
  uint64_t stalls = 0;
  double stalled_ms = 0;
  uint32_t never_started = 0;
  Percentiles start_up_ms;
  Percentiles latency_ms;
  double upload_ratio_max = 0;  ///< upload/download of a viewer
  double upload_jain = 0;       ///< fairness of uploads among those who can upload
  double links_mean = 0;
  double hops_mean = 0;
  uint32_t hops_max = 0;
  double requests_timed_out = 0;
  double requests_rejected = 0;
  double events_per_viewer_second = 0;
  uint64_t events = 0;
  uint64_t trace_hash = 0;
  uint64_t complaints = 0;
  std::vector<std::string> complaint_samples;
  std::vector<double> useful_by_second;
  std::vector<double> cdn_by_second;
  std::vector<double> offload_by_second;
  std::vector<PlayRecord> plays;  ///< by viewer
  double wall_seconds = 0;
  double peak_memory_mb = 0;  ///< of the process so far
};

/// `progress` is called with the share of virtual time that is over.
RunResult run(const Scenario& scenario, Mode mode, uint64_t seed, uint32_t threads,
              const std::function<void(double)>& progress = {}, Sabotage sabotage = Sabotage::kNone);

}  // namespace bazaar::sim
