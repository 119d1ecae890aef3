#include "net/loop.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <stdexcept>

#include "net/tls.hpp"

namespace bazaar::tracker::net {

namespace {

constexpr size_t kBatch = 256;
constexpr size_t kSharedBytes = 256 * 1024;

/// What is kept of an incomplete message or head, and as much again to read into.
size_t shared_bytes(const LoopOptions& options) {
  const size_t longest =
      std::max({options.native_message_bytes_max, options.webtorrent_message_bytes_max, options.head_bytes_max});
  return std::max(kSharedBytes, longest + kSharedBytes);
}

int64_t monotonic_us() {
  using std::chrono::duration_cast, std::chrono::microseconds, std::chrono::steady_clock;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}
int64_t monotonic_ms() { return monotonic_us() / 1'000; }

void watch(int epoll, int operation, int descriptor, uint32_t events, uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  epoll_ctl(epoll, operation, descriptor, &event);
}

}  // namespace

Loop::Loop(Handler& handler, LoopOptions options)
    : handler_(handler),
      options_(std::move(options)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      now_ms_(monotonic_ms()),
      deadlines_(now_ms_),
      shared_(shared_bytes(options_)) {
  if (epoll_ < 0 || wake_ < 0) throw std::runtime_error("the kernel gives no epoll: too many open files.");
  watch(epoll_, EPOLL_CTL_ADD, wake_, EPOLLIN, kWakeId);
}

Loop::~Loop() {
  for (const Door& door : doors_) ::close(door.socket);
  ::close(wake_);
  ::close(epoll_);
}

int Loop::listen(const std::string& host, int port, Sharing sharing, bool is_tls) {
  if (is_tls && !options_.tls) throw std::runtime_error("TLS needs a certificate and a key.");
  const Listener listener = open_listener(host, port, sharing, options_.backlog);
  for (const int socket : listener.sockets) {
    // Accepted sockets inherit both.
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (options_.kernel_send_bytes > 0) {
      setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &options_.kernel_send_bytes, sizeof options_.kernel_send_bytes);
    }
    watch(epoll_, EPOLL_CTL_ADD, socket, EPOLLIN, kFirstDoorId + doors_.size());
    doors_.push_back({socket, is_tls});
  }
  if (port_ == 0) port_ = listener.port;
  return listener.port;
}

void Loop::run() {
  while (!is_stopping_.load(std::memory_order_acquire)) turn();
  shut_down();
}

void Loop::stop() {
  is_stopping_.store(true, std::memory_order_release);
  wake();
}

void Loop::pause_accepting() {
  is_pausing_.store(true, std::memory_order_release);
  wake();
}

void Loop::wake() {
  const uint64_t one = 1;
  // It fails only when the counter is full, and then the loop wakes anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void Loop::silence_bell() {
  uint64_t times = 0;
  [[maybe_unused]] const ssize_t read = ::read(wake_, &times, sizeof times);
}

int64_t Loop::wait_ms() const {
  int64_t until = std::min(deadlines_.next_ms(), turn_at_ms_);
  if (doors_closed_until_ms_ > now_ms_) until = std::min(until, doors_closed_until_ms_);
  if (until == Deadlines::kNever) return -1;
  return std::clamp<int64_t>(until - monotonic_ms(), 0, INT_MAX);
}

void Loop::turn() {
  std::array<epoll_event, kBatch> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(wait_ms()));
  const int64_t woke_us = monotonic_us();
  now_ms_ = woke_us / 1'000;
  tls_steps_left_ = options_.tls_steps_per_turn_max;
  const std::span<const epoll_event> ready(events.data(), static_cast<size_t>(std::max(count, 0)));
  // The bell is silenced before the handler looks what there is: who leaves something after that look rings again.
  if (std::ranges::any_of(ready, [](const epoll_event& event) { return event.data.u64 == kWakeId; })) silence_bell();
  handler_.before_events(now_ms_);
  for (const epoll_event& event : ready) handle(event.data.u64, event.events);
  expire();
  if (is_pausing_.load(std::memory_order_acquire)) close_doors();
  turn_at_ms_ = handler_.on_turn(now_ms_);
  settle();
  mind_the_doors();
  counters_.turns.add();
  counters_.busy_us.add(static_cast<uint64_t>(monotonic_us() - woke_us));
}

void Loop::handle(ConnectionId id, uint32_t events) {
  if (id == kWakeId) return;
  if (id - kFirstDoorId < doors_.size()) return accept_some(doors_[id - kFirstDoorId], options_.accepts_per_turn_max);
  Connection* const connection = table_.find(id);
  if (!connection) return;  // gone earlier in this batch
  const uint32_t slot = ConnectionTable::slot_of(id);
  if (connection->phase == Phase::kTls) return shake_hands(slot, *connection);
  if ((events & EPOLLOUT) != 0) {
    connection->is_full = false;
    list(slot, *connection);
  }
  const bool can_read = (events & EPOLLIN) != 0 || (connection->read_wants_write && (events & EPOLLOUT) != 0);
  if (can_read && !connection->is_paused && !connection->has_ended) return receive(slot, *connection);
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) ended(slot, *connection, false);
}

void Loop::expire() {
  due_.clear();
  deadlines_.expire(now_ms_, due_);
  for (const uint32_t slot : due_) {
    Connection& connection = table_.at(slot);
    if (connection.phase != Phase::kFree) expired(slot, connection);
  }
}

void Loop::expired(uint32_t slot, Connection& connection) {
  if (connection.is_handshake && connection.phase != Phase::kLingering) fail_handshake(HandshakeFailure::kTimeout);
  if (connection.phase != Phase::kOpen) return finish(slot, connection);
  const int64_t silence_ms = now_ms_ - connection.heard_ms;
  if (silence_ms >= options_.hang_up_after_ms) {
    // Whoever is not read because they do not read is silent by our doing.
    end_session(slot, connection, connection.is_paused ? CloseCause::kSlow : CloseCause::kTimeout);
    return finish(slot, connection);
  }
  if (silence_ms < options_.ping_after_ms) {
    return deadlines_.set(slot, connection.heard_ms + options_.ping_after_ms);
  }
  if (connection.waiting_bytes() <= options_.output_soft_bytes) {
    append_frame(output_of(connection, kFrameHeaderBytesMax), Opcode::kPing, {});
    counters_.pings.add();
    list(slot, connection);
  }
  connection.is_pinged = true;
  deadlines_.set(slot, connection.heard_ms + options_.hang_up_after_ms);
}

void Loop::tell_end(ConnectionId id) {
  Connection* const connection = table_.find(id);
  if (!connection || !connection->is_session) return;
  connection->is_session = false;
  handler_.on_close(id, connection->cause);
}

void Loop::settle() {
  while (!to_tell_.empty() || !to_flush_.empty()) {
    settling_.clear();
    settling_.swap(to_tell_);
    for (const ConnectionId id : settling_) tell_end(id);
    settling_.clear();
    settling_.swap(to_flush_);
    for (const ConnectionId id : settling_) {
      Connection* const connection = table_.find(id);
      if (!connection) continue;
      connection->is_listed = false;
      flush(ConnectionTable::slot_of(id), *connection);
    }
  }
}

void Loop::shut_down() {
  for (const Door& door : doors_) ::close(door.socket);
  doors_.clear();
  for (uint32_t slot = 0; slot < table_.slots(); ++slot) {
    Connection& connection = table_.at(slot);
    if (connection.phase == Phase::kOpen) {
      begin_close(slot, connection, close_code::kGoingAway, "the tracker stops", CloseCause::kShutdown);
    }
  }
  for (uint32_t slot = 0; slot < table_.slots(); ++slot) {
    Connection& connection = table_.at(slot);
    if (connection.phase == Phase::kFree) continue;
    if (connection.output && write_out(connection)) connection.stream.finish_writing();
    finish(slot, connection);
  }
  to_tell_.clear();
  to_flush_.clear();
}

}  // namespace bazaar::tracker::net
