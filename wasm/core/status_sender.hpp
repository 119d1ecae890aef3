// Tells the neighbours what we have: a snapshot to a new peer, deltas to all, a heartbeat when there is nothing to say.
// Owns nothing but scratch memory; reads the window, writes messages. Invariant: every trading peer has been sent a
// snapshot before its first delta.
#pragma once

#include <cstdint>
#include <vector>

#include "wire.hpp"
#include "world.hpp"

namespace bazaar {

class StatusSender {
 public:
  explicit StatusSender(World& world) : world_(world) {}

  void send_snapshot(Handle peer);
  /// Sends what is due; returns the clock time at which to call again.
  TimeMs flush();

  /// Blocks that our credit covers, those promised already not counted.
  static uint32_t spare_blocks(const World& world);
  /// Until one more block would be on its way, in the wire's unit.
  static uint8_t wait(const World& world);

 private:
  void begin(bool is_snapshot);
  void add(const Segment& segment, uint32_t first, uint32_t end);
  void add_dropped(SegmentKey key);
  /// Sends what was gathered, to one peer or to all that trade (peer 0).
  void send_gathered(Handle peer);

  World& world_;
  wire::Status status_;
  size_t packed_used_ = 0;
  Handle target_ = 0;
  std::array<uint8_t, 8 * 1024> packed_{};
  std::vector<StatusBoard::Change> changes_;
  std::vector<SegmentKey> dropped_;
};

}  // namespace bazaar
