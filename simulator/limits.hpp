// What the best scheduler could reach: the limits of shared reasoning in docs/market.md, computed for one run.
// Owns arithmetic only. Invariant: no limit that applies can be exceeded by a correct run but for what is in flight
// when the measured window opens and closes.
#pragma once

#include <string>
#include <vector>

namespace bazaar::sim {

struct Limit {
  std::string key;   ///< in the JSON
  std::string name;  ///< for people
  double offload = 1;
  bool applies = true;  ///< false: printed for comparison; something else than our rules
};

struct LimitInputs {
  double useful_bytes = 0;        ///< of all viewers
  double distinct_bytes = 0;      ///< blocks that entered a component of the graph, each once a component
  double neighbours = 0;          ///< K
  double uplink_mean = 0;         ///< of demand, uncapped
  double uplink_capped_mean = 0;  ///< of demand, each viewer at most what it downloads
  double window_ms = 0;           ///< W: from the first copy to the CDN fall-back
  double hop_ms = 0;              ///< τ
  double starting_bytes = 0;      ///< first segments that came before a channel was open
  double flow_bytes = 0;          ///< that could pass between viewers over the connections that there were
};

std::vector<Limit> limits_of(const LimitInputs& in);
/// The smallest that applies; where two say the same, the first, which is the simpler one.
const Limit& binding(const std::vector<Limit>& limits);

}  // namespace bazaar::sim
