#include "cdn_desk.hpp"

#include <algorithm>

namespace bazaar {

void CdnDesk::headers(Handle handle, uint32_t bytes_total, bool is_ranged) {
  Fetch* fetch = world_.cdn.get(handle);
  if (!fetch) return;
  world_.cdn.note_headers(*fetch, world_.now);
  const Handle segment_handle = fetch->segment;
  if (!fetch->is_whole && !is_ranged) {
    fetch->is_whole = true;
    world_.config.cdn_has_ranges = false;
  }
  custody_.learn_size(segment_handle, bytes_total, true);
  Segment* segment = world_.window.get(segment_handle);
  if (!segment) return;
  segment->cdn_status = 0;
  if (segment->is_cdn_only) {
    // Too large for us: the stock loader fetches it, and once is enough.
    world_.actions.push(ActionType::kAbortFetch, {handle});
    end(handle);
    if (segment->is_wanted) custody_.failed(segment_handle, 0);
    return;
  }
  if (!fetch->is_whole) return;
  // The whole segment is on its way: every block of it, also those that were unknown when the fetch began.
  for (uint32_t block = 0; block < segment->blocks.size(); ++block) {
    if (!segment->blocks.is_missing(block)) continue;
    segment->blocks.mark_fetching(block);
    world_.status.note_urgent(segment_handle, block, world_.now);
  }
}

void CdnDesk::block(Handle handle, uint32_t block) {
  Fetch* fetch = world_.cdn.get(handle);
  if (!fetch) return;
  fetch->progress_ms = world_.now;
  if (const Segment* segment = world_.window.get(fetch->segment)) {
    fetch->bytes += block_bytes_of(segment->bytes_total, block);
    custody_.arrived(fetch->segment, block, Source::kCdn);
  }
}

void CdnDesk::put_back(const Fetch& fetch) {
  Segment* segment = world_.window.get(fetch.segment);
  if (!segment) return;
  for (uint32_t block = 0; block < segment->blocks.size(); ++block) {
    if (!fetch.covers(block) || segment->blocks.state(block) != BlockState::kDownloadingCdn) continue;
    if (world_.cdn.is_fetched(fetch.segment, block)) continue;
    segment->blocks.abandon(block);
    if (world_.ledger.is_asked(fetch.segment, block)) segment->blocks.mark_requested(block);
    world_.status.note_urgent(fetch.segment, block, world_.now);
  }
}

void CdnDesk::done(Handle handle, double surplus_bytes) {
  const Fetch* found = world_.cdn.get(handle);
  if (!found) return;
  if (found->bytes == 0)
    return failed(handle, 0, surplus_bytes);  // an answer without a block, asked for again and again
  world_.cdn.note_done(*found, world_.now);
  world_.counters.bytes_wasted += surplus_bytes;
  world_.credit.add_download(surplus_bytes);
  end(handle);  // an answer shorter than asked for leaves blocks missing
}

void CdnDesk::failed(Handle handle, int32_t status, double surplus_bytes) {
  const Fetch* found = world_.cdn.get(handle);
  if (!found) return;
  const Fetch fetch = *found;
  world_.counters.bytes_wasted += surplus_bytes;
  world_.credit.add_download(surplus_bytes);
  Segment* segment = world_.window.get(fetch.segment);
  if (status == 416 && segment && segment->bytes_total == 0 && fetch.first > 0) {
    segment->blocks.resize(fetch.first);  // our guess of the size was too long, which is no failure of the CDN
  } else {
    world_.cdn.note_failure(world_.dice, world_.now);
    if (segment) {
      if (segment->cdn_status == 0) segment->cdn_failing_ms = world_.now;
      segment->cdn_status = status == 0 ? -1 : status;
    }
  }
  end(handle);
}

void CdnDesk::end(Handle handle) {
  const Fetch fetch = *world_.cdn.get(handle);
  world_.cdn.end(handle);
  put_back(fetch);
}

void CdnDesk::abandon(Handle segment) {
  world_.cdn.each([&](Handle handle, const Fetch& fetch) {
    if (fetch.segment != segment) return;
    world_.actions.push(ActionType::kAbortFetch, {handle});
    end(handle);
  });
}

TimeMs CdnDesk::sweep() {
  TimeMs next = 1e300;
  world_.cdn.each([&](Handle handle, const Fetch& fetch) {
    const TimeMs over = fetch.progress_ms + tunables::kFetchStallMs;
    if (world_.now >= over) {
      world_.actions.push(ActionType::kAbortFetch, {handle});
      failed(handle, 0, 0);
    } else {
      next = std::min(next, over);
    }
  });
  return next;
}

}  // namespace bazaar
