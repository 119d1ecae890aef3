// Every number of the Redis backplane, each with the reason it is that one.
// Owns constants only; what is measured against them stands in docs/decisions/0009-redis-backplane.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bazaar::tracker {

// Time, in ms.
/// Heartbeat, and the pace of news that can wait. ± kBeatJitterMs, so that nodes started together drift apart.
inline constexpr int64_t kBeatMs = 1'000;
inline constexpr int64_t kBeatJitterMs = 100;
/// Four beats may be lost before a node counts as dead; its viewers need to be elsewhere within 10 s.
inline constexpr int64_t kLeaseMs = 5'000;
/// A new or an ended cell is told at once, but no oftener than this.
inline constexpr int64_t kUrgentMs = 100;
/// A number stays its node's for a day after the last beat: who was cut off for an hour finds it free on return.
inline constexpr int64_t kReservedMs = 86'400'000;
/// Redis answers within a millisecond or is in trouble; two seconds tell a slow fork from a dead machine.
inline constexpr int64_t kAnswerMaxMs = 2'000;
/// Nothing in the inbox, not even our own beat come back.
inline constexpr int64_t kSilenceMaxMs = 3'000;
inline constexpr int64_t kOpeningMaxMs = 3'000;
inline constexpr int64_t kBackOffFirstMs = 100;
inline constexpr int64_t kBackOffMaxMs = 5'000;
/// Until the first success nobody is served yet, and an operator waits.
inline constexpr int64_t kStartRetryMs = 200;
/// After a return the others have their longest back-off, one opening and one lease to show up.
inline constexpr int64_t kReturnGraceMs = kBackOffMaxMs + kOpeningMaxMs + kLeaseMs;
/// A turn that took so long means that this process stood still: then nobody else is to blame for silence.
inline constexpr int64_t kStallMs = 1'000;
inline constexpr int64_t kGoodbyeMaxMs = 500;

// Batches to one node.
inline constexpr int64_t kFlushUs = 1'000;
inline constexpr size_t kBatchBytes = 16 * 1024;
/// 2,000 batches a second and node at most (full ones apart): nine nodes stay below 20,000 operations of Redis.
inline constexpr int64_t kBatchPaceUs = 500;
/// WebTorrent's greatest frame.
inline constexpr size_t kBusMessageBytesMax = 64 * 1024;

// Bounds.
/// Half a second of a node's traffic at 16 MB/s; beyond it Redis is not keeping up and waiting would only add delay.
inline constexpr size_t kQueueBytesMax = 8 * 1024 * 1024;
inline constexpr size_t kQueueNoticesMax = 1 << 16;
/// Unsent bytes on the command link before the queue is left alone: then the queue's bound counts.
inline constexpr size_t kUnsentBytesMax = 2 * 1024 * 1024;
/// One answer or message of Redis while it is still incomplete.
inline constexpr size_t kReplyBytesMax = 4 * 1024 * 1024;
inline constexpr size_t kNodesMax = 1'024;
/// A node of 150,000 connections with streams of two viewers each has 75,000.
inline constexpr size_t kCellsPerNodeMax = 1 << 17;
/// 1,024 × 33 bytes; twice that many arguments stay below what Lua unpacks (8,000).
inline constexpr size_t kNoticesPerBulletinMax = 1'024;

}  // namespace bazaar::tracker
