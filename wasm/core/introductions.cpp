#include "introductions.hpp"

#include <algorithm>

namespace bazaar {

using tracker_wire::Message;
using tracker_wire::SignalKind;
using tracker_wire::Type;

void Introductions::send(const Message& message) {
  const size_t length = tracker_wire::encode(message, world_.actions.room());
  if (length == 0) return;
  const int32_t offset = world_.actions.take(length);
  world_.actions.push(ActionType::kSendTracker, {offset, static_cast<int32_t>(length)});
}

void Introductions::tracker_opened() {
  is_open_ = true;
  Message join;
  join.type = Type::kJoin;
  join.version = tracker_wire::kProtocolVersion;
  join.swarm = world_.config.swarm;
  join.want = world_.config.peers_max;
  send(join);
}

void Introductions::tracker_closed() {
  is_open_ = false;
  is_joined_ = false;
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
    case Type::kWelcome:
      is_joined_ = true;
      world_.own_id = message_.peer;
      burst_left_ = tunables::kDialBurst;
      more_pause_ms_ = tunables::kMoreMs;
      next_more_ms_ = world_.now + more_pause_ms_;
      protocol_.reintroduce();
      learn_ids(message_);
      break;
    case Type::kPeers:
      learn_ids(message_);
      break;
    case Type::kRelayed:
      relayed(token, message_);
      break;
    case Type::kGone: {
      std::erase(ids_, message_.peer);
      const Handle handle = world_.peers.find_remote(message_.peer);
      const Peer* peer = world_.peers.get(handle);
      if (peer && !peer->is_open()) protocol_.close(handle, CloseReason::kFailed);
      break;
    }
    case Type::kError:
      world_.actions.push(ActionType::kNotice,
                          {static_cast<int32_t>(Notice::kTrackerRefused), static_cast<int32_t>(message_.code)});
      break;
    default:
      break;  // messages of viewers: not for us
  }
}

void Introductions::learn_ids(const Message& message) {
  world_.swarm_size = std::max<uint32_t>(1, message.swarm_size);
  for (size_t i = 0; i < message.id_count; ++i) {
    const uint32_t id = message.ids[i];
    if (id == world_.own_id || world_.peers.find_remote(id) != 0) continue;
    if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) continue;
    if (ids_.size() >= tunables::kCandidateIdsMax) ids_.erase(ids_.begin());
    ids_.push_back(id);
  }
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
  std::erase(ids_, message.peer);
  const bool is_unwelcome = !world_.config.is_p2p || world_.avoided.is_banned(message.peer, world_.now);
  if (is_unwelcome || world_.peers.size() >= world_.config.peers_max) {
    const size_t length =
        tracker_wire::encode_signal_header(Type::kSignal, message.peer, SignalKind::kBye, 0, world_.actions.room());
    if (length > 0) {
      const int32_t offset = world_.actions.take(length);
      world_.actions.push(ActionType::kSendTracker, {offset, static_cast<int32_t>(length)});
    }
    return;
  }
  if (const Handle handle = world_.peers.add(message.peer, PeerState::kAnswering, world_.now))
    signal(handle, token, message);
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

TimeMs Introductions::step() {
  TimeMs next = 1e300;
  world_.peers.each([&](Handle handle, const Peer& peer) {
    if (peer.is_open()) return;
    const TimeMs over = peer.since_ms + tunables::kDialTimeoutMs;
    if (world_.now >= over) {
      protocol_.close(handle, CloseReason::kFailed);
    } else {
      next = std::min(next, over);
    }
  });
  if (!is_joined_ || !world_.config.is_p2p) return next;

  while (!ids_.empty() && world_.peers.size() < world_.config.peers_max) {
    if (burst_left_ == 0 && world_.now < next_dial_ms_) {
      next = std::min(next, next_dial_ms_);
      break;
    }
    const uint32_t id = ids_.front();
    ids_.erase(ids_.begin());
    if (world_.avoided.contains(id, world_.now) || world_.peers.find_remote(id) != 0) continue;
    if (burst_left_ > 0) --burst_left_;
    next_dial_ms_ = world_.now + tunables::kDialPaceMs;
    dial(id);
  }

  const bool has_room = world_.peers.size() < world_.config.peers_max;
  const bool has_strangers = world_.swarm_size > 1 + world_.peers.size();
  if (is_open_ && ids_.empty() && has_room && has_strangers) {
    if (world_.now >= next_more_ms_) {
      Message more;
      more.type = Type::kMore;
      more.want = world_.config.peers_max - static_cast<uint32_t>(world_.peers.size());
      send(more);
      // Full jitter: viewers that lost the same neighbour do not ask in step.
      next_more_ms_ = world_.now + more_pause_ms_ * (0.5 + world_.dice.roll());
      more_pause_ms_ = std::min(2 * more_pause_ms_, tunables::kMoreMaxMs);
    }
    next = std::min(next, next_more_ms_);
  }
  return next;
}

}  // namespace bazaar
