// The node: workers on their threads, what they share, the way between them and to other nodes, the pages.
// Owns threads, limits common to all, the backplane and the drain; refuses to know protocols (desks do) or signals
// (main does). Invariant: workers are made before the first thread starts and end after the last has stopped, so that
// they may reach each other.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backplane/backplane.hpp"
#include "metrics/metrics.hpp"
#include "metrics/pages.hpp"
#include "worker.hpp"

namespace bazaar::tracker {

class Server final : private Node, private BackplaneListener {
 public:
  /// `version` is shown on the status page. Throws std::runtime_error or std::invalid_argument with a sentence for an
  /// operator.
  Server(const Options& options, std::string version);
  ~Server() override;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and begins to serve. Throws std::runtime_error with a sentence for an operator.
  void start();
  int port() const { return port_; }
  bool is_tls() const { return tls_ != nullptr; }

  /// Once a second, by whoever started it.
  void tick();
  /// What can change without a restart (OptionRow::Reload): certificates, keys, origins. What is wrong is logged and
  /// the old stays.
  void reload(const Options& options);
  /// No newcomers from now on; viewers are told to go, at the pace of the options.
  void drain();
  bool is_draining() const override { return is_draining_; }
  /// Whether the last viewer has gone and its signals have been sent after it, or the drain's time is over.
  bool is_drained();
  void stop();

 private:
  // Node: any worker's thread
  void post(Address to, BusMessageClass kind, std::span<const uint8_t> message) override;
  void publish(const CellNotice& notice, uint8_t from_worker) override;
  net::HttpAnswer page(const net::Request& request) override;
  native::Extent extent() const override;
  uint32_t join_window_ms() const override { return join_window_ms_; }

  // BackplaneListener: the backplane's thread
  void received(uint8_t worker, BusMessageClass kind, std::span<const uint8_t> message) override;
  void heard(std::span<const CellNotice> notices) override;
  void node_lost(uint16_t node) override;
  void connected(bool is_connected) override;

  void tell_all(const Letter& letter);
  void renew_node_counters();
  uint32_t next_join_window_ms();

  Options options_;
  const std::string version_;
  admission::AddressLimits addresses_;
  std::atomic<std::shared_ptr<const Door>> door_;
  admission::ResumeSeal seal_;
  net::Proxies proxies_;
  std::shared_ptr<net::TlsContext> tls_;
  metrics::Metrics metrics_;
  metrics::Pages pages_;
  std::mutex node_counters_;  // pages are asked for on any worker's thread
  std::unique_ptr<Backplane> backplane_;
  uint16_t node_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  int port_ = 0;
  std::atomic<bool> is_listening_{false};
  std::atomic<bool> is_draining_{false};
  std::atomic<uint32_t> nodes_{1};
  std::atomic<bool> is_cut_off_{false};
  std::atomic<uint32_t> join_window_ms_{0};
  uint64_t opened_before_ = 0;  // of tick()
  int64_t started_ms_ = 0;
  int64_t draining_since_ms_ = 0;
  std::optional<int64_t> empty_since_ms_;  // while draining: when the last connection was found gone
};

}  // namespace bazaar::tracker
