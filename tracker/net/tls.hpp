// TLS for all loops: one context, replaced as a whole when certificates are.
// Owns the OpenSSL context and its ticket keys; refuses to move bytes (stream.hpp). Invariant: there is always a valid
// certificate: a bad new one is refused with a sentence and the old one stays.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace bazaar::tracker::net {

class TlsContext {
 public:
  /// PEM files: the certificate with its chain, and its key. Throws std::runtime_error with a sentence for a person.
  TlsContext(std::string certificate_path, std::string key_path);

  /// Reads both files again; for connections from now on. Nothing when it worked, else why not. Any thread.
  std::optional<std::string> reload();

  /// A server's side for a socket, or nullptr when memory is short. SSL_free() it. Any thread.
  SSL* accept(int socket) const;

 private:
  using Context = std::shared_ptr<SSL_CTX>;
  Context load() const;

  std::string certificate_path_;
  std::string key_path_;
  std::atomic<Context> current_;
};

}  // namespace bazaar::tracker::net
