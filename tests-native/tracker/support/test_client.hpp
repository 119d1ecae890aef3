// A blocking WebSocket client for tests that says exactly what it is told to, right or wrong.
// Owns a socket with a time limit on every read; refuses to be polite by itself. Invariant: a read that gets nothing in
// time throws, so that a test fails rather than hangs.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame.hpp"

namespace bazaar::tracker::net::testing {

/// A client's frame: masked with a fixed key. `first_byte` is FIN, RSV and opcode.
std::string client_frame(uint8_t first_byte, std::string_view payload, bool is_masked = true);
inline std::string text_frame(std::string_view payload) { return client_frame(0x81, payload); }
inline std::string binary_frame(std::string_view payload) { return client_frame(0x82, payload); }
std::string close_frame(uint16_t code, std::string_view reason = {});

std::string upgrade_request(std::string_view subprotocol = "", std::string_view more_headers = "");

struct ServerFrame {
  Opcode opcode = Opcode::kText;
  std::string payload;
  uint16_t close_code() const;
  std::string close_reason() const { return payload.size() > 2 ? payload.substr(2) : std::string(); }
};

class TestClient {
 public:
  explicit TestClient(int port, int receive_buffer_bytes = 0);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// TLS on top; throws when the handshake fails. With a session to resume.
  void start_tls(SSL_SESSION* resumed = nullptr);
  SSL* tls() const { return tls_; }

  void send(std::string_view bytes);
  void send_slowly(std::string_view bytes, size_t piece);
  /// Sends the request and takes the 101; throws the answer when it is another.
  void upgrade(std::string_view subprotocol = "", std::string_view more_headers = "");
  /// Up to the empty line.
  std::string read_head();
  /// All that comes until the other side ends.
  std::string read_all();
  ServerFrame read_frame();
  /// Nothing came any more: the end, or a reset.
  bool is_at_end();
  void half_close();
  void close();
  int socket() const { return socket_; }

 private:
  size_t read_some(char* into, size_t size);
  void fill(size_t bytes);

  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* tls_ = nullptr;
  std::string received_;
};

}  // namespace bazaar::tracker::net::testing
