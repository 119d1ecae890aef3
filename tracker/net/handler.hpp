// What a loop asks of whoever stands behind it: may this one in, here is a message, they have gone.
// Refuses to know protocols above WebSocket. Invariant: all calls come on the loop's own thread; spans and views live
// as long as the call; for one connection: on_open, on_message …, on_close, each connection exactly one of the first
// and the last.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client_address.hpp"
#include "outbox.hpp"

namespace bazaar::tracker::net {

enum class Dialect : uint8_t {
  kNative,      ///< subprotocol hls-bazaar.v2
  kWebTorrent,  ///< no subprotocol: JSON of WebTorrent's trackers
};

/// A request for a connection or for a page. `header` finds by name without regard to case.
struct Request {
  std::string_view method;
  std::string_view target;  ///< path with query
  ClientAddress client;     ///< the real one: from the trusted proxy's header where configured
  bool is_tls = false;
  bool is_proxied = false;  ///< `client` is not the socket's own address, which on_accept was asked about
  virtual std::optional<std::string_view> header(std::string_view name) const = 0;
  virtual ~Request() = default;
};

struct HttpAnswer {
  int status = 404;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  int retry_after_s = 0;  ///< a Retry-After header when not 0
};

enum class CloseCause : uint8_t { kClient, kServer, kTimeout, kSlow, kProtocol, kNetwork, kShutdown };

class Handler {
 public:
  virtual ~Handler() = default;
  /// Before TLS, before a byte is read: false drops the newcomer (counted), with a 503 where there is no TLS.
  virtual bool on_accept(const ClientAddress& client) = 0;
  virtual HttpAnswer on_http(const Request& request) = 0;
  /// Nothing: the upgrade is accepted. An answer: it is refused so.
  virtual std::optional<HttpAnswer> on_upgrade(const Request& request, Dialect dialect) = 0;
  virtual void on_open(ConnectionId connection, Dialect dialect, const ClientAddress& client) = 0;
  /// Whole, unmasked, reassembled, valid UTF-8 when text.
  virtual void on_message(ConnectionId connection, bool is_text, std::span<const uint8_t> message) = 0;
  virtual void on_close(ConnectionId connection, CloseCause cause) = 0;
  /// Every accepted socket ends here, upgraded or not: the counterpart of on_accept.
  virtual void on_gone(const ClientAddress& client) = 0;
  /// First in each turn, before its events: what other threads have left for this one may be older than those.
  virtual void before_events(int64_t) {}
  /// Once after each batch of events, after wake(), and when the deadline that it returned last has passed.
  virtual int64_t on_turn(int64_t now_ms) = 0;
};

}  // namespace bazaar::tracker::net
