#include "market.hpp"

#include <algorithm>
#include <cmath>  // sqrt alone: it is one WASM instruction, where pow and exp bring kilobytes of tables

#include "tunables.hpp"

namespace bazaar::market {

namespace {

/// base^exponent for base ≥ 1 and an exponent in [0, 1), to ten binary digits of the exponent.
double root_power(double base, double exponent) {
  double power = 1;
  for (int digit = 0; digit < 10; ++digit) {
    base = std::sqrt(base);
    exponent *= 2;
    if (exponent >= 1) {
      power *= base;
      exponent -= 1;
    }
  }
  return power;
}

/// 1 − e^(−hazard): the chance of at least one event. Padé (2, 2), within 1 % up to a hazard of 2, then nearly certain.
double chance_of(double hazard) {
  if (hazard > 4) return 1;
  return std::min(1.0, hazard / (1 + hazard / 2 + hazard * hazard / 12));
}

}  // namespace

double group_size(const BlockMarket& block) {
  const double neighbourhood = 1.0 + block.knowers;
  const double everybody = std::max<double>(block.swarm_size, 1.0 + block.neighbours);
  const double swarm = everybody * neighbourhood / (1.0 + block.neighbours);
  if (block.slack_at_first_ms <= 0) return neighbourhood;
  const double left = std::clamp(block.slack_ms / block.slack_at_first_ms, 0.0, 1.0);
  const double early = (left - tunables::kNeighbourhoodShare) / (1 - tunables::kNeighbourhoodShare);
  // Geometric between the two: from one seed in the swarm to one seed in every neighbourhood.
  return early <= 0 ? neighbourhood : neighbourhood * root_power(swarm / neighbourhood, std::min(early, 0.999));
}

double seed_pressure(const BlockMarket& block) {
  const TimeMs delay = block.round_trip_ms / 2 + tunables::kStatusDelayMs;
  // Where all the time there is is short, none of it is left to find out whether somebody else seeds.
  double least = tunables::kSeedPressureMin;
  if (!is_everybody_near(block.neighbours, block.swarm_size))
    least = std::clamp(tunables::kSeedPressureMs / std::max(block.slack_at_first_ms, 1.0), least,
                       tunables::kSeedPressureMax);
  return block.push * std::clamp(tunables::kDuplicateShare * block.slack_ms / delay, least, tunables::kSeedPressureMax);
}

double haste(const BlockMarket& block) {
  const TimeMs in_all = std::max({block.slack_at_first_ms, block.slack_ms, 1.0});
  const double left = block.slack_at_first_ms > 0 ? block.slack_ms / in_all : 1;
  if (is_everybody_near(block.neighbours, block.swarm_size))
    return left > tunables::kNeighbourhoodShare ? tunables::kCalmNear : 1;
  if (left > tunables::kHasteShare)
    return std::clamp(tunables::kHasteMs / in_all, tunables::kHaste, tunables::kHasteMax);
  return left > tunables::kNeighbourhoodShare ? tunables::kCalm : 1;
}

double seed_odds(const BlockMarket& block, TimeMs interval_ms) {
  if (block.neighbours == 0) return 1;
  const TimeMs left = std::max(block.slack_ms, tunables::kSlackFloorMs);
  if (block.supply > 0 || block.being_met > 0) {
    // Supply is there. Is it enough? What uplinks cannot carry comes from the CDN in the end; early, it is supply too.
    if (block.supply + block.being_met >= block.shortfall * block.neighbours) return 0;
    return chance_of(tunables::kShortfallPressure * block.shortfall * interval_ms / left);
  }
  const double hazard = block.weight * haste(block) * seed_pressure(block) * interval_ms / (left * group_size(block));
  return chance_of(hazard);
}

Handle pick_source(std::span<const Offer> offers, double roll_a, double roll_b) {
  if (offers.empty()) return 0;
  const auto at = [&](double roll) -> const Offer& {
    return offers[static_cast<size_t>(roll * static_cast<double>(offers.size()))];
  };
  const Offer& a = at(roll_a);
  const Offer& b = at(roll_b);
  return a.expected_ms <= b.expected_ms ? a.peer : b.peer;
}

}  // namespace bazaar::market
