// Where Redis is and who we are to it, read from --backplane.
// Owns the check at the door; refuses TLS, which hiredis 0.14 cannot carry. Invariant: what is wrong is said with what
// to do about it, and no sentence contains the password.
#pragma once

#include <string>
#include <string_view>

namespace bazaar::tracker {

struct RedisUrl {
  std::string host;
  int port = 6379;
  std::string user;  ///< empty: Redis's default user
  std::string password;
  int database = 0;

  /// host:port, for sentences.
  std::string place() const;
};

/// redis://[[user]:password@]host[:port][/database]; user and password percent-encoded, IPv6 in brackets.
/// Throws std::invalid_argument.
RedisUrl parse_redis_url(std::string_view url);

}  // namespace bazaar::tracker
