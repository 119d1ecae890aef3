// The market's decisions, as pure functions over a snapshot: how likely this viewer seeds a block, whom it asks for
// one. Owns nothing; the engine gathers the numbers, rolls the dice and applies the result. Why these rules:
// docs/market.md. Invariant: a block whose supply meets demand has odds 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "ids.hpp"
#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar::market {

/// Supply and demand of one block among the neighbours, this viewer not counted.
struct BlockMarket {
  uint32_t supply = 0;           ///< trusted neighbours that hold it or fetch it from the CDN
  uint32_t being_met = 0;        ///< trusted neighbours getting it from a peer: supply soon, from further away
  uint32_t neighbours = 0;       ///< trusted neighbours
  uint32_t knowers = 0;          ///< those of them that have heard of the segment: who has not cannot seed
  uint32_t swarm_size = 1;       ///< viewers in the swarm, this one among them
  double push = 1;               ///< learnt: more when segments were not complete in time
  double shortfall = 0;          ///< learnt: share of blocks that neighbours' uplinks cannot bring
  double weight = 1;             ///< own credit as a multiple of the neighbours' mean
  TimeMs round_trip_ms = 100;    ///< to a typical neighbour
  TimeMs slack_ms = 0;           ///< until the CDN must be asked to make the deadline
  TimeMs slack_at_first_ms = 0;  ///< the same when the segment was first traded for
};

/// Every viewer of the swarm is a neighbour, or nearly: a block is one hop from everybody.
constexpr bool is_everybody_near(uint32_t neighbours, uint32_t swarm_size) {
  return neighbours + 1 + tunables::kStrangersMax >= swarm_size;
}

/// Viewers that share the duty to seed one copy: the whole swarm at first, the neighbourhood when time runs out.
double group_size(const BlockMarket& block);

/// Seeds that the group is to start per `time left`: as many as the allowed share of duplicates buys.
double seed_pressure(const BlockMarket& block);

/// Multiple of that pressure: high at first, low while copies are on their way to where they cannot be seen yet, 1 when
/// the neighbourhood has to see to itself. Where everybody is near nothing is to be hastened: low from the start.
double haste(const BlockMarket& block);

/// Blocks of a segment that follow each other and are seeded together, the first a multiple of this: as many as the
/// seeder can hand to every neighbour (`affordable`), but a lot for each viewer at least. Fewer fetches, fewer
/// messages, more blocks in one go.
constexpr uint32_t lot_size(uint32_t blocks, uint32_t swarm_size, double affordable) {
  const uint32_t least = std::max(1u, (blocks + swarm_size - 1) / swarm_size);
  return static_cast<uint32_t>(std::clamp<double>(affordable, least, std::max(blocks, least)));
}

/// Chance that this viewer seeds the block within the next `interval_ms`, 0 … 1.
double seed_odds(const BlockMarket& block, TimeMs interval_ms);

/// A neighbour that holds the block, or fetches it, and may be asked.
struct Offer {
  Handle peer = 0;
  TimeMs expected_ms = 0;  ///< until its answer, from its round trip and its queue
};

/// Two random choices, the better of them: short queues without everybody choosing the same peer.
/// `roll_a` and `roll_b` are uniform in [0, 1). Returns 0 for no offers.
Handle pick_source(std::span<const Offer> offers, double roll_a, double roll_b);

}  // namespace bazaar::market
