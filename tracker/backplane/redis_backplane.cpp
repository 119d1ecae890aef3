#include "backplane/redis_backplane.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <stdexcept>
#include <system_error>

#include "backplane/redis_limits.hpp"
#include "backplane/redis_session.hpp"

namespace bazaar::tracker {

namespace {

/// The loop looks around this often even when nothing stirs: to see silence, and that it stood still itself.
constexpr int64_t kLookAroundUs = 200'000;
constexpr size_t kPrefixMax = 64;

int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

int64_t now_ms() { return now_us() / 1'000; }

uint64_t seed() {
  uint64_t value = 0;
  if (getrandom(&value, sizeof value, 0) != sizeof value)
    throw std::runtime_error("the kernel gives no random numbers");
  return value;
}

}  // namespace

RedisBackplane::RedisBackplane(const RedisBackplaneOptions& options) : start_max_ms_(options.start_max_ms) {
  const bool is_plain = std::ranges::all_of(options.prefix, [](char c) { return c > ' ' && c < 0x7f; });
  if (options.prefix.size() > kPrefixMax || !is_plain) {
    throw std::invalid_argument("backplane: the prefix takes at most 64 visible ASCII characters, such as bazaar:");
  }
  node_.url = parse_redis_url(options.url);
  node_.prefix = options.prefix;
  node_.dice.seed(seed());
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "backplane: eventfd");
}

RedisBackplane::~RedisBackplane() {
  is_stopping_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
  close(wake_);
}

void RedisBackplane::start(BackplaneListener& listener) {
  node_.listener = &listener;
  thread_ = std::thread([this] { run(); });
  std::unique_lock lock(settled_mutex_);
  settled_changed_.wait(lock, [this] { return settled_.has_value(); });
  if (settled_->empty()) return;
  const std::string problem = *settled_;
  lock.unlock();
  thread_.join();
  throw std::runtime_error("backplane: " + problem);
}

void RedisBackplane::attend() {
  is_attended_ = true;
  wake();
}

void RedisBackplane::post(Address to, BusMessageClass kind, std::span<const uint8_t> message) {
  if (!node_.tally.is_connected) {
    drop(1);
    return;
  }
  const Outgoing::Put put = outgoing_.post(to, kind, message);
  if (put == Outgoing::Put::kFull) drop(1);
  if (put == Outgoing::Put::kWake) wake();
}

void RedisBackplane::publish(const CellNotice& notice) {
  if (!node_.tally.is_connected) {
    drop(1);
    return;
  }
  const Outgoing::Put put = outgoing_.publish(notice);
  if (put == Outgoing::Put::kFull) drop(1);
  if (put == Outgoing::Put::kWake) wake();
}

void RedisBackplane::draining() {
  is_draining_ = true;
  wake();
}

Backplane::Counters RedisBackplane::counters() const {
  const RedisNode::Tally& tally = node_.tally;
  Counters counters;
  counters.posted = tally.posted;
  counters.received = tally.received;
  counters.dropped = tally.dropped;
  counters.refused = tally.refused;
  counters.reconnects = tally.reconnects;
  counters.operations = tally.operations;
  counters.is_connected = tally.is_connected;
  counters.nodes = tally.nodes;
  return counters;
}

void RedisBackplane::wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

void RedisBackplane::settle(const std::string& problem) {
  const std::lock_guard lock(settled_mutex_);
  if (settled_) return;
  settled_ = problem;
  settled_changed_.notify_all();
}

void RedisBackplane::run() {
  // The process's signals are its main thread's; and hiredis writes to sockets that may have closed.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  give_up_ms_ = now_ms() + start_max_ms_;
  while (!is_stopping_ && !(settled_ && !settled_->empty())) turn();
  if (was_up_) leave();
  session_.reset();
}

int64_t RedisBackplane::wait_us(int64_t now_us) const {
  int64_t due_us = now_us + kLookAroundUs;
  if (session_) {
    due_us = std::min(due_us, session_->due_ms() * 1'000);
  } else {
    due_us = std::min(due_us, retry_ms_ * 1'000);
  }
  // Clogged: the socket wakes us when it takes more.
  if (was_up_ && flush_due_us_ && !session_->is_clogged()) due_us = std::min(due_us, *flush_due_us_);
  return std::max<int64_t>(due_us - now_us, 0);
}

void RedisBackplane::turn() {
  std::array<pollfd, 3> polled{};
  polled[0] = {wake_, POLLIN, 0};
  polled[1] = {session_ ? session_->commands().descriptor() : -1, session_ ? session_->commands().events() : short{0},
               0};
  polled[2] = {session_ ? session_->inbox().descriptor() : -1, session_ ? session_->inbox().events() : short{0}, 0};
  const int64_t wait = wait_us(now_us());
  const timespec timeout{wait / 1'000'000, wait % 1'000'000 * 1'000};
  ppoll(polled.data(), polled.size(), &timeout, nullptr);

  const int64_t woken_us = now_us();
  const int64_t woken_ms = woken_us / 1'000;
  if (polled[0].revents != 0) {
    uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t was_read = read(wake_, &ignored, sizeof ignored);
    const bool is_batch_full = outgoing_.waiting_bytes() >= kBatchBytes;
    const int64_t due_us = std::max(woken_us + (is_batch_full ? 0 : kFlushUs), paced_until_us_);
    flush_due_us_ = std::min(flush_due_us_.value_or(due_us), due_us);
  }
  if (!session_ && woken_ms >= retry_ms_) open(woken_ms);
  if (!session_) return;

  if (is_draining_ && node_.state == NodeState::kServing) {
    node_.state = NodeState::kDraining;
    session_->hurry();
  }
  session_->turn({polled[1].revents, polled[2].revents}, woken_ms);
  node_.tally.nodes = static_cast<uint32_t>(1 + (node_.known ? node_.known->size() : 0));
  if (session_->problem()) {
    lose(woken_ms);
    return;
  }
  if (session_->is_up() && !settled_) {
    node_number_ = *node_.number;
    spdlog::info("backplane: this is node {}, with Redis at {}", node_number_, node_.url.place());
    settle("");
  }
  if (session_->is_up() && !was_up_ && is_attended_) gain();
  if (was_up_ && flush_due_us_ && woken_us >= *flush_due_us_ && !session_->is_clogged()) flush(woken_us);
}

void RedisBackplane::open(int64_t now_ms) { session_ = std::make_unique<RedisSession>(node_, now_ms); }

void RedisBackplane::gain() {
  was_up_ = true;
  back_off_.succeeded();
  node_.tally.is_connected = true;
  if (was_ever_up_) {
    ++node_.tally.reconnects;
    spdlog::info("backplane: node {} is with Redis again", node_number_);
  }
  was_ever_up_ = true;
  node_.listener->connected(true);
  session_->meet_others();
}

void RedisBackplane::lose(int64_t now_ms) {
  const std::string problem = *session_->problem();
  const bool is_hopeless = !settled_ && (session_->is_refusal() || now_ms >= give_up_ms_);
  session_.reset();
  if (is_hopeless) {
    settle(problem);
    return;
  }
  retry_ms_ = now_ms + (settled_ ? back_off_.failed(node_.dice()) : kStartRetryMs);
  if (!was_up_) {
    spdlog::debug("backplane: {}; next try in {} ms", problem, retry_ms_ - now_ms);
    return;
  }
  spdlog::warn("backplane: {}; newcomers stay local, next try in {} ms", problem, retry_ms_ - now_ms);
  was_up_ = false;
  node_.tally.is_connected = false;
  // Said again by every worker on return; what waits for other nodes would come too late.
  node_.cells.clear();
  flush_due_us_.reset();
  outgoing_.take(load_);
  drop(load_.posts.size() + load_.notices.size());
  node_.listener->connected(false);
}

void RedisBackplane::flush(int64_t now_us) {
  flush_due_us_.reset();
  outgoing_.take(load_);
  const int64_t now_ms = now_us / 1'000;
  for (const CellNotice& notice : load_.notices) {
    if (notice.cell.node() != *node_.number || !node_.cells.put(notice, now_ms)) drop(1);
  }
  std::map<uint16_t, BatchWriter> batches;
  for (const Outgoing::Post& post : load_.posts) {
    const uint16_t to = post.to.node();
    if (!node_.known->knows(to)) {
      drop(1);
      continue;
    }
    BatchWriter& batch = batches[to];
    batch.add(post.to.worker(), post.kind, load_.of(post));
    if (batch.bytes() >= kBatchBytes) session_->send(to, batch, now_ms);
  }
  int64_t partial = 0;
  for (auto& [to, batch] : batches) {
    if (batch.messages() == 0) continue;
    session_->send(to, batch, now_ms);
    ++partial;
  }
  paced_until_us_ = now_us + partial * kBatchPaceUs;
}

void RedisBackplane::leave() {
  const int64_t end_us = now_us() + kGoodbyeMaxMs * 1'000;
  flush(now_us());
  session_->say_goodbye(now_ms());
  while (!session_->has_said_goodbye() && !session_->problem() && now_us() < end_us) {
    std::array<pollfd, 1> polled{pollfd{session_->commands().descriptor(), session_->commands().events(), 0}};
    poll(polled.data(), polled.size(), 10);
    session_->turn({polled[0].revents, 0}, now_ms());
  }
}

}  // namespace bazaar::tracker
