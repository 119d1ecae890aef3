#include "introductions.hpp"

#include <algorithm>

namespace bazaar {

using tracker_wire::GoneReason;
using tracker_wire::Message;
using tracker_wire::SignalKind;
using tracker_wire::Type;

void Introductions::send(const Message& message) {
  const size_t length = tracker_wire::encode(message, world_.actions.room());
  if (length == 0) return;
  const int32_t offset = world_.actions.take(length);
  world_.actions.push(ActionType::kSendTracker, {offset, static_cast<int32_t>(length)});
}

void Introductions::tracker_opened(std::span<const uint8_t> token) {
  awaits_hello_ = true;
  token_bytes_ = std::min(token.size(), token_.size());
  std::copy_n(token.data(), token_bytes_, token_.data());
}

void Introductions::tracker_closed() {
  awaits_hello_ = false;
  is_joined_ = false;
  join_ms_ = kNever;
  next_stats_ms_ = kNever;
  ids_.clear();
  // Offers and answers on their way through the tracker are lost; open channels live on.
  world_.peers.each([&](Handle handle, const Peer& peer) {
    if (!peer.is_open() && world_.now - peer.since_ms > tunables::kDialTimeoutMs)
      protocol_.close(handle, CloseReason::kFailed);
  });
}

void Introductions::received(int32_t token, std::span<const uint8_t> frame) {
  if (tracker_wire::decode(frame, message_) != tracker_wire::DecodeStatus::kOk) return;  // a newer tracker
  switch (message_.type) {
    case Type::kHello:
      if (!awaits_hello_) return;
      awaits_hello_ = false;
      // A window spreads a crowd over time. Who resumes is one of many only when a node died, and has spread its
      // connection then; every second without a tracker is one without new neighbours.
      join_ms_ = world_.now;
      if (resume_bytes_ == 0) join_ms_ += world_.dice.roll() * message_.wait_ms;
      break;
    case Type::kWelcome:
      welcomed(message_);
      break;
    case Type::kPeers:
      learn(message_);
      break;
    case Type::kRelayed:
      relayed(token, message_);
      break;
    case Type::kGone:
      gone(message_);
      break;
    case Type::kError:
      // Our place is taken by ourselves: to resume would only throw the other connection out in turn.
      if (message_.code == tracker_wire::ErrorCode::kSuperseded) resume_bytes_ = 0;
      world_.actions.push(ActionType::kNotice,
                          {static_cast<int32_t>(Notice::kTrackerRefused), static_cast<int32_t>(message_.code),
                           static_cast<int32_t>(message_.wait_ms)});
      break;
    case Type::kGoAway:
      world_.actions.push(ActionType::kReconnect, {static_cast<int32_t>(world_.dice.roll() * message_.wait_ms)});
      break;
    default:
      break;  // messages of viewers: not for us
  }
}

uint32_t Introductions::room() const {
  const auto taken = static_cast<uint32_t>(world_.peers.size());
  return world_.config.peers_max > taken ? world_.config.peers_max - taken : 0;
}

tracker_wire::Profile Introductions::profile() const {
  tracker_wire::Profile profile;
  // Video and audio together, in whatever order they were chosen.
  for (const int32_t rendition : world_.renditions) profile.rendition += static_cast<uint32_t>(rendition) + 1;
  profile.region = world_.config.region;
  if (!world_.config.may_upload) {
    profile.upload_kbps = 1;  // known, and nothing to speak of
  } else if (world_.pace.is_measured()) {
    profile.upload_kbps = static_cast<uint32_t>(world_.pace.uplink() * 8);
  }
  profile.free_slots = static_cast<uint8_t>(room());
  TimeMs edge_ms = 0;
  world_.window.each([&](Handle, const Segment& segment) {
    if (segment.is_ours) edge_ms = std::max(edge_ms, segment.start_ms + segment.duration_ms);
  });
  const TimeMs behind_ms = edge_ms - world_.playhead.position_at(world_.now);
  if (world_.playhead.is_known && behind_ms > 0) profile.behind_ms = static_cast<uint32_t>(std::min(behind_ms, 4e9));
  return profile;
}

tracker_wire::Traffic Introductions::traffic() const {
  return {static_cast<uint64_t>(world_.counters.bytes_from_cdn),
          static_cast<uint64_t>(world_.counters.bytes_from_peers), static_cast<uint64_t>(world_.credit.uploaded())};
}

void Introductions::join() {
  join_ms_ = kNever;
  Message join;
  join.type = Type::kJoin;
  join.version = tracker_wire::kProtocolVersion;
  join.stream = world_.config.swarm;
  join.want = room();
  join.token = {token_.data(), token_bytes_};
  join.resume = {resume_.data(), resume_bytes_};
  join.profile = profile();
  send(join);
}

void Introductions::welcomed(const Message& message) {
  const bool is_another = message.peer != world_.own_id;
  is_joined_ = true;
  world_.own_id = message.peer;
  resume_bytes_ = message.resume.size();  // decode() has bounded it
  std::copy_n(message.resume.data(), resume_bytes_, resume_.data());
  stats_every_ms_ = message.stats_s * 1000.0;
  next_stats_ms_ = message.stats_s == 0 ? kNever : world_.now + stats_every_ms_ * (0.5 + world_.dice.roll());
  burst_left_ = tunables::kDialBurst;
  more_pause_ms_ = tunables::kMoreMs;
  next_more_ms_ = world_.now + more_pause_ms_;
  if (is_another) protocol_.reintroduce();
  learn(message);
}

void Introductions::learn(const Message& message) {
  world_.swarm_size = std::max<uint32_t>(1, message.audience);
  for (size_t i = 0; i < message.id_count; ++i) {
    const uint32_t id = message.ids[i];
    if (id == world_.own_id || world_.peers.find_remote(id) != 0) continue;
    if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) continue;
    if (ids_.full()) ids_.remove_front();
    ids_.push_back(id);
  }
}

void Introductions::forget(uint32_t id) {
  ids_.remove_if([&](uint32_t one) { return one == id; });
}

void Introductions::gone(const Message& message) {
  const bool is_busy = message.why == GoneReason::kBusy;
  if (!is_busy) forget(message.peer);
  const Handle handle = world_.peers.find_remote(message.peer);
  const Peer* peer = world_.peers.get(handle);
  if (!peer || peer->is_open()) return;
  const bool is_dialing = peer->state == PeerState::kDialing;
  // Only who is really gone is left alone for a while. Who was busy is dialled again in its turn, whatever of the
  // attempt was lost; of a stranger the tracker may yet make an acquaintance.
  const bool is_gone = message.why == GoneReason::kGone;
  protocol_.close(handle, is_gone ? CloseReason::kFailed : CloseReason::kLeaving);
  if (is_busy && is_dialing) ids_.push_back(message.peer);
}

void Introductions::relayed(int32_t token, const Message& message) {
  const Handle known = world_.peers.find_remote(message.peer);
  if (message.kind == SignalKind::kBye) {
    if (known != 0 && !world_.peers.get(known)->is_open()) protocol_.close(known, CloseReason::kRefused);
    return;
  }
  if (message.kind != SignalKind::kOffer) {
    if (known != 0) signal(known, token, message);
    return;
  }
  if (known != 0) {
    // Both dialled at once: the offer of the greater id stands, so that exactly one connection comes of it.
    const bool is_glare = world_.peers.get(known)->state == PeerState::kDialing;
    if (is_glare && world_.own_id > message.peer) return;
    protocol_.close(known, CloseReason::kLeaving);
  }
  forget(message.peer);
  const bool is_unwelcome = !world_.is_p2p() || world_.avoided.is_banned(message.peer, world_.now);
  if (is_unwelcome || world_.peers.size() >= world_.config.peers_max) {
    return say_bye(message.peer);
  }
  if (const Handle handle = world_.peers.add(message.peer, PeerState::kAnswering, world_.now))
    signal(handle, token, message);
}

void Introductions::say_bye(uint32_t id) {
  const size_t length =
      tracker_wire::encode_signal_header(Type::kSignal, id, SignalKind::kBye, 0, world_.actions.room());
  if (length == 0) return;
  const int32_t offset = world_.actions.take(length);
  world_.actions.push(ActionType::kSendTracker, {offset, static_cast<int32_t>(length)});
}

void Introductions::signal(Handle peer, int32_t token, const Message& message) {
  world_.actions.push(ActionType::kSignal,
                      {peer, static_cast<int32_t>(message.kind), token, static_cast<int32_t>(message.blob_offset),
                       static_cast<int32_t>(message.blob_bytes), static_cast<int32_t>(message.peer)});
}

size_t Introductions::encode_signal(Handle handle, SignalKind kind, uint32_t blob_bytes, std::span<uint8_t> out) const {
  const Peer* peer = const_cast<PeerTable&>(world_.peers).get(handle);
  if (!peer || !is_joined_ || peer->remote_id == 0 || blob_bytes > tracker_wire::kBlobBytesMax) return 0;
  return tracker_wire::encode_signal_header(Type::kSignal, peer->remote_id, kind, blob_bytes, out);
}

void Introductions::dial(uint32_t id) {
  const Handle handle = world_.peers.add(id, PeerState::kDialing, world_.now);
  if (handle == 0) return;
  world_.actions.push(ActionType::kConnect, {handle, static_cast<int32_t>(id)});
}

TimeMs Introductions::sweep_dials() {
  TimeMs next = kNever;
  world_.peers.each([&](Handle handle, const Peer& peer) {
    if (peer.is_open()) return;
    const TimeMs over = peer.since_ms + tunables::kDialTimeoutMs;
    if (world_.now >= over) {
      protocol_.close(handle, CloseReason::kFailed);
    } else {
      next = std::min(next, over);
    }
  });
  return next;
}

TimeMs Introductions::dial_some() {
  while (!ids_.empty() && room() > 0) {
    if (burst_left_ == 0 && world_.now < next_dial_ms_) return next_dial_ms_;
    const uint32_t id = ids_.front();
    ids_.remove_front();
    if (world_.avoided.contains(id, world_.now) || world_.peers.find_remote(id) != 0) continue;
    if (burst_left_ > 0) --burst_left_;
    next_dial_ms_ = world_.now + tunables::kDialPaceMs;
    dial(id);
  }
  return kNever;
}

void Introductions::ask_for_more() {
  Message more;
  more.type = Type::kMore;
  more.want = room();
  // Whom we have, and whom we would not dial.
  const auto leave_out = [&](uint32_t id) {
    if (id != 0 && more.id_count < tracker_wire::kPeersMax) more.ids[more.id_count++] = id;
  };
  world_.peers.each([&](Handle, const Peer& peer) { leave_out(peer.remote_id); });
  world_.avoided.each(world_.now, leave_out);
  send(more);
  // Full jitter: viewers that lost the same neighbour do not ask in step.
  next_more_ms_ = world_.now + more_pause_ms_ * (0.5 + world_.dice.roll());
  more_pause_ms_ = std::min(2 * more_pause_ms_, tunables::kMoreMaxMs);
}

void Introductions::report() {
  const tracker_wire::Traffic now = traffic();
  Message stats;
  stats.type = Type::kStats;
  stats.profile = profile();
  stats.traffic = {now.cdn_bytes - told_.cdn_bytes, now.peer_bytes - told_.peer_bytes,
                   now.uploaded_bytes - told_.uploaded_bytes};
  told_ = now;
  send(stats);
  next_stats_ms_ = world_.now + stats_every_ms_ * (0.5 + world_.dice.roll());
}

TimeMs Introductions::talk() {
  if (!is_joined_) {
    const bool has_picture = world_.playhead.rate > 0 || resume_bytes_ > 0;
    const TimeMs due_ms = has_picture ? join_ms_ : join_ms_ + tunables::kPictureMs;
    if (world_.now < due_ms) return due_ms;
    join();
    return kNever;
  }
  if (world_.now >= next_stats_ms_) report();
  const bool has_strangers = world_.swarm_size > 1 + world_.peers.size();
  if (!world_.is_p2p() || !ids_.empty() || room() == 0 || !has_strangers) return next_stats_ms_;
  if (world_.now >= next_more_ms_) ask_for_more();
  return std::min(next_stats_ms_, next_more_ms_);
}

// Playback outranks offload: a computer that is late for everything leaves its neighbours to each other for a while.
void Introductions::rest() {
  world_.rest_until_ms = world_.now + tunables::kRestMs * (0.5 + world_.dice.roll()) * (1u << rests_);
  rests_ = std::min(rests_ + 1, tunables::kRestsMax);
  world_.peers.each([&](Handle handle, const Peer&) { protocol_.close(handle, CloseReason::kLeaving); });
}

TimeMs Introductions::step() {
  // Alone there is nothing to rest from, and what was late then says nothing of what trading will cost.
  if (world_.peers.size() == 0) {
    world_.lateness.forget_usual();
  } else if (world_.lateness.is_overloaded()) {
    rest();
  }
  const TimeMs over = sweep_dials();
  const TimeMs next_dial = is_joined_ && world_.is_p2p() ? dial_some() : kNever;
  return std::min({over, next_dial, talk()});
}

}  // namespace bazaar
