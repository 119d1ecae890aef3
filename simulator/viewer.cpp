#include "viewer.hpp"

namespace bazaar::sim {

namespace {
constexpr TimeMs kStockRetryMs = 1'000;
constexpr TimeMs kPlaylistRetryMs = 1'000;
// A message that the downlink takes in less is there at once: an event less, for what nobody notices.
constexpr TimeMs kAtOnceMs = 0.2;
// A viewer that vanished is not told to the tracker before its pings go unanswered (tracker/net/loop_options.hpp).
constexpr TimeMs kTrackerHangUpMs = 50'000;
// An uplink that carries no media still carries messages.
constexpr double kUplinkMinBytesPerMs = 32;
}  // namespace

Viewer::Viewer(const Setting& setting, uint32_t index, SharedTally& shared)
    : setting_(setting),
      index_(index),
      shared_(shared),
      dice_(mix(setting.seed, index, 42)),
      switch_dice_(mix(setting.seed, index, 43)),
      player_(setting.scenario.segment_ms, setting.scenario.sync_ms),
      uplink_bytes_per_ms_(setting.network.uplink(index, setting.stream.bytes_per_ms_max())),
      uplink_(uplink_bytes_per_ms_ > 0 ? uplink_bytes_per_ms_ : kUplinkMinBytesPerMs),
      downlink_(setting.network.downlink()) {
  const Scenario& scenario = setting.scenario;
  rendition_ = static_cast<uint32_t>(mix(setting.seed, index, 7) % setting.stream.renditions());
  const double roll = roll_of(setting.seed, index, 8);
  is_free_rider_ = roll < scenario.free_riders || uplink_bytes_per_ms_ == 0;
  is_liar_ = !is_free_rider_ && roll_of(setting.seed, index, 9) < scenario.liars;
  is_slow_ = !is_free_rider_ && roll_of(setting.seed, index, 10) < scenario.slow_peers;
}

void Viewer::count(double Flows::*what, double bytes, TimeMs now) {
  tally_.total.*what += bytes;
  if (now >= setting_.scenario.warm_up_ms) tally_.measured.*what += bytes;
}

// What costs a browser CPU is how many there are, not how long they are.
void Viewer::count_message(std::span<const uint8_t> frame, TimeMs now) {
  count(&Flows::messages, 1, now);
  const wire::Type type = type_of(frame);
  if (type == wire::Type::kStatus) count(&Flows::statuses, 1, now);
  if (type == wire::Type::kRequest) count(&Flows::requests, 1, now);
  if (type == wire::Type::kReject) count(&Flows::rejects, 1, now);
}

// A true block is here: useful the first time, as long as somebody may play it.
bool Viewer::count_block(uint32_t rendition, uint32_t sn, uint32_t block, double bytes, uint8_t hops, TimeMs now) {
  const size_t index = setting_.stream.block_index(rendition, sn, block);
  const bool is_loading = player_.loading() && *player_.loading() == sn;
  const bool is_played = is_loading ? rendition == loading_rendition_ : rendition == rendition_ && !player_.is_past(sn);
  if (!is_played || !got_.insert(index)) return false;
  count(hops == 0 ? &Flows::from_cdn : &Flows::from_peers, bytes, now);
  shared_.useful_by_second[static_cast<size_t>(now / 1000)] += bytes;
  ++shared_.holders[index];
  if (now >= setting_.scenario.warm_up_ms) {
    got_measured_.insert(index);
    ++shared_.hops[std::min<size_t>(hops, SharedTally::kHopsMax - 1)];
  }
  return true;
}

// A segment that was got ahead will not be played: the viewer has changed to another rendition.
void Viewer::uncount(const Stored& segment, TimeMs now) {
  const uint32_t bytes_total = setting_.stream.segment_bytes(segment.rendition, segment.sn);
  for (uint32_t block = 0; block < block_count_of(bytes_total); ++block) {
    const size_t index = setting_.stream.block_index(segment.rendition, segment.sn, block);
    if (!got_.erase(index)) continue;
    const double bytes = block_bytes_of(bytes_total, block);
    count(segment.hops[block] == 0 ? &Flows::from_cdn : &Flows::from_peers, -bytes, now);
    count(&Flows::wasted, bytes, now);
    shared_.useful_by_second[static_cast<size_t>(now / 1000)] -= bytes;
    --shared_.holders[index];
    got_measured_.erase(index);
  }
}

void Viewer::handle(const Event& event, std::span<const uint8_t> bytes, Bus& bus) {
  if (event.kind == Kind::kJoin) return join(bus);
  if (!is_here()) {
    // Bytes on their way to somebody who has gone have been sent all the same.
    if (event.kind == Kind::kBlock || event.kind == Kind::kBlockIn) count(&Flows::wasted, event.b, bus.now());
    if (event.kind == Kind::kChunk || event.kind == Kind::kChunkIn) count(&Flows::wasted, event.c, bus.now());
    return;
  }
  switch (event.kind) {
    case Kind::kLeave:
      return leave(event.a == 1, bus);
    case Kind::kTimer:
      if (event.at != timer_ms_) return;
      timer_ms_ = -1;
      return turn(bus, [](Engine&) {});
    case Kind::kTick:
      return tick(bus);
    case Kind::kPoll:
      return poll(bus);
    case Kind::kPlaylist:
      if (event.a < 0) return bus.later(kPlaylistRetryMs, event_of(Kind::kPoll));
      return playlist(static_cast<uint32_t>(event.a), bus);
    case Kind::kAppended:
      player_.advance(bus.now());  // a stall that this ends has begun before
      player_.appended(static_cast<uint32_t>(event.a), bus.now());
      player_.advance(bus.now());
      return load_next(bus);
    case Kind::kRetry:
      return load_over(static_cast<uint32_t>(event.a), false, bus);
    case Kind::kSwitch:
      return switch_rendition(bus);
    case Kind::kDialled: {
      Link* link = link_of(event.a);
      if (!link || link->theirs != 0) return;
      bus.post(link->other, link->one_way_ms, event_of(Kind::kLinkUp, link->remote_offer, link->handle));
      return link_up(*link, link->remote_offer, bus);
    }
    case Kind::kLinkUp: {
      Link* link = link_of(event.a);
      if (link && link->theirs == 0) return link_up(*link, event.b, bus);
      bus.post(event.from, setting_.network.one_way_ms(index_, event.from), event_of(Kind::kLinkDown, event.b));
      return;
    }
    case Kind::kLinkDown:
      return link_down(event.a, bus);
    case Kind::kWritable:
      if (Link* link = link_of(event.a); link && --link->blocks_out == 0) {
        turn(bus, [&](Engine& e) { e.peer_writable(event.a); });
      }
      return;
    case Kind::kVerified:
      return turn(bus, [&](Engine& e) { e.block_verified(event.a, static_cast<uint32_t>(event.b), event.c == 1); });
    case Kind::kMessage: {
      const TimeMs through =
          downlink_.push_small(bus.now(), static_cast<double>(bytes.size()), setting_.scenario.queue_ms);
      if (through - bus.now() < kAtOnceMs) return message(event, bytes, bus);
      Event in = event;
      in.kind = Kind::kMessageIn;
      return bus.later(through - bus.now(), in, bytes);
    }
    case Kind::kMessageIn:
      return message(event, bytes, bus);
    case Kind::kBlock: {
      // The last byte is here when both the sender's uplink and our downlink have passed it.
      Event in = event;
      in.kind = Kind::kBlockIn;
      return bus.later(downlink_.push(bus.now(), event.b) - bus.now(), in, bytes);
    }
    case Kind::kBlockIn:
      return message(event, bytes, bus);
    case Kind::kChunk: {
      Event in = event;
      in.kind = Kind::kChunkIn;
      return bus.later(downlink_.push(bus.now(), event.c) - bus.now(), in);
    }
    case Kind::kChunkIn:
      return chunk(event, bus);
    case Kind::kFrame:
      if (has_engine()) turn(bus, [&](Engine& e) { incoming_ = bytes, e.tracker_message(0, bytes); });
      return;
    case Kind::kHeaders:
      if (event.a != kStockFetch && open_fetch(event.a)) {
        turn(bus, [&](Engine& e) { e.cdn_headers(event.a, static_cast<uint32_t>(event.b), event.c == 1); });
      }
      return;
    case Kind::kFailed: {
      const OpenFetch* found = open_fetch(event.a);
      if (!found) return;
      const uint32_t sn = found->sn;
      cdn_failed_ms_ = bus.now();
      close_fetch(event.a);
      if (event.a == kStockFetch) return bus.later(kStockRetryMs, event_of(Kind::kRetry, static_cast<int32_t>(sn)));
      return turn(bus, [&](Engine& e) { e.cdn_failed(event.a, event.b, 0); });
    }
    default:
      return;
  }
}

void Viewer::join(Bus& bus) {
  tally_.joined_ms = bus.now();
  if (setting_.mode != Mode::kCdnOnly) {
    engine_ = std::make_unique<Engine>(static_cast<uint32_t>(mix(setting_.seed, index_, 11)));
    engine_->configure(Option::kPeersMax, setting_.scenario.peers_max);
    if (is_free_rider_) engine_->configure(Option::kUpload, 0);
    if (setting_.scenario.liars > 0 && setting_.sabotage != Sabotage::kNoVerification) {
      engine_->configure(Option::kVerify, 1);
    }
    if (setting_.mode == Mode::kCoin) engine_->set_baseline(Baseline::kCoin);
    turn(bus, [&](Engine& e) {
      if (setting_.sabotage == Sabotage::kFreeCredit) e.bytes_outside(1e12);
      e.rendition_active(static_cast<int32_t>(rendition_), true);
      e.tracker_opened();
    });
    bus.post(setting_.tracker, setting_.network.signal_ms(index_), event_of(Kind::kTrackerOpened));
  }
  if (setting_.scenario.switch_mean_ms > 0) {
    bus.later(-setting_.scenario.switch_mean_ms * std::log1p(-switch_dice_.roll()), event_of(Kind::kSwitch));
  }
  poll(bus);
  bus.later(kTickMs * dice_.roll(), event_of(Kind::kTick));
}

void Viewer::leave(bool is_silent, Bus& bus) {
  finish(bus.now());
  tally_.left_ms = bus.now();
  for (const OpenFetch& one : fetches_) {
    bus.post(setting_.cdn, setting_.network.cdn_ms(index_), event_of(Kind::kAbort, one.id));
  }
  if (!has_engine()) return;
  if (!is_silent) {
    for (Link& link : links_) {
      if (link.handle != 0 && link.theirs != 0)
        bus.post(link.other, link.one_way_ms, event_of(Kind::kLinkDown, link.theirs));
    }
  }
  bus.post(setting_.tracker, setting_.network.signal_ms(index_) + (is_silent ? kTrackerHangUpMs : 0),
           event_of(Kind::kTrackerGone));
  engine_.reset();
  store_.clear();
  store_.shrink_to_fit();
}

void Viewer::finish(TimeMs now) {
  if (!is_here()) return;
  player_.advance(now);
  for (Link& link : links_) link_ended(link, now);
  play_record_ = player_.record();
  play_record_.first_picture_ms = player_.first_picture_ms().value_or(PlayRecord::kNever);
  play_record_.end_ms = now;
  tally_.stalls = player_.stalls();
  tally_.stalled_ms = player_.stalled_ms();
  if (player_.first_picture_ms()) tally_.start_up_ms = *player_.first_picture_ms() - tally_.joined_ms;
  tally_.total.viewer_ms = now - tally_.joined_ms;
  tally_.measured.viewer_ms = std::max(0.0, now - std::max(tally_.joined_ms, setting_.scenario.warm_up_ms));
  if (!has_engine()) return;
  const Counters& counters = engine_->world().counters;
  tally_.timeouts = counters.timeouts;
  tally_.rejects = counters.rejects_received;
  complain(requests_.look(now), now);
}

}  // namespace bazaar::sim
