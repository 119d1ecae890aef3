// One line of a browser's trace, read and checked at the door: a header, or a call with what the browser's engine
// answered. The format is docs/boundary.md, "Traces"; js-glue/trace.ts writes it.
// Owns the reading; refuses to run anything. Invariant: a line that leaves this file is complete, typed and in range,
// or a TraceError said what was expected instead.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "trace_calls.hpp"

namespace bazaar::sim {

inline constexpr int kTraceVersion = 1;

/// A trace that cannot be read; `line` counts from 1.
class TraceError : public std::runtime_error {
 public:
  TraceError(size_t line_number, const std::string& what) : std::runtime_error(what), line(line_number) {}
  size_t line;
};

/// An engine begins. A page that loads another source begins another one, in the same trace.
struct TraceHeader {
  std::string library;
  uint32_t seed = 0;
};

/// What an engine answered: of a call that returns something, `is`; of a step, the rest.
struct TraceAnswer {
  double is = 0;
  std::vector<std::array<int32_t, 8>> actions;  ///< type first
  std::vector<uint8_t> out;  ///< bytes of the outbox that the actions, or the answer, name, one after the other
  double next_ms = 0;
  std::optional<std::string> trap;  ///< the browser's engine did not come back from this call
};

struct TraceTold {
  const TraceCall* call = nullptr;
  TraceCall::Input input;
  TraceAnswer answer;
};

std::variant<TraceHeader, TraceTold> read_trace_line(const std::string& text, size_t line_number);

}  // namespace bazaar::sim
