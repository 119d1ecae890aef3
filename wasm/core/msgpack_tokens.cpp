#include "msgpack_tokens.hpp"

#include <msgpack.hpp>

namespace bazaar {

namespace {

/// Big-endian number of `width` bytes; the caller knows that they are there.
uint32_t big_endian(const uint8_t* bytes, size_t width) {
  uint32_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | bytes[i];
  return value;
}

struct Head {
  size_t bytes = 1;     ///< of the head itself, the length field included
  size_t payload = 0;   ///< bytes that follow
  size_t children = 0;  ///< values that follow
  bool is_known = true;
};

// Formats of the MessagePack specification that this project speaks; all others are refused here.
Head head_of(const uint8_t* at, size_t left) {
  const uint8_t tag = *at;
  const auto sized = [&](size_t width) -> Head {
    if (left < 1 + width) return {1 + width, 0, 0, true};
    return {1 + width, big_endian(at + 1, width), 0, true};
  };
  if (tag <= 0x7f) return {};
  if (tag >= 0x90 && tag <= 0x9f) return {1, 0, tag & 0x0fu, true};
  if (tag >= 0xa0 && tag <= 0xbf) return {1, tag & 0x1fu, 0, true};
  switch (tag) {
    case 0xc2:
    case 0xc3:
      return {};
    case 0xc4:
    case 0xd9:
      return sized(1);
    case 0xc5:
      return sized(2);
    case 0xc6:
      return sized(4);
    case 0xcc:
      return {1, 1, 0, true};
    case 0xcd:
      return {1, 2, 0, true};
    case 0xce:
      return {1, 4, 0, true};
    case 0xcf:
      return {1, 8, 0, true};
    case 0xdc:
    case 0xdd: {
      Head head = sized(tag == 0xdc ? 2 : 4);
      head.children = head.payload;
      head.payload = 0;
      return head;
    }
    default:
      return {1, 0, 0, false};
  }
}

}  // namespace

DoorCheck MsgpackTokens::check(std::span<const uint8_t> bytes) {
  std::array<size_t, kDepthMax + 1> left{};  // values still to come at each depth
  left[0] = 1;
  int depth = 0;
  size_t at = 0;
  while (depth >= 0) {
    if (left[static_cast<size_t>(depth)] == 0) {
      --depth;
      continue;
    }
    --left[static_cast<size_t>(depth)];
    if (at >= bytes.size()) return DoorCheck::kTruncated;
    const Head head = head_of(bytes.data() + at, bytes.size() - at);
    if (!head.is_known) return DoorCheck::kMalformed;
    if (head.bytes > bytes.size() - at || head.payload > bytes.size() - at - head.bytes) return DoorCheck::kTruncated;
    at += head.bytes + head.payload;
    if (head.children == 0) continue;
    if (head.children > bytes.size() - at) return DoorCheck::kTruncated;  // a value takes at least a byte
    if (++depth > kDepthMax) return DoorCheck::kMalformed;
    left[static_cast<size_t>(depth)] = head.children;
  }
  return at == bytes.size() ? DoorCheck::kOk : DoorCheck::kTrailing;
}

struct MsgpackTokens::Visitor : msgpack::null_visitor {
  explicit Visitor(MsgpackTokens& tokens) : out(tokens) {}
  MsgpackTokens& out;
  bool is_full = false;

  bool add(TokenType type, uint64_t number, const void* data = nullptr) {
    is_full = out.size_ == kTokensMax;
    if (is_full) return false;
    out.tokens_[out.size_++] = {type, number, static_cast<const uint8_t*>(data)};
    return true;
  }
  bool visit_positive_integer(uint64_t value) { return add(TokenType::kUint, value); }
  bool visit_boolean(bool value) { return add(TokenType::kBool, value ? 1 : 0); }
  bool visit_bin(const char* data, uint32_t length) { return add(TokenType::kBytes, length, data); }
  bool visit_str(const char* data, uint32_t length) { return add(TokenType::kText, length, data); }
  bool start_array(uint32_t count) { return add(TokenType::kArray, count); }
  // check() has been here before: neither can happen.
  void parse_error(size_t, size_t) {}
  void insufficient_bytes(size_t, size_t) {}
};

MsgpackTokens::Result MsgpackTokens::read(std::span<const uint8_t> bytes) {
  size_ = 0;
  rewind();
  switch (check(bytes)) {
    case DoorCheck::kOk:
      break;
    case DoorCheck::kTruncated:
      return Result::kTruncated;
    case DoorCheck::kMalformed:
      return Result::kMalformed;
    case DoorCheck::kTrailing:
      return Result::kTrailing;
  }
  Visitor visitor(*this);
  size_t offset = 0;
  const bool is_parsed = msgpack::parse(reinterpret_cast<const char*>(bytes.data()), bytes.size(), offset, visitor);
  if (is_parsed) return Result::kOk;
  return visitor.is_full ? Result::kTooMany : Result::kMalformed;
}

Token MsgpackTokens::any(TokenType type) {
  is_good_ = is_good_ && next_ < size_ && tokens_[next_].type == type;
  return is_good_ ? tokens_[next_++] : Token{};
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
