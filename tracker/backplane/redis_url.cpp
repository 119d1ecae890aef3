#include "backplane/redis_url.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>

namespace bazaar::tracker {

namespace {

constexpr std::string_view kScheme = "redis://";
constexpr std::string_view kShape = "redis://[user:password@]host:port[/database]";

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("backplane: " + what + ". Write " + std::string(kShape) + ", or memory for one node");
}

std::optional<int> number(std::string_view text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < 0 || value > max) return {};
  return value;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) {
      refuse("a % in user or password is not followed by two hexadecimal digits");
    }
    out.push_back(static_cast<char>(value));
    i += 2;
  }
  return out;
}

}  // namespace

std::string RedisUrl::place() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

RedisUrl parse_redis_url(std::string_view url) {
  if (url.starts_with("rediss://")) {
    refuse("this build speaks no TLS to Redis (hiredis 0.14); keep Redis in a private network or put stunnel between");
  }
  if (!url.starts_with(kScheme)) refuse("the address does not begin with redis://");
  url.remove_prefix(kScheme.size());
  if (url.find_first_of("?#") != std::string_view::npos) {
    refuse("a ? or # has no meaning here; in a password write %3F or %23");
  }

  RedisUrl parsed;
  // The last @: a password may hold one.
  if (const size_t at = url.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = url.substr(0, at);
    const size_t colon = who.find(':');
    if (colon == std::string_view::npos) refuse("before the @ stands no password (user:password@)");
    parsed.user = decoded(who.substr(0, colon));
    parsed.password = decoded(who.substr(colon + 1));
    if (parsed.password.empty()) refuse("the password is empty");
    url.remove_prefix(at + 1);
  }
  if (const size_t slash = url.find('/'); slash != std::string_view::npos) {
    const std::string_view name = url.substr(slash + 1);
    url = url.substr(0, slash);
    const auto database = number(name, 1'000'000);
    if (!name.empty() && !database) refuse("the database after / is no number");
    parsed.database = database.value_or(0);
  }
  std::string_view port;
  bool has_port = false;
  if (url.starts_with('[')) {
    const size_t close = url.find(']');
    if (close == std::string_view::npos) refuse("the bracket of the IPv6 address is not closed");
    parsed.host = url.substr(1, close - 1);
    url.remove_prefix(close + 1);
    has_port = url.starts_with(':');
    if (!url.empty() && !has_port) refuse("after the IPv6 address comes neither a port nor a database");
    if (has_port) port = url.substr(1);
  } else {
    const size_t colon = url.find(':');
    has_port = colon != std::string_view::npos;
    parsed.host = url.substr(0, colon);
    if (has_port) port = url.substr(colon + 1);
  }
  if (parsed.host.empty()) refuse("the host is missing");
  if (has_port) {
    const auto value = number(port, 65'535);
    if (!value || *value == 0) refuse("the port is no number from 1 to 65535");
    parsed.port = *value;
  }
  return parsed;
}

}  // namespace bazaar::tracker
