// The loop's newcomers: the accept budget, who is refused before anything is spent on them, and when doors are shut.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/http_request.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"

namespace bazaar::tracker::net {

namespace {

// Until somebody may have closed a descriptor.
constexpr int64_t kNoDescriptorPauseMs = 100;

ClientAddress client_of(const sockaddr_storage& name) {
  ClientAddress client;
  if (name.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name);
    std::memcpy(client.bytes.data(), &v6.sin6_addr, client.bytes.size());
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(name);
    client.bytes[10] = client.bytes[11] = 0xff;
    std::memcpy(client.bytes.data() + 12, &v4.sin_addr, 4);
  }
  return client;
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

/// With a reset: the cheapest end there is, which leaves nothing behind here.
void reset(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket);
}

}  // namespace

void Loop::accept_some(const Door& door, int budget) {
  for (; budget > 0 && counters_.handshakes.value() < options_.handshakes_max; --budget) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    const int socket = accept4(door.socket, reinterpret_cast<sockaddr*>(&name), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      if (is_shortage(errno)) {
        counters_.refused[static_cast<size_t>(AcceptRefusal::kDescriptors)].add();
        doors_closed_until_ms_ = now_ms_ + kNoDescriptorPauseMs;
        return;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      continue;  // one that gave up while it waited
    }
    counters_.accepted.add();
    const ClientAddress client = client_of(name);
    if (handler_.on_accept(client)) {
      admit(door, socket, client);
      continue;
    }
    counters_.refused[static_cast<size_t>(AcceptRefusal::kHandler)].add();
    // A 503 is for whoever can read it. To a client that waits for TLS, telling it costs the handshake that is to be
    // spared, and plain text would be noise: it sees a reset and backs off. (A 503 with Retry-After over TLS is what
    // Handler::on_upgrade gives.)
    door.is_tls ? reset(socket) : refuse(socket);
  }
}

void Loop::admit(const Door& door, int socket, const ClientAddress& client) {
  SSL* const tls = door.is_tls ? options_.tls->accept(socket) : nullptr;
  const uint32_t slot = table_.take();
  Connection& connection = table_.at(slot);
  connection.stream = Stream(socket, tls);
  connection.phase = door.is_tls ? Phase::kTls : Phase::kHead;
  connection.client = client;
  connection.is_admitted = true;
  connection.is_handshake = true;
  counters_.sockets.add();
  counters_.handshakes.add();
  if (door.is_tls && !tls) return finish(slot, connection);  // no memory
  deadlines_.set(slot, now_ms_ + options_.handshake_timeout_ms);
  set_interest(slot, connection);
}

// Those who are told so are few enough not to take the place of handshakes; in a flood the rest are reset.
void Loop::refuse(int socket) {
  if (refusals_ >= options_.refusals_max) return reset(socket);
  ++refusals_;
  const uint32_t slot = table_.take();
  Connection& connection = table_.at(slot);
  connection.stream = Stream(socket, nullptr);
  counters_.sockets.add();
  HttpAnswer busy;
  busy.status = 503;
  busy.body = "This tracker takes no more connections now.\n";
  busy.retry_after_s = options_.refusal_retry_after_s;
  say(slot, connection, http_text(busy, true));
  linger(slot, connection);
  set_interest(slot, connection);
}

void Loop::mind_the_doors() {
  const bool has_budget = counters_.handshakes.value() < options_.handshakes_max;
  const bool should_watch = has_budget && now_ms_ >= doors_closed_until_ms_;
  if (should_watch == are_doors_watched_) return;
  are_doors_watched_ = should_watch;
  if (!should_watch) counters_.accept_pauses.add();
  for (size_t i = 0; i < doors_.size(); ++i) {
    epoll_event event{};
    event.events = should_watch ? EPOLLIN : 0u;
    event.data.u64 = kFirstDoorId + i;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, doors_[i].socket, &event);
  }
}

void Loop::close_doors() {
  for (const Door& door : doors_) {
    accept_some(door, options_.backlog);
    ::close(door.socket);
  }
  doors_.clear();
}

}  // namespace bazaar::tracker::net
