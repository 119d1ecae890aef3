// The backplane of a tracker with several nodes: Redis carries inboxes and the directory, one thread speaks with it.
// Owns the thread, the queue before it and the way back after a loss; refuses to make callers wait. Invariant: the
// node's number is leased before start() returns and stays the same until the destructor gives it back. What is kept in
// Redis, and what was rejected: docs/decisions/0009-redis-backplane.md.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "backplane/back_off.hpp"
#include "backplane/backplane.hpp"
#include "backplane/outgoing.hpp"
#include "backplane/redis_node.hpp"

namespace bazaar::tracker {

class RedisSession;

struct RedisBackplaneOptions {
  std::string url;                 ///< redis://[user:password@]host:port[/database]
  std::string prefix = "bazaar:";  ///< before every key and channel: several clusters may share one Redis
  int64_t start_max_ms = 5'000;    ///< Redis may be starting too
};

class RedisBackplane final : public Backplane {
 public:
  /// Throws std::invalid_argument: the URL or the prefix is wrong.
  explicit RedisBackplane(const RedisBackplaneOptions& options);
  /// Says goodbye when Redis is there, at most kGoodbyeMaxMs long. No call to the listener after it.
  ~RedisBackplane() override;
  RedisBackplane(const RedisBackplane&) = delete;
  RedisBackplane& operator=(const RedisBackplane&) = delete;

  /// Returns with a number, or throws std::runtime_error: a sentence that says what to do.
  void start(BackplaneListener& listener) override;
  uint16_t node() const override { return node_number_; }
  void attend() override;
  void post(Address to, BusMessageClass kind, std::span<const uint8_t> message) override;
  void publish(const CellNotice& notice) override;
  void draining() override;
  Counters counters() const override;

 private:
  void run();
  void turn();
  int64_t wait_us(int64_t now_us) const;
  void open(int64_t now_ms);
  void lose(int64_t now_ms);
  void gain();
  void flush(int64_t now_us);
  void leave();
  void settle(const std::string& problem);
  void wake() const;
  void drop(uint64_t count) { node_.tally.dropped += count; }

  RedisNode node_;
  const int64_t start_max_ms_;
  uint16_t node_number_ = 0;
  Outgoing outgoing_;
  int wake_ = -1;
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> is_draining_{false};
  std::atomic<bool> is_attended_{false};

  // Of the thread alone:
  std::unique_ptr<RedisSession> session_;
  Outgoing::Load load_;
  BackOff back_off_;
  int64_t retry_ms_ = 0;
  int64_t give_up_ms_ = 0;
  std::optional<int64_t> flush_due_us_;
  int64_t paced_until_us_ = 0;
  bool was_up_ = false;  ///< is, until a session is lost: the listener was told so
  bool was_ever_up_ = false;

  // How start() ended: nothing while it has not, then empty or a problem.
  std::mutex settled_mutex_;
  std::condition_variable settled_changed_;
  std::optional<std::string> settled_;
  std::thread thread_;
};

}  // namespace bazaar::tracker
