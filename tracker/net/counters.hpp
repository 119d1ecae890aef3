// What a loop has done, for whoever watches.
// Owns numbers only; refuses to format them. Invariant: one thread writes (the loop's), any thread reads; each number
// is right by itself, two of them need not be of the same moment.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "net/handler.hpp"

namespace bazaar::tracker::net {

class Counter {
 public:
  /// The loop's thread only: no locked instruction is spent on a number with one writer.
  void add(uint64_t n = 1) { value_.store(value() + n, std::memory_order_relaxed); }
  void subtract(uint64_t n = 1) { value_.store(value() - n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

enum class AcceptRefusal : uint8_t {
  kHandler,      ///< Handler::on_accept said no
  kDescriptors,  ///< the process or the system has no descriptor or memory left
};
inline constexpr size_t kAcceptRefusals = 2;

enum class HandshakeFailure : uint8_t {
  kTimeout,    ///< no whole request in time
  kTls,        ///< the TLS handshake failed
  kMalformed,  ///< not HTTP, or not the WebSocket of RFC 6455
  kTooLong,    ///< a request head beyond the cap
  kProtocol,   ///< a subprotocol that is not spoken here
  kRefused,    ///< Handler::on_upgrade said no
  kGone,       ///< the client left
};
inline constexpr size_t kHandshakeFailures = 7;
inline constexpr size_t kCloseCauses = 7;

struct Counters {
  Counter accepted;                                            ///< sockets taken from the kernel
  std::array<Counter, kAcceptRefusals> refused;                ///< by AcceptRefusal
  std::array<Counter, kHandshakeFailures> handshake_failures;  ///< by HandshakeFailure
  Counter http_requests;                                       ///< answered without an upgrade
  Counter upgraded;                                            ///< sessions begun
  std::array<Counter, kCloseCauses> closed;                    ///< sessions ended, by CloseCause
  Counter sockets;                                             ///< now: everything accepted and not yet closed
  Counter open;                                                ///< now: sessions
  Counter handshakes;                                          ///< now: sockets that are not (yet) a session
  Counter bytes_in, bytes_out;                                 ///< WebSocket and HTTP, before TLS
  Counter messages_in, messages_out;                           ///< whole messages of the dialects, no control frames
  Counter dropped;                                             ///< kMayDrop messages to slow readers
  Counter pings;                                               ///< sent
  Counter tls_handshakes, tls_resumed;                         ///< finished; of these with a session ticket
  Counter turns, busy_us;                                      ///< of the loop; time between two waits
  Counter accept_pauses;                                       ///< times that the accept budget was used up

  const Counter& failed(HandshakeFailure cause) const { return handshake_failures[static_cast<size_t>(cause)]; }
  const Counter& refused_by(AcceptRefusal cause) const { return refused[static_cast<size_t>(cause)]; }
  const Counter& closed_by(CloseCause cause) const { return closed[static_cast<size_t>(cause)]; }
};

}  // namespace bazaar::tracker::net
