#include "msgpack_tokens.hpp"

namespace bazaar {

namespace {

/// Big-endian number of `width` bytes; the caller knows that they are there.
uint64_t big_endian(const uint8_t* bytes, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | bytes[i];
  return value;
}

/// A value's first bytes.
struct Head {
  size_t bytes = 1;  ///< of the head itself, the number or length field included
  TokenType type = TokenType::kUint;
  uint64_t number = 0;  ///< as in Token: of what follows, kBytes and kText have so many bytes, kArray values
  bool is_known = true;
};

// Formats of the MessagePack specification that this project speaks; all others are refused here.
Head head_of(const uint8_t* at, size_t left) {
  const uint8_t tag = *at;
  const auto sized = [&](TokenType type, size_t width) -> Head {
    return {1 + width, type, left < 1 + width ? 0 : big_endian(at + 1, width), true};
  };
  if (tag <= 0x7f) return {1, TokenType::kUint, tag, true};
  if (tag >= 0x90 && tag <= 0x9f) return {1, TokenType::kArray, tag & 0x0fu, true};
  if (tag >= 0xa0 && tag <= 0xbf) return {1, TokenType::kText, tag & 0x1fu, true};
  switch (tag) {
    case 0xc2:
    case 0xc3:
      return {1, TokenType::kBool, tag & 1u, true};
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return sized(TokenType::kBytes, size_t{1} << (tag - 0xc4));
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return sized(TokenType::kUint, size_t{1} << (tag - 0xcc));
    case 0xd9:
    case 0xda:
      return sized(TokenType::kText, size_t{1} << (tag - 0xd9));
    case 0xdc:
    case 0xdd:
      return sized(TokenType::kArray, size_t{2} << (tag - 0xdc));
    default:
      return {1, TokenType::kUint, 0, false};
  }
}

}  // namespace

MsgpackTokens::Result MsgpackTokens::read(std::span<const uint8_t> bytes) {
  size_ = 0;
  rewind();
  std::array<uint64_t, kDepthMax + 1> left{};  // values still to come at each depth
  left[0] = 1;
  size_t depth = 0;
  size_t at = 0;
  bool is_full = false;
  for (;;) {
    while (left[depth] == 0) {
      if (depth-- > 0) continue;
      if (at < bytes.size()) return Result::kTrailing;
      return is_full ? Result::kTooMany : Result::kOk;
    }
    --left[depth];
    if (at >= bytes.size()) return Result::kTruncated;
    const Head head = head_of(bytes.data() + at, bytes.size() - at);
    if (!head.is_known) return Result::kMalformed;
    if (head.bytes > bytes.size() - at) return Result::kTruncated;
    at += head.bytes;
    const bool has_body = head.type == TokenType::kBytes || head.type == TokenType::kText;
    // Bytes that are not there, or values: one takes at least a byte.
    if (head.type >= TokenType::kBytes && head.number > bytes.size() - at) return Result::kTruncated;
    is_full = is_full || size_ == kTokensMax;
    if (!is_full) tokens_[size_++] = {head.type, head.number, has_body ? bytes.data() + at : nullptr};
    if (has_body) at += static_cast<size_t>(head.number);
    if (head.type != TokenType::kArray || head.number == 0) continue;
    if (++depth > kDepthMax) return Result::kMalformed;
    left[depth] = head.number;
  }
}

Token MsgpackTokens::next() {
  is_good_ = is_good_ && next_ < size_;
  return is_good_ ? tokens_[next_++] : Token{};
}

Token MsgpackTokens::any(TokenType type) {
  const Token token = next();
  is_good_ = is_good_ && token.type == type;
  return is_good_ ? token : Token{};
}

uint64_t MsgpackTokens::uint(uint64_t max) {
  const Token token = any(TokenType::kUint);
  is_good_ = is_good_ && token.number <= max;
  return is_good_ ? token.number : 0;
}

bool MsgpackTokens::boolean() { return any(TokenType::kBool).number != 0; }

size_t MsgpackTokens::array() { return static_cast<size_t>(any(TokenType::kArray).number); }

const uint8_t* MsgpackTokens::bytes(size_t length) {
  const Token token = any(TokenType::kBytes);
  is_good_ = is_good_ && token.number == length;
  return is_good_ ? token.data : nullptr;
}

}  // namespace bazaar
