#include "status_sender.hpp"

#include <algorithm>
#include <array>

namespace bazaar {

namespace {
// The sum is returned and compared, never a difference of it, which may round below.
TimeMs next_beat_ms(const Peer& peer) { return peer.told_ms + tunables::kHeartbeatMs; }

// A bit a change; the last bit for all the rest.
uint64_t bit_of(size_t change) { return uint64_t{1} << std::min<size_t>(change, 63); }
}  // namespace

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
    send_gathered();
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
    send_gathered();
    begin(false);
  }
  wire::StatusRun& run = status_.runs[status_.run_count++];
  run = {};
  run.key = key;
  run.dropped = true;
}

void StatusSender::send_gathered() {
  const size_t length = wire::encode(status_, world_.actions.room());
  if (length == 0) return;
  const int32_t offset = world_.actions.take(length);
  world_.peers.each([&](Handle handle, Peer& peer) {
    if (peer.is_trading() && (targets_ & mask_of(Slots<Peer>::slot_of(handle))) != 0)
      world_.send_taken(handle, peer, offset, length);
  });
}

void StatusSender::send_snapshot(Handle peer) {
  targets_ = mask_of(Slots<Peer>::slot_of(peer));
  begin(true);
  if (world_.is_giving())
    world_.window.each([&](Handle, const Segment& segment) {
      if (segment.is_ours && !segment.is_cdn_only) add(segment, 0, segment.blocks.size());
    });
  send_gathered();
}

// Whether any of the changed blocks is news to that neighbour: it will not ask for what it holds, nor seed it.
bool StatusSender::is_news(const StatusBoard::Change& change, size_t slot) const {
  const Segment* segment = world_.window.get(change.segment);
  if (!segment || segment->is_cdn_only || !world_.is_giving()) return false;
  if (change.is_announced) return true;
  const uint32_t end = std::min(change.end, segment->blocks.size());
  const PeerMask bit = mask_of(slot);
  for (uint32_t block = change.first; block < end; ++block) {
    if (!segment->blocks.is_news(block)) continue;
    if (block >= segment->offers.size() || (segment->offers.holders(block) & bit) == 0) return true;
  }
  return false;
}

// Neighbours to whom the same changes are news get the same bytes.
void StatusSender::tell_changes() {
  std::array<uint64_t, tunables::kPeerSlots> news{};
  PeerMask told = 0;
  world_.peers.each([&](Handle handle, const Peer& peer) {
    const size_t slot = Slots<Peer>::slot_of(handle);
    bool is_worth = peer.is_trading() && !dropped_.empty();
    for (size_t i = 0; peer.is_trading() && i < changes_.size(); ++i) {
      if (!is_news(changes_[i], slot)) continue;
      news[slot] |= bit_of(i);
      is_worth = is_worth || !changes_[i].is_rider;
    }
    if (!is_worth) told |= mask_of(slot);
  });
  world_.peers.each([&](Handle handle, const Peer&) {
    const size_t slot = Slots<Peer>::slot_of(handle);
    if ((told & mask_of(slot)) != 0) return;
    targets_ = 0;
    for (size_t other = slot; other < news.size(); ++other) {
      if (news[other] == news[slot]) targets_ |= mask_of(other) & ~told;
    }
    told |= targets_;
    begin(false);
    for (const SegmentKey key : dropped_) add_dropped(key);
    for (size_t i = 0; i < changes_.size(); ++i) {
      if ((news[slot] & bit_of(i)) != 0) add_change(i, news[slot]);
    }
    if (status_.run_count > 0) send_gathered();
  });
}

// All that is news of one segment goes as one run, from its first block to its last.
void StatusSender::add_change(size_t index, uint64_t news) {
  StatusBoard::Change run = changes_[index];
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (i == index || changes_[i].segment != run.segment || (news & bit_of(i)) == 0) continue;
    if (i < index) return;  // it went with that one
    if (changes_[i].end == 0) continue;
    run.first = run.end == 0 ? changes_[i].first : std::min(run.first, changes_[i].first);
    run.end = std::max(run.end, changes_[i].end);
  }
  if (const Segment* segment = world_.window.get(run.segment)) add(*segment, run.first, run.end);
}

void StatusSender::forget_changes() {
  for (const StatusBoard::Change& change : changes_) {
    Segment* segment = world_.window.get(change.segment);
    const uint32_t end = segment ? std::min(change.end, segment->blocks.size()) : 0;
    for (uint32_t block = change.first; block < end; ++block) segment->blocks.mark_told(block);
  }
  changes_.clear();
  dropped_.clear();
}

TimeMs StatusSender::flush() {
  const bool is_alone = world_.peers.trading_count() == 0;  // the snapshot will tell
  bool is_beat = false;                                     // what waits for company has it
  world_.peers.each(
      [&](Handle, const Peer& peer) { is_beat = is_beat || (peer.is_trading() && world_.now >= next_beat_ms(peer)); });
  world_.status.take(is_alone || is_beat ? 1e300 : world_.now, changes_, dropped_);
  if (!is_alone && (!changes_.empty() || !dropped_.empty())) tell_changes();
  forget_changes();
  TimeMs next = world_.status.due_ms();
  world_.peers.each([&](Handle handle, Peer& peer) {
    if (!peer.is_trading()) return;
    if (world_.now >= next_beat_ms(peer)) {
      begin(false);
      targets_ = mask_of(Slots<Peer>::slot_of(handle));
      send_gathered();
    }
    next = std::min(next, next_beat_ms(peer));
  });
  return next;
}

}  // namespace bazaar
