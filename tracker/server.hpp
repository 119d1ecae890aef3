// The hub on the network: WebSocket by libwebsockets, one thread, one event loop.
// Owns sockets, queues and the clock; refuses to understand frames. Invariant: what waits for a slow viewer is bounded:
// past the soft cap frames that may be lost are, past the hard cap the connection is closed with 4008.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "hub.hpp"

namespace bazaar::tracker {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8000;  ///< 0: any free one
  Limits limits;
  uint64_t seed = 0;
  size_t queue_soft_bytes = 64 * 1024;
  size_t queue_hard_bytes = 256 * 1024;
};

class Server {
 public:
  /// Throws std::runtime_error with a sentence for a person when it cannot listen.
  explicit Server(ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  /// Serves until stop() is called (from a signal handler, too).
  void run();
  void stop();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace bazaar::tracker
