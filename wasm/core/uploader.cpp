#include "uploader.hpp"

#include <algorithm>

namespace bazaar {

namespace {
// A channel that has not drained for this long does not hold up the others.
constexpr TimeMs kStuckMs = 500;
// An answer this long after the requester's deadline helps nobody: it has asked elsewhere.
constexpr TimeMs kTooLateMs = 2'000;
}  // namespace

void Uploader::reject(Handle peer, uint32_t id, wire::RejectReason reason, uint16_t retry_ms) {
  ++world_.counters.rejects_sent;
  const wire::Reject message{id, reason, retry_ms};
  world_.send(peer, [&](std::span<uint8_t> out) { return wire::encode(message, out); });
}

void Uploader::requested(Handle handle, const wire::Request& request) {
  Peer& peer = *world_.peers.get(handle);
  if (peer.uploads.size() >= tunables::kUploadsPerPeerMax) {
    return reject(handle, request.id, wire::RejectReason::kTooMany, tunables::kRetryBusyMs);
  }
  const Handle segment_handle = world_.window.find(request.key);
  const Segment* segment = world_.window.get(segment_handle);
  if (!segment || request.block >= segment->blocks.size() || !segment->blocks.is_verified(request.block)) {
    return reject(handle, request.id, wire::RejectReason::kNotHeld, 0);
  }
  const uint32_t bytes = block_bytes_of(segment->bytes_total, request.block);
  if (!world_.config.may_upload || !world_.credit.reserve(bytes)) {
    return reject(handle, request.id, wire::RejectReason::kNoCredit, tunables::kRetryNoCreditMs);
  }
  peer.uploads.push_back({request.id, segment_handle, request.block, bytes, world_.now + request.slack_ms});
  serve();
}

void Uploader::cancelled(Handle handle, uint32_t id) {
  Peer& peer = *world_.peers.get(handle);
  const auto found =
      std::find_if(peer.uploads.begin(), peer.uploads.end(), [&](const Upload& u) { return u.id == id; });
  if (found == peer.uploads.end()) return;  // answered already, or never asked: both are normal
  world_.credit.release(found->bytes);
  peer.uploads.erase(found);
}

void Uploader::peer_gone(Handle handle) {
  Peer& peer = *world_.peers.get(handle);
  for (const Upload& upload : peer.uploads) world_.credit.release(upload.bytes);
  peer.uploads.clear();
}

void Uploader::writable(Handle handle) {
  if (Peer* peer = world_.peers.get(handle)) peer->blocks_in_channel = 0;
  serve();
}

// A peer whose channel never drains must not keep our credit for blocks that it cannot use any more.
void Uploader::expire() {
  world_.peers.each([&](Handle handle, Peer& peer) {
    std::erase_if(peer.uploads, [&](const Upload& upload) {
      if (world_.now < upload.deadline_ms + kTooLateMs) return false;
      world_.credit.release(upload.bytes);
      reject(handle, upload.id, wire::RejectReason::kBusy, tunables::kRetryBusyMs);
      return true;
    });
  });
}

void Uploader::serve() {
  expire();
  for (;;) {
    Handle best = 0;
    size_t best_index = 0;
    TimeMs best_deadline = 0;
    uint32_t in_channels = 0;
    world_.peers.each([&](Handle handle, Peer& peer) {
      if (world_.now - peer.channel_since_ms < kStuckMs) in_channels += peer.blocks_in_channel;
      if (peer.blocks_in_channel >= tunables::kBlocksInChannelMax) return;
      for (size_t i = 0; i < peer.uploads.size(); ++i) {
        if (best != 0 && peer.uploads[i].deadline_ms >= best_deadline) continue;
        best = handle;
        best_index = i;
        best_deadline = peer.uploads[i].deadline_ms;
      }
    });
    if (best == 0 || in_channels >= tunables::kBlocksInChannelsMax) return;
    Peer& peer = *world_.peers.get(best);
    const Upload upload = peer.uploads[best_index];
    peer.uploads.erase(peer.uploads.begin() + static_cast<std::ptrdiff_t>(best_index));
    send_block(best, peer, upload);
  }
}

void Uploader::send_block(Handle handle, Peer& peer, const Upload& upload) {
  const Segment* segment = world_.window.get(upload.segment);
  const bool is_here = segment && upload.block < segment->blocks.size() && segment->blocks.is_verified(upload.block);
  const size_t length = is_here ? wire::encode_block_header(upload.id, upload.bytes, world_.actions.room()) : 0;
  if (length == 0) {
    world_.credit.release(upload.bytes);
    return reject(handle, upload.id, wire::RejectReason::kNotHeld, 0);
  }
  if (!world_.credit.spend(upload.bytes)) {
    return reject(handle, upload.id, wire::RejectReason::kNoCredit, tunables::kRetryNoCreditMs);
  }
  const int32_t offset = world_.actions.take(length);
  world_.actions.push(ActionType::kSendBlock, {handle, offset, static_cast<int32_t>(length), upload.segment,
                                               static_cast<int32_t>(upload.block), static_cast<int32_t>(upload.bytes)});
  if (peer.blocks_in_channel++ == 0) peer.channel_since_ms = world_.now;
  peer.told_ms = world_.now;
  peer.bytes_out += upload.bytes;
}

}  // namespace bazaar
