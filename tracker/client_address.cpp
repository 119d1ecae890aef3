#include "client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace bazaar::tracker {

namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr size_t kPortDigitsMax = 5;

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= kPortDigitsMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The address without brackets and port; empty when what is around it is wrong.
std::string_view bare(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view behind = text.substr(end + 1);
    if (!behind.empty() && (behind.front() != ':' || !is_port(behind.substr(1)))) return {};
    return text.substr(1, end - 1);
  }
  const size_t colon = text.find(':');
  // One colon is IPv4 with a port; more are IPv6, which takes a port only behind brackets.
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) return text;
  return is_port(text.substr(colon + 1)) ? text.substr(0, colon) : std::string_view();
}

}  // namespace

bool ClientAddress::is_v4() const { return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin()); }

uint64_t ClientAddress::limit_key() const {
  uint64_t key = 0;
  std::memcpy(&key, bytes.data() + (is_v4() ? 8 : 0), sizeof key);
  return key;
}

uint32_t ClientAddress::subnet() const {
  uint64_t prefix = 0;
  if (is_v4()) {
    std::memcpy(&prefix, bytes.data() + 12, 3);
    prefix |= uint64_t{1} << 56;  // no /48 has this bit: the two kinds do not meet before hashing
  } else {
    std::memcpy(&prefix, bytes.data(), 6);
  }
  // The finalizer of splitmix64: every bit of the prefix moves every bit of the hash.
  prefix = (prefix ^ (prefix >> 30)) * 0xbf58476d1ce4e5b9u;
  prefix = (prefix ^ (prefix >> 27)) * 0x94d049bb133111ebu;
  return static_cast<uint32_t>((prefix ^ (prefix >> 31)) >> 32);
}

std::string ClientAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_v4()) {
    inet_ntop(AF_INET, bytes.data() + kMappedPrefix.size(), out.data(), out.size());
  } else {
    inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  }
  return out.data();
}

std::optional<ClientAddress> ClientAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // where inet_pton would stop reading
  const std::string address(bare(text));
  ClientAddress parsed;
  if (address.find(':') != std::string::npos) {
    if (inet_pton(AF_INET6, address.c_str(), parsed.bytes.data()) != 1) return std::nullopt;
    return parsed;
  }
  // Brackets are IPv6's.
  if (text.starts_with('[')) return std::nullopt;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), parsed.bytes.begin());
  if (inet_pton(AF_INET, address.c_str(), parsed.bytes.data() + kMappedPrefix.size()) != 1) return std::nullopt;
  return parsed;
}

}  // namespace bazaar::tracker
