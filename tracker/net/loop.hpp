// One thread's carrier: sockets in, whole messages to the handler; the handler's messages out.
// Owns sockets, framing, TLS, timeouts and every bound on bytes; refuses to know protocols above WebSocket. Invariant:
// the handler is called on the loop's thread only, never from within send() or close(); whatever a client does or
// fails to do, what it costs here is bounded by LoopOptions.
//
// A turn: Handler::before_events → events → what is due → Handler::on_turn → ends of sessions told → one write for each
// connection that was sent something. All reads share one buffer, and a whole message is handed over where it was read.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "net/buffers.hpp"
#include "net/connection_table.hpp"
#include "net/counters.hpp"
#include "net/deadlines.hpp"
#include "net/handler.hpp"
#include "net/listener.hpp"
#include "net/loop_options.hpp"
#include "outbox.hpp"

namespace bazaar::tracker::net {

class HttpRequest;

class Loop final : public Outbox {
 public:
  Loop(Handler& handler, LoopOptions options);
  /// Closes what run() left; calls no handler.
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Before run(). With `is_tls` LoopOptions::tls must be there. Returns the port; throws std::runtime_error with a
  /// sentence for a person.
  int listen(const std::string& host, int port, Sharing sharing, bool is_tls);
  /// Of the first listen(); 0 before.
  int port() const { return port_; }

  /// Until stop(). Then every session is sent Close 1001 as far as its socket takes it, and on_close and on_gone are
  /// called for all.
  void run();

  // From any thread, and from a signal handler:
  void stop();
  /// Leads to Handler::on_turn.
  void wake();
  /// Takes what waits in the backlog and closes the listening sockets: the kernel sends newcomers to other loops of the
  /// port, or refuses them.
  void pause_accepting();

  // Outbox, on the loop's thread (in the handler's calls):
  bool send(ConnectionId to, std::span<const uint8_t> frame, Importance importance) override;
  void close(ConnectionId connection, uint16_t code, std::string_view reason) override;

  /// To be read from any thread.
  const Counters& counters() const { return counters_; }
  /// Monotonic, as of this turn; what on_turn gets.
  int64_t now_ms() const { return now_ms_; }

 private:
  // Ids without a generation are not connections: 0 is the wake-up, then the doors.
  static constexpr ConnectionId kWakeId = 0;
  static constexpr ConnectionId kFirstDoorId = 1;

  struct Door {
    int socket = -1;
    bool is_tls = false;
  };

  // loop.cpp: turns
  void turn();
  int64_t wait_ms() const;
  void silence_bell();
  void handle(ConnectionId id, uint32_t events);
  void expire();
  void expired(uint32_t slot, Connection& connection);
  void settle();
  void tell_end(ConnectionId id);
  void shut_down();

  // loop_accept.cpp: newcomers
  void accept_some(const Door& door, int budget);
  void admit(const Door& door, int socket, const ClientAddress& client);
  void refuse(int socket);
  void mind_the_doors();
  void close_doors();

  // loop_input.cpp: what comes in
  void shake_hands(uint32_t slot, Connection& connection);
  void receive(uint32_t slot, Connection& connection);
  size_t consume(uint32_t slot, Connection& connection, std::span<uint8_t> bytes);
  size_t consume_head(uint32_t slot, Connection& connection, std::span<uint8_t> bytes);
  size_t consume_frame(uint32_t slot, Connection& connection, std::span<uint8_t> bytes);
  void answer(uint32_t slot, Connection& connection, HttpRequest& request);
  void heard(uint32_t slot, Connection& connection);
  void keep(Connection& connection, std::span<const uint8_t> rest, size_t fresh);
  void ended(uint32_t slot, Connection& connection, bool is_clean);
  void fail_handshake(HandshakeFailure cause);

  // loop_output.cpp: what goes out, and ends
  Buffers::Bytes& output_of(Connection& connection, size_t more_bytes);
  void list(uint32_t slot, Connection& connection);
  void say(uint32_t slot, Connection& connection, std::string_view text);
  void begin_close(uint32_t slot, Connection& connection, uint16_t code, std::string_view reason, CloseCause cause);
  void linger(uint32_t slot, Connection& connection);
  void end_session(uint32_t slot, Connection& connection, CloseCause cause);
  bool write_out(Connection& connection);
  void flush(uint32_t slot, Connection& connection);
  void set_interest(uint32_t slot, Connection& connection);
  void finish(uint32_t slot, Connection& connection);

  Handler& handler_;
  const LoopOptions options_;
  Counters counters_;
  int epoll_ = -1;
  int wake_ = -1;
  int port_ = 0;
  std::vector<Door> doors_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> is_pausing_{false};
  bool are_doors_watched_ = true;
  int64_t doors_closed_until_ms_ = 0;  // after the kernel had no descriptor left
  int tls_steps_left_ = 0;             // of this turn

  int64_t now_ms_;
  int64_t turn_at_ms_ = Deadlines::kNever;
  ConnectionTable table_;
  Deadlines deadlines_;
  Buffers buffers_;
  std::vector<uint8_t> shared_;         // every read's
  size_t refusals_ = 0;                 // 503s that are not read to their end yet
  std::vector<uint32_t> due_;           // scratch of expire()
  std::vector<ConnectionId> to_flush_;  // sent something this turn
  std::vector<ConnectionId> to_tell_;   // ended this turn, on_close owed
  std::vector<ConnectionId> settling_;  // scratch of settle()
};

}  // namespace bazaar::tracker::net
