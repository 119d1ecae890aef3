// One stay with Redis, from the first packet to the first problem: take or renew the number, listen, tell, read others.
// Owns both links; refuses to come back (the backplane makes another session) and to wait. Invariant: `is_up` only
// after the inbox listens and Redis has taken a first bulletin, so that every right we need has been tried.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "backplane/node_messages.hpp"
#include "backplane/redis_link.hpp"
#include "backplane/redis_node.hpp"

namespace bazaar::tracker {

class RedisSession {
 public:
  RedisSession(RedisNode& node, int64_t now_ms);

  struct Ready {
    short commands = 0;
    short inbox = 0;
  };
  /// Everything there is to do now. Calls the listener.
  void turn(Ready ready, int64_t now_ms);
  /// When turn() is wanted even if no socket stirs.
  int64_t due_ms() const;
  const RedisLink& commands() const { return commands_; }
  const RedisLink& inbox() const { return inbox_; }

  bool is_up() const { return phase_ == Phase::kUp; }
  const std::optional<std::string>& problem() const { return problem_; }
  bool is_refusal() const { return commands_.is_refusal() || inbox_.is_refusal(); }

  /// Reads who else is there, and their cells; strangers are looked up from here on.
  void meet_others();
  /// Redis does not keep up: leave everything in the queue.
  bool is_clogged() const;
  void send(uint16_t to, BatchWriter& batch, int64_t now_ms);
  /// The next turn tells, whatever the time.
  void hurry() { next_bulletin_ms_ = 0; }
  void say_goodbye(int64_t now_ms);
  bool has_said_goodbye() const { return phase_ == Phase::kLeft; }

 private:
  enum class Phase : uint8_t { kClaiming, kSubscribing, kUp, kLeaving, kLeft };

  void claim();
  void subscribe();
  void tell(int64_t now_ms);
  void told(const redisReply& reply);
  void on_message(const redisReply& reply);
  void on_batch(std::span<const uint8_t> bytes);
  void on_bulletin(std::span<const uint8_t> bytes);
  void look_up(uint16_t node);
  void on_record(uint16_t node, const redisReply& reply);
  void read_cells(uint16_t node, const std::string& cursor, size_t seen);
  void on_cells(uint16_t node, size_t seen, const redisReply& reply);
  void note_state(uint16_t node, NodeState state);
  void check_deadlines(int64_t now_ms);
  void refuse();
  void fail(const std::string& why);

  RedisNode& node_;
  RedisLink commands_;
  RedisLink inbox_;
  const std::string cells_channel_;
  Phase phase_ = Phase::kClaiming;
  std::optional<std::string> problem_;
  int subscriptions_ = 0;
  bool is_first_bulletin_ = true;
  bool is_meeting_ = false;
  int64_t now_ms_;
  int64_t opened_ms_;
  int64_t last_bulletin_ms_ = 0;
  int64_t next_bulletin_ms_ = 0;
  std::set<uint16_t> looked_up_;  ///< asked for, not answered
};

}  // namespace bazaar::tracker
