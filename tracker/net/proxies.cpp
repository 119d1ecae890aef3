#include "net/proxies.hpp"

#include <algorithm>

namespace bazaar::tracker::net {

namespace {

std::string_view trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// The last element of a list, which is taken from it.
std::string_view take_last(std::string_view& list, char separator) {
  const size_t at = list.rfind(separator);
  const std::string_view last = at == std::string_view::npos ? list : list.substr(at + 1);
  list = at == std::string_view::npos ? std::string_view() : list.substr(0, at);
  return trimmed(last);
}

/// The address of "for=192.0.2.60;proto=http" or for="[2001:db8::7]:4711".
std::string_view forwarded_for(std::string_view element) {
  while (!element.empty()) {
    std::string_view pair = take_last(element, ';');
    constexpr std::string_view kFor = "for=";
    const bool is_for =
        pair.size() > kFor.size() && std::equal(kFor.begin(), kFor.end(), pair.begin(), [](char want, char have) {
          return want == (have >= 'A' && have <= 'Z' ? static_cast<char>(have - 'A' + 'a') : have);
        });
    if (!is_for) continue;
    pair.remove_prefix(kFor.size());
    if (pair.size() >= 2 && pair.front() == '"' && pair.back() == '"') pair = pair.substr(1, pair.size() - 2);
    return pair;
  }
  return {};
}

}  // namespace

bool Proxies::is_trusted(const ClientAddress& address) const {
  return std::any_of(trusted.begin(), trusted.end(), [&](const Network& network) { return network.contains(address); });
}

std::string_view Proxies::header_name() const {
  switch (header) {
    case ProxyHeader::kForwarded:
      return "Forwarded";
    case ProxyHeader::kXRealIp:
      return "X-Real-IP";
    default:
      return "X-Forwarded-For";
  }
}

ClientAddress Proxies::client(const ClientAddress& socket, std::string_view value) const {
  ClientAddress believed = socket;
  // From the right: each trusted proxy vouches for the element that it wrote.
  while (!value.empty() && is_trusted(believed)) {
    const std::string_view element = take_last(value, ',');
    const std::optional<ClientAddress> address =
        ClientAddress::parse(header == ProxyHeader::kForwarded ? forwarded_for(element) : element);
    if (!address) break;
    believed = *address;
    if (header == ProxyHeader::kXRealIp) break;
  }
  return believed;
}

}  // namespace bazaar::tracker::net
