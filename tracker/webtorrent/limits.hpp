// What a WebTorrent desk allows, and what it counts.
// Owns the numbers with their reasons; refuses to enforce. Invariant: whatever is dropped or refused has a name here
// and is counted under it once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bazaar::tracker::webtorrent {

struct Limits {
  /// Ten offers of 1.3 KB make 14 KB; the other trackers of this protocol take no more than this either.
  size_t message_bytes_max = 64 * 1024;
  /// An SDP with dozens of candidates has 4 KB.
  size_t sdp_bytes_max = 8 * 1024;
  /// Of one announce. A client waits for the answers to all of them with a connection open for each.
  size_t offers_max = 10;
  /// Memberships of one connection. p2p-media-loader joins one swarm for each rendition and each audio track that its
  /// page has played, all over one socket, and does not say when it leaves one.
  size_t swarms_per_connection_max = 16;
  size_t swarms_max = 100'000;
  size_t scrape_max = 50;
  /// Offers that a connection has been sent and may still answer; beyond it the oldest is forgotten.
  size_t open_offers_max = 64;
  int64_t offer_ttl_ms = 120'000;
  /// What replies ask for. The client's own default, and a live audience's mesh is repaired by announces only:
  /// bittorrent-tracker's 120 s leave a viewer alone for a minute on average.
  uint32_t interval_s = 30;
  /// Four announces missed; a hidden tab, whose timers fire once a minute, is still heard in time.
  int64_t peer_timeout_ms = 120'000;
  /// A swarm with fewer of this worker's own viewers joins another worker's cell, so that members of small swarms meet.
  uint32_t cell_join_below = 50;
};

enum class Event : uint8_t { kStarted, kCompleted, kStopped, kUpdate, kPaused };

/// Why something was not done. Names in `name_of`, for the metrics.
enum class Drop : uint8_t {
  kMessageTooLarge,
  kBadJson,
  kBadAction,
  kBadInfoHash,
  kBadPeerId,
  kBadToPeerId,
  kBadEvent,
  kBadAnswer,
  kBadOffer,       ///< of an announce that is otherwise served
  kOffersTooMany,  ///< offers beyond offers_max, not the announce
  kNumwant,        ///< offers that the client sent and did not want passed on
  kScrapeAll,
  kScrapeTooMany,
  kPeerIdTaken,
  kSwarmsPerConnection,
  kSwarms,
  kAnswerFromStranger,  ///< the sender is no member under that peer_id
  kAnswerUnasked,       ///< no such offer was passed to the sender, or too long ago
  kAnswerLate,          ///< the one who offered has left
  kOfferLate,           ///< the receiver has left while the offer was on the bus
  kBadBusMessage,
  kCount,
};

inline constexpr size_t kDrops = static_cast<size_t>(Drop::kCount);

constexpr std::string_view name_of(Drop drop) {
  constexpr std::array<std::string_view, kDrops> kNames = {"message_too_large",
                                                           "bad_json",
                                                           "bad_action",
                                                           "bad_info_hash",
                                                           "bad_peer_id",
                                                           "bad_to_peer_id",
                                                           "bad_event",
                                                           "bad_answer",
                                                           "bad_offer",
                                                           "offers_too_many",
                                                           "numwant",
                                                           "scrape_all",
                                                           "scrape_too_many",
                                                           "peer_id_taken",
                                                           "swarms_per_connection",
                                                           "swarms",
                                                           "answer_stranger",
                                                           "answer_unasked",
                                                           "answer_late",
                                                           "offer_late",
                                                           "bad_bus_message"};
  return kNames[static_cast<size_t>(drop)];
}

struct Counters {
  uint64_t messages_in = 0;
  uint64_t announces = 0;
  uint64_t joins = 0;  ///< memberships begun
  uint64_t stops = 0;
  uint64_t scrapes = 0;
  uint64_t failures = 0;  ///< messages answered with a "failure reason"
  uint64_t offers = 0;    ///< sent to connections of this worker
  uint64_t answers = 0;   ///< likewise
  uint64_t expired = 0;   ///< members that fell silent
  uint64_t bus_out = 0;
  uint64_t bus_in = 0;
  std::array<uint64_t, kDrops> drops{};
  // Now, not since the start.
  size_t connections = 0;
  size_t memberships = 0;  ///< of this worker's connections
  size_t swarms = 0;       ///< that this worker has a part in
  size_t cells = 0;        ///< that this worker owns
  size_t members = 0;      ///< in those

  uint64_t of(Drop drop) const { return drops[static_cast<size_t>(drop)]; }
};

}  // namespace bazaar::tracker::webtorrent
