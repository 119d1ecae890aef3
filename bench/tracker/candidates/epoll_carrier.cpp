// The floor: the plain protocol on bare epoll, one shared buffer, no limits, no pings, no fragments: epoll_carrier PORT
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "carry.hpp"

namespace {

struct Connection {
  int fd = -1;
  uint32_t id = UINT32_MAX;
  bool is_dirty = false;
  std::vector<uint8_t> part;
  std::vector<uint8_t> out;
};

int loop = -1;
std::vector<Connection*> connections;
std::vector<Connection*> dirty;
std::array<uint8_t, 256 * 1024> shared;

void queue(uint32_t to, std::span<const uint8_t> message) {
  if (to >= connections.size() || connections[to] == nullptr) return;
  Connection& connection = *connections[to];
  if (!connection.is_dirty) dirty.push_back(&connection);
  connection.is_dirty = true;
  const size_t n = message.size();
  if (n < 126) {
    connection.out.insert(connection.out.end(), {uint8_t{0x82}, static_cast<uint8_t>(n)});
  } else {
    connection.out.insert(connection.out.end(),
                          {uint8_t{0x82}, uint8_t{126}, static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)});
  }
  connection.out.insert(connection.out.end(), message.begin(), message.end());
}

std::string answer_to(std::string_view request) {
  const size_t key = request.find("Sec-WebSocket-Key: ") + 19;
  const std::string text = std::string(request.substr(key, 24)) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<uint8_t, 20> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  std::array<uint8_t, 32> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         std::string(reinterpret_cast<const char*>(base64.data()), 28) + "\r\n\r\n";
}

size_t take_frame(Connection& connection, std::span<uint8_t> bytes) {
  if (bytes.size() < 6) return 0;
  size_t n = bytes[1] & 127;
  size_t header = 6;
  if (n == 126) {
    header = 8;
    n = static_cast<size_t>(bytes[2] << 8 | bytes[3]);
  }
  if (bytes.size() < header + n) return 0;
  uint8_t* payload = bytes.data() + header;
  uint64_t mask = 0;
  std::memcpy(&mask, payload - 4, 4);
  mask |= mask << 32;
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, payload + i, 8);
    word ^= mask;
    std::memcpy(payload + i, &word, 8);
  }
  for (; i < n; ++i) payload[i] = static_cast<uint8_t>(payload[i] ^ (payload - 4)[i % 4]);
  bazaar::load::candidates::carry(connection.id, {payload, n}, queue);
  return header + n;
}

void read(Connection& connection) {
  const size_t had = connection.part.size();
  std::copy(connection.part.begin(), connection.part.end(), shared.begin());
  const ssize_t n = recv(connection.fd, shared.data() + had, 64 * 1024, MSG_DONTWAIT);
  if (n <= 0) {
    if (connection.id != UINT32_MAX) connections[connection.id] = nullptr;
    close(connection.fd);  // the struct stays: a floor needs no tidiness
    return;
  }
  std::span<uint8_t> bytes(shared.data(), had + static_cast<size_t>(n));
  if (connection.id == UINT32_MAX) {
    const std::string answer = answer_to({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    send(connection.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    connection.id = static_cast<uint32_t>(connections.size());
    connections.push_back(&connection);
    queue(connection.id, bazaar::load::candidates::greeting(connection.id));
    return;
  }
  for (size_t taken = 0; (taken = take_frame(connection, bytes)) > 0;) bytes = bytes.subspan(taken);
  connection.part.assign(bytes.begin(), bytes.end());
  if (connection.part.empty()) std::vector<uint8_t>().swap(connection.part);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 4096) != 0)
    return 1;
  loop = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int n = epoll_wait(loop, events.data(), events.size(), -1);
    for (int i = 0; i < n; ++i) {
      auto* connection = static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
      if (connection != nullptr) {
        read(*connection);
        continue;
      }
      for (int fd = 0; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.data.ptr = new Connection{fd, UINT32_MAX, false, {}, {}};
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
      }
      event.data.ptr = nullptr;
    }
    for (Connection* connection : dirty) {
      connection->is_dirty = false;
      const ssize_t sent = send(connection->fd, connection->out.data(), connection->out.size(), MSG_NOSIGNAL);
      if (sent < static_cast<ssize_t>(connection->out.size())) {
        connection->out.erase(connection->out.begin(), connection->out.begin() + std::max<ssize_t>(0, sent));
        continue;
      }
      std::vector<uint8_t>().swap(connection->out);
    }
    dirty.clear();
  }
}
