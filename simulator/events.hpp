// What can happen in a simulation: one flat record, with the bytes of a frame beside it.
// Owns the record and the order of records; refuses to know what they do. Invariant: (to, at, from, order) is different
// for any two events, so that the order of a run does not depend on threads.
#pragma once

#include <cstdint>
#include <span>

#include "ids.hpp"

namespace bazaar::sim {

enum class Kind : uint16_t {
  // to a viewer, from itself
  kJoin,
  kLeave,      ///< a: 1 when without a word
  kTimer,      ///< the engine's deadline
  kTick,       ///< the player reports its playhead
  kPoll,       ///< the playlist is asked for
  kAppended,   ///< a: sequence number of the segment that the player has appended
  kRetry,      ///< the stock loader tries again
  kSwitch,     ///< the player changes rendition
  kDialled,    ///< a: handle; ICE and DTLS are through
  kWritable,   ///< a: handle; the channel's queue is empty
  kVerified,   ///< a: segment, b: block, c: 1 when the hash is right
  kMessageIn,  ///< like kMessage, through the downlink
  kBlockIn,    ///< like kBlock, through the downlink
  kChunkIn,    ///< like kChunk, through the downlink
  // to a viewer, from another
  kMessage,  ///< a: the receiver's handle; bytes: the frame
  kBlock,  ///< a: the receiver's handle, b: payload bytes, c: hops of the copy, d: 1 when it is true; bytes: the header
  kLinkUp,    ///< a: the receiver's handle, b: the sender's
  kLinkDown,  ///< a: the receiver's handle
  // to a viewer, from the tracker and the CDN
  kFrame,     ///< bytes: the frame
  kPlaylist,  ///< a: segments published when it was answered; -1: an error
  kHeaders,   ///< a: fetch, b: bytes of the segment, c: 1 when ranged
  kChunk,     ///< a: fetch, b: block, c: bytes, d: 1 when it is the last
  kFailed,    ///< a: fetch, b: HTTP status
  // to the tracker
  kTrackerOpened,
  kTrackerFrame,
  kTrackerGone,
  kTrackerTick,
  // to the CDN
  kPlaylistWanted,
  kFetch,   ///< a: fetch, b: rendition, c: sequence number, d: first block << 16 | count (0: whole)
  kAbort,   ///< a: fetch
  kFlow,    ///< a: a flow that wants its turn, b: 1 when its viewer's link has taken the last chunk
  kEgress,  ///< the egress link is free
};

struct Event {
  TimeMs at = 0;
  uint32_t to = 0;
  uint32_t from = 0;
  uint32_t order = 0;  ///< of its sender
  Kind kind = Kind::kTimer;
  uint16_t length = 0;  ///< of its bytes
  uint32_t offset = 0;  ///< of its bytes, in the bucket that holds it
  int32_t a = 0;
  int32_t b = 0;
  int32_t c = 0;
  int32_t d = 0;
};

inline Event event_of(Kind kind, int32_t a = 0, int32_t b = 0, int32_t c = 0, int32_t d = 0) {
  Event event;
  event.kind = kind;
  event.a = a;
  event.b = b;
  event.c = c;
  event.d = d;
  return event;
}

/// Earlier first, within one receiver.
inline bool is_before(const Event& x, const Event& y) {
  if (x.at != y.at) return x.at < y.at;
  if (x.from != y.from) return x.from < y.from;
  return x.order < y.order;
}

}  // namespace bazaar::sim
