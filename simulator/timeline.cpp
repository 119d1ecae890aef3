#include "timeline.hpp"

#include <algorithm>
#include <barrier>
#include <cstring>
#include <thread>

namespace bazaar::sim {

namespace {
bool is_after(const Event& x, const Event& y) { return is_before(y, x); }

uint64_t mixed(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
  return hash ^ (hash >> 29);
}
}  // namespace

void Shard::put_into(Bucket& bucket, Event event, std::span<const uint8_t> bytes) {
  event.offset = static_cast<uint32_t>(bucket.bytes.size());
  event.length = static_cast<uint16_t>(bytes.size());
  bucket.bytes.insert(bucket.bytes.end(), bytes.begin(), bytes.end());
  bucket.events.push_back(event);
}

void Shard::put(const Event& event, std::span<const uint8_t> bytes) {
  const auto window = static_cast<uint64_t>(event.at / window_ms_);
  if (window >= window_ + kRing) {
    put_into(far_, event, bytes);
    return;
  }
  Bucket& bucket = ring_[window % kRing];
  if (window < window_ + kNear && bucket.events.capacity() == 0 && !spare_.empty()) {
    bucket = std::move(spare_.back());
    spare_.pop_back();
  }
  put_into(bucket, event, bytes);
}

void Shard::run_window(uint64_t window, const std::vector<Actor*>& actors, Timeline& timeline) {
  window_ = window;
  if (window % (kRing / 2) == 0) {
    Bucket far;
    std::swap(far, far_);
    for (const Event& event : far.events) put(event, {far.bytes.data() + event.offset, event.length});
  }
  Bucket current = std::move(ring_[window % kRing]);
  ring_[window % kRing] = {};
  std::vector<Event>& events = current.events;
  std::sort(events.begin(), events.end(),
            [](const Event& x, const Event& y) { return x.to != y.to ? x.to < y.to : is_before(x, y); });
  const TimeMs end = static_cast<double>(window + 1) * window_ms_;
  for (size_t i = 0; i < events.size();) {
    Bus bus(timeline, *this, events[i].to);
    bus.window_end_ = end;
    Actor& actor = *actors[bus.self_];
    soon_.clear();
    soon_bytes_.clear();
    while (true) {
      const bool has_listed = i < events.size() && events[i].to == bus.self_;
      if (!has_listed && soon_.empty()) break;
      Event event;
      std::span<const uint8_t> bytes;
      std::vector<uint8_t> kept;
      if (has_listed && (soon_.empty() || is_before(events[i], soon_.front()))) {
        event = events[i++];
        bytes = {current.bytes.data() + event.offset, event.length};
      } else {
        std::pop_heap(soon_.begin(), soon_.end(), is_after);
        event = soon_.back();
        soon_.pop_back();
        // Handling may add to soon_bytes_ and so move them.
        kept.assign(soon_bytes_.begin() + event.offset, soon_bytes_.begin() + event.offset + event.length);
        bytes = kept;
      }
      bus.now_ = event.at;
      ++events_;
      timeline.note(event, bytes);
      actor.handle(event, bytes, bus);
    }
  }
  if (events.capacity() == 0) return;
  events.clear();
  current.bytes.clear();
  if (spare_.size() < kNear) spare_.push_back(std::move(current));
}

void Bus::post(uint32_t to, TimeMs delay_ms, Event event, std::span<const uint8_t> bytes) {
  assert(delay_ms >= timeline_.window_ms_);
  event.at = now_ + delay_ms;
  event.to = to;
  event.from = self_;
  event.order = timeline_.orders_[self_]++;
  const size_t shard = timeline_.shard_of(to);
  if (timeline_.shards_[shard].get() == &shard_) return shard_.put(event, bytes);
  shard_.put_into(shard_.outboxes_[shard], event, bytes);
}

void Bus::later(TimeMs delay_ms, Event event, std::span<const uint8_t> bytes) {
  event.at = now_ + std::max(delay_ms, 0.0);
  event.to = self_;
  event.from = self_;
  event.order = timeline_.orders_[self_]++;
  // The division that finds a bucket may round: an event of this window must not be put into a bucket that is gone.
  if (event.at >= window_end_ && static_cast<uint64_t>(event.at / shard_.window_ms_) > shard_.window_) {
    return shard_.put(event, bytes);
  }
  event.offset = static_cast<uint32_t>(shard_.soon_bytes_.size());
  event.length = static_cast<uint16_t>(bytes.size());
  shard_.soon_bytes_.insert(shard_.soon_bytes_.end(), bytes.begin(), bytes.end());
  shard_.soon_.push_back(event);
  std::push_heap(shard_.soon_.begin(), shard_.soon_.end(), is_after);
}

uint32_t Timeline::add(Actor& actor) {
  actors_.push_back(&actor);
  orders_.push_back(0);
  hashes_.push_back(0);
  return static_cast<uint32_t>(actors_.size() - 1);
}

void Timeline::schedule(uint32_t to, TimeMs at, Kind kind, int32_t a) {
  Event event;
  event.at = at;
  event.to = to;
  event.from = to;
  event.order = orders_[to]++;
  event.kind = kind;
  event.a = a;
  shards_[shard_of(to)]->put(event, {});
}

void Timeline::run(TimeMs until, const std::function<void(TimeMs)>& progress) {
  const auto windows = static_cast<uint64_t>(until / window_ms_);
  const size_t threads = shards_.size();
  std::barrier gate(static_cast<std::ptrdiff_t>(threads));
  const auto work = [&](size_t self) {
    for (uint64_t window = 0; window < windows; ++window) {
      shards_[self]->run_window(window, actors_, *this);
      gate.arrive_and_wait();
      for (const auto& other : shards_) {
        Shard::Bucket& mail = other->outboxes_[self];
        for (const Event& event : mail.events) {
          shards_[self]->put(event, {mail.bytes.data() + event.offset, event.length});
        }
        mail.events.clear();
        mail.bytes.clear();
      }
      gate.arrive_and_wait();
      if (self == 0 && window % 64 == 0) progress(static_cast<double>(window) * window_ms_);
    }
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(work, i);
  work(0);
  for (std::thread& other : others) other.join();
}

uint64_t Timeline::events() const {
  uint64_t sum = 0;
  for (const auto& shard : shards_) sum += shard->events();
  return sum;
}

void Timeline::note(const Event& event, std::span<const uint8_t> bytes) {
  uint64_t at = 0;
  std::memcpy(&at, &event.at, sizeof at);
  uint64_t& hash = hashes_[event.to];
  hash = mixed(hash, at);
  hash = mixed(hash, static_cast<uint64_t>(event.kind) << 48 | static_cast<uint64_t>(event.from) << 16 | bytes.size());
  hash = mixed(hash, static_cast<uint64_t>(static_cast<uint32_t>(event.a)) << 32 | static_cast<uint32_t>(event.b));
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); i += sizeof word) {
    word = 0;
    std::memcpy(&word, bytes.data() + i, std::min(sizeof word, bytes.size() - i));
    hash = mixed(hash, word);
  }
}

uint64_t Timeline::trace_hash() const {
  uint64_t hash = 0;
  for (const uint64_t one : hashes_) hash = mixed(hash, one);
  return hash;
}

}  // namespace bazaar::sim
