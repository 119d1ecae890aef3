#include "requests.hpp"

#include <algorithm>

namespace bazaar {

void Requests::ask(Asked& asked, Handle handle, Handle segment_handle, uint32_t block) {
  Peer& peer = *world_.peers.get(handle);
  Segment& segment = *world_.window.get(segment_handle);
  // Who accepts a request expects to answer within its queue's bound, or says so at once.
  const TimeMs patience =
      std::min(world_.queue_max_ms(peer.block_ms) + 4 * peer.expected_ms(world_.now), tunables::kRequestTimeoutMaxMs);
  const uint32_t id = world_.ledger.open(handle, segment_handle, block, world_.now, world_.now + patience);
  const uint32_t count = asked.run.count;
  static_assert(tunables::kRequestsPerPeerMax <= wire::kRequestRunMax);
  // Its id follows, too: nothing else was asked since. (After 2^32 requests one does not, and times out.)
  // In larger swarms few follow, and a message that is lost on the way would take them all along.
  if (world_.gathering == &tunables::kFar || handle != asked.peer || block != asked.run.block + count) {
    tell(asked);
    asked.peer = handle;
    asked.run.id = id;
    asked.run.block = static_cast<uint16_t>(block);
  }
  ++asked.run.count;
  segment.blocks.mark_requested(block);
  ++peer.in_flight;
  ++world_.counters.requests_sent;
  world_.status.note_lazily(segment_handle, block, world_.gathering->lazy_ms, world_.now);
  world_.actions.push(ActionType::kRole, {segment_handle, static_cast<int32_t>(block), 2, 0, handle});
}

void Requests::tell(Asked& asked) {
  if (asked.run.count > 0)
    world_.send(asked.peer, [&](std::span<uint8_t> out) { return wire::encode(asked.run, out); });
  asked.run.count = 0;
}

// The request is out of the ledger already. Puts the block back and settles with the peer.
void Requests::forget(const OpenRequest& request, bool is_answer_possible) {
  if (Peer* peer = world_.peers.get(request.peer)) {
    --peer->in_flight;
    const bool is_over = world_.now >= request.timeout_ms;
    if (is_answer_possible) peer->remember_late({request.id, is_over ? request.asked_ms : 0});
  }
  Segment* segment = world_.window.get(request.segment);
  if (!segment || request.block >= segment->blocks.size()) return;
  if (segment->blocks.state(request.block) != BlockState::kDownloadingPeer) return;
  segment->blocks.abandon(request.block);
  world_.status.note_lazily(request.segment, request.block, world_.gathering->lazy_ms, world_.now);
}

void Requests::tell_cancel(const OpenRequest& request) {
  const wire::Cancel cancel{request.id};
  world_.send(request.peer, [&](std::span<uint8_t> out) { return wire::encode(cancel, out); });
}

void Requests::cancel(Handle segment, uint32_t first, uint32_t end) {
  world_.ledger.sweep(
      [&](const OpenRequest& request) {
        return request.segment == segment && request.block >= first && request.block < end;
      },
      [&](const OpenRequest& request) {
        tell_cancel(request);
        forget(request, true);
      });
}

void Requests::abandon_peer(Handle peer) {
  world_.ledger.sweep([&](const OpenRequest& request) { return request.peer == peer; },
                      [&](const OpenRequest& request) { forget(request, false); });
}

void Requests::time_out(bool (*is_hopeless)(const World&, const OpenRequest&)) {
  world_.ledger.sweep(
      [&](const OpenRequest& request) {
        return world_.now >= request.timeout_ms || (is_hopeless && is_hopeless(world_, request));
      },
      [&](const OpenRequest& request) {
        if (Peer* peer = world_.peers.get(request.peer); peer && world_.now >= request.timeout_ms) {
          peer->note_timeout(world_.now);
          ++world_.counters.timeouts;
        }
        tell_cancel(request);
        forget(request, true);
      });
}

bool Requests::rejected(Handle handle, const wire::Reject& reject) {
  OpenRequest request;
  Peer* peer = world_.peers.get(handle);
  if (!world_.ledger.close(reject.id, handle, request)) return peer && peer->forget_late(reject.id, world_.now);
  ++world_.counters.rejects_received;
  forget(request, false);
  Segment* segment = world_.window.get(request.segment);
  if (reject.reason == wire::RejectReason::kNotHeld) {
    // Its STATUS said otherwise a moment ago; believe the answer.
    if (segment && request.block < segment->offers.size()) {
      segment->offers.set(Slots<Peer>::slot_of(handle), request.block, BlockCode::kNone);
    }
  } else {
    peer->refused_until_ms = world_.now + std::max<TimeMs>(reject.retry_ms, 20);
    peer->spare = 0;
  }
  return true;
}

TimeMs Requests::next_timeout_ms() const {
  TimeMs next = 1e300;
  for (const OpenRequest& request : world_.ledger.requests()) next = std::min(next, request.timeout_ms);
  return next;
}

}  // namespace bazaar
