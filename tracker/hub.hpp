// The tracker's logic: connections join swarms, get samples of members, have signals relayed. Events in, frames out.
// Owns swarms, sessions and every bound; refuses to know sockets, clocks or threads. Invariant: a signal is relayed
// only within the sender's swarm, and under the sender's own id.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "swarm.hpp"

namespace bazaar::tracker {

struct Limits {
  size_t connections_max = 50'000;
  size_t swarms_max = 10'000;
  size_t swarm_size_max = 50'000;
  double frames_per_second =
      100;  ///< per connection: a join with twelve neighbours is about sixty frames in two seconds
  double frames_burst = 300;
  int64_t join_timeout_ms = 10'000;  ///< from connection to JOIN
  int64_t size_notice_ms = 5'000;    ///< a swarm's members hear of its size at most this often
};

/// What the server is to do: send a frame, or close a connection with a code after what was sent to it before.
struct Outgoing {
  ConnectionId connection = 0;
  std::vector<uint8_t> frame;  ///< empty for a close
  uint16_t close_code = 0;     ///< 0 for a frame
};

struct HubStats {
  size_t connections = 0;
  size_t swarms = 0;
  size_t members = 0;
  uint64_t frames_in = 0;
  uint64_t relayed = 0;
  uint64_t refused = 0;  ///< connections closed with an error
};

class Hub {
 public:
  /// `seed` must be unguessable in production: peer ids come from it.
  Hub(Limits limits, uint64_t seed) : limits_(limits), dice_(seed) {}

  // Events. Times are monotonic milliseconds. What is to be done is appended to `out`.
  void connected(ConnectionId connection, int64_t now_ms, std::vector<Outgoing>& out);
  void frame(ConnectionId connection, std::span<const uint8_t> frame, int64_t now_ms, std::vector<Outgoing>& out);
  /// A text frame, or one too long to be read: refused with `code`.
  void bad_frame(ConnectionId connection, tracker_wire::ErrorCode code, std::vector<Outgoing>& out);
  void disconnected(ConnectionId connection);
  /// Call about once a second.
  void tick(int64_t now_ms, std::vector<Outgoing>& out);

  HubStats stats() const;

 private:
  struct Session {
    int64_t since_ms = 0;
    PeerId id = 0;  ///< 0 before JOIN
    tracker_wire::SwarmId swarm{};
    double tokens = 0;
    int64_t tokens_ms = 0;
    bool is_closing = false;
  };

  void refuse(ConnectionId connection, tracker_wire::ErrorCode code, const char* text, std::vector<Outgoing>& out);
  void join(ConnectionId connection, Session& session, const tracker_wire::Message& message,
            std::vector<Outgoing>& out);
  void leave(Session& session);
  void more(ConnectionId connection, const Session& session, uint32_t want, std::vector<Outgoing>& out);
  void signal(ConnectionId connection, const Session& session, const tracker_wire::Message& message,
              std::span<const uint8_t> frame, std::vector<Outgoing>& out);
  bool take_token(Session& session, int64_t now_ms) const;

  Limits limits_;
  Dice dice_;
  std::unordered_map<ConnectionId, Session> sessions_;
  std::map<tracker_wire::SwarmId, Swarm> swarms_;
  int64_t size_notice_at_ms_ = 0;
  size_t members_ = 0;
  uint64_t frames_in_ = 0;
  uint64_t relayed_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace bazaar::tracker
