// Every tunable of a loop, each with the reason for its default.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "net/proxies.hpp"

namespace bazaar::tracker::net {

class TlsContext;

struct LoopOptions {
  /// Native frames: the protocol's own bound. Longer ones close with 4001.
  size_t native_message_bytes_max = 16 * 1024;
  /// WebTorrent: an announce with ten offers has about 14 KB; other trackers of the kind cap here, too. Longer ones
  /// close with 1009.
  size_t webtorrent_message_bytes_max = 64 * 1024;
  /// A browser's upgrade request has 0.5–1 KB, a proxy and cookies add some; nobody honest needs more.
  size_t head_bytes_max = 8 * 1024;

  /// From accept to the end of the request's head, TLS included: a phone on a bad link needs seconds.
  int64_t handshake_timeout_ms = 10'000;
  /// Below the 30–60 s after which NATs and load balancers forget a silent connection.
  int64_t ping_after_ms = 20'000;
  /// A viewer behind a sleeping radio answers pings late; one that is gone never does.
  int64_t hang_up_after_ms = 50'000;
  /// How long the client's half of a close handshake, and then its end of the connection, is waited for.
  int64_t close_timeout_ms = 3'000;

  /// Beyond it messages that may be lost are, and the client is not read until it reads.
  size_t output_soft_bytes = 64 * 1024;
  /// Beyond it the connection is closed: 4008 for native, 1013 for WebTorrent.
  size_t output_hard_bytes = 256 * 1024;
  /// SO_SNDBUF: what the kernel holds for a slow reader besides, where autotuning would go to 4 MB; 0: autotuning.
  /// A tracker's messages are small, and 64 KiB (of which the kernel makes 128) fill any viewer's downlink.
  int kernel_send_bytes = 64 * 1024;

  /// New sockets per turn: between two looks at those who are in already.
  int accepts_per_turn_max = 64;
  /// Unfinished handshakes per loop, then newcomers wait in the kernel's backlog: what bounds memory in a storm of
  /// connections that never ask for anything.
  size_t handshakes_max = 1024;
  /// TLS handshakes that go a step on per turn; the others are next: a step costs about 0.3 ms of cryptography, which
  /// the relays of a whole turn would wait for.
  int tls_steps_per_turn_max = 16;
  /// The kernel's queue before accept: a storm waits here rather than retries SYNs after a second. somaxconn caps it.
  int backlog = 4096;

  /// Newcomers that on_accept refuses and that are told so at once, with a 503; beyond it they are reset.
  size_t refusals_max = 256;
  /// Seconds for Retry-After in the 503 of a newcomer that on_accept refuses.
  int refusal_retry_after_s = 5;

  Proxies proxies;
  /// TLS on sockets that are listened on as such; shared by all loops.
  std::shared_ptr<TlsContext> tls;
};

}  // namespace bazaar::tracker::net
