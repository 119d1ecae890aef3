// A loop on a thread of its own for the length of a test, and a handler that records.
// Owns the thread; refuses to judge. Invariant: everything the handler saw is read under its lock, and waits are for
// conditions, with a bound.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/loop.hpp"

namespace bazaar::tracker::net::testing {

inline constexpr int kPatienceMs = 10'000;

class RecordingHandler : public Handler {
 public:
  struct Message {
    ConnectionId from = 0;
    bool is_text = false;
    std::string bytes;
  };
  struct Seen {
    int accepted = 0;
    int gone = 0;
    int turns = 0;
    std::vector<ConnectionId> opened;
    std::vector<Dialect> dialects;
    std::vector<std::string> clients;  ///< as on_open said
    std::vector<Message> messages;
    std::map<ConnectionId, std::vector<CloseCause>> closed;
    std::vector<std::string> order;  ///< "open", "message", "close", "gone"
  };

  // What the test decides, before run or under lock().
  std::function<bool(const ClientAddress&)> accepts = [](const ClientAddress&) { return true; };
  std::function<std::optional<HttpAnswer>(const Request&, Dialect)> refuses = [](const Request&, Dialect) {
    return std::optional<HttpAnswer>();
  };
  std::function<HttpAnswer(const Request&)> serves = [](const Request&) { return HttpAnswer(); };
  std::function<void(ConnectionId)> opens = [](ConnectionId) {};
  std::function<void(const Message&)> reads = [](const Message&) {};
  std::function<void(ConnectionId, CloseCause)> closes = [](ConnectionId, CloseCause) {};
  std::function<void()> begins = [] {};
  std::function<int64_t(int64_t)> turns = [](int64_t) { return Deadlines::kNever; };

  bool on_accept(const ClientAddress& client) override;
  HttpAnswer on_http(const Request& request) override { return serves(request); }
  std::optional<HttpAnswer> on_upgrade(const Request& request, Dialect dialect) override {
    return refuses(request, dialect);
  }
  void on_open(ConnectionId connection, Dialect dialect, const ClientAddress& client) override;
  void on_message(ConnectionId connection, bool is_text, std::span<const uint8_t> message) override;
  void on_close(ConnectionId connection, CloseCause cause) override;
  void on_gone(const ClientAddress& client) override;
  void before_events(int64_t) override { begins(); }
  int64_t on_turn(int64_t now_ms) override;

  Seen seen() const;
  /// Whether `condition` came true before patience ran out.
  bool wait(const std::function<bool(const Seen&)>& condition) const;

 private:
  void note(const std::function<void(Seen&)>& change);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Seen seen_;
};

/// Listens on a free port of 127.0.0.1 and runs from start(), or the first port(), until the end of its scope.
class LoopRunner {
 public:
  LoopRunner(Handler& handler, LoopOptions options, bool is_tls = false);
  ~LoopRunner() { stop(); }
  void start();
  void stop();
  Loop& loop() { return loop_; }
  /// Whoever asks wants to connect: the loop runs from then on, and what the handler does is settled before.
  int port() {
    start();
    return loop_.port();
  }
  const Counters& counters() const { return loop_.counters(); }

 private:
  Loop loop_;
  std::thread thread_;
};

/// Polls a condition of the loop's counters.
bool eventually(const std::function<bool()>& condition);

}  // namespace bazaar::tracker::net::testing
