// The native protocol of one worker: viewers' messages in, frames and bus messages out (docs/tracker-protocol.md).
// Owns the sessions and, through CellKeeper, this worker's cells; refuses to know sockets, clocks, keys or threads.
// Invariants: a signal goes only to a peer that the tracker introduced, or that has signalled first, and under the
// sender's own id; every session is in one cell at most.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "admission/paced_list.hpp"
#include "client_address.hpp"
#include "native/cell_keeper.hpp"
#include "native/gate.hpp"
#include "native/session.hpp"
#include "outbox.hpp"

namespace bazaar::tracker::native {

struct Limits {
  size_t streams_max = 10'000;      ///< that have cells on this worker
  size_t audience_max = 2'000'000;  ///< viewers of one stream, everywhere
  size_t ghosts_max = 50'000;       ///< places kept for whoever comes back; the oldest go first
  size_t forwards_max = 50'000;     ///< viewers that resumed elsewhere and are sent signals after; the oldest go first
  int64_t join_timeout_ms = 10'000;
  int64_t resume_ms = 20'000;    ///< how long a place is kept
  int64_t forward_ms = 600'000;  ///< how long signals are sent after a viewer that resumed elsewhere
  int64_t moving_ms = 300;       ///< an old home has this long to hand a viewer over; then it goes on without
  int64_t entering_ms = 1'000;   ///< an owner on another worker has this long to answer; then the viewer stays local
  uint32_t join_window_ms = 0;   ///< HELLO: viewers spread their JOINs over this
  uint16_t stats_s = 60;
  uint32_t retry_ms = 5'000;  ///< ERROR: come back no earlier, where load is the reason
};

struct Counters {
  uint64_t joins = 0;  ///< afresh
  uint64_t leaves = 0, signals = 0, mores = 0, stats = 0;
  uint64_t resumes = 0, resumes_unknown = 0;
  uint64_t relayed = 0, relayed_away = 0, introduced = 0;
  uint64_t gone = 0, busy = 0, strangers = 0;  ///< signals not delivered, by what GONE said
  uint64_t moved_away = 0, moved_cells = 0, ghosts_expired = 0, replaced_locally = 0;
  uint64_t streams_full = 0, stream_full = 0, no_cell = 0;  ///< joins refused
  uint64_t refused = 0;                                     ///< ERRORs sent
  std::array<uint64_t, 32> refused_by{};                    ///< by code − 4000
  uint64_t bus_bad = 0;
  uint64_t cdn_bytes = 0, peer_bytes = 0, uploaded_bytes = 0;  ///< as viewers report
};

class Desk : private Teller {
 public:
  /// `self`: node and worker. `seed` must be unguessable in production: peer ids come from it.
  Desk(Outbox& outbox, Bus& bus, Directory& directory, Gate& gate, Address self, const CellRules& rules,
       const Limits& limits, uint64_t seed);

  // Times are monotonic milliseconds; `unix_s` of turn() is what resume tokens expire by.
  void opened(ConnectionId connection, const ClientAddress& client, int64_t now_ms);
  void message(ConnectionId connection, std::span<const uint8_t> frame, int64_t now_ms);
  void closed(ConnectionId connection, int64_t now_ms);
  /// From another worker.
  void delivered(std::span<const uint8_t> bus_message, int64_t now_ms);
  /// ERROR, then close: for what is judged outside (text frames, rates, rules).
  void refuse(ConnectionId connection, tracker_wire::ErrorCode code, std::string_view text, uint32_t retry_ms,
              int64_t now_ms);
  /// Whatever is due; returns when to call again.
  int64_t turn(int64_t now_ms, int64_t unix_s);

  void set_extent(const Extent& extent) { keeper_.set_extent(extent); }
  void set_join_window(uint32_t join_window_ms) { limits_.join_window_ms = join_window_ms; }
  void node_lost(uint16_t node, int64_t now_ms);
  /// The way to other nodes is there again: says what they may have missed or forgotten, cells and members both.
  void reconnected(int64_t now_ms);
  /// GOAWAY to so many viewers a second, each to come back within `within_ms`. Cells are left to others at once.
  void drain(admission::Rate rate, uint32_t within_ms, int64_t now_ms);

  const Counters& counters() const { return counters_; }
  const CellKeeper& keeper() const { return keeper_; }
  size_t sessions() const { return sessions_.size(); }
  size_t ghosts() const { return ghosts_; }
  size_t forwards() const { return forwards_due_.size(); }

 private:
  struct Due {
    int64_t at_ms;
    Address session;
  };

  void tell(const BusMessage& message) override;
  void handle(const BusMessage& message);
  // Of viewers:
  void join(Session& session, const tracker_wire::Message& message);
  bool resume(Session& session, const tracker_wire::Message& message);
  void take_over(Session& session, Session& fresh);
  void move_in(Session& session);
  bool is_reachable(uint16_t node) const;
  void signal(Session& session, const tracker_wire::Message& message, std::span<const uint8_t> frame);
  void more(Session& session, const tracker_wire::Message& message);
  void stats(Session& session, const tracker_wire::Message& message);
  void leave(Session& session);
  // Of owners and other homes:
  void entered(const BusMessage& message);
  void moved_away(const BusMessage& message);
  void unpack(const BusMessage& luggage);
  void heard_of_new_home(const BusMessage& message);
  bool is_sent_after(const BusMessage& message);
  void deliver(const BusMessage& message);
  void undelivered(const BusMessage& message);

  void enter(Session& session, Address cell, uint32_t want);
  void leave_cell(Session& session);
  void tell_profile(const Session& session);
  void replace(Session& session, Address avoid);
  void acquaint(Session& session, const BusMessage& message);
  void send(ConnectionId connection, const tracker_wire::Message& message);
  void send_gone(ConnectionId connection, PeerId peer, tracker_wire::GoneReason why);
  void send_welcome(Session& session, const BusMessage& message);
  void await(Session& session, Session::State state, std::deque<Due>& queue, int64_t for_ms);
  void fall_due(std::deque<Due>& queue, Session::State state);
  void end_of(Session& session);
  void keep_as_ghost(Session& session);
  void keep_as_forward(Session& session, Address to);
  void send_goaway(Address to);
  PeerId fresh_id();

  Outbox& outbox_;
  Bus& bus_;
  Directory& directory_;
  Gate& gate_;
  Address self_;
  Limits limits_;
  Dice dice_;
  SessionTable sessions_;
  CellKeeper keeper_;
  Counters counters_;
  std::deque<Due> joins_due_, moves_due_, entries_due_, places_due_, forwards_due_;
  std::vector<uint8_t> scratch_;
  std::unordered_set<uint16_t> lost_nodes_;  // and not heard of since
  size_t ghosts_ = 0;
  int64_t now_ms_ = 0;
  int64_t unix_s_ = 0;
  int64_t next_turn_ms_ = 0;
  bool is_draining_ = false;
  admission::PacedList<Address> to_drain_;
  uint32_t drain_within_ms_ = 0;
};

}  // namespace bazaar::tracker::native
