// Everything that one viewer knows, as one plain struct that the engine's parts share: what is live, who is there, what
// is under way, what time it is. Owns the state; decides nothing. Invariant: `now` never runs backwards.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "actions.hpp"
#include "avoided.hpp"
#include "bounded_list.hpp"
#include "cdn_policy.hpp"
#include "credit.hpp"
#include "deadline.hpp"
#include "dice.hpp"
#include "market.hpp"
#include "peer_table.hpp"
#include "request_ledger.hpp"
#include "segment_window.hpp"
#include "status_board.hpp"
#include "tunables.hpp"
#include "unverified.hpp"
#include "upload_pace.hpp"

namespace bazaar {

/// What the market is compared with in the simulator; never in a browser.
enum class Baseline : uint8_t {
  kNone,
  kCoin,  ///< one coin a block, 1 / (neighbours + 1), thrown once; then the deadline
};
#ifdef __EMSCRIPTEN__
inline constexpr bool kHasBaselines = false;
#else
inline constexpr bool kHasBaselines = true;
#endif

struct Config {
  std::array<uint8_t, 16> swarm{};
  double store_bytes_max = tunables::kStoreBytesMaxDefault;
  uint32_t peers_max = tunables::kPeersMaxDefault;
  uint32_t region = 0;  ///< a hash of what the page calls its region; 0 unknown
  bool may_upload = true;
  bool is_p2p = true;
  bool is_hidden = false;  ///< nobody sees the page: its timers come late on purpose
  bool cdn_has_ranges = true;
  Baseline baseline = Baseline::kNone;
  bool verifies = false;  ///< the glue checks each peer's block against a signed record before it counts
};

/// Sums over the session. Bytes count once a block is stored and verified; what came twice or too late is waste.
struct Counters {
  double bytes_from_cdn = 0;
  double bytes_from_peers = 0;
  double bytes_wasted = 0;
  double control_bytes_sent = 0;
  double control_bytes_received = 0;
  double blocks_from_cdn = 0;
  double blocks_from_peers = 0;
  double blocks_by_deadline = 0;
  double requests_sent = 0;
  double rejects_received = 0;
  double rejects_sent = 0;
  double timeouts = 0;
  double peers_dropped = 0;
  double seeds = 0;
};

struct World {
  explicit World(uint64_t seed) : dice(seed) {}

  TimeMs now = 0;
  Dice dice;
  Config config;
  Actions actions;
  SegmentWindow window;
  PeerTable peers;
  Avoided avoided;
  RequestLedger ledger;
  CdnPolicy cdn;
  Credit credit;
  Unverified unverified;
  UploadPace pace;
  Playhead playhead;
  Lateness lateness;
  StatusBoard status;
  Counters counters;
  BoundedList<int32_t, 8> renditions;  ///< that the player follows now
  uint32_t swarm_size = 1;             ///< viewers of the stream, in all cells, this one among them
  uint32_t own_id = 0;                 ///< given by the tracker; 0 before
  TimeMs rest_until_ms = 0;            ///< no peers before: the computer has too much to do
  double store_bytes = 0;
  /// How far the neighbours are, and what their uplinks can do, when the trader looked around last.
  const tunables::Gathering* gathering = &tunables::kNear;

  /// Bytes of blocks that neighbours asked for and that wait here, of those that are due until `due_ms`.
  double bytes_unpaid(TimeMs due_ms = 1e300) const {
    double bytes = 0;
    peers.each([&](Handle, const Peer& peer) {
      for (const Upload& upload : peer.uploads) bytes += upload.deadline_ms <= due_ms ? upload.bytes : 0;
    });
    return bytes;
  }
  /// Those that have been paid for and not left.
  double bytes_in_channels() const {
    double bytes = 0;
    peers.each([&](Handle, const Peer& peer) { bytes += peer.bytes_in_channel; });
    return bytes;
  }

  bool is_p2p() const { return config.is_p2p && now >= rest_until_ms; }
  /// Whether it is worth telling the neighbours what we have.
  bool is_giving() const { return config.may_upload && !pace.is_too_slow(now); }
  /// Until `bytes` more would be through, after all that waits and is due until `due_ms`, by uplink and by credit.
  TimeMs upload_wait_ms(double bytes, TimeMs due_ms = 1e300) const {
    const double unpaid = bytes_unpaid(due_ms) + bytes;
    return std::max({0.0, pace.wait_ms(bytes_in_channels() + unpaid, 1e300), pace.wait_ms(unpaid, credit.available())});
  }

  /// The longest queue that somebody accepts whose uplink takes a block in `block_ms`.
  TimeMs queue_max_ms(TimeMs block_ms) const {
    return bazaar::queue_max_ms(block_ms, kBlockBytes / (std::max(block_ms, 0.1) * pace.download()));
  }

  /// How long the news that a peer has brought a block of it may wait for more news.
  TimeMs gather_ms(const Segment& segment) const {
    const TimeMs left = playhead.slack_ms(segment.start_ms, now) - gathering->keep_ms;
    return std::clamp(gathering->share * left, tunables::kStatusBatchMs, gathering->most_ms);
  }

  bool follows(int32_t rendition) const {
    return std::find(renditions.begin(), renditions.end(), rendition) != renditions.end();
  }

  /// Puts an encoded message on its way to one peer. `encode` writes into a span and returns a length, 0 when it won't
  /// fit.
  template <typename Encode>
  void send(Handle handle, Encode encode) {
    Peer* peer = peers.get(handle);
    if (!peer) return;
    const size_t length = encode(actions.room());
    if (length == 0) return;
    const int32_t offset = actions.take(length);
    send_taken(handle, *peer, offset, length);
  }
  /// The same bytes to another peer.
  void send_taken(Handle handle, Peer& peer, int32_t offset, size_t length) {
    actions.push(ActionType::kSend, {handle, offset, static_cast<int32_t>(length)});
    counters.control_bytes_sent += static_cast<double>(length);
    peer.told_ms = now;
  }
};

}  // namespace bazaar
