// The address a viewer comes from, as the tracker counts and compares it.
// Owns parsing, printing and the subnet; refuses to be a socket address. Invariant: IPv4 is held as IPv4-mapped IPv6,
// so that one viewer has one form.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bazaar::tracker {

struct ClientAddress {
  std::array<uint8_t, 16> bytes{};

  bool is_v4() const;
  /// What limits count by: the whole address for IPv4, the /64 for IPv6.
  uint64_t limit_key() const;
  /// What peer choice compares: the /24 for IPv4, the /48 for IPv6, hashed to 32 bits.
  uint32_t subnet() const;
  std::string text() const;
  /// "192.0.2.7", "2001:db8::7", also in brackets or with a port behind; nothing for anything else.
  static std::optional<ClientAddress> parse(std::string_view text);

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the operator's 0 for a pointer
  friend auto operator<=>(const ClientAddress&, const ClientAddress&) = default;
};

}  // namespace bazaar::tracker
