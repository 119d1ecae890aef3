#include "peer_protocol.hpp"

#include <algorithm>

#include "requests.hpp"

namespace bazaar {

void PeerProtocol::say_hello(Handle handle) {
  wire::Hello hello;
  hello.swarm = world_.config.swarm;
  hello.peer_id = world_.own_id;
  world_.send(handle, [&](std::span<uint8_t> out) { return wire::encode(hello, out); });
}

void PeerProtocol::opened(Handle handle) {
  Peer* peer = world_.peers.get(handle);
  if (!peer || peer->is_open()) return;
  peer->state = PeerState::kGreeting;
  peer->since_ms = world_.now;
  peer->heard_ms = world_.now;
  say_hello(handle);
}

void PeerProtocol::reintroduce() {
  world_.peers.each([&](Handle handle, const Peer& peer) {
    if (peer.is_open()) say_hello(handle);
  });
}

void PeerProtocol::received(Handle handle, int32_t token, std::span<const uint8_t> head, size_t total_bytes) {
  Peer* peer = world_.peers.get(handle);
  if (!peer || !peer->is_open()) return;
  peer->heard_ms = world_.now;
  const wire::DecodeStatus decoded = wire::decode(head, total_bytes, message_);
  if (decoded == wire::DecodeStatus::kUnknown && peer->may_talk(world_.now)) return;  // a newer version's message
  bool is_allowed = decoded == wire::DecodeStatus::kOk && peer->may_talk(world_.now);
  // The channel keeps no order: what was said after HELLO may come before it. News is kept (it counts once HELLO is
  // here), a request is put off; an answer to what was never asked is none of these.
  const bool is_early = is_allowed && !peer->is_trading();
  is_allowed =
      is_allowed && !(is_early && (message_.type == wire::Type::kBlock || message_.type == wire::Type::kReject));
  if (is_allowed) {
    if (message_.type != wire::Type::kBlock) world_.counters.control_bytes_received += static_cast<double>(total_bytes);
    switch (message_.type) {
      case wire::Type::kHello:
        is_allowed = hello(handle, *peer, message_.hello);
        break;
      case wire::Type::kStatus:
        is_allowed = status(handle, *peer, message_.status);
        break;
      case wire::Type::kRequest:
        peer->message_tokens -= message_.request.count - 1;  // each may be answered by a message
        uploader_.requested(handle, message_.request);
        break;
      case wire::Type::kBlock:
        is_allowed = block(handle, *peer, token, message_.block);
        break;
      case wire::Type::kReject:
        is_allowed = Requests(world_).rejected(handle, message_.reject);
        break;
      case wire::Type::kCancel:
        uploader_.cancelled(handle, message_.cancel.id);
        break;
      case wire::Type::kBye:
        return close(handle, CloseReason::kLeaving);
    }
  }
  if (is_allowed) return;
  world_.actions.push(ActionType::kNotice,
                      {static_cast<int32_t>(Notice::kViolation), handle, static_cast<int32_t>(decoded)});
  close(handle, CloseReason::kViolation);
}

bool PeerProtocol::hello(Handle handle, Peer& peer, const wire::Hello& hello) {
  if (hello.version != wire::kProtocolVersion || hello.swarm != world_.config.swarm) return false;
  // An id that is ours or another neighbour's is not believed: one connection to an id, and nobody closes in another's
  // name.
  const bool is_free = hello.peer_id != world_.own_id && world_.peers.find_remote(hello.peer_id) == 0;
  if (hello.peer_id != 0 && is_free) peer.remote_id = hello.peer_id;
  if (peer.is_trading()) return true;  // it joined the tracker anew and has another id
  peer.state = PeerState::kTrading;
  peer.since_ms = world_.now;
  world_.actions.push(ActionType::kPeerOpen, {handle, static_cast<int32_t>(peer.remote_id)});
  status_.send_snapshot(handle);
  return true;
}

bool PeerProtocol::status(Handle handle, Peer& peer, const wire::Status& status) {
  const size_t slot = Slots<Peer>::slot_of(handle);
  peer.spare = status.spare;
  if (status.wait > 0) peer.note_wait(status.wait * 10.0, world_.now);
  if (status.snapshot) world_.window.each([&](Handle, Segment& segment) { segment.offers.forget(slot); });
  for (size_t i = 0; i < status.run_count; ++i) {
    if (!run(slot, status.runs[i], !status.snapshot)) return false;
  }
  return true;
}

bool PeerProtocol::run(size_t slot, const wire::StatusRun& run, bool is_news) {
  if (run.dropped) {
    if (Segment* segment = world_.window.get(world_.window.find(run.key))) segment->offers.forget(slot);
    return true;
  }
  const bool is_known = world_.window.find(run.key) != 0;
  const Handle handle = world_.window.hear_of(run.key, world_.now);
  Segment* segment = world_.window.get(handle);
  if (!segment || segment->is_cdn_only) return true;  // no room to remember it: it will be announced again
  if (!is_known) segment->is_news = is_news;
  const uint32_t end = uint32_t{run.first} + run.count;
  if (run.bytes_total != 0) {
    // An honest viewer announces no segment that is too large to trade; believed, the lie would end the trade of ours.
    if (end > block_count_of(run.bytes_total) || block_count_of(run.bytes_total) > kBlocksPerSegmentMax) return false;
    if (segment->bytes_total == 0) custody_.learn_size(handle, run.bytes_total, false);
    if (segment->bytes_total != run.bytes_total) return true;  // one of us is wrong: nothing it says of it counts
  } else if (segment->bytes_total == 0 && end > segment->offers.size()) {
    segment->offers.resize(end);  // nobody knows the size yet
  }
  segment->offers.note_known(slot);
  for (uint32_t i = 0; i < run.count && run.first + i < segment->offers.size(); ++i) {
    segment->offers.set(slot, run.first + i, run.code(i));
  }
  return true;
}

bool PeerProtocol::block(Handle handle, Peer& peer, int32_t token, const wire::Block& block) {
  OpenRequest request;
  if (!world_.ledger.close(block.id, handle, request)) {
    world_.counters.bytes_wasted += block.payload_bytes;
    world_.credit.add_download(block.payload_bytes);
    return peer.forget_late(block.id, world_.now);  // late is normal, unasked is not
  }
  --peer.in_flight;
  Segment* segment = world_.window.get(request.segment);
  if (!segment || request.block >= segment->blocks.size()) {
    world_.counters.bytes_wasted += block.payload_bytes;
    return true;
  }
  if (block.payload_bytes != block_bytes_of(segment->bytes_total, request.block)) {
    if (segment->blocks.state(request.block) == BlockState::kDownloadingPeer) {
      segment->blocks.abandon(request.block);
      world_.status.note_lazily(request.segment, request.block, world_.gathering->lazy_ms, world_.now);
    }
    return false;
  }
  peer.note_block(block.payload_bytes, request.asked_ms, world_.now);
  // Who was asked ahead has not said so yet, and needs no news of it.
  if (request.block < segment->offers.size())
    segment->offers.set(Slots<Peer>::slot_of(handle), request.block, BlockCode::kDownloaded);
  if (!segment->blocks.is_here(request.block)) {
    world_.actions.push(ActionType::kKeepBlock,
                        {token, static_cast<int32_t>(block.payload_offset), static_cast<int32_t>(block.payload_bytes),
                         request.segment, static_cast<int32_t>(request.block), handle, world_.config.verifies ? 1 : 0});
    if (world_.config.verifies) world_.unverified.note(request.segment, request.block, handle);
  }
  custody_.arrived(request.segment, request.block, Source::kPeer);
  return true;
}

void PeerProtocol::close(Handle handle, CloseReason reason) {
  const Peer* peer = world_.peers.get(handle);
  if (!peer) return;
  if (peer->is_open()) {
    const bool is_blamed = reason == CloseReason::kViolation || reason == CloseReason::kBadBlock;
    const wire::Bye bye{is_blamed ? wire::ByeReason::kProtocol : wire::ByeReason::kLeaving};
    world_.send(handle, [&](std::span<uint8_t> out) { return wire::encode(bye, out); });
  }
  if (reason != CloseReason::kLeaving) {
    ++world_.counters.peers_dropped;
    const TimeMs how_long = reason == CloseReason::kBadBlock ? tunables::kBanMs : tunables::kRedialMs;
    world_.avoided.add(peer->remote_id, world_.now,
                       how_long);  // or the tracker's next list would bring it straight back
  }
  world_.actions.push(ActionType::kClosePeer, {handle, static_cast<int32_t>(reason)});
  gone(handle);
}

void PeerProtocol::gone(Handle handle) {
  if (!world_.peers.get(handle)) return;
  uploader_.peer_gone(handle);
  Requests(world_).abandon_peer(handle);
  const size_t slot = Slots<Peer>::slot_of(handle);
  world_.window.each([&](Handle, Segment& segment) { segment.offers.forget(slot); });
  world_.peers.remove(handle);
}

TimeMs PeerProtocol::sweep() {
  TimeMs next = 1e300;
  world_.peers.each([&](Handle handle, const Peer& peer) {
    if (!peer.is_open()) return;
    const TimeMs silent_at = peer.heard_ms + tunables::kSilenceMs;
    if (world_.now >= silent_at) return close(handle, CloseReason::kSilent);
    if (peer.timeouts >= tunables::kTimeoutsMax) return close(handle, CloseReason::kSlow);
    next = std::min(next, silent_at);
  });
  return next;
}

}  // namespace bazaar
