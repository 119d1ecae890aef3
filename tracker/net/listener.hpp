// Listening sockets, one for each address of a name.
// Owns names, ports and the sentences for what goes wrong; refuses to accept. Invariant: the sockets of one listener
// have one port.
#pragma once

#include <string>
#include <vector>

namespace bazaar::tracker::net {

/// How loops share a port.
enum class Sharing : uint8_t {
  kFirst,   ///< finds out whether the port is free (SO_REUSEPORT alone would join a stranger of the same user)
  kFellow,  ///< another loop of this process has it already
};

struct Listener {
  std::vector<int> sockets;
  int port = 0;
};

/// Non-blocking, with SO_REUSEPORT; for all addresses of `host` ("localhost" may be two). "::" takes IPv4, too; port 0
/// is any free one. Throws std::runtime_error with a sentence for a person.
Listener open_listener(const std::string& host, int port, Sharing sharing, int backlog);

}  // namespace bazaar::tracker::net
