// The live window: every segment that our playlist lists, that we still serve, or that a neighbour announced early.
// Owns the segments; refuses to decide what to download. Invariant: one segment per key; at most kForeignSegmentsMax
// segments that only neighbours know; a segment with blocks of ours is dropped only by drop().
#pragma once

#include <cstdint>
#include <vector>

#include "availability.hpp"
#include "block_map.hpp"
#include "ids.hpp"
#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar {

struct Segment {
  SegmentKey key;
  int32_t rendition = 0;
  TimeMs start_ms = 0;  ///< media time
  TimeMs duration_ms = 0;
  TimeMs seen_ms = 0;            ///< clock time when our playlist first listed it
  TimeMs slack_at_first_ms = 0;  ///< time left when it was first traded for; 0 before
  TimeMs gone_ms = 0;            ///< clock time when it left the playlist; 0 while listed
  bool is_news = false;          ///< a neighbour that we were talking to told of it when it appeared
  bool is_ours = false;          ///< our playlist lists or listed it
  bool is_wanted = false;        ///< the player's loader waits for it
  bool is_ready_told = false;    ///< SEGMENT_READY was said …
  TimeMs ready_ms = 0;           ///< … at this clock time
  bool is_cdn_only = false;      ///< too large, or the stock loader took it: no trade
  bool size_from_cdn = false;
  bool is_judged = false;     ///< its time for peers is over, and the market has learnt from it
  uint32_t coins_thrown = 0;  ///< blocks that the coin baseline has decided on
  uint32_t bytes_total = 0;   ///< 0 while unknown
  int32_t cdn_status = 0;     ///< HTTP status of the last failed fetch, -1 a network error; 0 when none failed
  TimeMs cdn_failing_ms = 0;  ///< clock time of the first of the failures in a row
  BlockMap blocks;
  Availability offers;

  TimeMs end_ms() const { return start_ms + duration_ms; }
};

class SegmentWindow {
 public:
  SegmentWindow() : segments_(tunables::kSegmentSlots) {}

  /// The segment of that key as one of ours; makes it when new. 0 when the window is full.
  Handle see(SegmentKey key, int32_t rendition, TimeMs start_ms, TimeMs duration_ms, TimeMs now);
  /// The segment of that key for a neighbour's announcement; makes a foreign one when new, in place of the oldest
  /// foreign one when there are too many.
  Handle hear_of(SegmentKey key, TimeMs now);

  Handle find(SegmentKey key) const;
  Segment* get(Handle handle) { return segments_.find(handle); }
  const Segment* get(Handle handle) const { return segments_.find(handle); }
  void drop(Handle handle);

  /// Sets the size and cuts both maps to its blocks. Returns false when the segment is too large to trade.
  static bool set_size(Segment& segment, uint32_t bytes_total, bool from_cdn);
  /// Bytes of the blocks that are here.
  static double stored_bytes(const Segment& segment);

  /// Usual bytes per millisecond of a rendition, from its segments of known size; 0 before the first.
  double bytes_per_ms(int32_t rendition) const;

  template <typename Visit>
  void each(Visit visit) {
    segments_.each(visit);
  }
  template <typename Visit>
  void each(Visit visit) const {
    segments_.each(visit);
  }
  size_t size() const { return segments_.size(); }

 private:
  struct Index {
    uint64_t key;
    Handle handle;
  };
  void drop_oldest_foreign();

  Slots<Segment> segments_;
  std::vector<Index> index_;  // unsorted; a window is short and a scan of 16-byte entries beats a hash in code size
  uint32_t foreign_ = 0;
};

}  // namespace bazaar
