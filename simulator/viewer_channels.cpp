// A viewer's glue: performs what the engine says, carries its messages and blocks over data channels, keeps the store's
// index. Owns the actions' effects on links and store; refuses the CDN's answers and the player (viewer_loads.cpp).
#include <cstring>

#include "viewer.hpp"

namespace bazaar::sim {

namespace {

/// Where the fingerprint begins in signal()'s descriptions: after a name of 4 letters and a password of 22.
constexpr size_t kFingerprintAt = 1 + 5 + 23 + 2;
constexpr TimeMs kVerifyMs = 0.5;  // WebCrypto, a block
}  // namespace

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
    case ActionType::kSendTracker:
      return bus.post(setting_.tracker, setting_.network.signal_ms(index_), event_of(Kind::kTrackerFrame),
                      {outbox + f[0], static_cast<size_t>(f[1])});
    case ActionType::kRole:
    case ActionType::kPeerOpen:
    case ActionType::kReconnect:  // this tracker never drains
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
  const wire::Type type = type_of(frame);
  const bool is_ending = type == wire::Type::kCancel || type == wire::Type::kReject;
  if (setting_.sabotage == Sabotage::kLostEndings && is_ending) return;
  const auto size = static_cast<double>(frame.size());
  count(&Flows::control, size, bus.now());
  count_message(frame, bus.now());
  if (frame.size() > kMessageBytesMax) complain("a message is longer than 64 KiB", bus.now());
  if (type == wire::Type::kRequest || type == wire::Type::kCancel)
    complain(requests_.sent(frame, peer, bus.now()), bus.now());
  const TimeMs leaves = std::max(uplink_.push_small(bus.now(), size, setting_.scenario.queue_ms), link->busy_until_ms);
  link->busy_until_ms = leaves;
  const TimeMs extra = setting_.network.extra_ms(size, link->one_way_ms, link->jitter_ms,
                                                 Network::sctp_timer_ms(link->one_way_ms), dice_);
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
  TimeMs extra = setting_.network.extra_ms(f[5], link->one_way_ms, link->jitter_ms,
                                           Network::sctp_timer_ms(link->one_way_ms), dice_);
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
  } else if (type_of(bytes) == wire::Type::kReject) {
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
  // A sound description as the tracker wants it, with who and which connection where others have their fingerprint.
  std::string sdp = "m=application 9\na=ice-ufrag:icen\na=ice-pwd:icenicenicenicenicenic\na=setup:" +
                    std::string(kind == 0 ? "actpass" : "active") + "\na=fingerprint:sha-256 00";
  for (int i = 1; i < 32; ++i) sdp += ":00";
  const size_t bytes = engine_->pack_signal(kind, {reinterpret_cast<const uint8_t*>(sdp.data()), sdp.size()});
  std::vector<uint8_t> blob(engine_->outbox(), engine_->outbox() + bytes);
  const uint32_t names[2] = {index_, static_cast<uint32_t>(peer)};
  std::memcpy(blob.data() + kFingerprintAt, names, sizeof names);
  const size_t length = engine_->encode_signal(peer, kind, static_cast<uint32_t>(bytes));
  if (length == 0) return;
  std::vector<uint8_t> frame(engine_->outbox(), engine_->outbox() + length);
  frame.insert(frame.end(), blob.begin(), blob.end());
  bus.post(setting_.tracker, setting_.network.signal_ms(index_), event_of(Kind::kTrackerFrame), frame);
}

void Viewer::signalled(const Action& action, Bus& bus) {
  const auto& f = action.fields;
  if (f[1] > 1) return;
  uint32_t names[2];
  std::memcpy(names, incoming_.data() + f[3] + kFingerprintAt, sizeof names);
  Link& link = links_[Slots<Peer>::slot_of(f[0])];
  if (f[1] == 0) {
    link = {};
    link.handle = f[0];
  }
  if (link.handle != f[0]) return;
  meet(link, names[0]);
  link.remote_offer = static_cast<Handle>(names[1]);
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

}  // namespace bazaar::sim
