#include "trader.hpp"

#include <algorithm>
#include <bit>

#include "requests.hpp"

namespace bazaar {

TimeMs Trader::step() {
  trusted_ = world_.is_p2p() ? world_.peers.trusted(world_.now) : 0;
  look_around();
  gather_demand();
  bool is_roll = world_.now >= next_roll_ms_;
  if (is_roll) next_roll_ms_ = world_.now + world_.gathering->roll_ms * (0.75 + 0.5 * world_.dice.roll());
  // What is brought at the last moment has the CDN's connection for itself: a seed beside it made segments late.
  for (const Demand& demand : demand_) is_roll = is_roll && (!demand.is_listed || demand.last_ms > 0);
  for (const Demand& demand : demand_) trade(demand, is_roll);

  if (demand_.empty()) return 1e300;
  TimeMs next = next_roll_ms_;
  for (const Demand& demand : demand_) {
    if (demand.market_ms > 0) next = std::min(next, world_.now + demand.market_ms);
    if (demand.last_ms > 0) next = std::min(next, world_.now + demand.last_ms);
  }
  return std::max(next, world_.now + 1);
}

void Trader::look_around() {
  TimeMs round_trips = 0;
  const TimeMs own_ms = kBlockBytes / world_.pace.uplink();
  TimeMs slowest = own_ms;
  double spare = 0;
  world_.peers.each([&](Handle, const Peer& peer) {
    if (!peer.is_trading()) return;
    round_trips += peer.rtt_ms;
    slowest = std::max(slowest, peer.block_ms);
    spare += peer.spare;
  });
  const double count = std::max(1u, world_.peers.trading_count());
  const double own = std::clamp(world_.credit.available() / kBlockBytes, 0.0, 1000.0);
  round_trip_ms_ = round_trips / count;
  // Who has credit to pass a block on is the one to seed it: otherwise whoever polls the playlist first seeds, serves
  // and runs dry, while the others' uplinks idle.
  double weight = (own + 1) / (spare / count + 1);
  const bool is_near = market::is_everybody_near(world_.peers.trading_count(), world_.swarm_size);
  const bool is_ample = is_near && slowest * count <= tunables::kAmpleMs;
  world_.gathering = is_ample ? &tunables::kAmple : is_near ? &tunables::kNear : &tunables::kFar;
  if (is_ample) weight *= weight;  // all the more so for lots: the most credit makes the largest
  weight_ = std::clamp(weight, tunables::kCreditWeightMin, tunables::kCreditWeightMax);
  affordable_ = std::min(std::min(own, tunables::kQueueMaxMs / own_ms) / count, tunables::kLotBlocksMax);
}

// Blocks that neither dice nor neighbours brought in time come from the CDN anyway, but too late to be passed on: then
// more seeds earlier cost nothing. And where everything comes in time, fewer will do.
void Trader::learn_push(Segment& segment) {
  if (segment.is_judged || segment.slack_at_first_ms < tunables::kJudgeMinMs) return;
  segment.is_judged = true;
  const double missing = segment.blocks.missing_count();
  const double share = missing / std::max(1u, segment.blocks.size());
  shortfall_ = std::clamp(shortfall_ * tunables::kShortfallKept + tunables::kShortfallUp * share, 0.0, 1.0);
  const bool is_short = missing > tunables::kShortShare * segment.blocks.size();
  push_ = std::clamp(push_ * (is_short ? tunables::kPushUp : tunables::kPushDown), 1.0, tunables::kPushMax);
}

// Nobody to trade with yet, but channels are about to open: a segment that can wait, waits for them.
bool Trader::is_company_near() const {
  bool is_near = false;
  world_.peers.each([&](Handle, const Peer& peer) {
    is_near = is_near || (!peer.is_trading() && world_.now - peer.since_ms < tunables::kCompanyMs);
  });
  return is_near;
}

// Segments with missing blocks that the player will need, the most urgent first.
void Trader::gather_demand() {
  demand_.clear();
  alike_ = 0;
  const bool is_alone = trusted_ == 0;
  const TimeMs position = world_.playhead.position_at(world_.now);
  // What the player loads still of a rendition that it has left, and what it was handed a moment ago, will be played:
  // its like in the new rendition will not.
  TimeMs covered_end = world_.playhead.buffered_end_ms;
  world_.window.each([&](Handle, const Segment& segment) {
    const bool is_handed = segment.is_ready_told && world_.now - segment.ready_ms < tunables::kAppendMs;
    const bool is_last = segment.is_wanted && !world_.follows(segment.rendition);
    if (segment.is_ours && segment.gone_ms == 0 && world_.follows(segment.rendition))
      alike_ |= segment.offers.knowers();
    if (is_handed || is_last) covered_end = std::max(covered_end, segment.end_ms());
  });
  world_.window.each([&](Handle handle, Segment& segment) {
    if (!segment.is_ours || segment.is_cdn_only) return;
    if (segment.blocks.is_complete()) return learn_push(segment);
    if (!segment.is_wanted) {
      // Ahead of being asked: only with company, only what the player follows, lists and has not buffered.
      if (is_alone || !world_.playhead.is_known || segment.gone_ms > 0 || !world_.follows(segment.rendition)) return;
      if (segment.start_ms + segment.duration_ms / 2 < covered_end) return;
      if (segment.start_ms - position > tunables::kHorizonMs) return;
    }
    const TimeMs slack = world_.playhead.slack_ms(segment.start_ms, world_.now, segment.is_wanted);
    double missing_bytes = 0;
    if (segment.bytes_total == 0) {
      missing_bytes = world_.window.bytes_per_ms(segment.rendition) * segment.duration_ms;
    } else {
      missing_bytes = static_cast<double>(segment.blocks.missing_count()) * kBlockBytes;
    }
    const TimeMs market = market_slack_ms(slack, world_.cdn.expected_ms(missing_bytes), world_.lateness.margin_ms());
    if (segment.slack_at_first_ms == 0 && market > 0) segment.slack_at_first_ms = market;
    demand_.push_back({handle, slack, market, last_call_ms(segment, slack), true});
  });
  if (!is_alone) gather_news();
  // Insertion sort: a handful of segments, nearly in order already, and std::sort is a kilobyte and a half of WASM.
  for (size_t i = 1; i < demand_.size(); ++i) {
    for (size_t k = i; k > 0 && demand_[k].slack_ms < demand_[k - 1].slack_ms; --k)
      std::swap(demand_[k], demand_[k - 1]);
  }
}

// Segments that neighbours have and our own playlist does not list yet, because we poll it later than they do. Who
// waits for its own poll gets every block last, passes none on, and leaves the work and its cost to those who poll
// first.
void Trader::gather_news() {
  const Segment* newest = nullptr;
  world_.window.each([&](Handle, const Segment& segment) {
    if (!segment.is_ours || segment.gone_ms > 0 || !world_.follows(segment.rendition)) return;
    if (!newest || segment.start_ms > newest->start_ms) newest = &segment;
  });
  if (!newest || !world_.playhead.is_known) return;
  const PeerMask alike = newest->offers.knowers() & trusted_;
  const double usual_bytes = world_.window.bytes_per_ms(newest->rendition) * newest->duration_ms;
  const TimeMs slack = world_.playhead.slack_ms(newest->end_ms(), world_.now);
  if (slack <= 0) return;
  world_.window.each([&](Handle handle, Segment& segment) {
    if (segment.is_ours || !segment.is_news || segment.bytes_total == 0 || segment.blocks.is_complete()) return;
    if (segment.seen_ms < newest->seen_ms) return;
    // Of our rendition: most of those who know it know our newest segment too, and it is about as long as ours are.
    const PeerMask knowers = segment.offers.knowers() & trusted_;
    if (2 * std::popcount(knowers & alike) <= std::popcount(knowers)) return;
    if (segment.bytes_total > usual_bytes * tunables::kAlikeMax ||
        segment.bytes_total * tunables::kAlikeMax < usual_bytes)
      return;
    segment.start_ms = newest->end_ms();  // until our own playlist says
    const TimeMs market = market_slack_ms(slack, 0, world_.lateness.margin_ms());
    demand_.push_back({handle, slack, market, market, false});
  });
}

void Trader::trade(const Demand& demand, bool is_roll) {
  Segment& segment = *world_.window.get(demand.handle);
  if (!demand.is_listed) {
    if (segment.blocks.size() == 0) segment.blocks.resize(block_count_of(segment.bytes_total));
    return ask_neighbours(demand, segment);
  }
  // A starving player needs one segment before any other: the CDN is for that one, however far off its answer.
  if (!segment.is_wanted && world_.playhead.is_starving(world_.now)) return ask_neighbours(demand, segment);
  const bool is_over = demand.market_ms <= 0 || demand.last_ms <= 0 || (trusted_ == 0 && !is_company_near());
  if (is_over) learn_push(segment);
  if (!is_over || world_.cdn.is_failing()) {
    guess_size(segment);
    ask_neighbours(demand, segment);
  }
  if (is_over) {
    ask_cdn(demand, segment);
  } else if (is_roll && trusted_ != 0 && world_.cdn.may_ask(world_.now)) {
    roll_for_seeds(demand, demand.handle, segment);
  }
}

// Before anybody knows a segment's size, its first blocks can be traded all the same: segments of a rendition are
// alike.
void Trader::guess_size(Segment& segment) {
  if (segment.bytes_total != 0 || segment.blocks.size() > 0) return;
  const double usual = world_.window.bytes_per_ms(segment.rendition) * segment.duration_ms;
  const auto blocks = static_cast<uint32_t>(usual * tunables::kSizeGuess / kBlockBytes);
  const uint32_t count = std::clamp(blocks, 1u, kBlocksPerSegmentMax);
  segment.blocks.resize(count);
  if (segment.offers.size() < count) segment.offers.resize(count);
}

market::BlockMarket Trader::market_of(const Segment& segment, uint32_t block, const Demand& demand) const {
  const Availability& offers = segment.offers;
  market::BlockMarket view;
  view.supply = static_cast<uint32_t>(std::popcount(offers.sources(block) & trusted_));
  view.being_met = static_cast<uint32_t>(std::popcount(offers.leechers(block) & trusted_));
  view.neighbours = static_cast<uint32_t>(std::popcount(trusted_));
  // Where everybody is near, who knows a segment will know the next within a moment, and says so late: who counted on
  // those alone that have said so would be in haste, and the first to poll would seed the most.
  const PeerMask knowers = world_.gathering == &tunables::kFar ? offers.knowers() : alike_;
  view.knowers = static_cast<uint32_t>(std::popcount(knowers & trusted_));
  view.swarm_size = world_.swarm_size;
  view.push = push_;
  view.shortfall = shortfall_;
  view.weight = weight_;
  view.round_trip_ms = round_trip_ms_;
  view.slack_ms = demand.market_ms;
  view.slack_at_first_ms = segment.slack_at_first_ms;
  return view;
}

void Trader::ask_neighbours(const Demand& demand, Segment& segment) {
  if (segment.bytes_total == 0) return;  // a block of unknown length cannot be checked
  const uint32_t count = segment.blocks.size();
  if (count == 0 || segment.blocks.missing_count() == 0) return;
  // Where the CDN does not help, all the time there is is the neighbours'.
  const TimeMs left_ms = world_.cdn.is_failing() ? demand.slack_ms : demand.market_ms;
  Requests requests(world_);
  Requests::Asked asked(segment.key, std::max(left_ms, tunables::kAskedMinMs));
  std::array<market::Offer, tunables::kPeerSlots> offers;
  const uint32_t begin = world_.dice.below(count);  // everybody starts elsewhere, so copies spread
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t block = begin + i < count ? begin + i : begin + i - count;
    if (!segment.blocks.is_missing(block)) continue;
    if (world_.ledger.size() >= tunables::kRequestsMax) break;
    size_t offer_count = 0;
    // Asked ahead: what a neighbour fetches from the CDN it sends as soon as it has it.
    for (PeerMask left = segment.offers.sources(block) & trusted_; left != 0; left &= left - 1) {
      const auto slot = static_cast<size_t>(std::countr_zero(left));
      const Peer& peer = *world_.peers.at_slot(slot);
      if (peer.in_flight >= peer.in_flight_max()) continue;
      if (world_.now < peer.refused_until_ms) continue;
      const bool is_full = peer.through_ms - world_.now > world_.queue_max_ms(peer.block_ms);
      if (is_full && left_ms >= tunables::kUrgentMs) continue;  // it would refuse
      const TimeMs expected = peer.expected_ms(world_.now);
      if (demand.market_ms > 0 && expected > demand.market_ms + tunables::kFallbackGraceMs) continue;
      offers[offer_count++] = {world_.peers.handle_of(slot), expected};
    }
    if (offer_count == 0) continue;
    const double roll_a =
        world_.dice.roll();  // in order: C++ leaves the order of arguments open, and a seed must replay
    const double roll_b = world_.dice.roll();
    const Handle source = market::pick_source({offers.data(), offer_count}, roll_a, roll_b);
    if (source != 0) requests.ask(asked, source, demand.handle, block);
  }
  requests.tell(asked);
}

void Trader::roll_for_seeds(const Demand& demand, Handle handle, Segment& segment) {
  const uint32_t count = segment.blocks.size();
  if (!world_.config.cdn_has_ranges) {
    // All or nothing: one roll for the segment, as long as nobody near has any of it.
    for (uint32_t block = 0; block < count; ++block) {
      if (!segment.blocks.is_missing(block) || market_of(segment, block, demand).supply > 0) return;
    }
    const double odds = count == 0 ? 0 : market::seed_odds(market_of(segment, 0, demand), world_.gathering->roll_ms);
    if (world_.dice.roll() < odds) fetch(handle, segment, 0, 0, false);
    return;
  }
  if constexpr (kHasBaselines) {
    if (world_.config.baseline == Baseline::kCoin) return throw_coins(handle, segment);
  }
  double odds_of_none = -1;  // alike for all blocks of a segment that nobody near has or gets
  const uint32_t lot =
      world_.gathering == &tunables::kAmple ? market::lot_size(count, world_.swarm_size, affordable_) : 1;
  bool is_seed = false;
  bool was_none = false;
  uint32_t run_first = 0;
  uint32_t run_count = 0;
  for (uint32_t block = 0; block <= count; ++block) {
    const bool is_missing = block < count && segment.blocks.is_missing(block);
    const bool is_none = is_missing && (segment.offers.anybody(block) & trusted_) == 0;
    double odds = odds_of_none;
    if (!is_none && (!is_missing || shortfall_ < tunables::kShortfallMin)) {
      is_seed = false;
    } else if (!is_none || !was_none || block % lot == 0) {  // else as the one before it, of its lot
      if (!is_none || odds < 0) odds = market::seed_odds(market_of(segment, block, demand), world_.gathering->roll_ms);
      if (is_none) odds_of_none = odds;
      is_seed = world_.dice.roll() < odds;
    }
    was_none = is_none;
    if (is_seed) {
      world_.actions.push(ActionType::kRole,
                          {handle, static_cast<int32_t>(block), 1, static_cast<int32_t>(odds * 1000)});
      if (run_count++ == 0) run_first = block;
    } else if (run_count > 0) {
      if (!fetch(handle, segment, run_first, run_count, false)) return;
      run_count = 0;
    }
  }
}

void Trader::throw_coins(Handle handle, Segment& segment) {
  const double odds = 1.0 / (1 + std::popcount(trusted_));
  for (; segment.coins_thrown < segment.blocks.size(); ++segment.coins_thrown) {
    const uint32_t block = segment.coins_thrown;
    const bool is_seed = world_.dice.roll() < odds;
    if (is_seed && segment.blocks.is_missing(block) && !fetch(handle, segment, block, 1, false)) return;
  }
}

bool Trader::give_up(const Demand& demand, const Segment& segment) const {
  if (!segment.is_wanted || segment.cdn_status == 0) return false;
  const bool is_final = segment.cdn_status >= 400 && segment.cdn_status < 500 && segment.cdn_status != 408 &&
                        segment.cdn_status != 429;  // a 416 is recorded only for a size that was told: it won't pass
  const bool is_late = demand.slack_ms <= 0 && world_.now - segment.cdn_failing_ms >= tunables::kPatienceMs;
  if (!is_final && !is_late) return false;
  for (uint32_t block = 0; block < segment.blocks.size(); ++block) {
    if (segment.blocks.is_missing(block) && (segment.offers.sources(block) & trusted_) == 0) return true;
  }
  return segment.blocks.size() == 0;
}

TimeMs Trader::last_call_ms(const Segment& segment, TimeMs slack_ms) const {
  const double bytes = static_cast<double>(segment.blocks.size() - segment.blocks.verified_count()) * kBlockBytes;
  return slack_ms - tunables::kLastCallMarginMs - world_.cdn.latest_ms(bytes);
}

void Trader::ask_cdn(const Demand& demand, Segment& segment) {
  if (give_up(demand, segment)) {
    segment.is_cdn_only = true;  // the player's own retry policy takes over, and tells the user what is wrong
    custody_.failed(demand.handle, segment.cdn_status);
    return;
  }
  if (!world_.cdn.may_ask(world_.now)) return;
  // What neighbours were asked for stays asked for, however late it is, and is asked of the CDN besides: whoever comes
  // first. Nobody knows before that the CDN answers.
  const bool is_race = world_.cdn.is_failing() || demand.last_ms <= 0 || -demand.market_ms >= tunables::kRaceMs;
  const BlockState most = is_race ? BlockState::kDownloadingPeer : BlockState::kMissing;
  const uint32_t count = segment.blocks.size();
  const bool nothing_here = segment.blocks.missing_count() == count;
  if (nothing_here || segment.bytes_total == 0 || !world_.config.cdn_has_ranges) {
    // All of it is here or under way.
    bool is_covered = segment.bytes_total != 0;
    for (uint32_t block = 0; block < count; ++block) is_covered = is_covered && segment.blocks.state(block) > most;
    world_.cdn.each(
        [&](Handle, const Fetch& f) { is_covered = is_covered || (f.segment == demand.handle && f.is_whole); });
    if (!is_covered) fetch(demand.handle, segment, 0, 0, true);
    return;
  }
  for (uint32_t block = 0; block < count; ++block) {
    if (segment.blocks.state(block) > most) continue;
    uint32_t end = block + 1;
    while (end < count && segment.blocks.state(end) <= most) ++end;
    if (!fetch(demand.handle, segment, block, end - block, true)) return;
    block = end;
  }
}

bool Trader::fetch(Handle handle, Segment& segment, uint32_t first, uint32_t count, bool is_urgent) {
  if (!world_.cdn.has_room(is_urgent)) return false;
  Fetch fetch;
  fetch.segment = handle;
  fetch.first = first;
  fetch.count = count;
  fetch.is_whole = count == 0;
  fetch.is_urgent = is_urgent;
  fetch.began_ms = world_.now;
  fetch.progress_ms = world_.now;
  const Handle id = world_.cdn.begin(fetch);
  const uint32_t end = count == 0 ? segment.blocks.size() : first + count;
  for (uint32_t block = first; block < end; ++block) {
    if (segment.blocks.state(block) > BlockState::kDownloadingPeer) continue;
    segment.blocks.mark_fetching(block);
    world_.status.note_urgent(handle, block, world_.now);
    if (!is_urgent) ++world_.counters.seeds;
    if (is_urgent && trusted_ != 0) ++world_.counters.blocks_by_deadline;
  }
  uint32_t byte_end = 0;
  if (count != 0 && segment.bytes_total != 0) byte_end = std::min((first + count) * kBlockBytes, segment.bytes_total);
  world_.actions.push(ActionType::kFetch, {id, handle, static_cast<int32_t>(first), static_cast<int32_t>(count),
                                           static_cast<int32_t>(byte_end)});
  return true;
}

}  // namespace bazaar
