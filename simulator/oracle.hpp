// What any scheduler could have brought from neighbours, given who was connected to whom, when, and over which uplinks.
// Owns the graph of a run and its components; refuses to know who decided what. Invariant: an upper bound. It forgets
// that a block must be somewhere before it can be passed on, and nothing else.
#pragma once

#include <memory>

#include "limits.hpp"
#include "viewer.hpp"

namespace bazaar::sim {

using Viewers = std::vector<std::unique_ptr<Viewer>>;

class Oracle {
 public:
  Oracle(const Scenario& scenario, const Stream& stream, const Viewers& viewers);

  /// Bytes of blocks that somebody of a component got and nobody there had before the warm-up's end, over all
  /// components: they came from the CDN, whatever the scheduler.
  double distinct_bytes() const;
  /// Bytes that a viewer could upload while measured: uplink and credit.
  double upload_max(const Viewer& viewer) const;
  /// The largest flow of bytes from uplinks over connections to viewers that want them, first copies taken off.
  double flow_bytes() const;
  uint32_t components() const { return static_cast<uint32_t>(members_.size()); }

 private:
  double distinct_of(const std::vector<uint32_t>& members, std::vector<uint32_t>& stamps, uint32_t stamp) const;

  const Scenario& scenario_;
  const Stream& stream_;
  const Viewers& viewers_;
  std::vector<std::vector<uint32_t>> members_;  ///< viewers by component of the graph of all connections that were
};

}  // namespace bazaar::sim
