// The two proofs that tokens carry, by OpenSSL: HMAC-SHA256 and Ed25519.
// Owns a public key; refuses to know what is signed. Invariant: comparisons take the same time wherever they differ.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

struct evp_pkey_st;

namespace bazaar::tracker::admission {

inline constexpr size_t kHmacBytes = 32;
inline constexpr size_t kEd25519KeyBytes = 32;
inline constexpr size_t kEd25519SignatureBytes = 64;

std::array<uint8_t, kHmacBytes> hmac_sha256(std::span<const uint8_t> key, std::span<const uint8_t> message);
/// False for unlike lengths; those are no secret.
bool is_equal_in_constant_time(std::span<const uint8_t> a, std::span<const uint8_t> b);

/// Shared by workers: verifying changes nothing in it.
class Ed25519Key {
 public:
  /// The 32 bytes of RFC 8032; nothing for another length.
  static std::optional<Ed25519Key> from_public(std::span<const uint8_t> bytes);
  bool is_signed(std::span<const uint8_t> message, std::span<const uint8_t> signature) const;

 private:
  explicit Ed25519Key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace bazaar::tracker::admission
