// `tracker top`: looks at running trackers each second and shows what changed.
// Owns the terminal while it runs, and HTTP by libcurl; refuses to know numbers (status, screen). Invariant: the
// terminal is left as it was found, however it ends by a signal that can be caught.
#pragma once

#include "options/command_line.hpp"

namespace bazaar::tracker::top {

/// Returns the exit code: 1 when no tracker answered.
int run(const CommandLine::Top& options);

/// Where the status page of a tracker is: "ws://host:8000/" means http://host:8000/status.
std::string status_url(std::string url);

}  // namespace bazaar::tracker::top
