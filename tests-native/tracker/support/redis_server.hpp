// A real redis-server of a test's own: a free port, nothing on disk, users as the test wants them.
// Owns the process, which ends with this object and with the test's process; refuses to know the backplane. Invariant:
// after the constructor, resume() and restart() it answers; it also ends with the thread that started it.
#pragma once

#include <hiredis/hiredis.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace bazaar::tracker {

class RedisServer {
 public:
  /// Lines of its configuration besides port and persistence; throws std::runtime_error when it does not come up.
  explicit RedisServer(std::vector<std::string> configuration = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  int port() const { return port_; }
  /// redis://`who`127.0.0.1:port, with who as "user:password@".
  std::string url(const std::string& who = "") const;

  void pause();
  void resume();
  void kill();
  /// After kill(): empty, same port.
  void restart();

  /// A command on a connection of the test's own; strings as they are, integers as text, arrays one line each.
  std::string command(const std::vector<std::string>& words);

 private:
  void spawn();
  bool answers();
  std::vector<std::string> configuration_;
  int port_ = 0;
  pid_t child_ = -1;
  std::unique_ptr<redisContext, void (*)(redisContext*)> connection_{nullptr, redisFree};
};

}  // namespace bazaar::tracker
