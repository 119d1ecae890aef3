#include "checkers.hpp"

namespace bazaar::sim {

std::optional<std::string> RequestChecker::sent(std::span<const uint8_t> frame, Handle peer, TimeMs now) {
  wire::Message message;
  if (wire::decode(frame, frame.size(), message) != wire::DecodeStatus::kOk) {
    return "sent a frame that nobody can decode";
  }
  if (message.type == wire::Type::kCancel) {
    if (!end(message.cancel.id, peer)) return "cancelled a request that had ended";
    return std::nullopt;
  }
  if (message.type != wire::Type::kRequest) return std::nullopt;
  const wire::Request& asked = message.request;
  for (const Open& one : open_) {
    if (one.id - asked.id < asked.count) return "used the id of an open request again";
  }
  for (uint32_t i = 0; i < asked.count; ++i) open_.push_back({asked.id + i, peer, now, asked.key, asked.block + i});
  return std::nullopt;
}

void RequestChecker::reject_came(std::span<const uint8_t> frame, Handle peer) {
  wire::Message message;
  if (wire::decode(frame, frame.size(), message) == wire::DecodeStatus::kOk) end(message.reject.id, peer);
}

std::optional<std::string> RequestChecker::look(TimeMs now) const {
  for (const Open& one : open_) {
    if (now - one.since_ms > kOldMs) return "request " + std::to_string(one.id) + " never ended";
  }
  return std::nullopt;
}

std::optional<std::string> exceeded_bound(const World& world) {
  const auto is_over = [](const char* what, double value, double max) -> std::optional<std::string> {
    if (value <= max) return std::nullopt;
    return std::string(what) + ": " + std::to_string(value) + " of at most " + std::to_string(max);
  };
  std::optional<std::string> said;
  const auto check = [&](const char* what, double value, double max) {
    if (!said) said = is_over(what, value, max);
  };
  check("requests in flight", static_cast<double>(world.ledger.size()), tunables::kRequestsMax);
  check("fetches at once", static_cast<double>(world.cdn.in_progress()), tunables::kUrgentFetchesMax);
  check("connections", static_cast<double>(world.peers.size()), world.config.peers_max);
  check("segments", static_cast<double>(world.window.size()), tunables::kSegmentSlots);
  // One segment more than the bound may be there until the next step drops the oldest.
  check("bytes stored", world.store_bytes, world.config.store_bytes_max + 1024.0 * kBlockBytes);
  world.peers.each([&](Handle, const Peer& peer) {
    check("requests with one peer", peer.in_flight, tunables::kRequestsPerPeerMax);
    check("uploads accepted from one peer", static_cast<double>(peer.uploads.size()), tunables::kUploadsPerPeerMax);
    check("blocks in one channel", peer.blocks_in_channel, tunables::kAmple.in_channel_max);
  });
  return said;
}

std::optional<std::string> NeglectChecker::look(std::optional<uint32_t> sn, TimeMs now) {
  if (!sn || sn != sn_) {
    sn_ = sn;
    since_ms_ = now;
    return std::nullopt;
  }
  if (now - since_ms_ <= kPatienceMs) return std::nullopt;
  since_ms_ = now;
  return "a block of segment " + std::to_string(*sn) + " is needed and sought nowhere";
}

}  // namespace bazaar::sim
