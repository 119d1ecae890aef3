// A browser's trace, done again by the native engine: the same calls at the same times must give the same answers.
// Owns the comparison; refuses to read lines (trace_line.hpp) or to know calls (trace_calls.hpp). Invariant: nothing
// after the first difference is run, because from there on the two engines live in different worlds.
#pragma once

#include <istream>
#include <optional>
#include <string>

#include "trace_line.hpp"

namespace bazaar::sim {

struct ReplayResult {
  size_t engines = 0, calls = 0, steps = 0, actions = 0;
  std::string library;  ///< that recorded the trace

  struct Difference {
    size_t line;
    std::string text;  ///< what was told, what the browser's engine did, what the native one did
  };
  std::optional<Difference> difference;
};

/// Throws TraceError when the trace itself is no good.
ReplayResult replay(std::istream& trace);

}  // namespace bazaar::sim
