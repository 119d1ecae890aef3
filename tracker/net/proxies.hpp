// Whose word about a client's address is believed.
// Owns the list of trusted networks and the header's rules; refuses to read requests. Invariant: a header counts only
// when the socket's own address is trusted, and then only what trusted proxies wrote into it: whoever connects
// directly cannot choose an address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/address_prefix.hpp"
#include "client_address.hpp"

namespace bazaar::tracker::net {

using Network = admission::AddressPrefix;

/// Which header the proxy writes.
enum class ProxyHeader : uint8_t {
  kXForwardedFor,  ///< a list, each proxy adding its client on the right: the rightmost that is not a proxy counts
  kForwarded,      ///< RFC 7239, for=…: likewise
  kXRealIp,        ///< one address
};

struct Proxies {
  std::vector<Network> trusted;
  ProxyHeader header = ProxyHeader::kXForwardedFor;

  bool is_trusted(const ClientAddress& address) const;
  std::string_view header_name() const;
  /// The client behind `socket`. `value` is the header's, several lines joined with commas in their order; what
  /// cannot be understood ends the search, and the last address that could be believed stands.
  ClientAddress client(const ClientAddress& socket, std::string_view value) const;
};

}  // namespace bazaar::tracker::net
