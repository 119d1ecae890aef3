// Serving: which requests of neighbours are accepted, and in which order their blocks leave.
// Owns the rules of credit and order; refuses to remember anything about a peer but its open requests. Invariant: every
// accepted request ends in one SEND_BLOCK, one REJECT, or the end of its peer; upload never exceeds download.
#pragma once

#include "tunables.hpp"
#include "wire.hpp"
#include "world.hpp"

namespace bazaar {

class Uploader {
 public:
  explicit Uploader(World& world) : world_(world) {}

  /// Of a run each block for itself; `run` is used up. What comes before its sender's HELLO is put off.
  void requested(Handle peer, wire::Request& run);
  void cancelled(Handle peer, uint32_t id);
  void peer_gone(Handle peer);
  void writable(Handle peer);

  /// Sends as many blocks as the channels take, the earliest deadline first.
  void serve();

 private:
  void requested_one(Handle peer, const wire::Request& request);
  void expire();
  /// Missing for what is not there at all.
  BlockState state_of(Handle segment, uint32_t block) const;
  void reject(Handle peer, uint32_t id, wire::RejectReason reason, uint16_t retry_ms);
  void send_block(Handle handle, Peer& peer, const Upload& upload);

  World& world_;
};

}  // namespace bazaar
