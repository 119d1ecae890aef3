// Tells the neighbours what we have: a snapshot to a new peer, deltas to whom they are news, a heartbeat when there is
// nothing to say. Owns nothing but scratch memory; reads the window, writes messages. Invariant: every trading peer has
// been sent a snapshot before its first delta.
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
  void tell_changes();
  void add_change(size_t index, uint64_t news);
  void forget_changes();
  bool is_news(const StatusBoard::Change& change, size_t slot) const;
  /// Sends what was gathered to those targets that trade.
  void send_gathered();

  World& world_;
  wire::Status status_;
  size_t packed_used_ = 0;
  PeerMask targets_ = 0;  ///< peer slots that the message being gathered is for
  std::array<uint8_t, 8 * 1024> packed_{};
  std::vector<StatusBoard::Change> changes_;
  std::vector<SegmentKey> dropped_;
};

}  // namespace bazaar
