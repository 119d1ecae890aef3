// What of this node outlives a connection to Redis: its number and life, whom it knows, its cells, its counts.
// Owns no thread: the backplane's only one changes it, except for the counts, which anybody reads. Invariant: number
// and boot, once leased, never change, because they are in every address that this process gave away.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "backplane/backplane.hpp"
#include "backplane/known_nodes.hpp"
#include "backplane/own_cells.hpp"
#include "backplane/redis_url.hpp"

namespace bazaar::tracker {

struct RedisNode {
  struct Tally {
    std::atomic<uint64_t> posted{0}, received{0}, dropped{0}, refused{0}, reconnects{0}, operations{0};
    std::atomic<uint32_t> nodes{1};
    std::atomic<bool> is_connected{false};
  };

  RedisUrl url;
  std::string prefix;
  BackplaneListener* listener = nullptr;
  std::mt19937_64 dice;
  std::optional<uint16_t> number;
  uint64_t boot = 0;
  uint64_t sequence = 0;
  NodeState state = NodeState::kServing;
  std::optional<KnownNodes> known;  ///< since there is a number
  OwnCells cells;
  Tally tally;

  Sender next_sender() { return {number.value_or(0), boot, ++sequence}; }
  std::string key(const char* name) const { return prefix + name; }
  std::string key(const char* name, uint16_t node) const { return prefix + name + ":" + std::to_string(node); }
};

}  // namespace bazaar::tracker
