// The tracker's pages: /healthz, /readyz, /metrics, /status.
// Owns paths, status codes and who may read; refuses to gather the numbers (its caller has just done so). Invariant: a
// lost backplane is told and fails nothing: a balancer that took such nodes away would take them all.
#pragma once

#include <string>
#include <vector>

#include "admission/address_prefix.hpp"
#include "metrics/metrics.hpp"
#include "net/handler.hpp"

namespace bazaar::tracker::metrics {

struct Health {
  bool is_listening = false;
  bool is_draining = false;
  bool is_backplane_connected = true;
  std::string version;
};

class Pages {
 public:
  /// Networks that may read numbers: Options::metrics_allow. Throws std::invalid_argument.
  explicit Pages(const std::vector<std::string>& allowed);

  /// Whether this page shows numbers, for which the node's counters are to be renewed first.
  static bool wants_numbers(std::string_view target);
  net::HttpAnswer answer(const net::Request& request, const Metrics& metrics, const Health& health) const;

 private:
  std::vector<admission::AddressPrefix> allowed_;
};

}  // namespace bazaar::tracker::metrics
