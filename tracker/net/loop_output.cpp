// What goes out over the loop's connections, its bounds, and how connections end.
#include <sys/epoll.h>

#include <algorithm>

#include "net/loop.hpp"

namespace bazaar::tracker::net {

bool Loop::send(ConnectionId to, std::span<const uint8_t> frame, Importance importance) {
  Connection* const connection = table_.find(to);
  if (!connection || connection->phase != Phase::kOpen) return true;
  const uint32_t slot = ConnectionTable::slot_of(to);
  const size_t bytes = frame.size() + kFrameHeaderBytesMax;
  // Over a cap within one turn, while the kernel may have room: that is no slow reader yet. What fails here fails again
  // in flush(), which may end the connection.
  if (connection->waiting_bytes() + bytes > options_.output_soft_bytes && !connection->is_full) {
    write_out(*connection);
  }
  const size_t waiting = connection->waiting_bytes();
  if (importance == Importance::kMayDrop && waiting + bytes > options_.output_soft_bytes && waiting > 0) {
    counters_.dropped.add();
    return false;
  }
  const bool is_native = connection->dialect == Dialect::kNative;
  if (waiting + bytes > options_.output_hard_bytes) {
    begin_close(slot, *connection, is_native ? close_code::kNativeSlow : close_code::kTryAgainLater,
                "what was sent is not read", CloseCause::kSlow);
    return true;
  }
  append_frame(output_of(*connection, bytes), is_native ? Opcode::kBinary : Opcode::kText, frame);
  counters_.messages_out.add();
  list(slot, *connection);
  return true;
}

void Loop::close(ConnectionId connection, uint16_t code, std::string_view reason) {
  Connection* const found = table_.find(connection);
  if (!found || found->phase != Phase::kOpen) return;
  begin_close(ConnectionTable::slot_of(connection), *found, code, reason, CloseCause::kServer);
}

/// Room for more in the connection's output, which grows no further than the hard cap asks for.
Buffers::Bytes& Loop::output_of(Connection& connection, size_t more_bytes) {
  if (!connection.output) connection.output = buffers_.take();
  Buffers::Bytes& output = *connection.output;
  if (output.size() + more_bytes <= output.capacity()) return output;
  if (connection.output_sent > 0) {
    output.erase(output.begin(), output.begin() + static_cast<ptrdiff_t>(connection.output_sent));
    connection.output_sent = 0;
  }
  const size_t needed = output.size() + more_bytes;
  if (needed > output.capacity()) {
    output.reserve(std::max(needed, std::min(2 * output.capacity(), options_.output_hard_bytes)));
  }
  return output;
}

void Loop::list(uint32_t slot, Connection& connection) {
  if (connection.is_listed) return;
  connection.is_listed = true;
  to_flush_.push_back(ConnectionTable::id_of(slot, connection));
}

void Loop::say(uint32_t slot, Connection& connection, std::string_view text) {
  Buffers::Bytes& output = output_of(connection, text.size());
  output.insert(output.end(), text.begin(), text.end());
  list(slot, connection);
}

/// Says Close behind what waits; the session is over for the handler.
void Loop::begin_close(uint32_t slot, Connection& connection, uint16_t code, std::string_view reason,
                       CloseCause cause) {
  if (connection.phase != Phase::kOpen) return;
  append_close(output_of(connection, kFrameHeaderBytesMax + kControlPayloadBytesMax), code, reason);
  end_session(slot, connection, cause);
  connection.phase = Phase::kClosing;
  connection.is_paused = false;
  deadlines_.set(slot, now_ms_ + options_.close_timeout_ms);
  list(slot, connection);
}

/// Nothing more is said or heard: what waits goes out, then our end.
void Loop::linger(uint32_t slot, Connection& connection) {
  connection.phase = Phase::kLingering;
  connection.is_paused = false;
  deadlines_.set(slot, now_ms_ + options_.close_timeout_ms);
  list(slot, connection);
}

void Loop::end_session(uint32_t slot, Connection& connection, CloseCause cause) {
  counters_.closed[static_cast<size_t>(cause)].add();
  counters_.open.subtract();
  connection.cause = cause;
  to_tell_.push_back(ConnectionTable::id_of(slot, connection));
}

/// As much as the socket takes; false when it is broken.
bool Loop::write_out(Connection& connection) {
  while (connection.waiting_bytes() > 0) {
    if (connection.is_full) return true;
    const std::span<const uint8_t> waiting = std::span(*connection.output).subspan(connection.output_sent);
    const Stream::Result result = connection.stream.write(waiting);
    if (result.status == Stream::Status::kError || result.status == Stream::Status::kEnd) return false;
    connection.is_full = result.status != Stream::Status::kOk;
    if (connection.is_full) return true;
    counters_.bytes_out.add(result.bytes);
    connection.output_sent += static_cast<uint32_t>(result.bytes);
    connection.is_full = result.bytes < waiting.size() && !connection.stream.is_tls();
  }
  buffers_.give_back(std::move(connection.output));
  connection.output_sent = 0;
  return true;
}

void Loop::flush(uint32_t slot, Connection& connection) {
  if (!write_out(connection)) return ended(slot, connection, false);
  const size_t waiting = connection.waiting_bytes();
  if (connection.phase == Phase::kOpen) connection.is_paused = waiting > options_.output_soft_bytes;
  if (connection.phase == Phase::kLingering && waiting == 0) {
    if (connection.has_ended) return finish(slot, connection);
    if (!connection.is_writing_over) connection.stream.finish_writing();
    connection.is_writing_over = true;
  }
  set_interest(slot, connection);
}

void Loop::set_interest(uint32_t slot, Connection& connection) {
  uint32_t interest = 0;
  if (!connection.is_paused && !connection.has_ended) interest |= EPOLLIN;
  // What is listed is written at the end of the turn, which then knows.
  if ((connection.waiting_bytes() > 0 && !connection.is_listed) || connection.read_wants_write) interest |= EPOLLOUT;
  if (interest == connection.interest && connection.is_watched) return;
  epoll_event event{};
  event.events = interest;
  event.data.u64 = ConnectionTable::id_of(slot, connection);
  epoll_ctl(epoll_, connection.is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connection.stream.socket(), &event);
  connection.interest = interest;
  connection.is_watched = true;
}

void Loop::finish(uint32_t slot, Connection& connection) {
  const ConnectionId id = ConnectionTable::id_of(slot, connection);
  const ClientAddress client = connection.client;
  const bool is_session = connection.is_session;
  const bool is_admitted = connection.is_admitted;
  const CloseCause cause = connection.cause;
  if (connection.is_handshake) counters_.handshakes.subtract();
  counters_.sockets.subtract();
  deadlines_.clear(slot);
  buffers_.give_back(std::move(connection.input));
  buffers_.give_back(std::move(connection.output));
  table_.give_back(slot);  // closes the socket, which takes it out of epoll
  if (!is_admitted) --refusals_;
  if (is_session) handler_.on_close(id, cause);
  if (is_admitted) handler_.on_gone(client);
}

}  // namespace bazaar::tracker::net
