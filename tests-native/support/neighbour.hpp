// What a neighbour and a tracker would put on the wire, in one call each; honest by default, hostile on request.
// Owns nothing. Invariant: every frame comes out of the real codec, so a test never knows the layout.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tracker_wire.hpp"
#include "wire.hpp"

namespace bazaar::testing {

using Bytes = std::vector<uint8_t>;

/// A segment of `blocks` blocks whose last block is 1,000 bytes short.
constexpr uint32_t bytes_of_blocks(uint32_t blocks) { return blocks * kBlockBytes - 1000; }

template <typename T>
Bytes encoded(const T& message) {
  Bytes out(kMessageBytesMax);
  out.resize(wire::encode(message, out));
  return out;
}

inline Bytes hello(uint32_t peer_id = 0, std::array<uint8_t, 16> swarm = {},
                   uint32_t version = wire::kProtocolVersion) {
  wire::Hello message;
  message.version = version;
  message.swarm = swarm;
  message.peer_id = peer_id;
  return encoded(message);
}

constexpr BlockCode code_of(char letter) {
  return letter == 'H'   ? BlockCode::kDownloaded
         : letter == 'c' ? BlockCode::kDownloadingCdn
         : letter == 'p' ? BlockCode::kDownloadingPeer
                         : BlockCode::kNone;
}

/// What a neighbour says of a segment, a letter a block: `H` has it, `c` gets it from the CDN, `p` from a peer, `.`
/// lacks it.
inline Bytes status(uint64_t key, std::string_view picture, uint32_t bytes_total, uint16_t first = 0,
                    bool is_snapshot = false, uint32_t spare = 10) {
  Bytes packed((picture.size() + 3) / 4);
  for (size_t i = 0; i < picture.size(); ++i) {
    packed[i / 4] = static_cast<uint8_t>(packed[i / 4] | (static_cast<uint8_t>(code_of(picture[i])) << (2 * (i % 4))));
  }
  wire::Status message;
  message.snapshot = is_snapshot;
  message.spare = spare;
  message.run_count = 1;
  message.runs[0].key = {key};
  message.runs[0].bytes_total = bytes_total;
  message.runs[0].first = first;
  message.runs[0].count = static_cast<uint16_t>(picture.size());
  message.runs[0].packed = packed.data();
  return encoded(message);
}

inline Bytes heartbeat(bool is_snapshot = false, uint32_t spare = 10) {
  wire::Status message;
  message.snapshot = is_snapshot;
  message.spare = spare;
  return encoded(message);
}

inline Bytes dropped(uint64_t key) {
  wire::Status message;
  message.run_count = 1;
  message.runs[0].key = {key};
  message.runs[0].dropped = true;
  return encoded(message);
}

inline Bytes request(uint32_t id, uint64_t key, uint16_t block, uint16_t slack_ms = 5000) {
  return encoded(wire::Request{id, {key}, block, slack_ms});
}

/// The head of a BLOCK, which is all that the engine sees; the length of the whole is total_of().
inline Bytes block(uint32_t id, uint32_t payload_bytes = kBlockBytes) {
  Bytes out(wire::kBlockHeaderBytesMax);
  out.resize(wire::encode_block_header(id, payload_bytes, out));
  return out;
}

inline Bytes reject(uint32_t id, wire::RejectReason reason, uint16_t retry_ms = 0) {
  return encoded(wire::Reject{id, reason, retry_ms});
}
inline Bytes cancel(uint32_t id) { return encoded(wire::Cancel{id}); }
inline Bytes bye() { return encoded(wire::Bye{}); }

// --- The tracker ---

inline Bytes frame(const tracker_wire::Message& message) {
  Bytes out(tracker_wire::kFrameBytesMax);
  out.resize(tracker_wire::encode(message, out));
  return out;
}

inline Bytes ids_frame(tracker_wire::Type type, const std::vector<uint32_t>& ids, uint32_t swarm_size,
                       uint32_t own_id = 0) {
  tracker_wire::Message message;
  message.type = type;
  message.peer = own_id;
  message.audience = swarm_size;
  for (const uint32_t id : ids) message.ids[message.id_count++] = id;
  return frame(message);
}
inline Bytes welcome(uint32_t own_id, const std::vector<uint32_t>& ids, uint32_t swarm_size) {
  return ids_frame(tracker_wire::Type::kWelcome, ids, swarm_size, own_id);
}
inline Bytes peers(const std::vector<uint32_t>& ids, uint32_t swarm_size) {
  return ids_frame(tracker_wire::Type::kPeers, ids, swarm_size);
}
inline Bytes gone(uint32_t id, tracker_wire::GoneReason why = tracker_wire::GoneReason::kGone) {
  tracker_wire::Message message;
  message.type = tracker_wire::Type::kGone;
  message.peer = id;
  message.why = why;
  return frame(message);
}
/// HELLO and GOAWAY.
inline Bytes wait_frame(tracker_wire::Type type, uint32_t wait_ms) {
  tracker_wire::Message message;
  message.type = type;
  message.wait_ms = wait_ms;
  return frame(message);
}
inline Bytes relayed(uint32_t from, tracker_wire::SignalKind kind, std::string_view blob = "v=0") {
  Bytes out(tracker_wire::kSignalHeaderBytesMax);
  out.resize(tracker_wire::encode_signal_header(tracker_wire::Type::kRelayed, from, kind,
                                                static_cast<uint32_t>(blob.size()), out));
  out.insert(out.end(), blob.begin(), blob.end());
  return out;
}

}  // namespace bazaar::testing
