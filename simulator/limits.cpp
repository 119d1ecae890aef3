#include "limits.hpp"

#include <algorithm>
#include <cmath>

namespace bazaar::sim {

namespace {
/// Limits as near as this are told by the simpler name.
constexpr double kSame = 0.0005;
}  // namespace

std::vector<Limit> limits_of(const LimitInputs& in) {
  const auto of_useful = [&](double bytes) { return in.useful_bytes > 0 ? bytes / in.useful_bytes : 0; };
  const auto at_most_1 = [](double share) { return std::clamp(share, 0.0, 1.0); };
  return {
      {"once", "every byte leaves the CDN once, 1 - C/N", at_most_1(1 - of_useful(in.distinct_bytes))},
      {"uplinks_capped", "uplinks with upload <= download, mean(min(u, r))/r", at_most_1(in.uplink_capped_mean)},
      {"delay", "delay, 1 - 2^-floor(W/hop)", 1 - std::exp2(-std::floor(in.window_ms / std::max(1.0, in.hop_ms)))},
      {"joiners", "joiners' first segment comes from the CDN", at_most_1(1 - of_useful(in.starting_bytes))},
      {"max_flow", "max flow over the real connections", at_most_1(of_useful(in.flow_bytes))},
      {"uplinks", "uplinks alone, mean(u)/r", at_most_1(in.uplink_mean), false},
      {"no_relaying", "no relaying, 1 - 1/(K+1)", 1 - 1 / (in.neighbours + 1), false},
  };
}

const Limit& binding(const std::vector<Limit>& limits) {
  const Limit* least = &limits.front();
  for (const Limit& limit : limits) {
    if (limit.applies && limit.offload < least->offload - kSame) least = &limit;
  }
  return *least;
}

}  // namespace bazaar::sim
