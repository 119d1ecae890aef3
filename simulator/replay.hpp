#pragma once
#include <istream>
#include <optional>
#include <string>
namespace bazaar::sim {
struct ReplayResult {
  size_t calls = 0, steps = 0, actions = 0;
  std::optional<std::string> difference;
};
inline ReplayResult replay(std::istream&) { return {}; }
}  // namespace bazaar::sim
