// What protocol logic may do to a connection: send a frame, or close. The network implements it; tests record it.
// Invariant: neither call re-enters the caller, and both are allowed for a connection that is gone already (nothing
// happens).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bazaar::tracker {

/// Slot and generation of a connection of one worker's loop; 0 is none.
using ConnectionId = uint64_t;

enum class Importance : uint8_t {
  kMust,     ///< kept until the hard cap closes the connection
  kMayDrop,  ///< an offer or candidates: the sender tries again; dropped beyond the soft cap of a slow reader
};

class Outbox {
 public:
  virtual ~Outbox() = default;
  /// One whole message; a native connection gets it as binary, a WebTorrent one as text. `frame` need not outlive the
  /// call. False: this one was dropped, its reader being slow (kMayDrop only), and the connection lives on.
  virtual bool send(ConnectionId to, std::span<const uint8_t> frame, Importance importance) = 0;
  /// After everything sent to it before. The reason is at most 123 bytes of UTF-8.
  virtual void close(ConnectionId connection, uint16_t code, std::string_view reason) = 0;
};

}  // namespace bazaar::tracker
