#include "status_sender.hpp"

#include <algorithm>

namespace bazaar {

uint32_t StatusSender::spare_blocks(const World& world) {
  if (!world.is_giving()) return 0;
  const double blocks = (world.credit.available() - world.bytes_unpaid()) / kBlockBytes;
  return static_cast<uint32_t>(std::clamp(blocks, 0.0, 1000.0));
}

uint8_t StatusSender::wait(const World& world) {
  return static_cast<uint8_t>(std::clamp(world.upload_wait_ms(kBlockBytes) / 10, 1.0, 255.0));
}

void StatusSender::begin(bool is_snapshot) {
  status_.snapshot = is_snapshot;
  status_.spare = spare_blocks(world_);
  status_.wait = wait(world_);
  status_.run_count = 0;
  packed_used_ = 0;
}

void StatusSender::add(const Segment& segment, uint32_t first, uint32_t end) {
  end = std::min(end, segment.blocks.size());
  first = std::min(first, end);
  const uint32_t count = end - first;
  const size_t packed_bytes = (count + 3) / 4;
  if (status_.run_count == wire::kStatusRunsMax || packed_used_ + packed_bytes > packed_.size()) {
    send_gathered(target_);
    begin(false);  // the rest of a long snapshot follows as deltas
  }
  wire::StatusRun& run = status_.runs[status_.run_count++];
  run = {};
  run.key = segment.key;
  run.bytes_total = segment.bytes_total;
  run.first = static_cast<uint16_t>(first);
  run.count = static_cast<uint16_t>(count);
  run.packed = packed_.data() + packed_used_;
  std::fill_n(packed_.begin() + static_cast<std::ptrdiff_t>(packed_used_), packed_bytes, uint8_t{0});
  for (uint32_t i = 0; i < count; ++i) {
    const auto code = static_cast<uint8_t>(segment.blocks.code(first + i));
    uint8_t& byte = packed_[packed_used_ + i / 4];
    byte = static_cast<uint8_t>(byte | (code << (2 * (i % 4))));
  }
  packed_used_ += packed_bytes;
}

void StatusSender::add_dropped(SegmentKey key) {
  if (status_.run_count == wire::kStatusRunsMax) {
    send_gathered(target_);
    begin(false);
  }
  wire::StatusRun& run = status_.runs[status_.run_count++];
  run = {};
  run.key = key;
  run.dropped = true;
}

void StatusSender::send_gathered(Handle target) {
  const size_t length = wire::encode(status_, world_.actions.room());
  if (length == 0) return;
  const int32_t offset = world_.actions.take(length);
  if (target != 0) {
    if (Peer* peer = world_.peers.get(target)) world_.send_taken(target, *peer, offset, length);
    return;
  }
  world_.peers.each([&](Handle handle, Peer& peer) {
    if (peer.is_trading()) world_.send_taken(handle, peer, offset, length);
  });
}

void StatusSender::send_snapshot(Handle peer) {
  target_ = peer;
  begin(true);
  if (world_.is_giving())
    world_.window.each([&](Handle, const Segment& segment) {
      if (segment.is_ours && !segment.is_cdn_only) add(segment, 0, segment.blocks.size());
    });
  send_gathered(peer);
  target_ = 0;
}

TimeMs StatusSender::flush() {
  if (world_.peers.trading_count() == 0) {
    world_.status.take(changes_, dropped_);
    changes_.clear();
    dropped_.clear();
    return 1e300;
  }
  if (world_.status.due_ms() <= world_.now) {
    world_.status.take(changes_, dropped_);
    begin(false);
    for (const SegmentKey key : dropped_) add_dropped(key);
    for (const StatusBoard::Change& change : changes_) {
      const Segment* segment = world_.window.get(change.segment);
      if (segment && !segment->is_cdn_only && world_.is_giving()) add(*segment, change.first, change.end);
    }
    if (status_.run_count > 0) send_gathered(0);
    changes_.clear();
    dropped_.clear();
  }
  TimeMs next = world_.status.due_ms();
  world_.peers.each([&](Handle handle, Peer& peer) {
    if (!peer.is_trading()) return;
    if (world_.now >=
        peer.told_ms + tunables::kHeartbeatMs) {  // the sum that was returned: a difference may round below
      begin(false);
      send_gathered(handle);
    }
    next = std::min(next, peer.told_ms + tunables::kHeartbeatMs);
  });
  return next;
}

}  // namespace bazaar
