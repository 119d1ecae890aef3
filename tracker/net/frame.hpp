// RFC 6455's frames: their layout, in both directions, without sockets.
// Owns the rules of one frame; refuses to assemble messages (message_reader.hpp). Invariant: a frame is read only when
// whole, and what breaks the RFC is said at the first byte that shows it.
//
//    0               1               2 …
//   +-+---+-------+-+-------------+- - - - - - - - -+- - - - - -+---------
//   |F|RSV|opcode |M| length (7)  | 16 or 64 bits   | key (32)  | payload
//   +-+---+-------+-+-------------+- - - - - - - - -+- - - - - -+---------
//                    126: 16 bits follow, 127: 64 bits; the shortest form only. M and key: from clients always, from
//                    servers never.
//
// No permessage-deflate: native messages are compact already, each compressed connection would cost tens of kilobytes
// where the whole aim is two, and inflating a stranger's bytes is one more bound to keep. RSV bits are thus errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bazaar::tracker::net {

enum class Opcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

inline constexpr bool is_control(Opcode opcode) { return static_cast<uint8_t>(opcode) >= 8; }

namespace close_code {
inline constexpr uint16_t kNone = 0;  ///< a Close frame without a code
inline constexpr uint16_t kNormal = 1000;
inline constexpr uint16_t kGoingAway = 1001;
inline constexpr uint16_t kProtocolError = 1002;
inline constexpr uint16_t kNotUtf8 = 1007;
inline constexpr uint16_t kTooLong = 1009;
inline constexpr uint16_t kTryAgainLater = 1013;
inline constexpr uint16_t kNativeTooLong = 4001;
inline constexpr uint16_t kNativeSlow = 4008;
}  // namespace close_code

/// May stand in a Close frame: registered by IANA, or in the ranges for libraries (3000) and applications (4000).
bool is_close_code(uint16_t code);

/// Why a connection must end: the code for its Close frame and a sentence, which is static.
struct Violation {
  uint16_t code = close_code::kNone;
  std::string_view reason;
};

struct Frame {
  Opcode opcode = Opcode::kContinuation;
  bool is_final = false;
  std::span<uint8_t> payload;  ///< unmasked, in place, in the bytes that were given
};

struct FrameRead {
  enum class Status : uint8_t { kWhole, kIncomplete, kViolation };
  Status status = Status::kIncomplete;
  size_t bytes = 0;  ///< of the whole frame, when kWhole
  Frame frame;
  Violation violation;
};

/// A client's frame at the front of `bytes`, with at most `payload_bytes_max` of payload (1009 otherwise; control
/// frames have their own bound). The payload is unmasked in place when whole, else nothing is touched.
FrameRead read_frame(std::span<uint8_t> bytes, size_t payload_bytes_max);

/// XOR with the key, eight bytes at a time.
void unmask(std::span<uint8_t> payload, const uint8_t key[4]);

inline constexpr size_t kFrameHeaderBytesMax = 10;  ///< a server's: without key
inline constexpr size_t kControlPayloadBytesMax = 125;
inline constexpr size_t kCloseReasonBytesMax = kControlPayloadBytesMax - 2;

/// One final frame of a server, behind what `out` has.
void append_frame(std::vector<uint8_t>& out, Opcode opcode, std::span<const uint8_t> payload);
/// A Close frame; without payload for kNone. A reason that is too long is cut between characters.
void append_close(std::vector<uint8_t>& out, uint16_t code, std::string_view reason);

}  // namespace bazaar::tracker::net
