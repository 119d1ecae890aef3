// The only code that knows Emscripten: one Embind class around the engine, numbers in, numbers out (docs/boundary.md).
// Owns the inbox and the stats area; refuses to decide or to keep anything else. Invariant: no method throws, allocates
// by a number that a peer wrote, or reads beyond the inbox.
#include <emscripten/bind.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "../core/engine.hpp"

namespace {

using bazaar::Handle;

class BoundEngine {
 public:
  explicit BoundEngine(double seed) : engine_(static_cast<uint32_t>(seed)) {}

  double inbox() const { return address(inbox_.data()); }
  double inbox_bytes() const { return inbox_.size(); }
  double outbox() const { return address(engine_.outbox()); }
  double actions() const { return address(engine_.actions()); }
  double actions_max() const { return bazaar::Actions::kDrainMax; }
  double stats() const { return address(stats_.data()); }

  bool configure(int option, double value) { return engine_.configure(static_cast<bazaar::Option>(option), value); }
  void set_swarm() { engine_.set_swarm(std::span<const uint8_t, 16>(inbox_.data(), 16)); }
  void at(double now) { engine_.at(now); }

  void tracker_opened(double token_bytes) { engine_.tracker_opened(head(token_bytes)); }
  void tracker_closed() { engine_.tracker_closed(); }
  void tracker_message(int token, double length) { engine_.tracker_message(token, head(length)); }
  double encode_signal(int peer, int kind, double blob_bytes) {
    return static_cast<double>(engine_.encode_signal(peer, kind, static_cast<uint32_t>(blob_bytes)));
  }
  double pack_signal(int kind, double length) { return static_cast<double>(engine_.pack_signal(kind, head(length))); }
  double unpack_signal(int kind, double length) {
    return static_cast<double>(engine_.unpack_signal(kind, head(length)));
  }

  void link_opened(int peer) { engine_.link_opened(peer); }
  void link_closed(int peer) { engine_.link_closed(peer); }
  void peer_message(int peer, int token, double length, double total) {
    engine_.peer_message(peer, token, head(length), static_cast<size_t>(total));
  }
  void peer_writable(int peer) { engine_.peer_writable(peer); }

  int segment_seen(double key_hi, double key_lo, int rendition, double start_ms, double duration_ms) {
    const uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(key_hi)) << 32 | static_cast<uint32_t>(key_lo);
    return engine_.segment_seen({key}, rendition, start_ms, duration_ms);
  }
  void segment_gone(int segment) { engine_.segment_gone(segment); }
  void segment_wanted(int segment) { engine_.segment_wanted(segment); }
  void segment_unwanted(int segment) { engine_.segment_unwanted(segment); }
  void rendition_active(int rendition, int is_active) { engine_.rendition_active(rendition, is_active != 0); }
  void playhead(double position_ms, double buffered_end_ms, double rate) {
    engine_.playhead(position_ms, buffered_end_ms, rate);
  }

  void cdn_headers(int fetch, double bytes_total, int is_ranged) {
    engine_.cdn_headers(fetch, bytes_total < 4294967295.0 ? static_cast<uint32_t>(bytes_total) : 4294967295u,
                        is_ranged != 0);
  }
  void cdn_block(int fetch, int block) { engine_.cdn_block(fetch, static_cast<uint32_t>(block)); }
  void cdn_done(int fetch, double surplus) { engine_.cdn_done(fetch, surplus); }
  void cdn_failed(int fetch, int status, double surplus) { engine_.cdn_failed(fetch, status, surplus); }
  void block_verified(int segment, int block, int is_ok) {
    engine_.block_verified(segment, static_cast<uint32_t>(block), is_ok != 0);
  }
  void bytes_outside(double bytes) { engine_.bytes_outside(bytes); }

  int step() { return static_cast<int>(engine_.step()); }
  double next_deadline() const { return engine_.next_deadline(); }

  int block_status(int segment, int block) const { return engine_.block_status(segment, static_cast<uint32_t>(block)); }
  int write_states(int segment) { return static_cast<int>(engine_.write_states(segment)); }
  double segment_bytes(int segment) const { return engine_.segment_bytes(segment); }

  int write_stats() {
    const bazaar::World& world = engine_.world();
    const bazaar::Counters& c = world.counters;
    const double values[] = {static_cast<double>(world.peers.trading_count()),
                             c.bytes_from_cdn,
                             c.bytes_from_peers,
                             world.credit.uploaded(),
                             c.bytes_wasted,
                             static_cast<double>(world.swarm_size),
                             world.credit.downloaded(),
                             c.control_bytes_sent,
                             c.control_bytes_received,
                             c.blocks_from_cdn,
                             c.blocks_from_peers,
                             c.blocks_by_deadline,
                             c.requests_sent,
                             c.rejects_received,
                             c.timeouts,
                             world.store_bytes,
                             c.peers_dropped,
                             c.seeds,
                             c.rejects_sent,
                             world.now < world.rest_until_ms ? 1.0 : 0.0};
    static_assert(sizeof values <= sizeof stats_);
    std::memcpy(stats_.data(), values, sizeof values);
    return sizeof values / sizeof values[0];
  }

  int write_peer(int index) {
    Handle found = 0;
    engine_.world().peers.each([&](Handle handle, const bazaar::Peer& peer) {
      if (!peer.is_trading() || index-- != 0) return;
      found = handle;
      stats_[0] = peer.bytes_in;
      stats_[1] = peer.bytes_out;
      stats_[2] = peer.rtt_ms;
      stats_[3] = peer.remote_id;
    });
    return found;
  }

 private:
  static double address(const void* pointer) { return static_cast<double>(reinterpret_cast<uintptr_t>(pointer)); }
  std::span<const uint8_t> head(double length) const {
    const double bounded = length < 0                                    ? 0
                           : length > static_cast<double>(inbox_.size()) ? static_cast<double>(inbox_.size())
                                                                         : length;
    return {inbox_.data(), static_cast<size_t>(bounded)};
  }

  bazaar::Engine engine_;
  std::array<uint8_t, 64 * 1024> inbox_{};
  std::array<double, 32> stats_{};
};

}  // namespace

EMSCRIPTEN_BINDINGS(bazaar_engine) {
  emscripten::class_<BoundEngine>("Engine")
      .constructor<double>()
      .function("inbox", &BoundEngine::inbox)
      .function("inbox_bytes", &BoundEngine::inbox_bytes)
      .function("outbox", &BoundEngine::outbox)
      .function("actions", &BoundEngine::actions)
      .function("actions_max", &BoundEngine::actions_max)
      .function("stats", &BoundEngine::stats)
      .function("configure", &BoundEngine::configure)
      .function("set_swarm", &BoundEngine::set_swarm)
      .function("at", &BoundEngine::at)
      .function("tracker_opened", &BoundEngine::tracker_opened)
      .function("tracker_closed", &BoundEngine::tracker_closed)
      .function("tracker_message", &BoundEngine::tracker_message)
      .function("encode_signal", &BoundEngine::encode_signal)
      .function("pack_signal", &BoundEngine::pack_signal)
      .function("unpack_signal", &BoundEngine::unpack_signal)
      .function("link_opened", &BoundEngine::link_opened)
      .function("link_closed", &BoundEngine::link_closed)
      .function("peer_message", &BoundEngine::peer_message)
      .function("peer_writable", &BoundEngine::peer_writable)
      .function("segment_seen", &BoundEngine::segment_seen)
      .function("segment_gone", &BoundEngine::segment_gone)
      .function("segment_wanted", &BoundEngine::segment_wanted)
      .function("segment_unwanted", &BoundEngine::segment_unwanted)
      .function("rendition_active", &BoundEngine::rendition_active)
      .function("playhead", &BoundEngine::playhead)
      .function("cdn_headers", &BoundEngine::cdn_headers)
      .function("cdn_block", &BoundEngine::cdn_block)
      .function("cdn_done", &BoundEngine::cdn_done)
      .function("cdn_failed", &BoundEngine::cdn_failed)
      .function("block_verified", &BoundEngine::block_verified)
      .function("bytes_outside", &BoundEngine::bytes_outside)
      .function("step", &BoundEngine::step)
      .function("next_deadline", &BoundEngine::next_deadline)
      .function("block_status", &BoundEngine::block_status)
      .function("write_states", &BoundEngine::write_states)
      .function("segment_bytes", &BoundEngine::segment_bytes)
      .function("write_stats", &BoundEngine::write_stats)
      .function("write_peer", &BoundEngine::write_peer);
}
