// The peer protocol's codec: one MessagePack array a message, first element the type. docs/wire-protocol.md is the
// specification; every message there has a hex example that wire_test.cpp decodes and encodes.
// Owns the layout; refuses to own meaning: a well-formed message may still be nonsense, which the engine judges.
// Invariant: decode() never reads past its input, never allocates, never throws, and fills `out` only when it returns
// kOk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ids.hpp"

namespace bazaar::wire {

inline constexpr uint32_t kProtocolVersion = 1;
/// Runs in one STATUS. A larger snapshot is sent as several messages.
inline constexpr size_t kStatusRunsMax = 64;
/// Blocks in one REQUEST: as many as are kept of one peer.
inline constexpr uint32_t kRequestRunMax = 32;
/// A BLOCK's header: array(3), type, id (≤ 5 bytes), bin16 head (3 bytes); the glue may hand over only this much.
inline constexpr size_t kBlockHeaderBytesMax = 16;

enum class Type : uint8_t { kHello = 0, kStatus = 1, kRequest = 2, kBlock = 3, kReject = 4, kCancel = 5, kBye = 6 };

enum class RejectReason : uint8_t {
  kNotHeld = 0,   ///< the block is not (or no longer) held
  kNoCredit = 1,  ///< upload would exceed download; retry after `retry_ms`
  kBusy = 2,      ///< cannot make the requester's deadline; retry after `retry_ms`
  kTooMany = 3,   ///< more requests in flight than this peer accepts
};

enum class ByeReason : uint8_t { kLeaving = 0, kVersion = 1, kSwarm = 2, kProtocol = 3, kReplaced = 4 };

/// [0, version, swarm, peer_id, capabilities]
struct Hello {
  uint32_t version = kProtocolVersion;
  std::array<uint8_t, 16> swarm{};
  uint32_t peer_id = 0;       ///< the id that the tracker gave the sender; 0 when unknown
  uint32_t capabilities = 0;  ///< bit set, all bits reserved in version 1
};

/// A run of blocks of one segment: [key, bytes_total, first, count, packed], or [key] alone: the sender dropped it.
struct StatusRun {
  SegmentKey key;
  bool dropped = false;             ///< true for the one-element form
  uint32_t bytes_total = 0;         ///< size of the whole segment in bytes; 0 when the sender does not know it yet
  uint16_t first = 0;               ///< index of the first block of the run
  uint16_t count = 0;               ///< blocks in the run; `packed` holds ceil(count / 4) bytes
  const uint8_t* packed = nullptr;  ///< 2 bits a block, lowest bits first; points into the decoded message

  BlockCode code(uint32_t i) const {  // i counts from 0 within the run
    return static_cast<BlockCode>((packed[i / 4] >> (2 * (i % 4))) & 3);
  }
};

/// [1, snapshot, spare, [run, …]]; with no runs it is a heartbeat.
struct Status {
  bool snapshot = false;  ///< true: replaces all that was known of the sender
  uint32_t spare = 0;     ///< blocks that the sender's credit covers; 0 when it does not upload
  uint8_t wait = 0;       ///< until one more block would be on its way, in 10 ms; 255 means that or more
  size_t run_count = 0;
  std::array<StatusRun, kStatusRunsMax> runs;
};

/// [2, id, key, block, slack_ms] or, for a run of blocks with as many ids, [2, id, key, block, slack_ms, count].
struct Request {
  uint32_t id = 0;  ///< of the first block; the next block has the next id
  SegmentKey key;
  uint16_t block = 0;
  uint16_t slack_ms = 0;  ///< until the requester would rather ask the CDN; 65,535 means that or more
  uint16_t count = 1;     ///< 1 … kRequestRunMax
};

/// [3, id, payload]; the payload is the last element and may be absent from the bytes given to decode().
struct Block {
  uint32_t id = 0;
  uint32_t payload_offset = 0;  ///< from the start of the message
  uint32_t payload_bytes = 0;   ///< 1 … kBlockBytes
};

/// [4, id, reason, retry_ms]
struct Reject {
  uint32_t id = 0;
  RejectReason reason = RejectReason::kNotHeld;
  uint16_t retry_ms = 0;
};

/// [5, id]
struct Cancel {
  uint32_t id = 0;
};

/// [6, reason]
struct Bye {
  ByeReason reason = ByeReason::kLeaving;
};

struct Message {
  Type type = Type::kBye;
  Hello hello;
  Status status;
  Request request;
  Block block;
  Reject reject;
  Cancel cancel;
  Bye bye;
};

enum class DecodeStatus : uint8_t {
  kOk = 0,
  kTruncated,  ///< the message ends inside an element
  kMalformed,  ///< not MessagePack, or an ext/float/map/str/nil where the schema has none, or deeper than 4
  kSchema,     ///< MessagePack, but not a message of this protocol (arity, type, range)
  kUnknown,    ///< a well-formed array whose first element is no known type: ignored, for newer versions
  kOversize,   ///< longer than kMessageBytesMax, or more runs or blocks than the bounds
  kTrailing,   ///< bytes after the array
};

/// Decodes one message. `head` is the whole message, or for a BLOCK at least its first kBlockHeaderBytesMax bytes;
/// `total_bytes` is the length of the whole message on the channel. Pointers in `out` live as long as `head`.
[[nodiscard]] DecodeStatus decode(std::span<const uint8_t> head, size_t total_bytes, Message& out);

/// Encoders write one message into `out` and return its length in bytes, or 0 when it does not fit.
size_t encode(const Hello& message, std::span<uint8_t> out);
size_t encode(const Status& message, std::span<uint8_t> out);
size_t encode(const Request& message, std::span<uint8_t> out);
/// Writes the header only; the caller appends `payload_bytes` bytes.
size_t encode_block_header(uint32_t id, uint32_t payload_bytes, std::span<uint8_t> out);
size_t encode(const Reject& message, std::span<uint8_t> out);
size_t encode(const Cancel& message, std::span<uint8_t> out);
size_t encode(const Bye& message, std::span<uint8_t> out);

}  // namespace bazaar::wire
