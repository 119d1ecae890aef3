// One viewer's session, and the table of them.
// Owns slots and the way from a connection to its session; refuses to know cells or frames. Invariant: an address finds
// its session only while that very session lives; a session without a connection is a ghost, kept for whoever resumes.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "client_address.hpp"
#include "native/bus_message.hpp"
#include "outbox.hpp"
#include "swarm/address.hpp"

namespace bazaar::tracker::native {

/// Peers that signals may be exchanged with, at most; the longest known go first.
inline constexpr size_t kAcquaintancesMax = 64;

struct Session {
  enum class State : uint8_t {
    kFree,
    kOpened,    ///< connected, no JOIN yet (or after LEAVE)
    kMoving,    ///< resumed from another worker, which was asked to hand it over
    kEntering,  ///< an owner was asked to take it in
    kJoined,
    kGhost,    ///< joined, connection lost
    kForward,  ///< resumed elsewhere; signals are sent after it
    kClosing,  ///< refused; the connection is on its way out
  };

  ConnectionId connection = 0;
  Address address;
  StreamId stream;
  State state = State::kFree;
  bool is_welcomed = false;  ///< WELCOME was sent on this connection
  bool is_resumed = false;   ///< what that WELCOME is to say
  uint8_t want = 0;          ///< of its JOIN
  uint8_t refusals = 0;      ///< cells that would not have it, in a row
  PeerId id = 0;
  ClientAddress client;
  Profile profile;
  Address cell;        ///< its cell, or the one it is entering; of a forward: the new home
  int64_t due_ms = 0;  ///< when its present state ends by itself: nobody spoke, answered or resumed
  std::vector<Acquaintance> acquaintances;

  /// In a cell, or about to be.
  bool is_in() const { return state == State::kJoined || state == State::kEntering; }
  const Acquaintance* acquaintance(PeerId peer) const;
  /// Remembers a peer, or its new home. Forgets the longest known when full.
  void acquaint(const Acquaintance& peer);
};

class SessionTable {
 public:
  /// `self`: node and worker of every address given out.
  explicit SessionTable(Address self) : self_(self) {}

  Session& open(ConnectionId connection);
  /// Its connection is gone, or it gets another one: the old one finds it no more.
  void rebind(Session& session, ConnectionId connection);
  void free(Session& session);

  /// nullptr when there is none.
  Session* of(ConnectionId connection);
  Session* at(Address address);
  size_t size() const { return slots_.size() - free_.size(); }
  template <typename Visit>
  void each(Visit visit) {
    for (size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].state != Session::State::kFree) visit(slots_[i]);
  }

 private:
  Address self_;
  std::deque<Session> slots_;  // references outlive the opening of others
  std::vector<uint32_t> free_;
  std::vector<uint32_t> by_connection_;  // low half of the connection id → slot + 1
};

}  // namespace bazaar::tracker::native
