#include "net/tls.hpp"

#include <openssl/err.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace bazaar::tracker::net {

namespace {

constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// OpenSSL's last reason, and its queue emptied.
std::string last_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason ? reason : "unknown reason";
}

int choose_http_1_1(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, length, kHttp11.data(), kHttp11.size(), offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

TlsContext::TlsContext(std::string certificate_path, std::string key_path)
    : certificate_path_(std::move(certificate_path)), key_path_(std::move(key_path)), current_(load()) {}

TlsContext::Context TlsContext::load() const {
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) throw std::runtime_error("OpenSSL gives no context: " + last_reason());
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // In the order of what a cipher's two directions keep: 14.7, 15.0 and 15.1 KB a connection. Tracker messages are
  // small, so that their speed tells little, and phones without AES instructions gain.
  SSL_CTX_set_ciphersuites(raw, "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");
  // Buffers of 2 × 17 KB would be kept for each connection that says nothing.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets only: the state of a session is with the client, not here.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);  // a viewer comes back over one connection
  constexpr std::array<unsigned char, 6> kSessionContext{'b', 'a', 'z', 'a', 'a', 'r'};
  SSL_CTX_set_session_id_context(raw, kSessionContext.data(), kSessionContext.size());
  SSL_CTX_set_alpn_select_cb(raw, choose_http_1_1, nullptr);

  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(raw, certificate_path_.c_str()) != 1) {
    throw std::runtime_error("cannot use the certificate " + certificate_path_ + ": " + last_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(raw, key_path_.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot use the key " + key_path_ + ": " + last_reason());
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    throw std::runtime_error("the key " + key_path_ + " is not the one of the certificate " + certificate_path_);
  }
  return context;
}

std::optional<std::string> TlsContext::reload() {
  try {
    const Context fresh = load();
    const Context old = current_.load();
    // With the old ticket keys, so that a new certificate costs no full handshake for those who come back.
    std::vector<unsigned char> keys(static_cast<size_t>(SSL_CTX_get_tlsext_ticket_keys(old.get(), nullptr, 0)));
    if (SSL_CTX_get_tlsext_ticket_keys(old.get(), keys.data(), static_cast<long>(keys.size())) == 1) {
      SSL_CTX_set_tlsext_ticket_keys(fresh.get(), keys.data(), static_cast<long>(keys.size()));
    }
    OPENSSL_cleanse(keys.data(), keys.size());
    current_.store(fresh);
    return std::nullopt;
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
}

SSL* TlsContext::accept(int socket) const {
  const Context context = current_.load();
  SSL* const session = SSL_new(context.get());
  if (!session) return nullptr;
  if (SSL_set_fd(session, socket) != 1) {
    SSL_free(session);
    return nullptr;
  }
  SSL_set_accept_state(session);
  return session;
}

}  // namespace bazaar::tracker::net
