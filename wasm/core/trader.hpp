// The market at work: once a step, for every block that the player will need, ask a neighbour, roll the dice, or wait.
// Owns the dice's clock and the order of demand; refuses to hold any state of blocks or peers. Decisions themselves are
// the pure functions of market.hpp. Invariant: when a segment's time for peers is over, the CDN has been asked for
// every missing block of it, as soon as the CDN takes requests.
#pragma once

#include <cstdint>
#include <vector>

#include "custody.hpp"
#include "market.hpp"
#include "world.hpp"

namespace bazaar {

class Trader {
 public:
  Trader(World& world, Custody& custody) : world_(world), custody_(custody) {}

  /// Returns the clock time of the next decision.
  TimeMs step();

 private:
  struct Demand {
    Handle handle;
    TimeMs slack_ms;   ///< until the player needs it
    TimeMs market_ms;  ///< until the CDN must be asked for what nobody has been asked for
    TimeMs last_ms;    ///< until it must be asked for all that is absent, whatever neighbours have promised
    bool is_listed;    ///< by our own playlist: only then the CDN can be asked
  };

  void look_around();
  bool is_company_near() const;
  void learn_push(Segment& segment);
  void gather_demand();
  void gather_news();
  void trade(const Demand& demand, bool is_roll);
  void guess_size(Segment& segment);
  void ask_neighbours(const Demand& demand, Segment& segment);
  void roll_for_seeds(const Demand& demand, Handle handle, Segment& segment);
  void throw_coins(Handle handle, Segment& segment);
  void ask_cdn(const Demand& demand, Segment& segment);
  bool give_up(const Demand& demand, const Segment& segment) const;
  TimeMs last_call_ms(const Segment& segment, TimeMs slack_ms) const;
  bool fetch(Handle handle, Segment& segment, uint32_t first, uint32_t count, bool is_urgent);
  market::BlockMarket market_of(const Segment& segment, uint32_t block, const Demand& demand) const;

  World& world_;
  Custody& custody_;
  std::vector<Demand> demand_;
  PeerMask trusted_ = 0;
  PeerMask alike_ = 0;  ///< neighbours that know a segment of what the player follows
  double weight_ = 1;
  double affordable_ = 0;  ///< blocks that we can hand to every neighbour, by credit and soon
  double push_ = 1;
  double shortfall_ = 0;
  TimeMs round_trip_ms_ = 0;
  TimeMs next_roll_ms_ = 0;
};

}  // namespace bazaar
