#include "engine.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "ice_description.hpp"
#include "requests.hpp"

namespace bazaar {

namespace {
// Nothing goes unlooked at for longer than this while there is company (expiry of old segments has no timer of its
// own).
constexpr TimeMs kHousekeepingMs = 1'000;
// Old segments are looked for this often: they are kept for seconds, and a walk over all of them is no part of a turn.
constexpr TimeMs kExpiryMs = 100;
static_assert(Actions::kScratchBytes >= ice_description::kSdpBytesMax);

std::optional<tracker_wire::SignalKind> kind_of(int32_t number) {
  if (number < 0 || number > static_cast<int32_t>(tracker_wire::SignalKind::kBye)) return {};
  return static_cast<tracker_wire::SignalKind>(number);
}
}  // namespace

bool Engine::configure(Option option, double value) {
  Config& config = world_.config;
  switch (option) {
    case Option::kStoreBytesMax:
      if (!(value >= kBlockBytes)) return false;
      config.store_bytes_max = value;
      return true;
    case Option::kPeersMax:
      if (!(value >= 0 && value <= tunables::kPeerSlots)) return false;
      config.peers_max = static_cast<uint32_t>(value);
      return true;
    case Option::kUpload:
      config.may_upload = value != 0;
      return true;
    case Option::kP2p:
      config.is_p2p = value != 0;
      return true;
    case Option::kCdnRanges:
      config.cdn_has_ranges = value != 0;
      return true;
    case Option::kVerify:
      config.verifies = value != 0;
      return true;
    case Option::kRegion:
      if (!(value >= 0 && value <= 0xffff'ffff)) return false;
      config.region = static_cast<uint32_t>(value);
      return true;
    case Option::kHidden:
      config.is_hidden = value != 0;
      return true;
  }
  return false;
}

void Engine::set_swarm(std::span<const uint8_t, 16> swarm) {
  std::copy(swarm.begin(), swarm.end(), world_.config.swarm.begin());
}

void Engine::at(TimeMs now) {
  world_.now = std::max(world_.now, now);
  world_.actions.begin_turn();
}

size_t Engine::encode_signal(Handle peer, int32_t number, uint32_t blob_bytes) {
  const auto kind = kind_of(number);
  return kind ? introductions_.encode_signal(peer, *kind, blob_bytes, world_.actions.scratch()) : 0;
}

size_t Engine::pack_signal(int32_t number, std::span<const uint8_t> text) {
  const auto kind = kind_of(number);
  const std::string_view letters{reinterpret_cast<const char*>(text.data()), text.size()};
  return kind ? ice_description::pack(letters, *kind, world_.actions.scratch()) : 0;
}

size_t Engine::unpack_signal(int32_t number, std::span<const uint8_t> blob) {
  const auto kind = kind_of(number);
  return kind ? ice_description::unpack(blob, *kind, world_.actions.scratch()) : 0;
}

void Engine::link_closed(Handle handle) {
  const Peer* peer = world_.peers.get(handle);
  if (!peer) return;
  world_.avoided.add(peer->remote_id, world_.now);
  protocol_.gone(handle);
}

Handle Engine::segment_seen(SegmentKey key, int32_t rendition, TimeMs start_ms, TimeMs duration_ms) {
  const Handle before = world_.window.find(key);
  const Handle handle = world_.window.see(key, rendition, start_ms, duration_ms, world_.now);
  if (handle == 0) {
    world_.actions.push(ActionType::kNotice, {static_cast<int32_t>(Notice::kWindowFull)});
  } else if (before == 0) {
    world_.status.note_known(handle, world_.gathering->known_ms, world_.now);
  }
  return handle;
}

void Engine::segment_gone(Handle handle) {
  Segment* segment = world_.window.get(handle);
  if (segment && segment->gone_ms == 0) segment->gone_ms = std::max(world_.now, 1.0);
}

void Engine::segment_unwanted(Handle handle) {
  custody_.unwanted(handle);
  // Alone, nobody else has a use for it, and what the player wants next should have the whole link (a switch down, a
  // seek).
  if (world_.peers.trading_count() == 0) cdn_.abandon(handle);
}

void Engine::rendition_active(int32_t rendition, bool is_active) {
  world_.renditions.remove_if([&](int32_t one) { return one == rendition; });
  if (is_active) world_.renditions.push_back(rendition);
  if (is_active) return;
  // What was asked for ahead is of no use any more; what the player still waits for is.
  world_.window.each([&](Handle handle, const Segment& segment) {
    if (segment.is_ours && segment.rendition == rendition && !segment.is_wanted) Requests(world_).cancel(handle);
  });
}

void Engine::playhead(TimeMs position_ms, TimeMs buffered_end_ms, double rate) {
  world_.playhead = {true, position_ms, buffered_end_ms, rate, world_.now};
}

void Engine::bytes_outside(double bytes) {
  world_.counters.bytes_from_cdn += bytes;
  world_.credit.add_download(bytes);
}

void Engine::block_verified(Handle segment, uint32_t block, bool is_ok) {
  const Handle sender = world_.unverified.take(segment, block);
  custody_.verified(segment, block, is_ok);
  if (is_ok || !world_.peers.get(sender)) return;
  world_.actions.push(ActionType::kNotice, {static_cast<int32_t>(Notice::kBadBlock), sender});
  protocol_.close(sender, CloseReason::kBadBlock);
}

size_t Engine::step() {
  if (world_.now >= next_deadline_ && next_deadline_ > 0)
    world_.lateness.note(next_deadline_, world_.now, world_.config.is_hidden);
  Requests(world_).time_out();
  TimeMs next = std::min(protocol_.sweep(), introductions_.step());
  next = std::min(next, cdn_.sweep());
  if (world_.now >= next_expiry_ms_ || world_.store_bytes > world_.config.store_bytes_max) {
    custody_.expire();
    next_expiry_ms_ = world_.now + kExpiryMs;
  }
  next = std::min(next, trader_.step());
  uploader_.serve();
  next = std::min(next, status_.flush());
  next = std::min(next, Requests(world_).next_timeout_ms());
  if (world_.peers.size() > 0 || world_.window.size() > 0) next = std::min(next, world_.now + kHousekeepingMs);
  next_deadline_ = next >= 1e300 ? std::numeric_limits<double>::infinity() : next;
  return world_.actions.drain();
}

int32_t Engine::block_status(Handle handle, uint32_t block) const {
  const Segment* segment = world_.window.get(handle);
  if (!segment || block >= segment->blocks.size()) return -1;
  return static_cast<int32_t>(segment->blocks.status(block));
}

size_t Engine::write_states(Handle handle) {
  const Segment* segment = world_.window.get(handle);
  if (!segment) return 0;
  const std::span<uint8_t> out = world_.actions.scratch();
  const uint32_t count = segment->blocks.size();
  for (uint32_t block = 0; block < count; ++block) {
    out[block] = static_cast<uint8_t>(static_cast<uint8_t>(segment->blocks.status(block)) |
                                      (static_cast<uint8_t>(segment->blocks.source(block)) << 2));
  }
  return count;
}

uint32_t Engine::segment_bytes(Handle handle) const {
  const Segment* segment = world_.window.get(handle);
  return segment ? segment->bytes_total : 0;
}

}  // namespace bazaar
