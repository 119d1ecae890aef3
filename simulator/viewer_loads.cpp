// A viewer's loads: what it fetches from the CDN and what comes back, and hls.js around it: polls, loads, ticks,
// changes of rendition. Owns open fetches and the player's next step; refuses channels (viewer_channels.cpp).
#include <algorithm>

#include "viewer.hpp"

namespace bazaar::sim {

namespace {
constexpr TimeMs kAppendMs = 10;  // hls.js hands a segment to the browser
constexpr TimeMs kSabotageMs = 4'000;
// After a failure the engine pauses, and the stock loader waits a second.
constexpr TimeMs kCdnWellMs = 1'500;
}  // namespace

void Viewer::fetch(int32_t id, Handle segment, uint32_t rendition, uint32_t sn, uint32_t first, uint32_t count,
                   Bus& bus) {
  bool is_urgent = false;
  if (has_engine() && id != kStockFetch) {
    if (const Fetch* one = engine_->world().cdn.find(id))
      is_urgent = one->is_urgent && engine_->world().peers.trusted(bus.now()) != 0;
  }
  if (setting_.sabotage == Sabotage::kLostFetches && id != kStockFetch) return;
  fetches_.push_back({id, segment, rendition, sn, first, count, is_urgent});
  ++tally_.fetches;
  const bool is_held_up = setting_.sabotage == Sabotage::kLateFetches && id != kStockFetch;
  bus.post(setting_.cdn, setting_.network.cdn_ms(index_) + (is_held_up ? kSabotageMs : 0),
           event_of(Kind::kFetch, id, static_cast<int32_t>(rendition), static_cast<int32_t>(sn),
                    static_cast<int32_t>(first << 16 | count)));
}

Viewer::OpenFetch* Viewer::open_fetch(int32_t id) {
  for (OpenFetch& one : fetches_) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

void Viewer::close_fetch(int32_t id) {
  std::erase_if(fetches_, [&](const OpenFetch& one) { return one.id == id; });
}

void Viewer::chunk(const Event& event, Bus& bus) {
  complain(credit_.downloaded(event.c), bus.now());
  const OpenFetch* found = open_fetch(event.a);
  if (!found) return count(&Flows::wasted, event.c, bus.now());
  const OpenFetch open = *found;
  const auto block = static_cast<uint32_t>(event.b);
  const bool is_last = event.d == 1;
  if (is_last) close_fetch(event.a);
  const bool is_useful = count_block(open.rendition, open.sn, block, event.c, 0, bus.now());
  if (!is_useful) count(&Flows::wasted, event.c, bus.now());
  if (is_useful && met_.empty() && open.sn == player_.record().first_sn) count(&Flows::starting, event.c, bus.now());
  if (event.a == kStockFetch) {
    if (has_engine()) {
      count(&Flows::outside, event.c, bus.now());
      turn(bus, [&](Engine& e) { e.bytes_outside(event.c); });
    }
    if (is_last) load_over(open.sn, true, bus);
    return;
  }
  Stored* segment = stored(open.segment);
  const bool is_new = segment && segment->hops[block] == kAbsent;
  if (is_new && setting_.sabotage != Sabotage::kPhantomBlocks) segment->hops[block] = 0;
  if (!open.is_urgent) ++shared_.seeds[setting_.stream.block_index(open.rendition, open.sn, block)];
  if (is_useful && open.is_urgent) count(&Flows::by_deadline, event.c, bus.now());
  turn(bus, [&](Engine& e) {
    e.cdn_block(event.a, block);
    if (is_last) e.cdn_done(event.a, 0);
  });
}

void Viewer::poll(Bus& bus) {
  bus.post(setting_.cdn, setting_.network.cdn_ms(index_), event_of(Kind::kPlaylistWanted));
}

void Viewer::playlist(uint32_t published, Bus& bus) {
  const bool is_new = published != listed_;
  // hls.js polls once a target duration after news, in half of it otherwise; its timer and the network add jitter.
  const TimeMs pause = setting_.scenario.segment_ms * (is_new ? 1 : 0.5) + 5 * dice_.roll();
  if (next_poll_ms_ <= bus.now()) {
    const TimeMs wait = std::max(1.0, pause - 2 * setting_.network.cdn_ms(index_));
    next_poll_ms_ = bus.now() + wait;
    bus.later(wait, event_of(Kind::kPoll));
  }
  if (!is_new) return load_next(bus);
  const uint32_t before = listed_;
  listed_ = published;
  listed_from_ = published > Stream::kListed ? published - Stream::kListed : 0;
  player_.advance(bus.now());
  player_.listed(published, listed_from_);
  if (has_engine()) {
    turn(bus, [&](Engine& e) {
      for (const Stored& one : store_) {
        if (one.sn < listed_from_ && one.rendition == rendition_) e.segment_gone(one.handle);
      }
      for (uint32_t sn = std::max(listed_from_, before); sn < published; ++sn) {
        const TimeMs segment_ms = setting_.scenario.segment_ms;
        const Handle handle = e.segment_seen(setting_.stream.key(rendition_, sn), static_cast<int32_t>(rendition_),
                                             sn * segment_ms, segment_ms);
        if (handle == 0 || stored(handle)) continue;
        store_.push_back({handle, rendition_, sn, std::vector<uint8_t>(setting_.stream.blocks_max(), kAbsent)});
      }
    });
  }
  load_next(bus);
}

void Viewer::load_next(Bus& bus) {
  if (listed_ == 0) return;  // hls.js loads nothing of a rendition whose playlist is not here yet
  const std::optional<uint32_t> sn = player_.load_next(bus.now());
  if (!sn) return;
  loading_rendition_ = rendition_;
  if (has_engine()) {
    for (const Stored& one : store_) {
      if (one.sn != *sn || one.rendition != rendition_) continue;
      loading_ = one.handle;
      const Handle wanted = loading_;
      return turn(bus, [&](Engine& e) {
        tell_playhead(e, bus.now());
        e.segment_wanted(wanted);
      });
    }
  }
  fetch(kStockFetch, 0, rendition_, *sn, 0, 0, bus);
}

// A load ended: well, or handed back to the stock loader, whose own failures are tried again.
void Viewer::load_over(uint32_t sn, bool is_ready, Bus& bus) {
  if (!player_.loading() || *player_.loading() != sn) return;
  if (is_ready) return bus.later(kAppendMs, event_of(Kind::kAppended, static_cast<int32_t>(sn)));
  if (!open_fetch(kStockFetch)) fetch(kStockFetch, 0, loading_rendition_, sn, 0, 0, bus);
}

void Viewer::tell_playhead(Engine& engine, TimeMs now) {
  if (!player_.is_started()) return;
  engine.playhead(player_.position_ms(now), player_.buffered_end_ms(), player_.is_playing() ? 1 : 0);
}

void Viewer::tick(Bus& bus) {
  player_.advance(bus.now());
  if (player_.is_playing() && bus.now() >= setting_.scenario.warm_up_ms) {
    const TimeMs live = Stream::kBefore * setting_.scenario.segment_ms + bus.now();
    const TimeMs latency = live - player_.position_ms(bus.now());
    const auto bin = static_cast<size_t>(std::max(0.0, latency / SharedTally::kLatencyBinMs));
    ++shared_.latency[std::min(bin, SharedTally::kLatencyBins - 1)];
  }
  load_next(bus);
  if (has_engine()) {
    turn(bus, [&](Engine& e) { tell_playhead(e, bus.now()); });
    complain(exceeded_bound(engine_->world()), bus.now());
    complain(requests_.look(bus.now()), bus.now());
    complain(neglect_.look(unsought(bus.now()), bus.now()), bus.now());
    for (const Stored& one : store_) {
      if (!engine_->world().window.get(one.handle)) complain("a segment was dropped without a word", bus.now());
    }
  }
  bus.later(kTickMs, event_of(Kind::kTick));
}

// The segment that the player waits for and that the fall-back should be after by now, when a block of it is neither
// stored, nor asked of a neighbour, nor on its way from a CDN that answers and takes requests.
std::optional<uint32_t> Viewer::unsought(TimeMs now) const {
  const std::optional<uint32_t> sn = player_.loading();
  const bool is_cdn_well = cdn_failed_ms_ < 0 || now - cdn_failed_ms_ > kCdnWellMs;
  if (!sn || !is_cdn_well || fetches_.size() >= tunables::kUrgentFetchesMax) return std::nullopt;
  if (*sn * setting_.scenario.segment_ms - player_.position_ms(now) > tunables::kFallbackMarginMs) return std::nullopt;
  const Stored* here = nullptr;
  for (const Stored& one : store_) {
    if (one.sn == *sn && one.rendition == loading_rendition_) here = &one;
  }
  const SegmentKey key = setting_.stream.key(loading_rendition_, *sn);
  const uint32_t blocks = block_count_of(setting_.stream.segment_bytes(loading_rendition_, *sn));
  for (uint32_t block = 0; block < blocks; ++block) {
    if (here && here->hops[block] != kAbsent) continue;
    const bool is_fetched = std::any_of(fetches_.begin(), fetches_.end(), [&](const OpenFetch& one) {
      return one.sn == *sn && one.rendition == loading_rendition_ && one.covers(block);
    });
    if (!is_fetched && !requests_.is_asked(key, block)) return sn;
  }
  return std::nullopt;
}

void Viewer::switch_rendition(Bus& bus) {
  bus.later(-setting_.scenario.switch_mean_ms * std::log1p(-switch_dice_.roll()), event_of(Kind::kSwitch));
  const uint32_t before = rendition_;
  rendition_ = (rendition_ + 1 + switch_dice_.below(setting_.stream.renditions() - 1)) % setting_.stream.renditions();
  listed_ = 0;  // the other rendition's playlist is loaded at once
  for (const Stored& one : store_) {
    if (one.rendition == before && !player_.is_past(one.sn)) uncount(one, bus.now());
  }
  if (has_engine()) {
    turn(bus, [&](Engine& e) {
      e.rendition_active(static_cast<int32_t>(before), false);
      e.rendition_active(static_cast<int32_t>(rendition_), true);
      for (const Stored& one : store_) {
        if (one.rendition == before) e.segment_gone(one.handle);
      }
    });
  }
  poll(bus);
}

}  // namespace bazaar::sim
