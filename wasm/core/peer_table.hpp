// The neighbours: one entry for each connection, from the first signal until it is closed.
// Owns what is known of a peer (life, speed, promises, debts); refuses to decide anything but what a measurement means.
// Invariant: only a peer in state kTrading is asked for blocks or served.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "availability.hpp"
#include "ids.hpp"
#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar {

enum class PeerState : uint8_t {
  kDialing,    ///< our offer is out
  kAnswering,  ///< their offer came
  kGreeting,   ///< the channel is open, their HELLO is not here yet
  kTrading,    ///< HELLO received
};

/// A request of theirs that we accepted and have not answered.
struct Upload {
  uint32_t id = 0;
  Handle segment = 0;
  uint32_t block = 0;
  uint32_t bytes = 0;
  TimeMs deadline_ms = 0;
  TimeMs since_ms = 0;  ///< when it was accepted
};

struct Peer {
  uint32_t remote_id = 0;  ///< given by the tracker
  PeerState state = PeerState::kDialing;
  TimeMs since_ms = 0;  ///< when the state began
  TimeMs heard_ms = 0;  ///< last message from it
  TimeMs told_ms = 0;   ///< last message to it

  // What it delivers to us.
  uint32_t in_flight = 0;
  TimeMs rtt_ms = 100;    ///< request to first answer, least seen lately
  uint32_t spare = 0;     ///< blocks that its credit covers, as it said
  TimeMs block_ms = 100;  ///< a block's time on its uplink: the least wait that it told lately
  TimeMs through_ms = 0;  ///< clock time when one more block would be through, as it said
  uint32_t timeouts = 0;  ///< in a row
  TimeMs distrusted_until_ms = 0;
  TimeMs refused_until_ms = 0;  ///< it said no credit or busy
  double bytes_in = 0;

  // What we deliver to it.
  std::vector<Upload> uploads;
  uint32_t blocks_in_channel = 0;  ///< handed over and not reported drained
  double bytes_in_channel = 0;
  TimeMs channel_since_ms = 0;  ///< when the first of those was handed over
  double bytes_out = 0;

  // How much it may talk.
  double message_tokens = tunables::kMessagesBurst;
  TimeMs tokens_ms = 0;

  struct Late {
    uint32_t id = 0;
    TimeMs timed_out_since_ms = 0;  ///< when it was asked; 0 for what we cancelled
  };
  std::array<Late, tunables::kLateRequestsMax> late{};  ///< requests of ours that ended without an answer
  size_t late_next = 0;

  bool is_trading() const { return state == PeerState::kTrading; }
  bool is_open() const { return state >= PeerState::kGreeting; }

  /// Takes a token for one message; false when the peer talks too much.
  bool may_talk(TimeMs now);
  /// Expected time until the answer to one more request, in ms.
  TimeMs expected_ms(TimeMs now) const { return rtt_ms + std::max(through_ms - now, block_ms) + in_flight * block_ms; }
  /// Requests that it may owe us at a time.
  uint32_t in_flight_max() const {
    return bytes_in > 0 && timeouts == 0 ? tunables::kRequestsPerPeerMax : tunables::kRequestsUnprovenMax;
  }
  void note_wait(TimeMs wait, TimeMs now);
  void note_block(uint32_t bytes, TimeMs asked_ms, TimeMs now);
  void note_timeout(TimeMs now);
  void remember_late(const Late& request);
  /// True once for each id that was remembered. An answer after its time-out tells how slow the peer is.
  bool forget_late(uint32_t id, TimeMs now);
};

class PeerTable {
 public:
  PeerTable() : peers_(tunables::kPeerSlots) {}

  Handle add(uint32_t remote_id, PeerState state, TimeMs now);
  void remove(Handle handle) { peers_.erase(handle); }
  Peer* get(Handle handle) { return peers_.find(handle); }
  Peer* at_slot(size_t slot) { return peers_.at_slot(slot); }
  Handle handle_of(size_t slot) const { return peers_.handle_of(slot); }
  Handle find_remote(uint32_t remote_id) const;

  size_t size() const { return peers_.size(); }
  uint32_t trading_count() const;
  /// Slots whose word counts: trading, and not distrusted at `now`.
  PeerMask trusted(TimeMs now) const;

  template <typename Visit>
  void each(Visit visit) {
    peers_.each(visit);
  }
  template <typename Visit>
  void each(Visit visit) const {
    peers_.each(visit);
  }

 private:
  Slots<Peer> peers_;
};

}  // namespace bazaar
