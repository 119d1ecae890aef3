#include "simulation.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "cdn.hpp"
#include "oracle.hpp"
#include "tracker_office.hpp"

namespace bazaar::sim {

namespace {

/// When somebody comes, and when he goes; leaving at or after the end of the run is staying.
struct Visit {
  TimeMs joins_ms;
  TimeMs leaves_ms;
  bool is_silent;
};

std::vector<Visit> audience_of(const Scenario& scenario, uint64_t seed) {
  std::vector<Visit> visits;
  for (uint32_t seat = 0; seat < scenario.viewers; ++seat) {
    Dice dice(mix(seed, seat, 500));
    TimeMs joins = 10 + scenario.join_ms * dice.roll();
    while (joins < scenario.duration_ms) {
      TimeMs leaves = scenario.duration_ms + 1;
      bool is_for_good = true;
      if (scenario.mean_stay_ms > 0) {
        leaves = joins + std::max(1'000.0, -scenario.mean_stay_ms * std::log1p(-dice.roll()));
        is_for_good = false;
      }
      const bool is_struck = scenario.leave_share > 0 && dice.roll() < scenario.leave_share;
      if (is_struck && joins < scenario.leave_at_ms && scenario.leave_at_ms < leaves) {
        leaves = scenario.leave_at_ms + 1'000 * dice.roll();
        is_for_good = true;
      }
      visits.push_back({joins, leaves, dice.roll() < scenario.silent_share});
      if (is_for_good) break;
      joins = leaves;
    }
  }
  return visits;
}

double jain_of(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  return squares > 0 ? sum * sum / (squares * static_cast<double>(values.size())) : 1;
}

Percentiles percentiles_of_bins(const std::array<uint64_t, SharedTally::kLatencyBins>& bins) {
  const uint64_t all = std::accumulate(bins.begin(), bins.end(), uint64_t{0});
  const auto at = [&](double share) {
    uint64_t seen = 0;
    for (size_t i = 0; i < bins.size(); ++i) {
      seen += bins[i];
      if (static_cast<double>(seen) >= share * static_cast<double>(all) && seen > 0) {
        return (static_cast<double>(i) + 0.5) * SharedTally::kLatencyBinMs;
      }
    }
    return 0.0;
  };
  return {at(0.5), at(0.95), at(0.99)};
}

class Run {
 public:
  Run(const Scenario& scenario, Mode mode, uint64_t seed, uint32_t threads, Sabotage sabotage)
      : scenario_(scenario),
        network_(scenario, seed),
        stream_(scenario, seed),
        timeline_(threads, network_.least_ms() * 0.999),
        cdn_(scenario, network_, stream_, seed),
        tracker_(network_, mix(seed, 99)),
        setting_{scenario, network_, stream_, mode, seed, 0, 0, sabotage},
        shared_(threads) {
    for (SharedTally& one : shared_) {
      one.useful_by_second.resize(static_cast<size_t>(scenario.duration_ms / 1000) + 2);
      one.holders.resize(stream_.blocks_of_run());
      one.seeds.resize(stream_.blocks_of_run());
    }
    const std::vector<Visit> visits = audience_of(scenario, seed);
    for (uint32_t i = 0; i < visits.size(); ++i) {
      viewers_.push_back(std::make_unique<Viewer>(setting_, i, shared_[i % threads]));
      timeline_.add(*viewers_.back());
      timeline_.schedule(i, visits[i].joins_ms, Kind::kJoin);
      if (visits[i].leaves_ms < scenario.duration_ms) {
        timeline_.schedule(i, visits[i].leaves_ms, Kind::kLeave, visits[i].is_silent ? 1 : 0);
      }
    }
    setting_.cdn = timeline_.add(cdn_);
    setting_.tracker = timeline_.add(tracker_);
    timeline_.schedule(setting_.tracker, 1'000, Kind::kTrackerTick);
  }

  RunResult go(const std::function<void(double)>& progress) {
    const auto began = std::chrono::steady_clock::now();
    timeline_.run(scenario_.duration_ms, [&](TimeMs now) {
      if (progress) progress(now / scenario_.duration_ms);
    });
    for (const auto& viewer : viewers_) viewer->finish(scenario_.duration_ms);
    for (size_t i = 1; i < shared_.size(); ++i) shared_[0].add(shared_[i]);
    RunResult result = sum_up();
    result.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    result.peak_memory_mb = static_cast<double>(usage.ru_maxrss) / 1024;
    return result;
  }

 private:
  RunResult sum_up() const {
    RunResult result;
    std::vector<double> start_ups;
    std::vector<double> uploads;
    for (const auto& viewer : viewers_) {
      const Tally& tally = viewer->tally();
      result.plays.push_back(viewer->play_record());
      if (tally.joined_ms < 0) continue;
      ++result.viewers_seen;
      if (tally.joined_ms >= scenario_.warm_up_ms) ++result.joins_measured;
      result.total.add(tally.total);
      result.measured.add(tally.measured);
      result.stalls += tally.stalls;
      result.stalled_ms += tally.stalled_ms;
      // Who came a moment before leaving, or before the end, has not had the time to start.
      const TimeMs was_there = tally.total.viewer_ms;
      if (tally.start_up_ms >= 0) {
        start_ups.push_back(tally.start_up_ms);
      } else if (was_there > 5'000) {
        ++result.never_started;
      }
      const double down = tally.total.useful() + tally.total.wasted;
      if (down > 0) result.upload_ratio_max = std::max(result.upload_ratio_max, tally.total.uploaded / down);
      if (viewer->uplink() > 0 && tally.measured.viewer_ms > 10'000) {
        uploads.push_back(tally.measured.uploaded / tally.measured.viewer_ms);
      }
      result.links_mean += tally.links;
      result.requests_timed_out += tally.timeouts;
      result.requests_rejected += tally.rejects;
      result.complaints += tally.complaints.count();
      for (const std::string& one : tally.complaints.kept()) {
        if (result.complaint_samples.size() < 5) result.complaint_samples.push_back(one);
      }
    }
    result.links_mean /= std::max(1u, result.viewers_seen);
    result.cdn_bytes = cdn_.bytes_sent_measured();
    result.cdn_bytes_total = cdn_.bytes_sent();
    result.offload = offload_of(result.cdn_bytes, result.measured.useful());
    result.offload_total = offload_of(result.cdn_bytes_total, result.total.useful());
    result.viewers_mean = result.measured.viewer_ms / (scenario_.duration_ms - scenario_.warm_up_ms);
    result.start_up_ms = percentiles_of(start_ups);
    result.latency_ms = percentiles_of_bins(shared_[0].latency);
    result.upload_jain = jain_of(uploads);
    sum_up_blocks(result);
    const Oracle oracle(scenario_, stream_, viewers_);
    result.components = oracle.components();
    result.limits = limits_of(limit_inputs(result, oracle));
    const Limit& least = binding(result.limits);
    result.limit = least.offload;
    result.limit_key = least.key;
    result.useful_by_second = shared_[0].useful_by_second;
    result.cdn_by_second = cdn_.bytes_by_second();
    for (size_t i = 0; i < shared_[0].useful_by_second.size(); ++i) {
      result.offload_by_second.push_back(offload_of(cdn_.bytes_by_second()[i], shared_[0].useful_by_second[i]));
    }
    result.events = timeline_.events();
    result.events_per_viewer_second =
        static_cast<double>(result.events) / std::max(1.0, result.total.viewer_ms / 1'000);
    result.trace_hash = timeline_.trace_hash();
    return result;
  }

  static double offload_of(double cdn, double useful) { return useful > 0 ? 1 - cdn / useful : 0; }

  // Copies that the CDN sent of each block published while measuring, but for the last ones, which are not through yet.
  void sum_up_blocks(RunResult& result) const {
    double blocks = 0;
    const uint32_t from = stream_.published(scenario_.warm_up_ms);
    const auto margin = static_cast<uint32_t>(scenario_.sync_ms / scenario_.segment_ms) + 1;
    const uint32_t until = stream_.published(scenario_.duration_ms) - margin;
    for (uint32_t sn = from; sn < until; ++sn) {
      for (uint32_t rendition = 0; rendition < stream_.renditions(); ++rendition) {
        const uint32_t count = block_count_of(stream_.segment_bytes(rendition, sn));
        for (uint32_t block = 0; block < count; ++block) {
          const size_t index = stream_.block_index(rendition, sn, block);
          const double copies = cdn_.copies()[index];
          const double seeds = shared_[0].seeds[index];
          result.copies += copies;
          result.copies_max = std::max(result.copies_max, copies);
          result.seeds += seeds;
          result.seeds_max = std::max(result.seeds_max, seeds);
          ++blocks;
        }
      }
    }
    result.copies /= std::max(1.0, blocks);
    result.seeds /= std::max(1.0, blocks);
    result.copies_of_audience = result.viewers_mean > 0 ? result.copies / result.viewers_mean : 0;
    double hops = 0;
    double count = 0;
    for (size_t i = 1; i < SharedTally::kHopsMax; ++i) {
      hops += static_cast<double>(i * shared_[0].hops[i]);
      count += static_cast<double>(shared_[0].hops[i]);
      if (shared_[0].hops[i] > 0) result.hops_max = static_cast<uint32_t>(i);
    }
    result.hops_mean = count > 0 ? hops / count : 0;
  }

  LimitInputs limit_inputs(const RunResult& result, const Oracle& oracle) const {
    LimitInputs in;
    in.useful_bytes = result.measured.useful();
    in.distinct_bytes = oracle.distinct_bytes();
    in.starting_bytes = result.measured.starting;
    in.flow_bytes = oracle.flow_bytes();
    in.neighbours = std::min<double>(result.links_mean, scenario_.peers_max);
    double uncapped = 0;
    double capped = 0;
    double speeds = 0;
    double givers = 0;
    for (const auto& viewer : viewers_) {
      if (!viewer->is_giving()) continue;
      uncapped += viewer->uplink() * viewer->tally().measured.viewer_ms;
      capped += oracle.upload_max(*viewer);
      speeds += viewer->uplink();
      ++givers;
    }
    const double useful = std::max(1.0, in.useful_bytes);
    in.uplink_mean = uncapped / useful;
    in.uplink_capped_mean = capped / useful;
    in.window_ms = std::max(0.0, scenario_.sync_ms - tunables::kFallbackMarginMs);
    const TimeMs one_way = 2 * (scenario_.access_ms + scenario_.access_more_ms);
    const double speed = std::max(1.0, givers > 0 ? speeds / givers : 0);
    in.hop_ms = kBlockBytes / speed + one_way + tunables::kStatusBatchMs;
    return in;
  }

  const Scenario& scenario_;
  Network network_;
  Stream stream_;
  Timeline timeline_;
  Cdn cdn_;
  TrackerOffice tracker_;
  Setting setting_;
  std::vector<SharedTally> shared_;
  std::vector<std::unique_ptr<Viewer>> viewers_;
};

}  // namespace

Percentiles percentiles_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
    return values[std::clamp<size_t>(rank, 1, values.size()) - 1];
  };
  return {at(0.5), at(0.95), at(0.99)};
}

RunResult run(const Scenario& scenario, Mode mode, uint64_t seed, uint32_t threads,
              const std::function<void(double)>& progress, Sabotage sabotage) {
  return Run(scenario, mode, seed, threads, sabotage).go(progress);
}

}  // namespace bazaar::sim
