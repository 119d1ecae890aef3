// A network: "192.0.2.0/24", "2001:db8::/32", or one address.
// Owns parsing and containment; refuses to know what it is allowed to do. Invariant: held as the 128 bits that
// ClientAddress holds, so that an IPv4 network never contains an IPv6 address.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "client_address.hpp"

namespace bazaar::tracker::admission {

class AddressPrefix {
 public:
  /// Nothing for what is not a network; bits of the host part may be set and do not count.
  static std::optional<AddressPrefix> parse(std::string_view text);

  bool contains(const ClientAddress& address) const;

 private:
  std::array<uint8_t, 16> bytes_{};
  uint32_t bits_ = 128;
};

}  // namespace bazaar::tracker::admission
