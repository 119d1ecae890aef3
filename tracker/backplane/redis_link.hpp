// One connection to Redis that never waits: commands go into a buffer, answers come to whoever asked, in order.
// Owns the socket, the parser (both hiredis) and the bounds on what arrives; refuses to know any command. Invariant:
// after the first problem nothing is called back any more; handlers may send commands, but nobody closes inside one.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backplane/redis_url.hpp"

namespace bazaar::tracker {

class RedisLink {
 public:
  using Handler = std::function<void(const redisReply& reply)>;

  /// Begins to connect and to authenticate. The name is resolved here, which may take as long as the resolver likes.
  RedisLink(const RedisUrl& url, int64_t now_ms);

  void command(const std::vector<std::string_view>& words, int64_t now_ms, Handler on_answer = {});
  /// From here on everything without a waiting handler is a message of a subscription.
  void subscribe(const std::vector<std::string_view>& channels, Handler on_message);

  int descriptor() const { return context_->fd; }
  short events() const;
  /// Reads and writes what the socket allows.
  void turn(short revents, int64_t now_ms);

  /// Why this link is of no use any more; one sentence.
  const std::optional<std::string>& problem() const { return problem_; }
  /// Redis was reached and refuses us: trying again will not help while nobody changes something.
  bool is_refusal() const { return is_refusal_; }
  size_t unsent_bytes() const;
  /// When the oldest command without an answer was sent.
  std::optional<int64_t> waiting_since_ms() const;
  int64_t heard_ms() const { return heard_ms_; }
  /// Commands sent since the last call.
  uint64_t take_operations();

 private:
  struct Waiting {
    Handler on_answer;
    int64_t sent_ms = 0;
  };
  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  void append(const std::vector<std::string_view>& words);
  void fail(const std::string& why);
  void refuse(std::string_view error);
  void check_connected(short revents);
  void read(int64_t now_ms);
  void dispatch();
  void answer(const redisReply& reply);

  std::string place_;
  std::unique_ptr<redisContext, Free> context_;
  std::deque<Waiting> waiting_;
  Handler on_message_;
  std::optional<std::string> problem_;
  bool is_refusal_ = false;
  bool is_connected_ = false;
  size_t incomplete_bytes_ = 0;
  int64_t heard_ms_ = 0;
  uint64_t operations_ = 0;
};

/// Text of a reply that is a string or an error; else empty.
std::string_view text_of(const redisReply& reply);

}  // namespace bazaar::tracker
