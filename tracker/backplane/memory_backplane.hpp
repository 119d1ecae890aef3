// The backplane of a tracker that is alone: nothing ever leaves. Its node number is drawn anew for each life, so that
// who resumes after a restart is known to come from elsewhere and keeps its id.
// Refuses to have a thread or to call its listener. Invariant: there is nobody to lose, so it always counts as
// connected; what is posted to another node is a mistake of the caller, dropped and counted.
#pragma once

#include <atomic>

#include "backplane/backplane.hpp"

namespace bazaar::tracker {

class MemoryBackplane final : public Backplane {
 public:
  explicit MemoryBackplane(uint16_t node) : node_(node) {}

  void start(BackplaneListener& listener) override;
  uint16_t node() const override { return node_; }
  void attend() override;
  void post(Address to, BusMessageClass kind, std::span<const uint8_t> message) override;
  void publish(const CellNotice& notice) override;
  void draining() override;
  Counters counters() const override;

 private:
  const uint16_t node_;
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace bazaar::tracker
