// A socket's bytes, with or without TLS: read, write, end. Never waits.
// Owns the descriptor and its TLS session; refuses to keep bytes. Invariant: after kEnd or kError only close() is left.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace bazaar::tracker::net {

class Stream {
 public:
  enum class Status : uint8_t { kOk, kWantsRead, kWantsWrite, kEnd, kError };
  struct Result {
    Status status = Status::kError;
    size_t bytes = 0;  ///< moved, when kOk
  };

  Stream() = default;
  /// Takes both over.
  Stream(int socket, SSL* tls) : tls_(tls), socket_(socket) {}
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream() { close(); }

  /// The next step of the TLS handshake: kOk when it is done.
  Status shake_hands();
  Result read(std::span<uint8_t> into);
  Result write(std::span<const uint8_t> bytes);
  /// Nothing more will be written: the client sees the end when it has read the rest.
  void finish_writing();
  void close();

  int socket() const { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }
  /// After the handshake: with a session ticket.
  bool is_resumed() const;

 private:
  SSL* tls_ = nullptr;
  int socket_ = -1;
};

}  // namespace bazaar::tracker::net
