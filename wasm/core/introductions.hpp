// How viewers meet: the conversation with the tracker, whom to dial, when to stop.
// Owns the ids worth dialling, the pace (a burst, then one a second, never more than the connection budget) and the
// token that keeps our place; refuses to see what a signal carries. Invariant: at most one connection to a remote id;
// dialling, answering and open ones together ≤ peers_max.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "bounded_list.hpp"
#include "peer_protocol.hpp"
#include "tracker_wire.hpp"
#include "world.hpp"

namespace bazaar {

class Introductions {
 public:
  Introductions(World& world, PeerProtocol& protocol) : world_(world), protocol_(protocol) {}

  /// `token` admits to the stream; empty where none is asked for. JOIN follows the tracker's HELLO.
  void tracker_opened(std::span<const uint8_t> token);
  void tracker_closed();
  void received(int32_t token, std::span<const uint8_t> frame);
  /// Writes a SIGNAL header for that peer; 0 when there is nobody to send it to.
  size_t encode_signal(Handle peer, tracker_wire::SignalKind kind, uint32_t blob_bytes, std::span<uint8_t> out) const;
  /// Dials and gives up dials; returns when to call again.
  TimeMs step();

 private:
  static constexpr TimeMs kNever = 1e300;

  void send(const tracker_wire::Message& message);
  void join();
  void welcomed(const tracker_wire::Message& message);
  void learn(const tracker_wire::Message& message);
  void forget(uint32_t id);
  void gone(const tracker_wire::Message& message);
  void relayed(int32_t token, const tracker_wire::Message& message);
  void signal(Handle peer, int32_t token, const tracker_wire::Message& message);
  void say_bye(uint32_t id);
  void dial(uint32_t id);
  void ask_for_more();
  void report();
  void rest();
  tracker_wire::Profile profile() const;
  tracker_wire::Traffic traffic() const;
  uint32_t room() const;
  // Each returns when to call it again.
  TimeMs sweep_dials();
  TimeMs dial_some();
  TimeMs talk();

  World& world_;
  PeerProtocol& protocol_;
  uint32_t rests_ = 0;
  bool awaits_hello_ = false;  // the connection is open; each has one HELLO
  bool is_joined_ = false;
  TimeMs join_ms_ = kNever;  // when to JOIN, once HELLO is here; kPictureMs later as long as there is no picture
  std::array<uint8_t, tracker_wire::kTokenBytesMax> token_{};
  size_t token_bytes_ = 0;
  std::array<uint8_t, tracker_wire::kResumeBytesMax> resume_{};
  size_t resume_bytes_ = 0;
  TimeMs stats_every_ms_ = kNever;
  TimeMs next_stats_ms_ = kNever;
  tracker_wire::Traffic told_;                             // what the tracker knows of
  BoundedList<uint32_t, tunables::kCandidateIdsMax> ids_;  // to dial
  uint32_t burst_left_ = tunables::kDialBurst;
  TimeMs next_dial_ms_ = 0;
  TimeMs next_more_ms_ = 0;
  TimeMs more_pause_ms_ = tunables::kMoreMs;
  tracker_wire::Message message_;
};

}  // namespace bazaar
