#include "admission/join_token.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "admission/address_prefix.hpp"
#include "admission/base64url.hpp"

namespace bazaar::tracker::admission {

namespace {

constexpr size_t kKidBytesMax = 32;
constexpr size_t kSecretBytesMin = 16;

bool is_kid(std::string_view text) {
  return !text.empty() && text.size() <= kKidBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
}

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

bool is_hex_of(const std::string& hex, std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  if (hex.size() != bytes.size() * 2) return false;
  for (size_t i = 0; i < hex.size(); ++i) {
    const char digit = kDigits[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
    if (std::tolower(static_cast<unsigned char>(hex[i])) != digit) return false;
  }
  return true;
}

struct Claims {
  std::string stream;
  int64_t exp = 0;
  int64_t nbf = 0;
  std::optional<AddressPrefix> net;
};

std::optional<Claims> claims_of(const std::vector<uint8_t>& payload) {
  const nlohmann::json json = nlohmann::json::parse(payload, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto stream = json.find("stream");
  const auto exp = json.find("exp");
  if (stream == json.end() || !stream->is_string() || exp == json.end() || !exp->is_number_integer())
    return std::nullopt;
  Claims claims{stream->get<std::string>(), exp->get<int64_t>(), 0, {}};
  if (const auto nbf = json.find("nbf"); nbf != json.end()) {
    if (!nbf->is_number_integer()) return std::nullopt;
    claims.nbf = nbf->get<int64_t>();
  }
  if (const auto net = json.find("net"); net != json.end()) {
    claims.net = net->is_string() ? AddressPrefix::parse(net->get_ref<const std::string&>()) : std::nullopt;
    if (!claims.net) return std::nullopt;
  }
  return claims;
}

}  // namespace

const char* sentence_of(TokenVerdict verdict) {
  switch (verdict) {
    case TokenVerdict::kIn:
      return "the token is good";
    case TokenVerdict::kMissing:
      return "this tracker wants a token to join";
    case TokenVerdict::kMalformed:
      return "the token is not kid.payload.signature";
    case TokenVerdict::kUnknownKey:
      return "the token's key is not known here";
    case TokenVerdict::kBadSignature:
      return "the token's signature does not hold";
    case TokenVerdict::kBadClaims:
      return "the token names no stream and expiry that can be read";
    case TokenVerdict::kExpired:
      return "the token has expired";
    case TokenVerdict::kNotYet:
      return "the token is not valid yet";
    case TokenVerdict::kWrongStream:
      return "the token is for another stream";
    case TokenVerdict::kWrongAddress:
      return "the token is for another network";
  }
  return "";
}

KeyRing::KeyRing(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    const size_t first = entry.find(':');
    const std::string kid = entry.substr(0, first);
    const size_t second = first == std::string::npos ? first : entry.find(':', first + 1);
    // What is no kid may be a whole key that somebody wrote alone: not shown either.
    if (second == std::string::npos || !is_kid(kid))
      throw std::invalid_argument("a token key is not kid:hmac-sha256:KEY or kid:ed25519:KEY");
    const auto refuse = [&kid](const char* why) { throw std::invalid_argument("token key \"" + kid + "\": " + why); };
    const std::string kind = entry.substr(first + 1, second - first - 1);
    const auto key = from_base64url(std::string_view(entry).substr(second + 1));
    if (!key) refuse("the key is not base64url (without \"=\")");
    if (keys_.contains(kid)) refuse("there are two of that name");
    if (kind == "hmac-sha256") {
      if (key->size() < kSecretBytesMin) refuse("a secret has 16 bytes at least");
      keys_.emplace(kid, *key);
    } else if (kind == "ed25519") {
      auto made = Ed25519Key::from_public(*key);
      if (!made) refuse("a public key of Ed25519 has 32 bytes");
      keys_.emplace(kid, std::move(*made));
    } else {
      refuse("the kind is neither hmac-sha256 nor ed25519");
    }
  }
}

TokenVerdict KeyRing::check(std::string_view token, const Joiner& joiner) const {
  if (token.empty()) return TokenVerdict::kMissing;
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (token.size() > kJoinTokenBytesMax || second == std::string_view::npos) return TokenVerdict::kMalformed;
  const std::string_view kid = token.substr(0, first);
  const auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  const auto signature = from_base64url(token.substr(second + 1));
  if (!is_kid(kid) || !payload || !signature) return TokenVerdict::kMalformed;

  const auto found = keys_.find(kid);
  if (found == keys_.end()) return TokenVerdict::kUnknownKey;
  const auto is_good = [&, said = bytes_of(token.substr(0, second))](const auto& key) {
    if constexpr (std::is_same_v<std::decay_t<decltype(key)>, Ed25519Key>)
      return key.is_signed(said, *signature);
    else
      return is_equal_in_constant_time(hmac_sha256(key, said), *signature);
  };
  if (!std::visit(is_good, found->second)) return TokenVerdict::kBadSignature;

  const auto claims = claims_of(*payload);
  if (!claims) return TokenVerdict::kBadClaims;
  // Subtracting from our own clock cannot overflow, whatever number the claim is.
  if (claims->exp <= joiner.unix_s - kTokenClockSkewS) return TokenVerdict::kExpired;
  if (claims->nbf > joiner.unix_s + kTokenClockSkewS) return TokenVerdict::kNotYet;
  if (!is_hex_of(claims->stream, joiner.stream)) return TokenVerdict::kWrongStream;
  if (claims->net && !claims->net->contains(joiner.client)) return TokenVerdict::kWrongAddress;
  return TokenVerdict::kIn;
}

}  // namespace bazaar::tracker::admission
