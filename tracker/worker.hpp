// One event loop with everything that its connections need: the two desks, their directory, the limits on each
// connection. Owns these and the mailbox; refuses to decide what a protocol means or who may come in (desks and
// admission do). Invariant: all of it runs on the loop's thread; other threads reach it through the mailbox only.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "admission/address_limits.hpp"
#include "admission/join_token.hpp"
#include "admission/origin_list.hpp"
#include "admission/paced_list.hpp"
#include "admission/rate_limits.hpp"
#include "admission/resume_token.hpp"
#include "mailbox.hpp"
#include "metrics/counters.hpp"
#include "metrics/reasons.hpp"
#include "native/desk.hpp"
#include "net/loop.hpp"
#include "options/options.hpp"
#include "swarm/directory.hpp"
#include "webtorrent/desk.hpp"

namespace bazaar::tracker {

/// What a worker needs of the node around it.
class Node {
 public:
  virtual ~Node() = default;
  virtual void post(Address to, BusMessageClass kind, std::span<const uint8_t> message) = 0;
  virtual void publish(const CellNotice& notice, uint8_t from_worker) = 0;
  virtual net::HttpAnswer page(const net::Request& request) = 0;
  virtual bool is_draining() const = 0;
  virtual native::Extent extent() const = 0;
  virtual uint32_t join_window_ms() const = 0;
};

/// Who may come in; replaced as a whole by SIGHUP.
struct Door {
  admission::OriginList origins;
  admission::KeyRing keys;
};

/// What all workers share, and only read or lock for moments.
struct Shared {
  const Options& options;
  admission::AddressLimits& addresses;
  const std::atomic<std::shared_ptr<const Door>>& door;
  const admission::ResumeSeal& seal;
  const net::Proxies& proxies;
  admission::HashSeed hash_seed;
};

/// A viewer that is told to go comes back within this, elsewhere: long enough to spread one worker's share of a second.
inline constexpr uint32_t kGoAwayWithinMs = 2'000;

class Worker final : private net::Handler, private Bus, private native::Gate {
 public:
  Worker(Node& node, const Shared& shared, Address self, const net::LoopOptions& loop, metrics::Counters& metrics,
         uint64_t seed);

  net::Loop& loop() { return loop_; }
  /// From any thread.
  void put(const Letter& letter, std::span<const uint8_t> bytes = {});
  /// Connections that are open, from any thread.
  uint64_t connections() const { return loop_.counters().open.value(); }

 private:
  /// What the worker knows of a connection besides its session.
  struct Guest {
    ConnectionId connection = 0;
    net::Dialect dialect = net::Dialect::kNative;
    bool is_proxied = false;
    uint64_t address = 0;  ///< ClientAddress::limit_key()
    admission::AddressEntry* entry = nullptr;
    admission::ConnectionBudget budget;
  };

  // net::Handler
  bool on_accept(const ClientAddress& client) override;
  net::HttpAnswer on_http(const net::Request& request) override;
  std::optional<net::HttpAnswer> on_upgrade(const net::Request& request, net::Dialect dialect) override;
  void on_open(ConnectionId connection, net::Dialect dialect, const ClientAddress& client) override;
  void on_message(ConnectionId connection, bool is_text, std::span<const uint8_t> message) override;
  void on_close(ConnectionId connection, net::CloseCause cause) override;
  void on_gone(const ClientAddress& client) override;
  void before_events(int64_t now_ms) override;
  int64_t on_turn(int64_t now_ms) override;

  // Bus
  void post(Address to, BusMessageClass kind, std::span<const uint8_t> message) override;
  void publish(const CellNotice& notice) override;

  // native::Gate
  std::optional<native::Refusal> check(const ClientAddress& client, const tracker_wire::StreamKey& stream,
                                       std::span<const uint8_t> token, int64_t now_ms) override;
  bool is_signal(std::span<const uint8_t> blob, tracker_wire::SignalKind kind) override;
  size_t seal(const native::Place& place, std::span<uint8_t> out) override;
  std::optional<native::Place> unseal(std::span<const uint8_t> token) override;

  bool is_within_rates(Guest& guest, size_t bytes);
  void drain();
  void report();

  Node& node_;
  const Shared shared_;
  const Address self_;
  metrics::Counters& metrics_;
  const admission::ConnectionRates rates_;
  const admission::Rate accepts_;
  admission::TokenBucket accepted_;
  admission::StreamJoins stream_joins_;
  net::Loop loop_;
  Directory directory_;
  native::Desk native_;
  webtorrent::Desk webtorrent_;
  Mailbox mailbox_;
  Mail mail_;                  // scratch of before_events()
  std::vector<Guest> guests_;  // by the low half of the connection's id
  admission::PacedList<ConnectionId> webtorrent_to_close_;
  bool is_next_proxied_ = false;  // of the on_open that follows this on_upgrade
  bool is_draining_ = false;
  int64_t next_second_ms_ = 0;
};

}  // namespace bazaar::tracker
