// One viewer's engine: events in with the time, actions out with the next deadline. See docs/boundary.md for each call.
// Owns the parts and the order in which they take their turn; refuses to contain a decision of its own (they live in
// the parts) and knows no clock, no I/O, no Emscripten. Invariant: the same seed and the same calls give the same
// actions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cdn_desk.hpp"
#include "custody.hpp"
#include "introductions.hpp"
#include "peer_protocol.hpp"
#include "status_sender.hpp"
#include "trader.hpp"
#include "uploader.hpp"
#include "world.hpp"

namespace bazaar {

enum class Option : int32_t {
  kStoreBytesMax = 0,
  kPeersMax = 1,
  kUpload = 2,
  kP2p = 3,
  kCdnRanges = 4,
  kVerify = 5,
  kRegion = 6,
  kHidden = 7
};

class Engine {
 public:
  explicit Engine(uint32_t seed) : world_(seed) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  bool configure(Option option, double value);
  void set_swarm(std::span<const uint8_t, 16> swarm);
  /// For the simulator's comparisons.
  void set_baseline(Baseline baseline) { world_.config.baseline = baseline; }

  /// Begins a turn. Milliseconds of any monotonic clock; an earlier time than before counts as the time before.
  void at(TimeMs now);

  /// `token`: what admits to the stream, or nothing.
  void tracker_opened(std::span<const uint8_t> token = {}) { introductions_.tracker_opened(token); }
  void tracker_closed() { introductions_.tracker_closed(); }
  void tracker_message(int32_t token, std::span<const uint8_t> frame) { introductions_.received(token, frame); }
  size_t encode_signal(Handle peer, int32_t kind, uint32_t blob_bytes);
  // What a signal carries is made and read by the engine's codec, but no decision looks into it.
  /// SDP, or lines of candidates, as a blob in the outbox; returns its length, 0 when it is none of ours.
  size_t pack_signal(int32_t kind, std::span<const uint8_t> text);
  /// The way back; 0 when the blob is malformed.
  size_t unpack_signal(int32_t kind, std::span<const uint8_t> blob);

  void link_opened(Handle peer) { protocol_.opened(peer); }
  void link_closed(Handle peer);
  void peer_message(Handle peer, int32_t token, std::span<const uint8_t> head, size_t total_bytes) {
    protocol_.received(peer, token, head, total_bytes);
  }
  void peer_writable(Handle peer) { uploader_.writable(peer); }

  Handle segment_seen(SegmentKey key, int32_t rendition, TimeMs start_ms, TimeMs duration_ms);
  void segment_gone(Handle segment);
  void segment_wanted(Handle segment) { custody_.wanted(segment); }
  void segment_unwanted(Handle segment);
  void rendition_active(int32_t rendition, bool is_active);
  void playhead(TimeMs position_ms, TimeMs buffered_end_ms, double rate);

  void cdn_headers(Handle fetch, uint32_t bytes_total, bool is_ranged) { cdn_.headers(fetch, bytes_total, is_ranged); }
  void cdn_block(Handle fetch, uint32_t block) { cdn_.block(fetch, block); }
  void cdn_done(Handle fetch, double surplus_bytes) { cdn_.done(fetch, surplus_bytes); }
  void cdn_failed(Handle fetch, int32_t status, double surplus_bytes) { cdn_.failed(fetch, status, surplus_bytes); }
  void block_verified(Handle segment, uint32_t block, bool is_ok);
  void bytes_outside(double bytes);

  /// Decides. Returns how many records wait in actions(); Actions::kDrainMax means: drain and step again.
  size_t step();
  /// Clock time by which step() must be called again, whatever happens; infinity when nothing is waited for.
  TimeMs next_deadline() const { return next_deadline_; }
  /// Records of the last step(), valid until the next.
  const Action* actions() const { return world_.actions.drained(); }
  const uint8_t* outbox() const { return world_.actions.outbox(); }

  /// 0 not downloaded, 1 downloading, 2 downloaded; -1 for a stale handle or a block beyond the end.
  int32_t block_status(Handle segment, uint32_t block) const;
  /// One byte a block into the outbox (status | source << 2); returns their number.
  size_t write_states(Handle segment);
  uint32_t segment_bytes(Handle segment) const;

  const World& world() const { return world_; }

 private:
  World world_;
  Custody custody_{world_};
  StatusSender status_{world_};
  Uploader uploader_{world_};
  PeerProtocol protocol_{world_, custody_, status_, uploader_};
  Introductions introductions_{world_, protocol_};
  CdnDesk cdn_{world_, custody_};
  Trader trader_{world_, custody_};
  TimeMs next_deadline_ = 0;
  TimeMs next_expiry_ms_ = 0;
};

}  // namespace bazaar
