// What the engine wants done: fixed-width records, and the bytes that some of them name.
// Owns the record queue and the outbox; refuses to know who performs them. Invariant: a record's bytes stay where they
// are until the records of its turn have been drained.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "bounded_list.hpp"

namespace bazaar {

enum class ActionType : int32_t {
  kSend = 1,
  kSendBlock = 2,
  kKeepBlock = 3,
  kFetch = 4,
  kAbortFetch = 5,
  kDropSegment = 6,
  kSegmentReady = 7,
  kSegmentFailed = 8,
  kConnect = 9,
  kSignal = 10,
  kClosePeer = 11,
  kSendTracker = 12,
  kRole = 13,
  kPeerOpen = 14,
  kNotice = 15,
  kDropBlock = 16,
  kReconnect = 17,
};

enum class CloseReason : int32_t { kLeaving = 0, kFailed, kViolation, kSilent, kRefused, kSlow, kBadBlock };

enum class Notice : int32_t {
  kTrackerRefused = 1,
  kViolation = 2,
  kBadBlock = 3,
  kWindowFull = 4,
  kStoreFull = 5,
  kSizeDiffers = 6,
  kSegmentTooLarge = 7,
};

struct Action {
  ActionType type;
  std::array<int32_t, 7> fields;
};
static_assert(sizeof(Action) == 32, "eight int32 a record");

class Actions {
 public:
  /// Records handed over at once; docs/boundary.md.
  static constexpr size_t kDrainMax = 256;
  /// Records that may wait. A turn makes a handful. Under a flood the ones that nobody misses are dropped first: news
  /// for the page, then messages (a peer survives that), so that what keeps the store and the engine in step has room.
  static constexpr size_t kQueueMax = 2048;
  static constexpr size_t kQueueNewsMax = 512;
  static constexpr size_t kQueueSendsMax = 1024;
  static constexpr size_t kOutboxBytes = 128 * 1024;
  /// The outbox begins with room for answers to direct calls; the longest is the SDP that unpack_signal writes.
  static constexpr size_t kScratchBytes = 8 * 1024;

  Actions() : outbox_(kOutboxBytes) {}

  void push(ActionType type, std::array<int32_t, 7> fields = {}) {
    if (queue_.size() < queue_max(type)) queue_.push_back({type, fields});
  }

  /// Free bytes of the outbox. Write, then take(length) to keep them; returns their offset.
  std::span<uint8_t> room() { return {outbox_.data() + used_, outbox_.size() - used_}; }
  int32_t take(size_t length) {
    const auto offset = static_cast<int32_t>(used_);
    used_ += length;
    return offset;
  }

  /// Moves up to kDrainMax records into the drain area and returns how many.
  size_t drain() {
    const size_t count = queue_.size() < kDrainMax ? queue_.size() : kDrainMax;
    for (size_t i = 0; i < count; ++i) drained_[i] = queue_[i];
    queue_.remove_front(count);
    is_drained_ = queue_.empty();
    return count;
  }
  /// A new turn begins: bytes of drained records may be overwritten.
  void begin_turn() {
    if (is_drained_) used_ = kScratchBytes;
    is_drained_ = false;
  }

  const Action* drained() const { return drained_.data(); }
  const uint8_t* outbox() const { return outbox_.data(); }
  std::span<uint8_t> scratch() { return {outbox_.data(), kScratchBytes}; }

 private:
  static constexpr size_t queue_max(ActionType type) {
    if (type == ActionType::kRole || type == ActionType::kNotice) return kQueueNewsMax;
    return type == ActionType::kSend ? kQueueSendsMax : kQueueMax;
  }

  BoundedList<Action, kQueueMax> queue_;
  std::array<Action, kDrainMax> drained_{};
  std::vector<uint8_t> outbox_;
  size_t used_ = kScratchBytes;
  bool is_drained_ = true;
};

}  // namespace bazaar
