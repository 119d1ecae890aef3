// Every number that somebody might want to turn, in one place, each with the reason it is that number.
// Owns constants only. Invariant: nothing here is a wire format (wire.hpp, tracker_wire.hpp hold those bounds).
#pragma once

#include <cstddef>
#include <cstdint>

#include "ids.hpp"

namespace bazaar::tunables {

// --- The market ---
/// Dice are rolled this often. Shorter finds seeders sooner; longer lets a neighbour's STATUS arrive between two rolls,
/// and that delay is what makes duplicates. Each viewer's phase is jittered.
inline constexpr TimeMs kRollIntervalMs = 40;
/// Hazard of a block being seeded by somebody in its group is pressure / (time left), so the chance that it is still
/// unseeded falls with (time left)^pressure. High pressure seeds early, which leaves time for hops and outages; its
/// price is duplicates, about pressure x (status delay / time left). So pressure is what this share of duplicates buys,
/// within bounds.
inline constexpr double kDuplicateShare = 0.06;
inline constexpr double kSeedPressureMin = 2.0;
inline constexpr double kSeedPressureMax = 8.0;
/// From the decision to fetch until a neighbour has heard of it: half a round trip and two turns of an event loop.
inline constexpr TimeMs kStatusDelayMs = 10;
/// Of the time left when a segment was first seen, the last part in which odds look at the neighbourhood only. Before,
/// they aim at the whole swarm, because a block travels several hops in the seconds that remain.
inline constexpr double kNeighbourhoodShare = 0.35;
/// Less time left than this counts as this, so that odds stay finite.
inline constexpr TimeMs kSlackFloorMs = 100;

// --- Deadlines ---
/// The CDN is asked for what is still missing this long before the player needs it, plus the time that the fetch itself
/// is expected to take, twice. Covers a busy main thread and hls.js's append; measured on two loaded cores.
inline constexpr TimeMs kFallbackMarginMs = 900;
/// With less media buffered than this and the player waiting, nothing is left to chance: the CDN at once.
inline constexpr TimeMs kStarvingBufferMs = 700;
/// A request in flight to a peer at the fall-back moment gets this much longer before the CDN is asked instead.
inline constexpr TimeMs kFallbackGraceMs = 250;
/// Media further ahead of the playhead than this is not traded for yet (hls.js's own buffer goal is 30 s).
inline constexpr TimeMs kHorizonMs = 30'000;

// --- Requests ---
/// In flight to one peer: two keep its uplink busy across a round trip, the third hides our own scheduling.
inline constexpr uint32_t kRequestsPerPeerMax = 3;
/// In flight in all: at 2.5 Mbit/s a second of video is five blocks; a start-up burst wants more.
inline constexpr uint32_t kRequestsMax = 24;
/// A request is given up after four times its expected time, within these bounds.
inline constexpr TimeMs kRequestTimeoutMinMs = 500;
inline constexpr TimeMs kRequestTimeoutMaxMs = 2'000;
/// Consecutive time-outs after which a peer is closed as too slow to be worth a connection.
inline constexpr uint32_t kTimeoutsMax = 4;
/// After a time-out a peer's offers do not count for this long (doubling with each).
inline constexpr TimeMs kDistrustMs = 600;
/// Ended request ids remembered per peer, so that a late answer is told apart from an unasked one.
inline constexpr size_t kLateRequestsMax = 64;

// --- Serving ---
/// Requests accepted from one peer and not yet answered. Four times what our own side would send.
inline constexpr uint32_t kUploadsPerPeerMax = 32;
/// Blocks handed to one channel and not yet reported drained.
inline constexpr uint32_t kBlocksInChannelMax = 2;
/// Blocks in all channels together: more would only queue at the uplink, where order can no longer be changed.
inline constexpr uint32_t kBlocksInChannelsMax = 4;
/// A viewer without credit says so and names this time for another try.
inline constexpr uint16_t kRetryNoCreditMs = 300;
inline constexpr uint16_t kRetryBusyMs = 200;

// --- Peers ---
inline constexpr uint32_t kPeersMaxDefault = 12;
/// Slots; the masks of availability.hpp are this wide.
inline constexpr uint32_t kPeerSlots = 32;
/// Dials made at once after joining, before the pace of one a second.
inline constexpr uint32_t kDialBurst = 6;
inline constexpr TimeMs kDialPaceMs = 1'000;
/// A connection that is not open after this has failed: ICE gives up later than a viewer should wait.
inline constexpr TimeMs kDialTimeoutMs = 10'000;
/// An id that failed is not dialled again before this.
inline constexpr TimeMs kRedialMs = 30'000;
/// Nobody to dial and connections to spare: the tracker is asked for more, this often at first, doubling to the second.
inline constexpr TimeMs kMoreMs = 2'000;
inline constexpr TimeMs kMoreMaxMs = 30'000;
inline constexpr size_t kCandidateIdsMax = 128;
/// Nothing heard for this long (heartbeats come every second): the peer is gone.
inline constexpr TimeMs kSilenceMs = 5'000;
inline constexpr TimeMs kHeartbeatMs = 1'000;
/// STATUS changes are gathered this long; the start of a CDN fetch goes out at once, for it stops others from rolling.
inline constexpr TimeMs kStatusBatchMs = 20;
/// Messages a second that one peer may send, and the burst: ten times what a 20 Mbit/s stream needs.
inline constexpr double kMessagesPerSecondMax = 1'000;
inline constexpr double kMessagesBurst = 2'000;

// --- CDN ---
/// Range requests at once. HTTP/1.1 gives six connections a host; playlists and the stock loader need the others.
inline constexpr uint32_t kFetchesMax = 4;
/// What has a deadline to meet may use this many: four seeds that hang must not hold up the player.
inline constexpr uint32_t kUrgentFetchesMax = 6;
/// A fetch without progress for this long is given up and tried again.
inline constexpr TimeMs kFetchStallMs = 4'000;
/// Pause after a failed fetch, doubling, with jitter. The cap is short because a live player has no two seconds to lose
/// when the CDN is back; in return a failing CDN is asked one thing at a time (CdnPolicy::may_ask).
inline constexpr TimeMs kCdnRetryMs = 150;
inline constexpr TimeMs kCdnRetryMaxMs = 400;
/// Past the deadline a failing CDN is asked by us for this much longer, because our next try comes sooner than that of
/// the player's own loader; then the player's retry policy takes over and its errors are told.
inline constexpr TimeMs kPatienceMs = 1'500;
/// While nobody knows a segment's size, blocks up to this share of the usual size are traded.
inline constexpr double kSizeGuess = 0.75;

// --- Memory ---
inline constexpr uint32_t kSegmentSlots = 192;
/// Segments that peers announced and our own playlist does not list (yet).
inline constexpr uint32_t kForeignSegmentsMax = 48;
inline constexpr double kStoreBytesMaxDefault = 64.0 * 1024 * 1024;
/// Segments that left the playlist are served to slower viewers this much longer.
inline constexpr TimeMs kKeepGoneMs = 15'000;

}  // namespace bazaar::tunables
