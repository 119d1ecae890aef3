// How viewers meet: the conversation with the tracker, whom to dial, when to stop.
// Owns the ids worth dialling and the pace (a burst, then one a second, never more than the connection budget); refuses
// to see SDP. Invariant: at most one connection to a remote id; dialling, answering and open ones together ≤ peers_max.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "peer_protocol.hpp"
#include "tracker_wire.hpp"
#include "world.hpp"

namespace bazaar {

class Introductions {
 public:
  Introductions(World& world, PeerProtocol& protocol) : world_(world), protocol_(protocol) {}

  void tracker_opened();
  void tracker_closed();
  void received(int32_t token, std::span<const uint8_t> frame);
  /// Writes a SIGNAL header for that peer; 0 when there is nobody to send it to.
  size_t encode_signal(Handle peer, tracker_wire::SignalKind kind, uint32_t blob_bytes, std::span<uint8_t> out) const;
  /// Dials and gives up dials; returns when to call again.
  TimeMs step();

 private:
  void send(const tracker_wire::Message& message);
  void learn_ids(const tracker_wire::Message& message);
  void relayed(int32_t token, const tracker_wire::Message& message);
  void signal(Handle peer, int32_t token, const tracker_wire::Message& message);
  void dial(uint32_t id);

  World& world_;
  PeerProtocol& protocol_;
  bool is_open_ = false;
  bool is_joined_ = false;
  std::vector<uint32_t> ids_;  // to dial, at most kCandidateIdsMax
  uint32_t burst_left_ = tunables::kDialBurst;
  TimeMs next_dial_ms_ = 0;
  TimeMs next_more_ms_ = 0;
  TimeMs more_pause_ms_ = tunables::kMoreMs;
  tracker_wire::Message message_;
};

}  // namespace bazaar
