// Two profiles of any protocol: clients that only stand there, and signals between them.
#pragma once

#include "dialect.hpp"
#include "profile.hpp"

namespace bazaar::load {

/// Clients stand idle after joining: what one costs in memory.
nlohmann::json run_idle(ProfileOptions options, Dialect& dialect);
/// options.rate signals a second between random clients that may write to each other, options.deaf_share of them not
/// reading.
nlohmann::json run_relay(ProfileOptions options, RelayDialect& dialect);

}  // namespace bazaar::load
