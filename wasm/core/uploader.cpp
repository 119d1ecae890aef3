#include "uploader.hpp"

#include <algorithm>

namespace bazaar {

namespace {
// A channel that has not drained for this long does not hold up the others.
constexpr TimeMs kStuckMs = 500;
}  // namespace

void Uploader::reject(Handle peer, uint32_t id, wire::RejectReason reason, uint16_t retry_ms) {
  ++world_.counters.rejects_sent;
  const wire::Reject message{id, reason, retry_ms};
  world_.send(peer, [&](std::span<uint8_t> out) { return wire::encode(message, out); });
}

BlockState Uploader::state_of(Handle handle, uint32_t block) const {
  const Segment* segment = world_.window.get(handle);
  return segment && block < segment->blocks.size() ? segment->blocks.state(block) : BlockState::kMissing;
}

void Uploader::requested(Handle handle, wire::Request& run) {
  for (; run.count > 0; --run.count, ++run.id, ++run.block) requested_one(handle, run);
  serve();
}

void Uploader::requested_one(Handle handle, const wire::Request& request) {
  Peer& peer = *world_.peers.get(handle);
  if (!peer.is_trading()) return reject(handle, request.id, wire::RejectReason::kBusy, tunables::kRetryBusyMs);
  if (peer.uploads.size() >= tunables::kUploadsPerPeerMax) {
    return reject(handle, request.id, wire::RejectReason::kTooMany, tunables::kRetryBusyMs);
  }
  const Handle segment_handle = world_.window.find(request.key);
  const Segment* segment = world_.window.get(segment_handle);
  // Here, or on its way from the CDN, and of a length that is known.
  if (state_of(segment_handle, request.block) < BlockState::kDownloadingCdn || segment->bytes_total == 0) {
    return reject(handle, request.id, wire::RejectReason::kNotHeld, 0);
  }
  const uint32_t bytes = block_bytes_of(segment->bytes_total, request.block);
  if (!world_.is_giving()) {
    return reject(handle, request.id, wire::RejectReason::kNoCredit, tunables::kRetryNoCreditMs);
  }
  // An urgent one goes before the others: only what is due before it delays it.
  const TimeMs due = world_.now + request.slack_ms;
  const TimeMs wait = world_.upload_wait_ms(bytes, request.slack_ms < tunables::kUrgentMs ? due : 1e300);
  const TimeMs wait_max = world_.queue_max_ms(bytes / world_.pace.uplink());
  if (wait > std::min<TimeMs>(wait_max, request.slack_ms)) {
    const TimeMs retry = std::clamp(wait - tunables::kRetryShare * wait_max, 40.0, 2'000.0);
    return reject(handle, request.id, wire::RejectReason::kBusy, static_cast<uint16_t>(retry));
  }
  peer.uploads.push_back({request.id, segment_handle, request.block, bytes, due, world_.now});
}

void Uploader::cancelled(Handle handle, uint32_t id) {
  Peer& peer = *world_.peers.get(handle);
  const auto found =
      std::find_if(peer.uploads.begin(), peer.uploads.end(), [&](const Upload& u) { return u.id == id; });
  if (found == peer.uploads.end()) return;  // answered already, or never asked: both are normal
  peer.uploads.erase(found);
}

void Uploader::peer_gone(Handle handle) { world_.peers.get(handle)->uploads.clear(); }

void Uploader::writable(Handle handle) {
  if (Peer* peer = world_.peers.get(handle)) {
    world_.pace.note_drained(peer->bytes_in_channel, peer->channel_since_ms, world_.now);
    peer->blocks_in_channel = 0;
    peer->bytes_in_channel = 0;
  }
  serve();
}

// Past its deadline the requester asks elsewhere, or the CDN. And what waits longer than it was accepted for (credit
// did not come as expected) is refused now: to let it time out would look like a peer that is too slow to keep.
void Uploader::expire() {
  const TimeMs wait_max = tunables::kQueueLateness * world_.queue_max_ms(kBlockBytes / world_.pace.uplink());
  world_.peers.each([&](Handle handle, Peer& peer) {
    std::erase_if(peer.uploads, [&](const Upload& upload) {
      if (world_.now < upload.deadline_ms && world_.now < upload.since_ms + wait_max) return false;
      reject(handle, upload.id, wire::RejectReason::kBusy, tunables::kRetryBusyMs);
      return true;
    });
  });
}

void Uploader::serve() {
  world_.pace.note_downloaded(world_.credit.downloaded(), world_.now);
  expire();
  // Two keep a fast uplink full. On a slow one, or one not known yet, our own requests would wait behind the second.
  const uint32_t channel_max = world_.gathering->in_channel_max;
  const uint32_t channels_max = channel_max * (world_.pace.is_brisk() ? tunables::kChannelsMax : 1);
  for (;;) {
    Handle best = 0;
    size_t best_index = 0;
    TimeMs best_key = 0;
    uint32_t in_channels = 0;
    world_.peers.each([&](Handle handle, Peer& peer) {
      if (world_.now - peer.channel_since_ms < kStuckMs) in_channels += peer.blocks_in_channel;
      if (peer.blocks_in_channel >= channel_max) return;
      for (size_t i = 0; i < peer.uploads.size(); ++i) {
        // Asked for ahead. One that does not come after all is refused when its turn comes.
        const BlockState state = state_of(peer.uploads[i].segment, peer.uploads[i].block);
        if (state == BlockState::kDownloadingCdn || state == BlockState::kHeld) continue;
        // Urgent requests in order of their deadlines; then whoever has most credit, to pass it on.
        const TimeMs left = peer.uploads[i].deadline_ms - world_.now;
        const TimeMs rank = tunables::kUrgentMs + (1000 - std::min(peer.spare, 1000u)) + left / 1e6;
        const TimeMs key = left < tunables::kUrgentMs ? left : rank;
        if (best != 0 && key >= best_key) continue;
        best = handle;
        best_index = i;
        best_key = key;
      }
    });
    if (best == 0 || in_channels >= channels_max) return;
    Peer& peer = *world_.peers.get(best);
    const Upload upload = peer.uploads[best_index];
    if (upload.bytes > world_.credit.available()) return;  // the next block that we get pays for it
    peer.uploads.erase(peer.uploads.begin() + static_cast<std::ptrdiff_t>(best_index));
    send_block(best, peer, upload);
  }
}

void Uploader::send_block(Handle handle, Peer& peer, const Upload& upload) {
  // A size that the CDN has corrected meanwhile makes another block of it than was asked for.
  const Segment* segment = world_.window.get(upload.segment);
  const bool is_here = state_of(upload.segment, upload.block) == BlockState::kVerified &&
                       block_bytes_of(segment->bytes_total, upload.block) == upload.bytes;
  const size_t length = is_here ? wire::encode_block_header(upload.id, upload.bytes, world_.actions.room()) : 0;
  if (length == 0) {
    return reject(handle, upload.id, wire::RejectReason::kNotHeld, 0);
  }
  if (!world_.credit.spend(upload.bytes)) {
    return reject(handle, upload.id, wire::RejectReason::kNoCredit, tunables::kRetryNoCreditMs);
  }
  const int32_t offset = world_.actions.take(length);
  world_.actions.push(ActionType::kSendBlock, {handle, offset, static_cast<int32_t>(length), upload.segment,
                                               static_cast<int32_t>(upload.block), static_cast<int32_t>(upload.bytes)});
  peer.bytes_in_channel += upload.bytes;
  if (peer.blocks_in_channel++ == 0) peer.channel_since_ms = world_.now;
  peer.told_ms = world_.now;
  peer.bytes_out += upload.bytes;
}

}  // namespace bazaar
