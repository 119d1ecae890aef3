// Every number that somebody might want to turn, in one place, each with the reason it is that number.
// Owns constants only. Invariant: nothing here is a wire format (wire.hpp, tracker_wire.hpp hold those bounds).
#pragma once

#include <cstddef>
#include <cstdint>

#include "ids.hpp"

namespace bazaar::tunables {

// --- The market ---
// The figures beside are of the simulator: 300 viewers, seed 1, ours / limit (docs/market.md has the whole table).
/// Dice are rolled this often. Shorter finds seeders sooner; longer lets a neighbour's STATUS arrive between two rolls,
/// and that delay is what makes duplicates. Each viewer's phase is jittered. 20 and 40 ms differ by less than 0.3 %.
inline constexpr TimeMs kRollIntervalMs = 40;
/// With ample uplinks nothing is in haste, and each timer wakes the page's main thread: 8 unshaped viewers' engines are
/// called 54 times a second at 40 ms, 44 at 100, 40 at 200, with the same offload.
inline constexpr TimeMs kRollAmpleMs = 100;
/// Hazard of a block being seeded by somebody in its group is pressure / (time left), so the chance that it is still
/// unseeded falls with (time left)^pressure. High pressure seeds early, which leaves time for hops and for balance; its
/// price is duplicates, about pressure x (status delay / time left). So pressure is what this share of duplicates buys,
/// within bounds. uplinks-rich: 0.929 at 0.06 (2 to 8), 0.988 at 0.2 (6 to 20), 0.971 at 4 (60 to 200).
inline constexpr double kDuplicateShare = 0.2;
inline constexpr double kSeedPressureMin = 6.0;
/// The least pressure, times the time for peers (ms), where that is more than kSeedPressureMin: with two seconds in all
/// none is left to find out who seeds. segments-1s-tight: 0.907 without, 0.917 at 30,000, 0.920 at 40,000, where
/// uplinks-equal loses 0.002.
inline constexpr double kSeedPressureMs = 30'000;
inline constexpr double kSeedPressureMax = 20.0;
/// A seed is worth most at the start: while more than kHasteShare of the time is left, pressure is kHaste times as
/// high; then copies are under way to where they cannot be seen yet, and until the neighbourhood's turn comes
/// (kNeighbourhoodShare) it is kCalm times as high. segments-1s-tight, 1,000 viewers: 0.945 without haste, 0.957 with
/// 2; the tracker's cells later: 0.945 with 2, 0.950 with 3, where uplinks-rich has a tenth more copies of the CDN.
inline constexpr double kHasteShare = 0.85;
inline constexpr double kHaste = 2.0;
/// So it is higher where all the time for peers is short: this many ms over that time, up to so much.
inline constexpr double kHasteMs = 6'000;
inline constexpr double kHasteMax = 3.0;
inline constexpr double kCalm = 0.2;
/// Where everybody is near neither holds: in haste, whoever polls the playlist first seeds nearly all, serves it all
/// and runs dry before the others know the segment. Ours / limit, means of 10 seeds, before and with 0.7: 4 viewers
/// with 1 s segments and uplinks of 1.6 times the stream 0.797, 0.918; 5 with rich uplinks 0.975, 0.979; 8 unshaped
/// 0.990, 0.994. With 0.5 as good, and more by deadline.
inline constexpr double kCalmNear = 0.7;
/// Pressure is multiplied by what has been learnt: this much more after a segment of which more than kShortShare was
/// missing when its time for peers was over, this much less after one that was not, within these bounds.
inline constexpr double kPushUp = 2.0;
inline constexpr double kPushDown = 0.98;
inline constexpr double kPushMax = 8.0;
inline constexpr double kShortShare = 0.02;
/// How fast the share that uplinks cannot bring is learnt and forgotten, a segment. uplinks-poor: 0.89 without, 0.95
/// with.
inline constexpr double kShortfallUp = 0.3;
inline constexpr double kShortfallKept = 0.9;
/// A smaller share is chance.
inline constexpr double kShortfallMin = 0.03;
/// Pressure of seeding blocks that have supply, but not enough.
inline constexpr double kShortfallPressure = 2.0;
/// A segment that was first seen with less time left teaches nothing: a joiner's first ones.
inline constexpr TimeMs kJudgeMinMs = 1'000;
/// Blocks that are seeded together at most, where one viewer has credit for more: a megabyte.
inline constexpr double kLotBlocksMax = 16;
/// Own credit counts this much at least and at most, as a multiple of the neighbours' mean, in the odds to seed.
inline constexpr double kCreditWeightMin = 0.1;
inline constexpr double kCreditWeightMax = 4.0;
/// From the decision to fetch until a neighbour has heard of it: half a round trip and two turns of an event loop.
inline constexpr TimeMs kStatusDelayMs = 10;
/// Of the time left when a segment was first seen, the last part in which odds look at the neighbourhood only. Before,
/// they aim at the whole swarm, because a block travels several hops in the seconds that remain.
inline constexpr double kNeighbourhoodShare = 0.45;
/// Segments of one rendition differ in size by less than this factor; renditions differ by more.
inline constexpr double kAlikeMax = 1.3;
/// Connections that are being made are waited for this long: ICE and DTLS take less where they succeed.
inline constexpr TimeMs kCompanyMs = 2'000;
/// Less time left than this counts as this, so that odds stay finite.
inline constexpr TimeMs kSlackFloorMs = 100;

// --- Deadlines ---
/// The CDN is asked for what is still missing this long before the player needs it, plus the time that the fetch itself
/// is expected to take, twice. Covers hls.js's append. Each 100 ms more cost segments-1s-tight 1.3 % and uplinks-equal
/// 0.5 %.
inline constexpr TimeMs kFallbackMarginMs = 300;
/// More by this multiple of how late our timers came lately (a busy main thread), up to so much.
inline constexpr double kLatenessMargin = 3.0;
inline constexpr TimeMs kLatenessMarginMaxMs = 650;
/// With less media buffered than this and the player waiting, nothing is left to chance: the CDN at once.
inline constexpr TimeMs kStarvingBufferMs = 700;
/// A peer's answer that is expected this much after the fall-back moment is still worth asking for.
inline constexpr TimeMs kFallbackGraceMs = 300;
/// What peers were asked for and have not brought by so long after that moment is asked of the CDN besides, and whoever
/// comes first wins. Cancelled instead, requests were lost where the CDN then failed: 4 late segments in 8 seeds of
/// cdn-outage with 1,000 viewers, now 0 or 1; waste is the same. Racing at the last call only: 1 late segment in 8
/// seeds of uplinks-unequal with 300.
inline constexpr TimeMs kRaceMs = 150;
/// A request is wanted for this long at least, however little time is left when it is made.
inline constexpr TimeMs kAskedMinMs = 300;
/// The last call: so long before the player's deadline all that is absent must be here.
inline constexpr TimeMs kLastCallMarginMs = 50;
/// What the CDN may take for that: its expected time, and either so many times what fetches deviate from theirs (four,
/// as for TCP's time-out), or so many packets lost on the way one after the other.
inline constexpr double kDeviations = 4.0;
inline constexpr double kLossesMax = 2.0;
inline constexpr double kDeviationGain = 0.25;
/// Before the first fetch is through: no less than a first byte is expected to take.
inline constexpr TimeMs kDeviationUnknownMs = 100;
/// A computer whose timers come this late on average has too much to do: it trades no more for a while, and playback
/// has what trading took. Eight browsers on two slow cores: 2 to 5 ms with the CDN alone, 43 to 113 ms when they traded
/// all the same, with 7 stalls in 20 s.
inline constexpr TimeMs kOverloadMs = 40;
/// Of some ten timers a second: three seconds' worth.
inline constexpr double kUsualGain = 0.03;
inline constexpr TimeMs kLateMaxMs = 1'000;
/// The first rest, more or less by half (tabs of one computer shall not come back together). Each is twice as long as
/// the one before, kRestsMax times.
inline constexpr TimeMs kRestMs = 30'000;
inline constexpr uint32_t kRestsMax = 4;
/// Media further ahead of the playhead than this is not traded for yet (hls.js's own buffer goal is 30 s).
inline constexpr TimeMs kHorizonMs = 30'000;

/// From SEGMENT_READY until the playhead's report has surely caught up with what the player appended.
inline constexpr TimeMs kAppendMs = 1'000;

// --- Requests ---
/// In flight to one peer. Its queue decides (it refuses what would wait too long); this bounds what it may owe us.
inline constexpr uint32_t kRequestsPerPeerMax = 8;
/// To one that has not delivered anything yet, or not since a time-out: what it turns out to be too slow for is lost.
inline constexpr uint32_t kRequestsUnprovenMax = 1;
/// In flight in all: three segments of 2.5 Mbit/s are 33 blocks, and a start-up burst wants more.
inline constexpr uint32_t kRequestsMax = 64;
/// A request is given up after what its queue may take and four times its expected time, but no later than this.
inline constexpr TimeMs kRequestTimeoutMaxMs = 4'000;
/// Consecutive time-outs after which a peer is closed as too slow to be worth a connection.
inline constexpr uint32_t kTimeoutsMax = 4;
/// After a time-out a peer's offers do not count for this long (doubling with each).
inline constexpr TimeMs kDistrustMs = 600;
/// Ended request ids remembered per peer, so that a late answer is told apart from an unasked one.
inline constexpr size_t kLateRequestsMax = 64;

// --- Serving ---
/// Requests accepted from one peer and not yet answered. Four times what our own side would send.
inline constexpr uint32_t kUploadsPerPeerMax = 32;
/// Channels that are as full as may be (Gathering::in_channel_max) at a time: two keep the uplink busy; more would only
/// queue where order can't be changed.
inline constexpr uint32_t kChannelsMax = 2;
/// A request is accepted when it is expected to be through within this time, by uplink and by credit, or within this
/// many blocks' time where that is longer. A long queue holds requests that an idle neighbour could serve by now: at u
/// = r 3 s gave 0.858, 1 s 0.856, 0.5 s 0.89; at u = r/2 1.8 blocks gave 0.78, 2.5 blocks 0.874.
inline constexpr TimeMs kQueueMaxMs = 500;
inline constexpr double kQueueBlocks = 2.5;
/// The first of these bounds grows with what the uplink can do beyond the stream's own bitrate, up to so much: where
/// uplinks have room to spare a queue is a moment's crowd, and standing in it beats asking around.
inline constexpr double kQueueRoomMax = 2.0;
/// An accepted request that waits longer than this multiple of the bound is refused after all.
inline constexpr double kQueueLateness = 1.2;
/// Slower uplinks serve nobody, and tell nobody what they have: a block that comes after seconds has been asked of the
/// CDN by then, and may stall a viewer.
inline constexpr TimeMs kBlockMsMax = 2'000;
/// After so long without an upload they try again.
inline constexpr TimeMs kSlowUplinkPauseMs = 120'000;
/// Who is refused comes back when the queue is down to this share of its bound.
inline constexpr double kRetryShare = 0.6;
/// Requests with less time left go in order of their deadlines, and are accepted by what is due before them; the others
/// go to whoever has most credit to pass on. segments-1s-tight, seeds 1 and 2: 0.9612 and 0.9556 at 300 ms, 0.9646 and
/// 0.9602 at 500, 0.9560 and 0.9486 at 800.
inline constexpr TimeMs kUrgentMs = 500;
/// A viewer without credit says so and names this time for another try.
inline constexpr uint16_t kRetryNoCreditMs = 300;
inline constexpr uint16_t kRetryBusyMs = 200;

// --- Peers ---
/// Until there is a picture the computer is the player's, but no longer than this: where the CDN is slow, neighbours
/// help. A viewer that joins two others on two slow cores: first picture 0.38 s with the CDN alone, 0.57 s without
/// waiting, 0.53 s with (medians of 24).
inline constexpr TimeMs kPictureMs = 1'000;
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
/// Nor one that sent a false block: that is proof, not a suspicion.
inline constexpr TimeMs kBanMs = 3'600'000;
/// Blocks that wait for their verdict. A verdict takes a millisecond; this is as many as may be asked for at once.
inline constexpr size_t kUnverifiedMax = 64;
/// Nobody to dial and connections to spare: the tracker is asked for more, this often at first, doubling to the second.
inline constexpr TimeMs kMoreMs = 2'000;
inline constexpr TimeMs kMoreMaxMs = 30'000;
inline constexpr size_t kCandidateIdsMax = 128;
/// Nothing heard for this long, two heartbeats and more: the peer is gone.
inline constexpr TimeMs kSilenceMs = 5'000;
inline constexpr TimeMs kHeartbeatMs = 2'000;
/// STATUS changes are gathered this long; the start of a CDN fetch goes out at once, for it stops others from rolling
/// and lets them ask ahead. 20 ms cost segments-1s-tight 0.5 % for 1 % fewer control bytes.
inline constexpr TimeMs kStatusBatchMs = 3;
/// Every viewer but so many is a neighbour (one pair may not connect): a block is one hop from everybody.
inline constexpr uint32_t kStrangersMax = 1;
/// And each neighbour's uplink takes a block to all of its neighbours in so long.
inline constexpr TimeMs kAmpleMs = 200;
/// How often dice are rolled, how long other news waits for company, and how many blocks go in one go.
struct Gathering {
  TimeMs roll_ms;  ///< between two rolls, give or take a quarter
  /// Blocks that peers have brought: this share of the time left beyond `keep_ms`, up to `most_ms`.
  double share;
  TimeMs keep_ms;
  TimeMs most_ms;
  /// What was asked of a peer, and what came from the CDN (its fetch was told, and asked for): much of it is
  /// downloaded, or refused, by then.
  TimeMs lazy_ms;
  /// A segment that is listed, or whose size a neighbour has told.
  TimeMs known_ms;
  /// Blocks handed to one channel and not yet reported drained. What leaves in one go costs browsers less CPU than
  /// block by block; but Linux keeps some 90 packets for a socket whose reader is busy, and a block is 51. Of its
  /// packets six viewers on two busy cores lost 3 % with 16 blocks, 0.9 to 1.4 % with 4, 0.9 to 1.2 % with 2, 0.1 to
  /// 0.8 % with 1.
  uint32_t in_channel_max;
};
/// What was asked of a peer keeps dice from seeding what comes from further away: uplinks-rich, 200 viewers: 0.985 and
/// 64 messages a viewer and second with lazy_ms 1,000, 0.987 and 73 with 300, 0.989 and 95 with 120; uplinks-poor has
/// more for media the later it is. Gathering as where everybody is near costs 0.003.
inline constexpr Gathering kFar = {kRollIntervalMs, 0, 0, kStatusBatchMs, 300, kStatusBatchMs, 1};
/// With everybody near nothing comes from further away. 8 unshaped viewers: 17.1 messages at a share of 0.2, 15.8 at
/// 0.3, 15.1 at 0.5 (8 with segments of 1 s at 4 Mbit/s: 0.959, 0.962, 0.959 of the limit).
inline constexpr Gathering kNear = {kRollIntervalMs, 0.3, 1'500, 1'000, 1'000, 1'000, 1};
/// With ample uplinks everybody has a block of whoever fetched it before the news of other copies is old: it waits for
/// a seed or for the next heartbeat. 8 unshaped viewers: 11.9 messages gathered as above, 9.6 with 0.8, 500, 3,000 and
/// 1,000, 7.5 with 3,000 throughout, 6.6 so and with lots as large as credit allows; with segments of 1 s 27.5, 17.2,
/// 10.9 and 9.8.
inline constexpr Gathering kAmple = {kRollAmpleMs, 1, 500, 4'000, 4'000, 4'000, 2};
/// A segment that was dropped is told this late, if nothing urgent takes it along.
inline constexpr TimeMs kStatusDroppedMs = 5'000;
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
