#include "admission/signatures.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace bazaar::tracker::admission {

std::array<uint8_t, kHmacBytes> hmac_sha256(std::span<const uint8_t> key, std::span<const uint8_t> message) {
  std::array<uint8_t, kHmacBytes> out;
  unsigned length = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(),
            &length) ||
      length != out.size())
    throw std::runtime_error("OpenSSL computes no HMAC-SHA256");
  return out;
}

bool is_equal_in_constant_time(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<Ed25519Key> Ed25519Key::from_public(std::span<const uint8_t> bytes) {
  if (bytes.size() != kEd25519KeyBytes) return std::nullopt;
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size());
  if (!key) return std::nullopt;
  return Ed25519Key({key, EVP_PKEY_free});
}

bool Ed25519Key::is_signed(std::span<const uint8_t> message, std::span<const uint8_t> signature) const {
  if (signature.size() != kEd25519SignatureBytes) return false;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace bazaar::tracker::admission
