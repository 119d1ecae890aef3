// The calls that a trace may hold: their names, what their numbers may be, and how the native engine is told.
// Owns the table and the conversions of wasm/bindings/engine_bindings.cpp; refuses to judge answers. Invariant: a call
// whose numbers passed its letters converts without undefined behaviour.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine.hpp"

namespace bazaar::sim {

struct TraceCall {
  /// What the engine reads in the inbox: nothing, 16 bytes of swarm, or as many bytes as that argument says.
  static constexpr int kNoInbox = -1;
  static constexpr int kSwarm = -2;

  struct Input {
    std::vector<double> numbers;
    std::vector<uint8_t> bytes;
  };

  std::string_view name;
  /// A letter an argument: `i` int32, `u` whole and not negative, `r` any number, NaN and infinity among them.
  std::string_view letters;
  int inbox = kNoInbox;
  bool has_answer = false;
  /// Tells the engine; what it returns, 0 for nothing.
  double (*run)(Engine&, const Input&);
};

/// Null for an unknown name.
const TraceCall* find_trace_call(std::string_view name);

}  // namespace bazaar::sim
