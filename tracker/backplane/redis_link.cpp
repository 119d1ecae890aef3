#include "backplane/redis_link.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "backplane/redis_limits.hpp"

namespace bazaar::tracker {

namespace {

/// hiredis reads 16 KiB at a time; a turn takes so many, then the other link has its own.
constexpr int kReadsPerTurnMax = 64;

bool is_refused_login(std::string_view error) {
  return error.starts_with("WRONGPASS") || error.starts_with("NOAUTH") || error.starts_with("NOPERM") ||
         error.find("user executing the script") != std::string_view::npos;
}

}  // namespace

RedisLink::RedisLink(const RedisUrl& url, int64_t now_ms)
    : place_(url.place()), context_(redisConnectNonBlock(url.host.c_str(), url.port)), heard_ms_(now_ms) {
  if (!context_) throw std::bad_alloc();
  if (context_->err != 0) {
    fail("cannot reach Redis at " + place_ + ": " + context_->errstr);
    return;
  }
  const int yes = 1;
  setsockopt(context_->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (!url.password.empty()) {
    std::vector<std::string_view> words{"AUTH"};
    if (!url.user.empty()) words.emplace_back(url.user);
    words.emplace_back(url.password);
    command(words, now_ms, [this](const redisReply& reply) {
      if (reply.type == REDIS_REPLY_ERROR) refuse(text_of(reply));
    });
  }
  if (url.database != 0) {
    command({"SELECT", std::to_string(url.database)}, now_ms, [this](const redisReply& reply) {
      if (reply.type == REDIS_REPLY_ERROR) refuse(text_of(reply));
    });
  }
}

void RedisLink::fail(const std::string& why) {
  if (!problem_) problem_ = why;
}

void RedisLink::refuse(std::string_view error) {
  is_refusal_ = true;
  fail("Redis at " + place_ + " refuses: " + std::string(error) +
       ". Check user, password and database in --backplane, and the user's rights "
       "(docs/decisions/0009-redis-backplane.md)");
}

void RedisLink::append(const std::vector<std::string_view>& words) {
  std::vector<const char*> starts;
  std::vector<size_t> lengths;
  starts.reserve(words.size());
  lengths.reserve(words.size());
  for (const std::string_view word : words) {
    starts.push_back(word.data());
    lengths.push_back(word.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), starts.data(), lengths.data());
  ++operations_;
}

void RedisLink::command(const std::vector<std::string_view>& words, int64_t now_ms, Handler on_answer) {
  if (problem_) return;
  append(words);
  waiting_.push_back({std::move(on_answer), now_ms});
}

void RedisLink::subscribe(const std::vector<std::string_view>& channels, Handler on_message) {
  if (problem_) return;
  std::vector<std::string_view> words{"SUBSCRIBE"};
  words.insert(words.end(), channels.begin(), channels.end());
  append(words);
  on_message_ = std::move(on_message);
}

short RedisLink::events() const {
  return static_cast<short>(unsent_bytes() > 0 || !is_connected_ ? POLLIN | POLLOUT : POLLIN);
}

size_t RedisLink::unsent_bytes() const { return sdslen(context_->obuf); }

std::optional<int64_t> RedisLink::waiting_since_ms() const {
  if (waiting_.empty()) return {};
  return waiting_.front().sent_ms;
}

uint64_t RedisLink::take_operations() { return std::exchange(operations_, 0); }

void RedisLink::check_connected(short revents) {
  if (is_connected_ || revents == 0) return;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) {
    fail("cannot reach Redis at " + place_ + ": " + std::strerror(error));
    return;
  }
  is_connected_ = (revents & POLLOUT) != 0;
}

void RedisLink::turn(short revents, int64_t now_ms) {
  if (problem_) return;
  check_connected(revents);
  if (problem_ || !is_connected_) return;
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0) read(now_ms);
  int is_done = 0;
  if (!problem_ && unsent_bytes() > 0 && redisBufferWrite(context_.get(), &is_done) != REDIS_OK) {
    fail("lost Redis at " + place_ + ": " + context_->errstr);
  }
}

void RedisLink::read(int64_t now_ms) {
  for (int i = 0; i < kReadsPerTurnMax && !problem_; ++i) {
    const size_t before = context_->reader->len;
    if (redisBufferRead(context_.get()) != REDIS_OK) {
      fail("lost Redis at " + place_ + ": " + context_->errstr);
      return;
    }
    const size_t came = context_->reader->len - before;
    if (came == 0) return;
    heard_ms_ = now_ms;
    incomplete_bytes_ += came;
    dispatch();
    if (incomplete_bytes_ > kReplyBytesMax) fail("Redis at " + place_ + " sends a message without end");
  }
}

void RedisLink::dispatch() {
  while (!problem_) {
    void* taken = nullptr;
    if (redisGetReplyFromReader(context_.get(), &taken) != REDIS_OK) {
      fail("Redis at " + place_ + " answers what is not its protocol: " + context_->errstr);
      return;
    }
    if (!taken) return;
    const std::unique_ptr<redisReply, void (*)(void*)> reply(static_cast<redisReply*>(taken), freeReplyObject);
    incomplete_bytes_ = context_->reader->len - context_->reader->pos;
    answer(*reply);
  }
}

void RedisLink::answer(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_ERROR && is_refused_login(text_of(reply))) {
    refuse(text_of(reply));
  } else if (!waiting_.empty()) {
    const Handler on_answer = std::move(waiting_.front().on_answer);
    waiting_.pop_front();
    if (on_answer) on_answer(reply);
  } else if (on_message_) {
    on_message_(reply);
  } else {
    fail("Redis at " + place_ + " answers what nobody asked");
  }
}

std::string_view text_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS && reply.type != REDIS_REPLY_ERROR)
    return {};
  return {reply.str, reply.len};
}

}  // namespace bazaar::tracker
