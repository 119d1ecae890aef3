#include "tracker/support/test_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace bazaar::tracker::net::testing {

namespace {

constexpr uint8_t kKey[4] = {0x37, 0xfa, 0x21, 0x3d};
constexpr int kReadLimitS = 10;

}  // namespace

std::string client_frame(uint8_t first_byte, std::string_view payload, bool is_masked) {
  std::string frame(1, static_cast<char>(first_byte));
  const uint8_t mask_bit = is_masked ? 0x80 : 0;
  const uint64_t length = payload.size();
  if (length < 126) {
    frame += static_cast<char>(mask_bit | length);
  } else {
    const int bytes = length < 65536 ? 2 : 8;
    frame += static_cast<char>(mask_bit | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(length >> (8 * i));
  }
  if (!is_masked) return frame.append(payload);
  frame.append(reinterpret_cast<const char*>(kKey), sizeof kKey);
  for (size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ kKey[i % 4]);
  return frame;
}

std::string close_frame(uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload += reason;
  return client_frame(0x88, payload);
}

std::string upgrade_request(std::string_view subprotocol, std::string_view more_headers) {
  std::string request =
      "GET / HTTP/1.1\r\nHost: tracker.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!subprotocol.empty()) request += "Sec-WebSocket-Protocol: " + std::string(subprotocol) + "\r\n";
  request += more_headers;
  return request + "\r\n";
}

uint16_t ServerFrame::close_code() const {
  if (opcode != Opcode::kClose) throw std::runtime_error("not a Close frame");
  if (payload.size() < 2) return 0;
  return static_cast<uint16_t>(static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]));
}

TestClient::TestClient(int port, int receive_buffer_bytes) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer_bytes > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  const timeval limit{kReadLimitS, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    throw std::runtime_error("cannot connect");
  }
}

TestClient::~TestClient() {
  close();
  SSL_CTX_free(context_);
}

void TestClient::start_tls(SSL_SESSION* resumed) {
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  tls_ = SSL_new(context_);
  const unsigned char alpn[] = "\x08http/1.1";
  SSL_set_alpn_protos(tls_, alpn, sizeof alpn - 1);
  if (resumed) SSL_set_session(tls_, resumed);
  SSL_set_fd(tls_, socket_);
  if (SSL_connect(tls_) != 1) throw std::runtime_error("the TLS handshake failed");
}

void TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = tls_ ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("cannot send");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void TestClient::send_slowly(std::string_view bytes, size_t piece) {
  while (!bytes.empty()) {
    send(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
}

size_t TestClient::read_some(char* into, size_t size) {
  const ssize_t count = tls_ ? SSL_read(tls_, into, static_cast<int>(size)) : recv(socket_, into, size, 0);
  if (count > 0) return static_cast<size_t>(count);
  const bool is_late = tls_ ? SSL_get_error(tls_, static_cast<int>(count)) == SSL_ERROR_WANT_READ
                            : count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (is_late) throw std::runtime_error("nothing came in time");
  return 0;
}

void TestClient::fill(size_t bytes) {
  char buffer[16384];
  while (received_.size() < bytes) {
    const size_t count = read_some(buffer, sizeof buffer);
    if (count == 0) throw std::runtime_error("the other side ended");
    received_.append(buffer, count);
  }
}

std::string TestClient::read_head() {
  for (;;) {
    const size_t end = received_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::string head = received_.substr(0, end + 4);
      received_.erase(0, end + 4);
      return head;
    }
    fill(received_.size() + 1);
  }
}

std::string TestClient::read_all() {
  char buffer[16384];
  for (size_t count = 0; (count = read_some(buffer, sizeof buffer)) > 0;) received_.append(buffer, count);
  return std::exchange(received_, {});
}

void TestClient::upgrade(std::string_view subprotocol, std::string_view more_headers) {
  send(upgrade_request(subprotocol, more_headers));
  const std::string head = read_head();
  if (!head.starts_with("HTTP/1.1 101 ")) throw std::runtime_error(head);
}

ServerFrame TestClient::read_frame() {
  fill(2);
  size_t header = 2;
  uint64_t length = static_cast<uint8_t>(received_[1]);
  if (length >= 126) {
    const size_t bytes = length == 126 ? 2 : 8;
    header += bytes;
    fill(header);
    length = 0;
    for (size_t i = 0; i < bytes; ++i) length = length << 8 | static_cast<uint8_t>(received_[2 + i]);
  }
  fill(header + length);
  ServerFrame frame;
  frame.opcode = static_cast<Opcode>(received_[0] & 0x0f);
  frame.payload = received_.substr(header, length);
  received_.erase(0, header + length);
  return frame;
}

bool TestClient::is_at_end() {
  if (!received_.empty()) return false;
  char byte = 0;
  return read_some(&byte, 1) == 0;
}

void TestClient::half_close() { shutdown(socket_, SHUT_WR); }

void TestClient::close() {
  if (tls_) {
    // Says nothing, as one that vanishes; without it OpenSSL would call the session unfit for resuming.
    SSL_set_quiet_shutdown(tls_, 1);
    SSL_shutdown(tls_);
    SSL_free(std::exchange(tls_, nullptr));
  }
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

}  // namespace bazaar::tracker::net::testing
