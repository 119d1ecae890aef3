#include "peer_table.hpp"

#include <algorithm>

namespace bazaar {

bool Peer::may_talk(TimeMs now) {
  if (tokens_ms > 0) {
    message_tokens += (now - tokens_ms) * tunables::kMessagesPerSecondMax / 1000;
    message_tokens = std::min(message_tokens, tunables::kMessagesBurst);
  }
  tokens_ms = now;
  if (message_tokens < 1) return false;
  message_tokens -= 1;
  return true;
}

void Peer::note_block(uint32_t bytes, TimeMs asked_ms, TimeMs now) {
  const TimeMs waited = now - asked_ms;
  rtt_ms = waited < rtt_ms ? waited : rtt_ms + (waited - rtt_ms) * 0.05;
  timeouts = 0;
  bytes_in += bytes;
}

void Peer::note_wait(TimeMs wait, TimeMs now) {
  block_ms = wait < block_ms ? wait : block_ms + (wait - block_ms) * 0.01;
  through_ms = now + wait;
}

void Peer::note_timeout(TimeMs now) {
  distrusted_until_ms = now + tunables::kDistrustMs * static_cast<double>(1u << std::min(timeouts, 5u));
  ++timeouts;
}

void Peer::remember_late(const Late& request) {
  late[late_next] = request;
  late_next = (late_next + 1) % late.size();
}

bool Peer::forget_late(uint32_t id, TimeMs now) {
  const auto found = std::find_if(late.begin(), late.end(), [&](const Late& request) { return request.id == id; });
  if (id == 0 || found == late.end()) return false;
  const TimeMs since = found->timed_out_since_ms;
  if (since > 0) rtt_ms = std::max(rtt_ms, std::min(now - since, tunables::kRequestTimeoutMaxMs));
  *found = {};
  return true;
}

Handle PeerTable::add(uint32_t remote_id, PeerState state, TimeMs now) {
  const Handle handle = peers_.insert();
  if (Peer* peer = peers_.find(handle)) {
    peer->remote_id = remote_id;
    peer->state = state;
    peer->since_ms = now;
    peer->heard_ms = now;
  }
  return handle;
}

Handle PeerTable::find_remote(uint32_t remote_id) const {
  Handle found = 0;
  peers_.each([&](Handle handle, const Peer& peer) {
    if (peer.remote_id == remote_id && remote_id != 0) found = handle;
  });
  return found;
}

uint32_t PeerTable::trading_count() const {
  uint32_t count = 0;
  peers_.each([&](Handle, const Peer& peer) { count += peer.is_trading() ? 1 : 0; });
  return count;
}

PeerMask PeerTable::trusted(TimeMs now) const {
  PeerMask mask = 0;
  peers_.each([&](Handle handle, const Peer& peer) {
    if (peer.is_trading() && now >= peer.distrusted_until_ms) mask |= mask_of(Slots<Peer>::slot_of(handle));
  });
  return mask;
}

}  // namespace bazaar
