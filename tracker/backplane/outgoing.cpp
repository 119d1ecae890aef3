#include "backplane/outgoing.hpp"

#include <utility>

#include "backplane/redis_limits.hpp"

namespace bazaar::tracker {

void Outgoing::Load::clear() {
  posts.clear();
  bytes.clear();
  notices.clear();
}

Outgoing::Put Outgoing::post(Address to, BusMessageClass kind, std::span<const uint8_t> message) {
  const std::lock_guard lock(mutex_);
  const size_t before = load_.bytes.size();
  // Each message counts a post's own size too: empty ones do not come free.
  const size_t held = before + load_.posts.size() * sizeof(Post);
  if (message.size() > kBusMessageBytesMax || held + message.size() + sizeof(Post) > kQueueBytesMax) return Put::kFull;
  const bool is_first = load_.is_empty();
  load_.posts.push_back({to, kind, before, message.size()});
  load_.bytes.insert(load_.bytes.end(), message.begin(), message.end());
  const bool fills_batch = before < kBatchBytes && load_.bytes.size() >= kBatchBytes;
  return is_first || fills_batch ? Put::kWake : Put::kQuiet;
}

Outgoing::Put Outgoing::publish(const CellNotice& notice) {
  const std::lock_guard lock(mutex_);
  if (load_.notices.size() >= kQueueNoticesMax) return Put::kFull;
  const bool is_first = load_.is_empty();
  load_.notices.push_back(notice);
  return is_first ? Put::kWake : Put::kQuiet;
}

void Outgoing::take(Load& load) {
  load.clear();
  const std::lock_guard lock(mutex_);
  std::swap(load, load_);
}

size_t Outgoing::waiting_bytes() const {
  const std::lock_guard lock(mutex_);
  return load_.bytes.size();
}

}  // namespace bazaar::tracker
