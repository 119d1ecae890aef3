// What the best scheduler could reach: the limits of shared reasoning in docs/market.md, computed for one run.
// Owns arithmetic only. Invariant: no limit can be exceeded by a correct run but for what crosses the measured window's
// edges.
#pragma once

#include <string>
#include <vector>

namespace bazaar::sim {

struct Limit {
  std::string name;
  double offload = 1;
  bool is_binding_kind = true;  ///< false: printed for comparison, does not hold for us
};

struct LimitInputs {
  double viewers = 0;             ///< present at once, on average
  double components = 1;          ///< of the graph of connections, for each rendition
  double neighbours = 0;          ///< K
  double uplink_mean = 0;         ///< of bitrate, uncapped
  double uplink_capped_mean = 0;  ///< of bitrate, each at most 1
  double window_ms = 0;           ///< W: from the first copy to the CDN fall-back
  double hop_ms = 0;              ///< τ
  double joins_bytes = 0;         ///< what joiners need before a channel can open
  double useful_bytes = 0;
  double run_bound = 1;  ///< useful peer bytes of the whole run at most, as a share of its useful bytes
};

std::vector<Limit> limits_of(const LimitInputs& in);
/// The smallest that binds.
const Limit& binding(const std::vector<Limit>& limits);

}  // namespace bazaar::sim
