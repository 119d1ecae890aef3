#include "custody.hpp"

#include "requests.hpp"

namespace bazaar {

void Custody::arrived(Handle handle, uint32_t block, Source source) {
  Segment* segment = world_.window.get(handle);
  if (!segment || block >= segment->blocks.size() || segment->bytes_total == 0)
    return;  // a block without a length is none
  const uint32_t bytes = block_bytes_of(segment->bytes_total, block);
  world_.credit.add_download(bytes);
  if (segment->blocks.is_here(block)) {
    world_.counters.bytes_wasted += bytes;
    return;
  }
  if (source == Source::kCdn) Requests(world_).cancel(handle, block, block + 1);
  segment->blocks.mark_held(block, source);
  world_.store_bytes += bytes;
  if (source == Source::kCdn || !world_.config.verifies) verified(handle, block, true);
}

void Custody::verified(Handle handle, uint32_t block, bool is_ok) {
  Segment* segment = world_.window.get(handle);
  if (!segment || block >= segment->blocks.size()) return;
  if (segment->blocks.state(block) != BlockState::kHeld) return;
  const uint32_t bytes = block_bytes_of(segment->bytes_total, block);
  Counters& counters = world_.counters;
  if (!is_ok) {
    segment->blocks.abandon(block);
    if (world_.cdn.is_fetched(handle, block)) segment->blocks.mark_fetching(block);  // it was raced
    world_.store_bytes -= bytes;
    counters.bytes_wasted += bytes;
    world_.actions.push(ActionType::kDropBlock, {handle, static_cast<int32_t>(block)});
    world_.status.note_urgent(handle, block, world_.now);
    return;
  }
  if (segment->blocks.source(block) == Source::kPeer) {
    counters.bytes_from_peers += bytes;
    ++counters.blocks_from_peers;
    world_.status.note_held(handle, block, world_.gather_ms(*segment), world_.now);
  } else {
    counters.bytes_from_cdn += bytes;
    ++counters.blocks_from_cdn;
    // Who heard of the fetch has asked for it.
    world_.status.note_lazily(handle, block, world_.gathering->lazy_ms, world_.now);
  }
  segment->blocks.mark_verified(block);
  tell_if_ready(handle, *segment);
}

bool Custody::learn_size(Handle handle, uint32_t bytes_total, bool from_cdn) {
  Segment* segment = world_.window.get(handle);
  if (!segment || bytes_total == 0) return false;
  if (segment->bytes_total == bytes_total) {
    segment->size_from_cdn = segment->size_from_cdn || from_cdn;
    return !segment->is_cdn_only;
  }
  if (segment->bytes_total != 0) {
    // Only the CDN corrects a size. What was cut to the wrong size is worthless, and so is what was said of it.
    if (!from_cdn) return false;
    world_.actions.push(ActionType::kNotice, {static_cast<int32_t>(Notice::kSizeDiffers), handle});
    Requests(world_).cancel(handle);
    for (uint32_t block = 0; block < segment->blocks.size(); ++block) {
      if (!segment->blocks.is_here(block)) continue;
      const uint32_t bytes = block_bytes_of(segment->bytes_total, block);
      world_.store_bytes -= bytes;
      world_.counters.bytes_wasted += bytes;
      segment->blocks.abandon(block);
      world_.actions.push(ActionType::kDropBlock, {handle, static_cast<int32_t>(block)});
    }
    segment->offers.clear();
  }
  // A guessed map may have been longer than the truth: nothing can be under way beyond the end.
  Requests(world_).cancel(handle, block_count_of(bytes_total));
  if (!SegmentWindow::set_size(*segment, bytes_total, from_cdn)) {
    world_.actions.push(ActionType::kNotice, {static_cast<int32_t>(Notice::kSegmentTooLarge), handle});
    return false;
  }
  // Where everybody is near, who told us has told everybody.
  const TimeMs patience_ms = from_cdn ? tunables::kStatusBatchMs : world_.gathering->known_ms;
  if (segment->is_ours) world_.status.note_known(handle, patience_ms, world_.now);
  return true;
}

void Custody::wanted(Handle handle) {
  Segment* segment = world_.window.get(handle);
  if (!segment) return;
  segment->is_wanted = true;
  segment->is_ready_told = false;
  tell_if_ready(handle, *segment);
  if (segment->is_cdn_only) failed(handle, 0);
}

void Custody::unwanted(Handle handle) {
  if (Segment* segment = world_.window.get(handle)) segment->is_wanted = false;
}

void Custody::failed(Handle handle, int32_t status) {
  Segment* segment = world_.window.get(handle);
  if (!segment) return;
  segment->is_wanted = false;
  world_.actions.push(ActionType::kSegmentFailed, {handle, status});
}

void Custody::tell_if_ready(Handle handle, Segment& segment) {
  if (!segment.is_wanted || segment.is_ready_told || !segment.blocks.is_complete()) return;
  segment.is_ready_told = true;
  segment.ready_ms = world_.now;
  segment.is_wanted = false;
  world_.actions.push(ActionType::kSegmentReady, {handle});
}

void Custody::drop(Handle handle, const Segment& segment) {
  Requests(world_).cancel(handle);
  world_.cdn.each([&](Handle fetch_handle, Fetch& fetch) {
    if (fetch.segment != handle) return;
    world_.actions.push(ActionType::kAbortFetch, {fetch_handle});
    world_.cdn.end(fetch_handle);
  });
  world_.store_bytes -= SegmentWindow::stored_bytes(segment);
  world_.status.note_dropped(segment.key, world_.now);
  world_.actions.push(ActionType::kDropSegment, {handle});
  world_.window.drop(handle);
}

void Custody::expire() {
  const TimeMs now = world_.now;
  Handle oldest = 0;
  TimeMs oldest_end = 0;
  world_.window.each([&](Handle handle, const Segment& segment) {
    if (!segment.is_ours) {
      if (segment.offers.knowers() != 0 && now - segment.seen_ms <= 4 * tunables::kKeepGoneMs) return;
      return drop(handle, segment);
    }
    if (segment.is_wanted) return;
    if (segment.gone_ms > 0 && now - segment.gone_ms > tunables::kKeepGoneMs) {
      drop(handle, segment);
      return;
    }
    const bool has_bytes = segment.blocks.size() > segment.blocks.missing_count();
    if (has_bytes && (oldest == 0 || segment.end_ms() < oldest_end)) {
      oldest = handle;
      oldest_end = segment.end_ms();
    }
  });
  if (world_.store_bytes <= world_.config.store_bytes_max) {
    is_full_told_ = false;
    return;
  }
  if (!is_full_told_) world_.actions.push(ActionType::kNotice, {static_cast<int32_t>(Notice::kStoreFull)});
  is_full_told_ = true;
  if (const Segment* segment = world_.window.get(oldest)) drop(oldest, *segment);  // one a step; the next step goes on
}

}  // namespace bazaar
