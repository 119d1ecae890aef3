// Where the load goes: ws://127.0.0.1:PORT/path or wss://…, and nowhere else.
// Owns the parsing and the refusal; refuses names, so that no resolver can lead the load off this machine.
// Invariant: a Target that exists is on 127.0.0.0/8.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bazaar::load {

struct Target {
  bool is_tls = false;
  uint32_t address = 0;  ///< IPv4, the host's byte order
  uint16_t port = 0;
  std::string path = "/";

  /// Nothing for anything but a loopback address with a port.
  static std::optional<Target> parse(std::string_view url) {
    Target target;
    if (url.starts_with("wss://")) {
      target.is_tls = true;
      url.remove_prefix(6);
    } else if (url.starts_with("ws://")) {
      url.remove_prefix(5);
    } else {
      return {};
    }
    for (int part = 0; part < 4; ++part) {
      uint32_t value = 0;
      if (!number(url, value) || value > 255) return {};
      target.address = target.address << 8 | value;
      if (url.empty() || url.front() != (part < 3 ? '.' : ':')) return {};
      url.remove_prefix(1);
    }
    if (target.address >> 24 != 127) return {};
    uint32_t port = 0;
    if (!number(url, port) || port == 0 || port > 65'535) return {};
    target.port = static_cast<uint16_t>(port);
    if (url.empty()) return target;
    if (url.front() != '/' || url.find_first_of(" \r\n") != std::string_view::npos) return {};
    target.path = url;
    return target;
  }

 private:
  static bool number(std::string_view& text, uint32_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return true;
  }
};

}  // namespace bazaar::load
