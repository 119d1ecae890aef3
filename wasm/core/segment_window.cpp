#include "segment_window.hpp"

#include <algorithm>

namespace bazaar {

Handle SegmentWindow::find(SegmentKey key) const {
  for (const Index& entry : index_) {
    if (entry.key == key.value) return entry.handle;
  }
  return 0;
}

Handle SegmentWindow::see(SegmentKey key, int32_t rendition, TimeMs start_ms, TimeMs duration_ms, TimeMs now) {
  Handle handle = find(key);
  if (handle == 0) {
    if (segments_.size() == segments_.capacity() && foreign_ > 0) drop_oldest_foreign();
    handle = segments_.insert();
    if (handle == 0) return 0;
    index_.push_back({key.value, handle});
    segments_.find(handle)->key = key;
  } else if (!segments_.find(handle)->is_ours) {
    --foreign_;
  }
  Segment& segment = *segments_.find(handle);
  if (!segment.is_ours) {
    segment.is_ours = true;
    segment.seen_ms = now;
  }
  segment.rendition = rendition;
  segment.start_ms = start_ms;
  segment.duration_ms = duration_ms;
  segment.gone_ms = 0;
  return handle;
}

Handle SegmentWindow::hear_of(SegmentKey key, TimeMs now) {
  if (const Handle known = find(key)) return known;
  if (foreign_ >= tunables::kForeignSegmentsMax) drop_oldest_foreign();
  const Handle handle = segments_.insert();
  if (handle == 0) return 0;
  Segment& segment = *segments_.find(handle);
  segment.key = key;
  segment.seen_ms = now;
  index_.push_back({key.value, handle});
  ++foreign_;
  return handle;
}

void SegmentWindow::drop_oldest_foreign() {
  Handle oldest = 0;
  TimeMs oldest_ms = 0;
  segments_.each([&](Handle handle, const Segment& segment) {
    if (segment.is_ours) return;
    if (oldest == 0 || segment.seen_ms < oldest_ms) {
      oldest = handle;
      oldest_ms = segment.seen_ms;
    }
  });
  drop(oldest);
}

void SegmentWindow::drop(Handle handle) {
  const Segment* segment = segments_.find(handle);
  if (!segment) return;
  if (!segment->is_ours) --foreign_;
  std::erase_if(index_, [&](const Index& entry) { return entry.handle == handle; });
  segments_.erase(handle);
}

bool SegmentWindow::set_size(Segment& segment, uint32_t bytes_total, bool from_cdn) {
  const uint32_t count = block_count_of(bytes_total);
  segment.bytes_total = bytes_total;
  segment.size_from_cdn = from_cdn;
  if (count > kBlocksPerSegmentMax) {
    segment.is_cdn_only = true;
    return false;
  }
  segment.blocks.resize(count);
  segment.offers.resize(count);
  return true;
}

double SegmentWindow::stored_bytes(const Segment& segment) {
  double bytes = 0;
  for (uint32_t block = 0; block < segment.blocks.size(); ++block) {
    if (segment.blocks.is_here(block)) bytes += block_bytes_of(segment.bytes_total, block);
  }
  return bytes;
}

double SegmentWindow::bytes_per_ms(int32_t rendition) const {
  double bytes = 0;
  TimeMs duration = 0;
  segments_.each([&](Handle, const Segment& segment) {
    // A size that a neighbour told counts once the segment is whole.
    if (!segment.is_ours || segment.rendition != rendition) return;
    if (!segment.size_from_cdn && !segment.blocks.is_complete()) return;
    bytes += segment.bytes_total;
    duration += segment.duration_ms;
  });
  return duration > 0 ? bytes / duration : 0;
}

}  // namespace bazaar
