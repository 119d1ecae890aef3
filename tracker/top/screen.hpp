// What `tracker top` shows: two looks at each node, as text.
// Owns the lay-out; refuses terminals and clocks. Invariant: every reason for which anything was refused or dropped
// between the two looks is on it, the most frequent first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "top/status.hpp"

namespace bazaar::tracker::top {

struct Look {
  std::string url;
  std::optional<Status> before;
  std::optional<Status> now;
  std::string problem;  ///< why there is no `now`
  double seconds = 1;   ///< between the two
};

/// Lines ended by "\n". `rows_max`: of the whole screen, 0 for no bound.
std::string screen(const std::vector<Look>& looks, size_t rows_max);

}  // namespace bazaar::tracker::top
