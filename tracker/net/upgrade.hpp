// Whether a request becomes a WebSocket, by RFC 6455, and in which dialect.
// Refuses to know who may come in (Handler::on_upgrade). Invariant: an accepted upgrade met every demand of the RFC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/counters.hpp"
#include "net/handler.hpp"
#include "net/http_request.hpp"

namespace bazaar::tracker::net {

inline constexpr std::string_view kNativeSubprotocol = "hls-bazaar.v2";

struct Upgrade {
  enum class Outcome : uint8_t {
    kNone,      ///< an ordinary request for a page
    kAccepted,  ///< `response` is the 101
    kRefused,   ///< `response` says why
  };
  Outcome outcome = Outcome::kNone;
  Dialect dialect = Dialect::kWebTorrent;
  HandshakeFailure failure = HandshakeFailure::kMalformed;
  std::string response;
};

Upgrade judge_upgrade(const HttpRequest& request);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string accept_of(std::string_view key);

}  // namespace bazaar::tracker::net
