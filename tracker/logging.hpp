// How the log on stderr looks: lines for people, or one JSON object a line for machines.
// Owns level and layout of spdlog's default logger; refuses to know who logs. Invariant: with `log_json` every line is
// valid JSON, whatever the message quotes.
#pragma once

#include "options/options.hpp"

namespace bazaar::tracker {

/// `log_level` and `log_json`. May be called again, as SIGHUP does.
void set_log(const Options& options);

}  // namespace bazaar::tracker
