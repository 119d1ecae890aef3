#include "viewer.hpp"

#include <cstring>

#include "wire.hpp"

namespace bazaar::sim {

namespace {
constexpr TimeMs kTickMs = 250;    // as the glue's observer of the playhead
constexpr TimeMs kAppendMs = 10;   // hls.js hands a segment to the browser
constexpr TimeMs kVerifyMs = 0.5;  // WebCrypto, a block
constexpr TimeMs kStockRetryMs = 1'000;
constexpr TimeMs kPlaylistRetryMs = 1'000;
// A message that the downlink takes in less is there at once: an event less, for what nobody notices.
constexpr TimeMs kAtOnceMs = 0.2;
// A viewer that vanished is not told to the tracker before its pings go unanswered (tracker/server.cpp, kHangUpAfterS).
constexpr TimeMs kTrackerHangUpMs = 50'000;
constexpr TimeMs kSabotageMs = 4'000;
// An uplink that carries no media still carries messages.
constexpr double kUplinkMinBytesPerMs = 32;
// The second byte of a frame.
constexpr uint8_t kTypeRequest = static_cast<uint8_t>(wire::Type::kRequest);
constexpr uint8_t kTypeReject = static_cast<uint8_t>(wire::Type::kReject);
constexpr uint8_t kTypeCancel = static_cast<uint8_t>(wire::Type::kCancel);

Event event_of(Kind kind, int32_t a = 0, int32_t b = 0, int32_t c = 0, int32_t d = 0) {
  Event event;
  event.kind = kind;
  event.a = a;
  event.b = b;
  event.c = c;
  event.d = d;
  return event;
}
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

// --- Life

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

// --- The glue

template <typename Tell>
void Viewer::turn(Bus& bus, Tell tell) {
  if (!has_engine()) return;
  engine_->at(bus.now());
  tell(*engine_);
  drain(bus);
  arm(bus);
}

void Viewer::drain(Bus& bus) {
  for (;;) {
    const size_t count = engine_->step();
    const Action* actions = engine_->actions();
    for (size_t i = 0; i < count; ++i) perform(actions[i], bus);
    if (count < Actions::kDrainMax) return;
  }
}

void Viewer::arm(Bus& bus) {
  const TimeMs next = engine_->next_deadline();
  if (!(next < 1e200) || (timer_ms_ >= bus.now() && timer_ms_ <= next)) return;
  const TimeMs delay = std::max(0.0, next - bus.now());
  timer_ms_ = bus.now() + delay;
  bus.later(delay, event_of(Kind::kTimer));
}

Viewer::Link* Viewer::link_of(Handle handle) {
  if (handle <= 0) return nullptr;
  const size_t slot = Slots<Peer>::slot_of(handle);
  return slot < links_.size() && links_[slot].handle == handle ? &links_[slot] : nullptr;
}

Viewer::Stored* Viewer::stored(Handle segment) {
  for (Stored& one : store_) {
    if (one.handle == segment) return &one;
  }
  return nullptr;
}

void Viewer::perform(const Action& action, Bus& bus) {
  const auto& f = action.fields;
  const uint8_t* outbox = engine_->outbox();
  switch (action.type) {
    case ActionType::kSend:
      return send(f[0], {outbox + f[1], static_cast<size_t>(f[2])}, bus);
    case ActionType::kSendBlock:
      return send_block(action, bus);
    case ActionType::kKeepBlock:
      return keep_block(action, bus);
    case ActionType::kFetch: {
      const Stored* segment = stored(f[1]);
      if (!segment) return complain("fetches a segment that no playlist listed", bus.now());
      return fetch(f[0], f[1], segment->rendition, segment->sn, static_cast<uint32_t>(f[2]),
                   static_cast<uint32_t>(f[3]), bus);
    }
    case ActionType::kAbortFetch:
      if (!open_fetch(f[0])) return;
      close_fetch(f[0]);
      return bus.post(setting_.cdn, setting_.network.cdn_ms(index_), event_of(Kind::kAbort, f[0]));
    case ActionType::kDropSegment:
      return drop_segment(f[0]);
    case ActionType::kDropBlock:
      if (Stored* segment = stored(f[0])) segment->hops[static_cast<size_t>(f[1])] = kAbsent;
      return;
    case ActionType::kSegmentReady:
    case ActionType::kSegmentFailed: {
      if (f[0] != loading_) return;
      loading_ = 0;
      const Stored* segment = stored(f[0]);
      if (!segment || !player_.loading() || *player_.loading() != segment->sn) return;
      const uint32_t sn = segment->sn;
      if (action.type == ActionType::kSegmentReady) {
        const uint32_t blocks = block_count_of(setting_.stream.segment_bytes(segment->rendition, sn));
        for (uint32_t block = 0; block < blocks; ++block) {
          if (segment->hops[block] == kAbsent)
            complain("a block that was never stored is played", bus.now());
          else if (segment->hops[block] & kFalse)
            complain("a false block is played", bus.now());
        }
      }
      return load_over(sn, action.type == ActionType::kSegmentReady, bus);
    }
    case ActionType::kConnect:
      links_[Slots<Peer>::slot_of(f[0])] = {};
      links_[Slots<Peer>::slot_of(f[0])].handle = f[0];
      return signal(f[0], 0, bus);
    case ActionType::kSignal:
      return signalled(action, bus);
    case ActionType::kClosePeer: {
      Link* link = link_of(f[0]);
      if (!link) return;
      requests_.link_ended(f[0]);
      link_ended(*link, bus.now());
      if (link->theirs != 0) {
        const TimeMs wait = std::max(0.0, link->busy_until_ms - bus.now());
        bus.post(link->other, wait + link->one_way_ms, event_of(Kind::kLinkDown, link->theirs));
      }
      *link = {};
      return;
    }
    case ActionType::kSendTracker: {
      const Event frame = event_of(Kind::kTrackerFrame, has_joined_tracker_ ? 0 : 1);
      has_joined_tracker_ = true;
      return bus.post(setting_.tracker, setting_.network.signal_ms(index_), frame,
                      {outbox + f[0], static_cast<size_t>(f[1])});
    }
    case ActionType::kRole:
    case ActionType::kPeerOpen:
      return;
    case ActionType::kNotice:
      if (f[0] == static_cast<int32_t>(Notice::kViolation))
        complain("an honest peer was taken for a violator", bus.now());
      if (f[0] == static_cast<int32_t>(Notice::kWindowFull)) complain("the segment window was full", bus.now());
      return;
  }
}

void Viewer::send(Handle peer, std::span<const uint8_t> frame, Bus& bus) {
  Link* link = link_of(peer);
  if (!link || link->theirs == 0) return;
  const bool is_ending = frame.size() > 1 && (frame[1] == kTypeCancel || frame[1] == kTypeReject);
  if (setting_.sabotage == Sabotage::kLostEndings && is_ending) return;
  const auto size = static_cast<double>(frame.size());
  count(&Flows::control, size, bus.now());
  if (frame.size() > kMessageBytesMax) complain("a message is longer than 64 KiB", bus.now());
  if (frame.size() > 1 && (frame[1] == kTypeRequest || frame[1] == kTypeCancel))
    complain(requests_.sent(frame, peer, bus.now()), bus.now());
  const TimeMs leaves = std::max(uplink_.push_small(bus.now(), size, setting_.scenario.queue_ms), link->busy_until_ms);
  link->busy_until_ms = leaves;
  const TimeMs extra = setting_.network.extra_ms(size, link->one_way_ms, link->jitter_ms, dice_);
  bus.post(link->other, leaves - bus.now() + link->one_way_ms + extra, event_of(Kind::kMessage, link->theirs), frame);
}

void Viewer::send_block(const Action& action, Bus& bus) {
  const auto& f = action.fields;
  Link* link = link_of(f[0]);
  if (!link || link->theirs == 0) return;
  const Stored* segment = stored(f[3]);
  const auto block = static_cast<size_t>(f[4]);
  if (!segment || segment->hops[block] == kAbsent) return complain("served a block that it does not have", bus.now());
  if (segment->hops[block] & kFalse) complain("served a block that is false", bus.now());
  if (is_free_rider_) complain("a viewer that must not upload did", bus.now());
  const std::span<const uint8_t> header{engine_->outbox() + f[1], static_cast<size_t>(f[2])};
  complain(credit_.uploaded(f[5]), bus.now());
  count(&Flows::uploaded, f[5], bus.now());
  count(&Flows::control, static_cast<double>(header.size()), bus.now());
  const TimeMs left = uplink_.push(bus.now(), f[5] + static_cast<double>(header.size()));
  link->busy_until_ms = std::max(left, link->busy_until_ms);
  ++link->blocks_out;
  bus.later(left - bus.now(), event_of(Kind::kWritable, f[0]));
  TimeMs extra = setting_.network.extra_ms(f[5], link->one_way_ms, link->jitter_ms, dice_);
  if (is_slow_) extra += setting_.scenario.slow_ms;
  bus.post(link->other, left - bus.now() + link->one_way_ms + extra,
           event_of(Kind::kBlock, link->theirs, f[5], (segment->hops[block] & kAbsent) + 1, is_liar_ ? 0 : 1), header);
}

void Viewer::message(const Event& event, std::span<const uint8_t> bytes, Bus& bus) {
  Link* link = link_of(event.a);
  if (!link || link->theirs == 0 || !has_engine()) {
    if (event.kind == Kind::kBlockIn) count(&Flows::wasted, event.b, bus.now());
    return;
  }
  size_t total = bytes.size();
  incoming_is_useful_ = false;
  if (event.kind == Kind::kBlockIn) {
    total += static_cast<size_t>(event.b);
    complain(credit_.downloaded(event.b), bus.now());
    wire::Message decoded;
    if (wire::decode(bytes, total, decoded) == wire::DecodeStatus::kOk) {
      requests_.block_came(decoded.block.id, event.a);
    }
    incoming_hops_ = static_cast<uint8_t>(std::min(event.c, 100)) | (event.d == 1 ? 0 : kFalse);
  } else if (bytes.size() > 1 && bytes[1] == kTypeReject) {
    requests_.reject_came(bytes, event.a);
  }
  turn(bus, [&](Engine& e) { e.peer_message(event.a, 0, bytes, total); });
  if (event.kind == Kind::kBlockIn && !incoming_is_useful_) count(&Flows::wasted, event.b, bus.now());
}

void Viewer::keep_block(const Action& action, Bus& bus) {
  const auto& f = action.fields;
  Stored* segment = stored(f[3]);
  if (!segment) segment = store_unlisted(f[3], bus.now());
  if (!segment) return;
  const auto block = static_cast<size_t>(f[4]);
  segment->hops[block] = incoming_hops_;
  if (f[6] == 1) {
    bus.later(kVerifyMs, event_of(Kind::kVerified, f[3], f[4], (incoming_hops_ & kFalse) != 0 ? 0 : 1));
    if (incoming_hops_ & kFalse) return;  // thrown away in a moment: waste
  }
  incoming_is_useful_ = count_block(segment->rendition, segment->sn, static_cast<uint32_t>(block), f[2],
                                    incoming_hops_ & kAbsent, bus.now());
}

// A block of a segment that our playlist does not list yet.
Viewer::Stored* Viewer::store_unlisted(Handle handle, TimeMs now) {
  const Segment* segment = engine_->world().window.get(handle);
  if (!segment) return nullptr;
  const uint32_t published = setting_.stream.published(now);
  for (uint32_t sn = published; sn-- > 0;) {  // also what only those who lag still play
    for (uint32_t rendition = 0; rendition < setting_.stream.renditions(); ++rendition) {
      if (setting_.stream.key(rendition, sn) != segment->key) continue;
      store_.push_back({handle, rendition, sn, std::vector<uint8_t>(setting_.stream.blocks_max(), kAbsent)});
      return &store_.back();
    }
  }
  return nullptr;
}

void Viewer::signal(Handle peer, int32_t kind, Bus& bus) {
  const size_t length = engine_->encode_signal(peer, kind, 8);
  if (length == 0) return;
  std::vector<uint8_t> frame(engine_->outbox(), engine_->outbox() + length);
  const uint32_t blob[2] = {index_, static_cast<uint32_t>(peer)};
  const auto* begin = reinterpret_cast<const uint8_t*>(blob);
  frame.insert(frame.end(), begin, begin + sizeof blob);
  bus.post(setting_.tracker, setting_.network.signal_ms(index_), event_of(Kind::kTrackerFrame), frame);
}

void Viewer::signalled(const Action& action, Bus& bus) {
  const auto& f = action.fields;
  if (f[4] != 8) return;
  uint32_t blob[2];
  std::memcpy(blob, incoming_.data() + f[3], sizeof blob);
  Link& link = links_[Slots<Peer>::slot_of(f[0])];
  if (f[1] == 0) {
    link = {};
    link.handle = f[0];
  }
  if (link.handle != f[0]) return;
  meet(link, blob[0]);
  link.remote_offer = static_cast<Handle>(blob[1]);
  if (f[1] == 0) return signal(f[0], 1, bus);
  if (f[1] != 1 || !setting_.network.can_connect(index_, link.other)) return;
  const TimeMs takes = setting_.scenario.set_up_ms * (0.5 + dice_.roll()) + 4 * link.one_way_ms;
  bus.later(takes, event_of(Kind::kDialled, f[0]));
}

void Viewer::meet(Link& link, uint32_t other) {
  link.other = other;
  link.one_way_ms = setting_.network.one_way_ms(index_, other);
  link.jitter_ms = setting_.network.jitter_ms(index_, other);
}

void Viewer::link_ended(Link& link, TimeMs now) {
  if (link.theirs != 0) met_[link.met].until_ms = now;
}

void Viewer::link_up(Link& link, Handle theirs, Bus& bus) {
  link.theirs = theirs;
  ++tally_.links;
  link.met = met_.size();
  met_.push_back({link.other, bus.now(), -1});
  const Handle handle = link.handle;
  turn(bus, [&](Engine& e) { e.link_opened(handle); });
}

void Viewer::link_down(Handle handle, Bus& bus) {
  Link* link = link_of(handle);
  if (!link) return;
  requests_.link_ended(handle);
  link_ended(*link, bus.now());
  *link = {};
  turn(bus, [&](Engine& e) { e.link_closed(handle); });
}

void Viewer::drop_segment(Handle handle) {
  std::erase_if(store_, [&](const Stored& one) { return one.handle == handle; });
}

// --- The CDN

void Viewer::fetch(int32_t id, Handle segment, uint32_t rendition, uint32_t sn, uint32_t first, uint32_t count,
                   Bus& bus) {
  bool is_urgent = false;
  if (has_engine() && id != kStockFetch) {
    if (const Fetch* one = engine_->world().cdn.find(id))
      is_urgent = one->is_urgent && engine_->world().peers.trusted(bus.now()) != 0;
  }
  fetches_.push_back({id, segment, rendition, sn, is_urgent});
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

// --- The player

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
    complain(neglect_.look(engine_->world()), bus.now());
    for (const Stored& one : store_) {
      if (!engine_->world().window.get(one.handle)) complain("a segment was dropped without a word", bus.now());
    }
  }
  bus.later(kTickMs, event_of(Kind::kTick));
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
