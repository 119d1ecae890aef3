// What the process was started with: options from the file and the command line, or something else to do.
// Owns the order (defaults, then the file, then the command line); refuses to act on it. Invariant: the same arguments
// read twice give what the file says the second time: that is how SIGHUP reloads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "options/options.hpp"

namespace bazaar::tracker {

struct CommandLine {
  Options options;

  /// Print this and exit: help, the default file, or what is wrong (then to stderr, code 2).
  struct Ending {
    int code = 0;
    std::string text;
  };
  std::optional<Ending> ending;

  /// The subcommand: watch running nodes.
  struct Top {
    std::vector<std::string> urls;
    bool is_once = false;
    int interval_s = 1;
  };
  std::optional<Top> top;
};

CommandLine read_command_line(int argc, const char* const* argv);

}  // namespace bazaar::tracker
