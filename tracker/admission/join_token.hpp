// A back end's word that a viewer may join a stream: `kid.payload.signature`, checked without asking anybody.
//
//   kid        which key: 1 … 32 of A–Z a–z 0–9 - _
//   payload    base64url of JSON: {"stream": hex of the stream's id, "exp": unix seconds, and if wanted
//              "nbf": unix seconds, "net": "192.0.2.0/24"}; further members are for others
//   signature  base64url of HMAC-SHA256 or Ed25519 over the ASCII of `kid.payload`
//
// Owns the key ring; refuses to make tokens. Invariant: nothing of a payload is parsed before its signature holds, and
// which algorithm it is the key says, never the token.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "admission/signatures.hpp"
#include "client_address.hpp"

namespace bazaar::tracker::admission {

inline constexpr size_t kJoinTokenBytesMax = 1'024;
/// Back ends' clocks differ from ours.
inline constexpr int64_t kTokenClockSkewS = 5;

enum class TokenVerdict : uint8_t {
  kIn,
  kMissing,
  kMalformed,
  kUnknownKey,
  kBadSignature,
  kBadClaims,
  kExpired,
  kNotYet,
  kWrongStream,
  kWrongAddress,
};
/// For the viewer's ERROR and the log: says what is wrong, never what would be right.
const char* sentence_of(TokenVerdict verdict);

class KeyRing {
 public:
  /// Entries `kid:hmac-sha256:KEY` and `kid:ed25519:PUBLIC KEY`, keys in base64url (a secret of 16 bytes at least).
  /// Several at a time: that is how keys rotate. Throws std::invalid_argument with a sentence that names the entry by
  /// its kid and shows no key.
  explicit KeyRing(const std::vector<std::string>& entries);

  /// Without keys nobody needs a token.
  bool is_empty() const { return keys_.empty(); }

  struct Joiner {
    std::span<const uint8_t> stream;  ///< 16 bytes native, 20 bytes WebTorrent
    const ClientAddress& client;
    int64_t unix_s;
  };
  TokenVerdict check(std::string_view token, const Joiner& joiner) const;

 private:
  using Secret = std::vector<uint8_t>;
  std::map<std::string, std::variant<Secret, Ed25519Key>, std::less<>> keys_;
};

}  // namespace bazaar::tracker::admission
