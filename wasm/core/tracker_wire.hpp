// The codec between a viewer and its tracker: one MessagePack array per WebSocket binary frame, type first.
// docs/tracker-protocol.md is the specification. Used by both sides: the engine in the browser, tracker/ on the server.
// Owns the layout; what is inside a SIGNAL's blob is ice_description.hpp's affair, only its position is decoded.
// Invariant: decode() never reads past its input, never allocates, never throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bazaar::tracker_wire {

inline constexpr uint32_t kProtocolVersion = 2;
inline constexpr std::string_view kSubprotocol = "hls-bazaar.v2";
inline constexpr size_t kFrameBytesMax = 16 * 1024;
inline constexpr size_t kPeersMax = 64;  ///< ids in one WELCOME, PEERS or MORE
inline constexpr size_t kSignalHeaderBytesMax = 16;
inline constexpr size_t kBlobBytesMax = 4096;
inline constexpr size_t kTokenBytesMax = 1024;
inline constexpr size_t kResumeBytesMax = 64;
inline constexpr size_t kErrorTextBytesMax = 256;
/// No HELLO, GOAWAY or ERROR may tell anybody to wait longer.
inline constexpr uint32_t kWaitMsMax = 600'000;
/// What any message but SIGNAL and RELAYED takes at most: a JOIN with the longest token and resume token, rounded up.
inline constexpr size_t kEncodedBytesMax = 1280;

/// A viewer's id among those of its stream: random, never 0, given by the tracker, kept across a resumed connection.
using PeerId = uint32_t;
using StreamKey = std::array<uint8_t, 16>;

enum class Type : uint8_t {
  // viewer → tracker
  kJoin = 1,
  kSignal = 2,
  kMore = 3,
  kLeave = 4,
  kStats = 5,
  // tracker → viewer
  kHello = 16,
  kWelcome = 17,
  kPeers = 18,
  kRelayed = 19,
  kGone = 20,
  kError = 21,
  kGoAway = 22,
};

/// Whether a viewer, not a tracker, sends it.
constexpr bool is_of_viewer(Type type) { return type < Type::kHello; }

enum class SignalKind : uint8_t { kOffer = 0, kAnswer = 1, kCandidates = 2, kBye = 3 };

/// Why a SIGNAL did not arrive.
enum class GoneReason : uint8_t {
  kGone = 0,      ///< no such viewer any more
  kBusy = 1,      ///< their reader is slow, or a limit is reached: try again
  kStranger = 2,  ///< the tracker never introduced you
};

enum class ErrorCode : uint16_t {
  kBadFrame = 4000,       ///< not a message of this protocol
  kOversize = 4001,       ///< frame longer than kFrameBytesMax
  kUnknownType = 4002,    ///< well-formed, but no message a viewer may send
  kVersion = 4003,        ///< protocol version not spoken here
  kNotJoined = 4004,      ///< SIGNAL, MORE, STATS or LEAVE before JOIN
  kAlreadyJoined = 4005,  ///< a second JOIN on the same connection
  kFull = 4006,           ///< a bound of the tracker is reached; try again later
  kRate = 4007,           ///< too many messages
  kSlow = 4008,           ///< the viewer does not read its frames
  kTimeout = 4009,        ///< no JOIN in time
  kToken = 4010,          ///< the join token is missing, damaged, expired or for another stream
  kAddress = 4011,        ///< this origin or address is not allowed, or has as many connections as it may
  kSuperseded = 4012,     ///< the same viewer resumed on another connection
};

/// What a viewer says of itself, so that the tracker can choose its company. Hints: nobody relies on their truth.
struct Profile {
  uint32_t rendition = 0;    ///< opaque, equal for the same rendition; 0 unknown
  uint32_t region = 0;       ///< opaque, equal for the same region or ISP; 0 unknown
  uint32_t upload_kbps = 0;  ///< 0 unknown
  uint8_t free_slots = 0;    ///< connections that it could still take
  uint32_t behind_ms = 0;    ///< how far its playhead is behind the live edge
};

/// Media bytes since the last STATS.
struct Traffic {
  uint64_t cdn_bytes = 0;
  uint64_t peer_bytes = 0;
  uint64_t uploaded_bytes = 0;
};

/// Every message in one flat record; which fields count depends on `type`:
///   JOIN [1, version, stream, want, token, resume, profile]   profile [rendition, region, upload_kbps, free_slots,
///   SIGNAL [2, peer, kind, blob]                                       behind_ms]
///   MORE [3, want, [ids]]      LEAVE [4]
///   STATS [5, profile, traffic]                               traffic [cdn_bytes, peer_bytes, uploaded_bytes]
///   HELLO [16, wait_ms]        WELCOME [17, peer, audience, [ids], resume, is_resumed, stats_s]
///   PEERS [18, audience, [ids]]        RELAYED [19, peer, kind, blob]       GONE [20, peer, why]
///   ERROR [21, code, text, wait_ms]    GOAWAY [22, wait_ms]
struct Message {
  Type type = Type::kLeave;
  uint32_t version = 0;
  StreamKey stream{};
  uint32_t want = 0;  ///< peers asked for, 0 … kPeersMax
  PeerId peer = 0;    ///< SIGNAL: to; RELAYED: from; WELCOME: you; GONE: who could not be reached. Never 0
  SignalKind kind = SignalKind::kOffer;
  uint32_t audience = 0;  ///< viewers of the stream, everywhere, the receiver among them
  size_t id_count = 0;
  std::array<PeerId, kPeersMax> ids{};  ///< WELCOME, PEERS: whom to dial; MORE: whom to leave out
  uint32_t blob_offset = 0;             ///< SIGNAL, RELAYED: position of the blob in the frame
  uint32_t blob_bytes = 0;
  std::span<const uint8_t> token;   ///< JOIN: what admits to the stream; points into the frame
  std::span<const uint8_t> resume;  ///< JOIN: as given before, or empty; WELCOME: to keep; points into the frame
  bool is_resumed = false;          ///< WELCOME: place and id are those of before
  uint16_t stats_s = 0;             ///< WELCOME: a STATS this often; 0: none
  Profile profile;
  Traffic traffic;
  GoneReason why = GoneReason::kGone;
  uint32_t wait_ms = 0;  ///< HELLO: JOIN after random(0 … this); GOAWAY: reconnect so; ERROR: come back no earlier
  ErrorCode code = ErrorCode::kBadFrame;
  std::string_view text;  ///< ERROR: points into the frame
};

enum class DecodeStatus : uint8_t { kOk = 0, kBadFrame, kOversize, kUnknownType };

/// Decodes one frame, whole. Views in `out` live as long as `frame`.
[[nodiscard]] DecodeStatus decode(std::span<const uint8_t> frame, Message& out);

/// Encodes every type but SIGNAL and RELAYED, at most kEncodedBytesMax. Returns the length in bytes, 0 when it does not
/// fit.
size_t encode(const Message& message, std::span<uint8_t> out);
/// Writes the header of a SIGNAL or RELAYED; the caller appends `blob_bytes` bytes (bin, the last element).
size_t encode_signal_header(Type type, PeerId peer, SignalKind kind, uint32_t blob_bytes, std::span<uint8_t> out);

}  // namespace bazaar::tracker_wire
