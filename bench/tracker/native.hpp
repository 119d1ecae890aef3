// The native protocol (docs/tracker-protocol.md) as a thousand viewers speak it.
// Owns who is who: ids, introductions and resume tokens of each client; refuses to time anything. Invariant: a signal
// is written only to a peer whom the tracker introduced to that client, and every blob is one that the tracker lets
// pass.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "dialect.hpp"
#include "profile.hpp"
#include "tracker_wire.hpp"

namespace bazaar::load {

class NativeDialect : public RelayDialect {
 public:
  /// Clients are in streams of `per_swarm`; a signal's blob has `payload_bytes`, 130 at least.
  NativeDialect(uint32_t clients, uint32_t per_swarm, uint32_t payload_bytes);

  std::string subprotocol() const override { return std::string(tracker_wire::kSubprotocol); }
  void opened(Fleet& fleet, ClientIndex who) override;
  Taken take(Fleet& fleet, ClientIndex who, std::span<const uint8_t> message) override;
  /// Forgets the id and the introductions unless a resume token may bring them back.
  void closed(ClientIndex who) override;
  std::optional<ClientIndex> pick(ClientIndex from, Dice& dice) override;
  void send(Fleet& fleet, ClientIndex from, ClientIndex to, const Stamp& stamp) override;

  void leave(Fleet& fleet, ClientIndex who);
  /// Clients keep their resume tokens over a lost connection from now on.
  void keep_tokens() { keeps_tokens_ = true; }

  bool is_joined(ClientIndex who) const { return viewers_[who].is_joined; }
  bool was_resumed(ClientIndex who) const { return viewers_[who].was_resumed; }
  /// From GOAWAY, once: how long the client may wait before it moves.
  std::optional<uint32_t> take_goaway(ClientIndex who);
  /// GONEs by what they said: gone, busy, stranger (tracker_wire::GoneReason).
  const std::array<uint64_t, 3>& gone() const { return gone_; }
  /// What the last ERROR of any client said; 0 when there was none.
  uint16_t last_error() const { return last_error_; }

 private:
  static constexpr uint32_t kWant = 16;

  struct Viewer {
    tracker_wire::PeerId id = 0;
    bool is_joined = false;
    bool was_resumed = false;
    bool is_told_to_go = false;
    uint32_t go_within_ms = 0;
    std::vector<tracker_wire::PeerId> peers;
    std::vector<uint8_t> resume;
  };

  uint64_t key_of(ClientIndex who, tracker_wire::PeerId id) const { return uint64_t{who / per_swarm_} << 32 | id; }

  uint32_t per_swarm_;
  std::vector<Viewer> viewers_;
  std::unordered_map<uint64_t, ClientIndex> by_id_;
  FrameTemplate signal_;
  size_t peer_at_ = 0;
  size_t stamp_at_ = 0;
  size_t blob_stamp_at_ = 0;
  bool keeps_tokens_ = false;
  std::array<uint64_t, 3> gone_{};
  uint16_t last_error_ = 0;
};

/// One stream, everybody joins within a few seconds: from the moment a client was to be dialled to its WELCOME.
nlohmann::json run_join_storm(ProfileOptions options);
/// A node is told to stop while its viewers signal; they go where options.next leads.
nlohmann::json run_drain(ProfileOptions options);
/// Viewers come, signal and go, half of them without a word: does memory grow?
nlohmann::json run_churn(ProfileOptions options);

}  // namespace bazaar::load
