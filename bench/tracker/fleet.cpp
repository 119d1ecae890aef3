#include "fleet.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>

#include "clock.hpp"

namespace bazaar::load {
namespace {

constexpr size_t kBufferBytes = 512 * 1024;
constexpr size_t kReadBytes = 128 * 1024;
constexpr size_t kPartialMax = 256 * 1024;

// The example key of RFC 6455 and its answer: every client asks with it, so the answer can be compared as text.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

sockaddr_in socket_address(uint32_t address, uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(address);
  result.sin_port = htons(port);
  return result;
}

/// 127.0.0.1, 127.0.1.1, …: each in a subnet of its own.
uint32_t source_address(uint64_t turn) {
  return 127u << 24 | static_cast<uint32_t>(turn / 256 % 256) << 16 | static_cast<uint32_t>(turn % 256) << 8 | 1;
}

}  // namespace

Fleet::Fleet(const FleetSettings& settings, FleetListener& listener)
    : settings_(settings), listener_(listener), clients_(settings.clients), buffer_(kBufferBytes) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw std::runtime_error("no epoll");
  if (settings_.target.is_tls) {
    tls_ = SSL_CTX_new(TLS_client_method());
    if (tls_ == nullptr) throw std::runtime_error("no TLS");
    SSL_CTX_set_mode(tls_,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(tls_, SSL_VERIFY_NONE, nullptr);  // the server's certificate is its own: nothing leaves loopback
  }
}

Fleet::~Fleet() {
  for (Client& client : clients_) {
    client.ssl.reset();
    if (client.fd >= 0) ::close(client.fd);
  }
  SSL_CTX_free(tls_);
  ::close(epoll_);
}

bool Fleet::is_open(ClientIndex who) const { return clients_[who].state == State::kOpen; }

void Fleet::open(ClientIndex who) { to_open_.push_back(who); }

void Fleet::connect(ClientIndex who) {
  Client& client = clients_[who];
  if (client.state != State::kNone) return;
  client.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.fd < 0) return end(who, 0);
  const int on = 1;
  setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(client.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const sockaddr_in from = socket_address(source_address(dialled_++ % settings_.sources), 0);
  const sockaddr_in to = socket_address(settings_.target.address, settings_.target.port);
  if (bind(client.fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) return end(who, 0);
  if (::connect(client.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
    return end(who, 0);
  client.state = State::kConnecting;
  client.waits_for_room = true;
  watch(who, EPOLL_CTL_ADD);
}

void Fleet::watch(ClientIndex who, int operation) const {
  const Client& client = clients_[who];
  epoll_event event{};
  event.data.u32 = who;
  event.events = (client.is_deaf ? 0u : static_cast<uint32_t>(EPOLLIN)) |
                 (client.waits_for_room ? static_cast<uint32_t>(EPOLLOUT) : 0u);
  epoll_ctl(epoll_, operation, client.fd, &event);
}

void Fleet::connected(ClientIndex who) {
  Client& client = clients_[who];
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return end(who, 0);
  client.waits_for_room = false;
  watch(who, EPOLL_CTL_MOD);
  if (tls_ == nullptr) return ask_for_upgrade(who);
  client.ssl.reset(SSL_new(tls_));
  SSL_set_fd(client.ssl.get(), client.fd);
  client.state = State::kSecuring;
  secure(who);
}

void Fleet::secure(ClientIndex who) {
  Client& client = clients_[who];
  const int done = SSL_connect(client.ssl.get());
  if (done == 1) return ask_for_upgrade(who);
  const int why = SSL_get_error(client.ssl.get(), done);
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return end(who, 0);
  const bool waits = why == SSL_ERROR_WANT_WRITE;
  if (waits == client.waits_for_room) return;
  client.waits_for_room = waits;
  watch(who, EPOLL_CTL_MOD);
}

void Fleet::ask_for_upgrade(ClientIndex who) {
  Client& client = clients_[who];
  client.state = State::kUpgrading;
  std::string request =
      "GET " + settings_.target.path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(settings_.target.port) +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
      std::string(kKey) + "\r\nOrigin: http://127.0.0.1\r\n";
  if (!settings_.subprotocol.empty()) request += "Sec-WebSocket-Protocol: " + settings_.subprotocol + "\r\n";
  request += "\r\n";
  client.out.insert(client.out.end(), request.begin(), request.end());
  touch(who);
}

void Fleet::touch(ClientIndex who) {
  if (clients_[who].is_dirty) return;
  clients_[who].is_dirty = true;
  dirty_.push_back(who);
}

FrameSlot Fleet::send(ClientIndex who, const FrameTemplate& frame) {
  Client& client = clients_[who];
  if (client.state != State::kOpen || client.out.size() - client.sent + frame.size() > settings_.unsent_bytes_max) {
    ++counts_.overflowed;
    scratch_.clear();
    return frame.append_to(scratch_);
  }
  ++counts_.messages_out;
  touch(who);
  return frame.append_to(client.out);
}

void Fleet::flush(ClientIndex who) {
  Client& client = clients_[who];
  client.is_dirty = false;
  if (client.fd < 0 || client.state == State::kOver) return;
  while (client.sent < client.out.size()) {
    const uint8_t* data = client.out.data() + client.sent;
    const size_t size = client.out.size() - client.sent;
    ssize_t n = 0;
    if (client.ssl) {
      n = SSL_write(client.ssl.get(), data, static_cast<int>(size));
      if (n <= 0) {
        const int why = SSL_get_error(client.ssl.get(), static_cast<int>(n));
        if (why != SSL_ERROR_WANT_WRITE && why != SSL_ERROR_WANT_READ) return end(who, 1006);
        break;
      }
    } else {
      n = ::send(client.fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) return end(who, 1006);
        break;
      }
    }
    client.sent += static_cast<size_t>(n);
  }
  const bool waits = client.sent < client.out.size();
  if (!waits) {
    client.out.clear();
    client.sent = 0;
  }
  if (waits == client.waits_for_room) return;
  client.waits_for_room = waits;
  watch(who, EPOLL_CTL_MOD);
}

void Fleet::flush_dirty() {
  for (size_t i = 0; i < dirty_.size(); ++i) flush(dirty_[i]);
  dirty_.clear();
}

void Fleet::read(ClientIndex who) {
  Client& client = clients_[who];
  for (bool has_more = true; has_more && client.fd >= 0 && client.state != State::kOver;) {
    const size_t had = client.partial.size();
    std::copy(client.partial.begin(), client.partial.end(), buffer_.begin());
    client.partial.clear();
    ssize_t n = 0;
    if (client.ssl) {
      n = SSL_read(client.ssl.get(), buffer_.data() + had, kReadBytes);
      if (n <= 0) {
        const int why = SSL_get_error(client.ssl.get(), static_cast<int>(n));
        client.partial.assign(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(had));
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
          end(who, client.state == State::kOpen ? 1006 : 0);
        return;
      }
    } else {
      n = recv(client.fd, buffer_.data() + had, kReadBytes, MSG_DONTWAIT);
      if (n <= 0) {
        client.partial.assign(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(had));
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) end(who, client.state == State::kOpen ? 1006 : 0);
        return;
      }
      has_more = static_cast<size_t>(n) == kReadBytes;
    }
    counts_.bytes_in += static_cast<uint64_t>(n);
    std::span<const uint8_t> bytes(buffer_.data(), had + static_cast<size_t>(n));
    if (client.state == State::kUpgrading) bytes = bytes.subspan(take_upgrade(who, bytes));
    if (client.state == State::kOpen) {
      take_frames(who, bytes);
    } else if (client.state == State::kUpgrading) {
      client.partial.assign(bytes.begin(), bytes.end());
    }
    if (client.partial.size() > kPartialMax) return end(who, 1006);
  }
}

/// How much of `bytes` was the answer to the upgrade: nothing as long as it is not whole.
size_t Fleet::take_upgrade(ClientIndex who, std::span<const uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t finish = text.find("\r\n\r\n");
  if (finish == std::string_view::npos) return 0;
  const std::string_view head = text.substr(0, finish);
  if (!head.starts_with("HTTP/1.1 101") || head.find(kAccept) == std::string_view::npos) {
    end(who, 0);
    return bytes.size();
  }
  clients_[who].state = State::kOpen;
  ++open_now_;
  listener_.opened(who);
  return finish + 4;
}

void Fleet::take_frames(ClientIndex who, std::span<const uint8_t> bytes) {
  Client& client = clients_[who];
  while (client.state == State::kOpen) {
    const ServerFrame frame = ServerFrame::parse(bytes);
    if (frame.verdict == ServerFrame::Verdict::kBroken) {
      ++counts_.broken;
      return end(who, 1002);
    }
    if (frame.verdict == ServerFrame::Verdict::kMore) break;
    if (frame.opcode == Opcode::kPing) {
      FrameTemplate(Opcode::kPong, frame.payload).append_to(client.out);
      touch(who);
    } else if (frame.opcode == Opcode::kClose) {
      const uint16_t code =
          frame.payload.size() < 2 ? uint16_t{1005} : static_cast<uint16_t>(frame.payload[0] << 8 | frame.payload[1]);
      return end(who, code);
    } else if (frame.opcode != Opcode::kPong) {
      ++counts_.messages_in;
      listener_.message(who, frame.payload);
    }
    bytes = bytes.subspan(frame.size);
  }
  client.partial.assign(bytes.begin(), bytes.end());
}

void Fleet::stop_reading(ClientIndex who) {
  Client& client = clients_[who];
  if (client.fd < 0) return;
  const int smallest = 1;
  setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
  client.is_deaf = true;
  watch(who, EPOLL_CTL_MOD);
}

void Fleet::close(ClientIndex who, uint16_t code) {
  Client& client = clients_[who];
  if (client.state == State::kNone || client.state == State::kOver) return;
  if (client.state == State::kOpen) {
    if (code != 0) {
      const std::array<uint8_t, 2> payload{static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code)};
      FrameTemplate(Opcode::kClose, payload).append_to(client.out);
      flush(who);
      if (client.state != State::kOpen) return;
    }
    --open_now_;
  }
  client.close_code = code == 0 ? uint16_t{1000} : code;
  client.state = State::kOver;
  over_.push_back(who);
}

void Fleet::end(ClientIndex who, uint16_t code) {
  Client& client = clients_[who];
  if (client.state == State::kOver) return;
  if (client.state == State::kOpen) {
    --open_now_;
    ++counts_.lost;
  } else {
    ++counts_.refused;
    code = 0;
  }
  client.close_code = code;
  client.state = State::kOver;
  over_.push_back(who);
}

void Fleet::turn(int64_t until_ns) {
  for (size_t i = 0; i < to_open_.size(); ++i) connect(to_open_[i]);
  to_open_.clear();
  flush_dirty();
  std::array<epoll_event, 512> events;
  const int64_t wait_ns = std::max<int64_t>(0, over_.empty() ? until_ns - now_ns() : 0);
  const timespec wait{wait_ns / kNsPerSecond, wait_ns % kNsPerSecond};
  const int n = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
  for (int i = 0; i < n; ++i) {
    const ClientIndex who = events[static_cast<size_t>(i)].data.u32;
    const uint32_t what = events[static_cast<size_t>(i)].events;
    switch (clients_[who].state) {
      case State::kConnecting:
        connected(who);
        break;
      case State::kSecuring:
        secure(who);
        break;
      case State::kUpgrading:
      case State::kOpen:
        if ((what & EPOLLOUT) != 0) flush(who);
        // A deaf client hears of a hang-up all the same, by the error bits.
        if (clients_[who].is_deaf ? (what & (EPOLLHUP | EPOLLERR)) != 0
                                  : (what & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
          if (clients_[who].is_deaf) {
            end(who, 1006);
          } else {
            read(who);
          }
        }
        break;
      default:
        break;
    }
  }
  flush_dirty();
  for (size_t i = 0; i < over_.size(); ++i) {
    const ClientIndex who = over_[i];
    const uint16_t code = clients_[who].close_code;
    clients_[who].ssl.reset();
    if (clients_[who].fd >= 0) ::close(clients_[who].fd);
    clients_[who] = Client{};
    listener_.closed(who, code);
  }
  over_.clear();
}

}  // namespace bazaar::load
