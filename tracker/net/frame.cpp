#include "net/frame.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace bazaar::tracker::net {

namespace {

constexpr uint8_t kFinalBit = 0x80;
constexpr uint8_t kReservedBits = 0x70;
constexpr uint8_t kOpcodeBits = 0x0f;
constexpr uint8_t kMaskBit = 0x80;
constexpr uint8_t kLength16 = 126;
constexpr uint8_t kLength64 = 127;
constexpr size_t kKeyBytes = 4;

FrameRead broken(std::string_view reason, uint16_t code = close_code::kProtocolError) {
  FrameRead read;
  read.status = FrameRead::Status::kViolation;
  read.violation = {code, reason};
  return read;
}

bool is_known(uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

uint64_t big_endian(std::span<const uint8_t> bytes) {
  uint64_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

bool is_close_code(uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

void unmask(std::span<uint8_t> payload, const uint8_t key[4]) {
  std::array<uint8_t, 8> twice{};
  std::memcpy(twice.data(), key, kKeyBytes);
  std::memcpy(twice.data() + kKeyBytes, key, kKeyBytes);
  uint64_t wide_key = 0;
  std::memcpy(&wide_key, twice.data(), sizeof wide_key);
  uint8_t* at = payload.data();
  uint8_t* const end = at + payload.size();
  for (; end - at >= 8; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    word ^= wide_key;
    std::memcpy(at, &word, sizeof word);
  }
  for (size_t i = 0; at != end; ++at, ++i) *at = static_cast<uint8_t>(*at ^ twice[i]);
}

FrameRead read_frame(std::span<uint8_t> bytes, size_t payload_bytes_max) {
  if (bytes.empty()) return {};
  const uint8_t first = bytes[0];
  const bool is_final = (first & kFinalBit) != 0;
  if ((first & kReservedBits) != 0) return broken("a reserved bit is set, and no extension was agreed on");
  if (!is_known(first & kOpcodeBits)) return broken("an opcode that RFC 6455 does not define");
  const auto opcode = static_cast<Opcode>(first & kOpcodeBits);
  if (is_control(opcode) && !is_final) return broken("a control frame in fragments");
  if (bytes.size() < 2) return {};
  const uint8_t short_length = bytes[1] & static_cast<uint8_t>(~kMaskBit);
  if ((bytes[1] & kMaskBit) == 0) return broken("a client's frame without mask");
  if (is_control(opcode) && short_length > kControlPayloadBytesMax) return broken("a control frame over 125 bytes");

  const size_t extended = short_length == kLength16 ? 2 : short_length == kLength64 ? 8 : 0;
  const size_t header = 2 + extended + kKeyBytes;
  if (bytes.size() < 2 + extended) return {};
  uint64_t length = short_length;
  if (extended != 0) {
    length = big_endian(bytes.subspan(2, extended));
    const uint64_t shortest_of_form = extended == 2 ? kLength16 : uint64_t{1} << 16;
    if (length < shortest_of_form) return broken("a length that is not written in its shortest form");
    if (length >> 63 != 0) return broken("a length with its highest bit set");
  }
  if (length > payload_bytes_max && !is_control(opcode)) {
    return broken("a message longer than this server takes", close_code::kTooLong);
  }
  if (bytes.size() < header || bytes.size() - header < length) return {};

  FrameRead read;
  read.status = FrameRead::Status::kWhole;
  read.bytes = header + static_cast<size_t>(length);
  read.frame = {opcode, is_final, bytes.subspan(header, static_cast<size_t>(length))};
  unmask(read.frame.payload, bytes.data() + header - kKeyBytes);
  return read;
}

void append_frame(std::vector<uint8_t>& out, Opcode opcode, std::span<const uint8_t> payload) {
  std::array<uint8_t, kFrameHeaderBytesMax> header{};
  header[0] = static_cast<uint8_t>(kFinalBit | static_cast<uint8_t>(opcode));
  size_t extended = 0;
  if (payload.size() < kLength16) {
    header[1] = static_cast<uint8_t>(payload.size());
  } else {
    extended = payload.size() < size_t{1} << 16 ? 2 : 8;
    header[1] = extended == 2 ? kLength16 : kLength64;
    for (size_t i = 0; i < extended; ++i) {
      header[2 + i] = static_cast<uint8_t>(uint64_t{payload.size()} >> (8 * (extended - 1 - i)));
    }
  }
  out.insert(out.end(), header.begin(), header.begin() + static_cast<ptrdiff_t>(2 + extended));
  out.insert(out.end(), payload.begin(), payload.end());
}

void append_close(std::vector<uint8_t>& out, uint16_t code, std::string_view reason) {
  if (code == close_code::kNone) return append_frame(out, Opcode::kClose, {});
  size_t length = reason.size();
  if (length > kCloseReasonBytesMax) {
    length = kCloseReasonBytesMax;
    // Never in the middle of a character: its further bytes are 10xxxxxx.
    while (length > 0 && (static_cast<uint8_t>(reason[length]) & 0xc0) == 0x80) --length;
  }
  std::array<uint8_t, kControlPayloadBytesMax> payload{};
  payload[0] = static_cast<uint8_t>(code >> 8);
  payload[1] = static_cast<uint8_t>(code & 0xff);
  std::copy(reason.begin(), reason.begin() + length, payload.begin() + 2);
  append_frame(out, Opcode::kClose, std::span(payload).first(2 + length));
}

}  // namespace bazaar::tracker::net
