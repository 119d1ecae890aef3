#include "admission/address_prefix.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace bazaar::tracker::admission {

std::optional<AddressPrefix> AddressPrefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));  // inet_pton wants its zero at the end
  AddressPrefix prefix;
  uint32_t width = 128;
  if (inet_pton(AF_INET, host.c_str(), prefix.bytes_.data() + 12) == 1) {
    width = 32;
    prefix.bytes_[10] = prefix.bytes_[11] = 0xff;
  } else if (inet_pton(AF_INET6, host.c_str(), prefix.bytes_.data()) != 1) {
    return std::nullopt;
  }
  uint32_t bits = width;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > width) return std::nullopt;
  }
  prefix.bits_ = 128 - width + bits;
  return prefix;
}

bool AddressPrefix::contains(const ClientAddress& address) const {
  const size_t whole = bits_ / 8;
  if (!std::equal(bytes_.begin(), bytes_.begin() + whole, address.bytes.begin())) return false;
  const uint32_t rest = bits_ % 8;
  return rest == 0 || ((bytes_[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

}  // namespace bazaar::tracker::admission
