// The codec between a viewer and its tracker: one MessagePack array per WebSocket binary frame, type first.
// docs/tracker-protocol.md is the specification. Used by both sides: the engine in the browser, tracker/ on the server.
// Owns the layout; what is inside a SIGNAL's blob (SDP or candidate text, UTF-8) is the glue's affair and only its
// position is decoded. Invariant: decode() never reads past its input, never allocates, never throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bazaar::tracker_wire {

inline constexpr uint32_t kProtocolVersion = 1;
inline constexpr size_t kFrameBytesMax = 16 * 1024;
inline constexpr size_t kPeersMax = 64;  ///< ids in one WELCOME or PEERS
inline constexpr size_t kSignalHeaderBytesMax = 16;
inline constexpr size_t kBlobBytesMax = kFrameBytesMax - kSignalHeaderBytesMax;
inline constexpr size_t kErrorTextBytesMax = 256;

/// A viewer's id in its swarm: random, never 0, given by the tracker, gone with the connection.
using PeerId = uint32_t;
using SwarmId = std::array<uint8_t, 16>;

enum class Type : uint8_t {
  // viewer → tracker
  kJoin = 1,
  kSignal = 2,
  kMore = 3,
  kLeave = 4,
  // tracker → viewer
  kWelcome = 17,
  kPeers = 18,
  kRelayed = 19,
  kGone = 20,
  kError = 21,
};

enum class SignalKind : uint8_t { kOffer = 0, kAnswer = 1, kCandidate = 2, kBye = 3 };

enum class ErrorCode : uint16_t {
  kBadFrame = 4000,       ///< not a message of this protocol
  kOversize = 4001,       ///< frame longer than kFrameBytesMax
  kUnknownType = 4002,    ///< well-formed, but no message a viewer may send
  kVersion = 4003,        ///< protocol version not spoken here
  kNotJoined = 4004,      ///< SIGNAL, MORE or LEAVE before JOIN
  kAlreadyJoined = 4005,  ///< a second JOIN on the same connection
  kFull = 4006,           ///< a bound of the tracker is reached; try again later
  kRate = 4007,           ///< too many messages
  kSlow = 4008,           ///< the viewer does not read its frames
  kTimeout = 4009,        ///< no JOIN in time
};

/// Every message in one flat record; which fields count depends on `type`:
///   JOIN [1, version, swarm, want]          SIGNAL [2, peer, kind, blob]      MORE [3, want]        LEAVE [4]
///   WELCOME [17, peer, swarm_size, [ids]]   PEERS [18, swarm_size, [ids]]     RELAYED [19, peer, kind, blob]
///   GONE [20, peer]                         ERROR [21, code, text]
struct Message {
  Type type = Type::kLeave;
  uint32_t version = 0;
  SwarmId swarm{};
  uint32_t want = 0;  ///< peers asked for, 0 … kPeersMax
  PeerId peer = 0;    ///< SIGNAL: to; RELAYED: from; WELCOME: you; GONE: who could not be reached
  SignalKind kind = SignalKind::kOffer;
  uint32_t swarm_size = 0;  ///< viewers in the swarm, the receiver among them
  size_t id_count = 0;
  std::array<PeerId, kPeersMax> ids{};
  uint32_t blob_offset = 0;  ///< SIGNAL, RELAYED: position of the blob in the frame
  uint32_t blob_bytes = 0;
  ErrorCode code = ErrorCode::kBadFrame;
  std::string_view text;  ///< ERROR: points into the frame
};

enum class DecodeStatus : uint8_t { kOk = 0, kBadFrame, kOversize, kUnknownType };

/// Decodes one frame, whole. Views in `out` live as long as `frame`.
[[nodiscard]] DecodeStatus decode(std::span<const uint8_t> frame, Message& out);

/// Encodes every type but SIGNAL and RELAYED. Returns the length in bytes, 0 when it does not fit.
size_t encode(const Message& message, std::span<uint8_t> out);
/// Writes the header of a SIGNAL or RELAYED; the caller appends `blob_bytes` bytes (bin, the last element).
size_t encode_signal_header(Type type, PeerId peer, SignalKind kind, uint32_t blob_bytes, std::span<uint8_t> out);

}  // namespace bazaar::tracker_wire
