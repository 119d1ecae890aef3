#include "sweep.hpp"

#include <algorithm>
#include <cmath>

namespace bazaar::sim {

std::vector<std::pair<double, double>> offload_over_time(const RunResult& result, size_t window_s) {
  std::vector<std::pair<double, double>> points;
  double cdn = 0;
  double useful = 0;
  for (size_t second = 0; second < result.useful_by_second.size(); ++second) {
    cdn += result.cdn_by_second[second];
    useful += result.useful_by_second[second];
    if (second >= window_s) {
      cdn -= result.cdn_by_second[second - window_s];
      useful -= result.useful_by_second[second - window_s];
    }
    if (useful > 0) points.emplace_back(static_cast<double>(second + 1), std::max(0.0, 1 - cdn / useful));
  }
  return points;
}

Plot plot_over_time(const Scenario& scenario, uint64_t seed, uint32_t threads,
                    const std::function<void(const std::string&)>& progress) {
  Plot plot;
  plot.title = scenario.name + ", " + std::to_string(scenario.viewers) + " viewers";
  plot.x_title = "time, s";
  plot.y_title = "offload, share of bytes";
  const auto window_s = std::max<size_t>(4, static_cast<size_t>(2 * scenario.segment_ms / 1'000));
  const auto seconds = static_cast<size_t>(scenario.duration_ms / 1'000);
  progress("ours");
  RunResult ours = run(scenario, Mode::kOurs, seed, threads);
  progress("coin");
  RunResult coin = run(scenario, Mode::kCoin, seed, threads);
  for (RunResult* one : {&ours, &coin}) {
    // The second that the run's end cuts off says nothing.
    one->useful_by_second.resize(seconds);
    one->cdn_by_second.resize(seconds);
  }
  plot.series.push_back({"hls-bazaar", offload_over_time(ours, window_s)});
  plot.series.push_back({"coin 1/(K+1)", offload_over_time(coin, window_s)});
  plot.series.push_back(
      {"limit", {{scenario.warm_up_ms / 1'000, ours.limit}, {static_cast<double>(seconds), ours.limit}}, true});
  return plot;
}

Plot plot_over_viewers(const Scenario& scenario, const std::vector<uint32_t>& viewers, uint64_t seed, uint32_t threads,
                       const std::function<void(const std::string&)>& progress) {
  Plot plot;
  plot.title = scenario.name + ", " + std::to_string(std::lround(scenario.duration_ms / 1'000)) + " s";
  plot.x_title = "viewers";
  plot.y_title = "offload, share of bytes";
  plot.is_x_logarithmic = true;
  plot.series = {{"hls-bazaar", {}}, {"coin 1/(K+1)", {}}, {"limit", {}, true}};
  for (const uint32_t count : viewers) {
    progress(std::to_string(count) + " viewers");
    Scenario sized = scenario;
    sized.viewers = count;
    const RunResult ours = run(sized, Mode::kOurs, seed, threads);
    const RunResult coin = run(sized, Mode::kCoin, seed, threads);
    plot.series[0].points.emplace_back(count, ours.offload);
    plot.series[1].points.emplace_back(count, coin.offload);
    plot.series[2].points.emplace_back(count, ours.limit);
  }
  return plot;
}

}  // namespace bazaar::sim
