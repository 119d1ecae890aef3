// A listener that remembers everything a backplane told it, and lets a test wait for it.
// Refuses to judge. Invariant: each test thread sees what the backplane's thread said before, in its order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "backplane/backplane.hpp"

namespace bazaar::tracker {

class RecordingListener final : public BackplaneListener {
 public:
  struct Received {
    uint8_t worker;
    BusMessageClass kind;
    std::string bytes;
    friend bool operator==(const Received&, const Received&) = default;
  };
  struct Heard {
    std::vector<Received> messages;
    std::vector<CellNotice> notices;
    std::map<uint64_t, uint32_t> sizes;  ///< of each cell, as told last
    std::vector<uint16_t> lost, draining;
    std::vector<bool> connections;
    bool is_connected() const { return !connections.empty() && connections.back(); }
  };

  void received(uint8_t worker, BusMessageClass kind, std::span<const uint8_t> message) override {
    note([&](Heard& heard) { heard.messages.push_back({worker, kind, {message.begin(), message.end()}}); });
  }
  void heard(std::span<const CellNotice> notices) override {
    note([&](Heard& heard) {
      heard.notices.insert(heard.notices.end(), notices.begin(), notices.end());
      for (const CellNotice& notice : notices) heard.sizes[notice.cell.value()] = notice.size;
    });
  }
  void node_lost(uint16_t node) override {
    note([&](Heard& heard) { heard.lost.push_back(node); });
  }
  void node_draining(uint16_t node) override {
    note([&](Heard& heard) { heard.draining.push_back(node); });
  }
  void connected(bool is_connected) override {
    note([&](Heard& heard) { heard.connections.push_back(is_connected); });
  }

  /// False: it was not so within that time.
  template <typename Predicate>
  bool wait(std::chrono::milliseconds longest, Predicate is_so) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, [&] { return is_so(heard_); });
  }
  Heard now() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    heard_ = {};
  }

 private:
  template <typename Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change(heard_);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  Heard heard_;
};

}  // namespace bazaar::tracker
