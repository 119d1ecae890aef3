// Pictures of real runs: offload as time goes by, and as the audience grows, beside the coin and the limit.
// Owns which runs are made; refuses to draw (plot.hpp). Invariant: every point is a run that anybody can repeat.
#pragma once

#include "plot.hpp"
#include "simulation.hpp"

namespace bazaar::sim {

/// Of a run's bytes in the `window_s` seconds before each second: shares of single seconds jump with the segments.
std::vector<std::pair<double, double>> offload_over_time(const RunResult& result, size_t window_s);

Plot plot_over_time(const Scenario& scenario, uint64_t seed, uint32_t threads,
                    const std::function<void(const std::string&)>& progress);
/// `viewers`: one run of ours and one of the coin for each number.
Plot plot_over_viewers(const Scenario& scenario, const std::vector<uint32_t>& viewers, uint64_t seed, uint32_t threads,
                       const std::function<void(const std::string&)>& progress);

}  // namespace bazaar::sim
