#include "limits.hpp"

#include <algorithm>
#include <cmath>

namespace bazaar::sim {

std::vector<Limit> limits_of(const LimitInputs& in) {
  std::vector<Limit> limits;
  limits.push_back({"every byte leaves the CDN once, 1 - C/N", std::max(0.0, 1 - in.components / in.viewers)});
  limits.push_back({"uplinks with upload <= download, mean(min(u, r))/r", std::min(1.0, in.uplink_capped_mean)});
  limits.push_back({"uplinks alone, mean(u)/r", std::min(1.0, in.uplink_mean), false});
  limits.push_back({"no relaying, 1 - 1/(K+1)", 1 - 1 / (in.neighbours + 1), false});
  limits.push_back({"delay, 1 - 2^-floor(W/hop)", 1 - std::exp2(-std::floor(in.window_ms / in.hop_ms))});
  const double joins = in.useful_bytes > 0 ? in.joins_bytes / in.useful_bytes : 0;
  limits.push_back({"joiners start from the CDN", std::max(0.0, 1 - joins)});
  limits.push_back({"of the whole run, start-up included", in.run_bound, false});
  return limits;
}

const Limit& binding(const std::vector<Limit>& limits) {
  const Limit* least = &limits.front();
  for (const Limit& limit : limits) {
    if (limit.is_binding_kind && limit.offload < least->offload) least = &limit;
  }
  return *least;
}

}  // namespace bazaar::sim
