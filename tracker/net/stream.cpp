#include "net/stream.hpp"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace bazaar::tracker::net {

namespace {

Stream::Status tls_status(const SSL* tls, int returned) {
  switch (SSL_get_error(tls, returned)) {
    case SSL_ERROR_WANT_READ:
      return Stream::Status::kWantsRead;
    case SSL_ERROR_WANT_WRITE:
      return Stream::Status::kWantsWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Stream::Status::kEnd;
    default:
      ERR_clear_error();
      return Stream::Status::kError;
  }
}

bool is_for_later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Stream::Stream(Stream&& other) noexcept
    : tls_(std::exchange(other.tls_, nullptr)), socket_(std::exchange(other.socket_, -1)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    close();
    tls_ = std::exchange(other.tls_, nullptr);
    socket_ = std::exchange(other.socket_, -1);
  }
  return *this;
}

Stream::Status Stream::shake_hands() {
  const int returned = SSL_do_handshake(tls_);
  return returned == 1 ? Status::kOk : tls_status(tls_, returned);
}

Stream::Result Stream::read(std::span<uint8_t> into) {
  if (tls_) {
    size_t bytes = 0;
    const int returned = SSL_read_ex(tls_, into.data(), into.size(), &bytes);
    if (returned == 1) return {Status::kOk, bytes};
    return {tls_status(tls_, returned), 0};
  }
  const ssize_t bytes = ::recv(socket_, into.data(), into.size(), 0);
  if (bytes > 0) return {Status::kOk, static_cast<size_t>(bytes)};
  if (bytes == 0) return {Status::kEnd, 0};
  return {is_for_later() ? Status::kWantsRead : Status::kError, 0};
}

Stream::Result Stream::write(std::span<const uint8_t> bytes) {
  if (tls_) {
    size_t written = 0;
    const int returned = SSL_write_ex(tls_, bytes.data(), bytes.size(), &written);
    if (returned == 1) return {Status::kOk, written};
    return {tls_status(tls_, returned), 0};
  }
  const ssize_t written = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (written >= 0) return {Status::kOk, static_cast<size_t>(written)};
  return {is_for_later() ? Status::kWantsWrite : Status::kError, 0};
}

void Stream::finish_writing() {
  if (tls_ && SSL_is_init_finished(tls_)) {
    SSL_shutdown(tls_);
    ERR_clear_error();
  }
  ::shutdown(socket_, SHUT_WR);
}

void Stream::close() {
  SSL_free(std::exchange(tls_, nullptr));
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

bool Stream::is_resumed() const { return tls_ && SSL_session_reused(tls_) == 1; }

}  // namespace bazaar::tracker::net
