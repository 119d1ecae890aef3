// A run's figures for people and for programs.
// Owns the words and the units; refuses to compute. Invariant: what is printed is also in the JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>

#include "simulation.hpp"

namespace bazaar::sim {

nlohmann::ordered_json json_of(const RunResult& result);
/// Names, units and values side by side: one column a run.
struct Column {
  std::string name;
  const RunResult* result;
};
void print_table(std::ostream& out, const std::vector<Column>& columns);
void print_limits(std::ostream& out, const RunResult& result);

}  // namespace bazaar::sim
