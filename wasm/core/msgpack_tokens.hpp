// A received MessagePack value as a flat list of tokens: the one place where bytes of the world are taken apart.
// Owns the token list; refuses to know any message. Invariant: one walk, no allocation, no recursion, no throw: no ext,
// float, map or nil, no length beyond the input, no nesting beyond 4. Ours rather than msgpack-c's parser, which throws
// on `c9 ff ff ff ff 01` where size_t has 32 bits (docs/decisions/0014-own-walk.md); what we send is packed by
// msgpack-c.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bazaar {

enum class TokenType : uint8_t { kUint, kBool, kBytes, kText, kArray };

struct Token {
  TokenType type = TokenType::kUint;
  uint64_t number = 0;            ///< kUint: the value; kBool: 0 or 1; kBytes, kText: length; kArray: elements
  const uint8_t* data = nullptr;  ///< kBytes, kText: into the input
};

class MsgpackTokens {
 public:
  /// 64 runs of six tokens and a message's own.
  static constexpr size_t kTokensMax = 400;
  static constexpr int kDepthMax = 4;

  enum class Result : uint8_t { kOk, kTruncated, kMalformed, kTrailing, kTooMany };
  /// One value, which must be the whole of `bytes`.
  Result read(std::span<const uint8_t> bytes);

  size_t size() const { return size_; }
  const Token& operator[](size_t i) const { return tokens_[i]; }

  // Reading in order: each returns false, and stays false, when the next token is not what the schema has there.
  void rewind() {
    next_ = 0;
    is_good_ = true;
  }
  bool is_good() const { return is_good_; }
  bool is_at_end() const { return is_good_ && next_ == size_; }
  uint64_t uint(uint64_t max);
  bool boolean();
  size_t array();
  /// A bin of exactly `length` bytes.
  const uint8_t* bytes(size_t length);
  Token any(TokenType type);
  Token next();
  /// Nothing was read: every question from here on finds nothing.
  void forget() { size_ = 0; }

 private:
  std::array<Token, kTokensMax> tokens_;
  size_t size_ = 0;
  size_t next_ = 0;
  bool is_good_ = true;
};

}  // namespace bazaar
