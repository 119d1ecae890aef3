#include "tracker/support/loop_runner.hpp"

#include <chrono>
#include <csignal>

namespace bazaar::tracker::net::testing {

using namespace std::chrono_literals;

void RecordingHandler::note(const std::function<void(Seen&)>& change) {
  {
    const std::lock_guard lock(mutex_);
    change(seen_);
  }
  changed_.notify_all();
}

bool RecordingHandler::on_accept(const ClientAddress& client) {
  const bool is_welcome = accepts(client);
  if (is_welcome) note([](Seen& seen) { ++seen.accepted; });
  return is_welcome;
}

void RecordingHandler::on_open(ConnectionId connection, Dialect dialect, const ClientAddress& client) {
  note([&](Seen& seen) {
    seen.opened.push_back(connection);
    seen.dialects.push_back(dialect);
    seen.clients.push_back(client.text());
    seen.order.push_back("open");
  });
  opens(connection);
}

void RecordingHandler::on_message(ConnectionId connection, bool is_text, std::span<const uint8_t> message) {
  const Message copy{connection, is_text, std::string(message.begin(), message.end())};
  note([&](Seen& seen) {
    seen.messages.push_back(copy);
    seen.order.push_back("message");
  });
  reads(copy);
}

void RecordingHandler::on_close(ConnectionId connection, CloseCause cause) {
  closes(connection, cause);
  note([&](Seen& seen) {
    seen.closed[connection].push_back(cause);
    seen.order.push_back("close");
  });
}

void RecordingHandler::on_gone(const ClientAddress&) {
  note([](Seen& seen) {
    ++seen.gone;
    seen.order.push_back("gone");
  });
}

int64_t RecordingHandler::on_turn(int64_t now_ms) {
  note([](Seen& seen) { ++seen.turns; });
  return turns(now_ms);
}

RecordingHandler::Seen RecordingHandler::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

bool RecordingHandler::wait(const std::function<bool(const Seen&)>& condition) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(kPatienceMs), [&] { return condition(seen_); });
}

LoopRunner::LoopRunner(Handler& handler, LoopOptions options, bool is_tls) : loop_(handler, std::move(options)) {
  std::signal(SIGPIPE, SIG_IGN);
  loop_.listen("127.0.0.1", 0, Sharing::kFirst, is_tls);
}

void LoopRunner::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { loop_.run(); });
}

void LoopRunner::stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace bazaar::tracker::net::testing
