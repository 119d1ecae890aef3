// Virtual time over many actors on several threads: conservative windows, so that the result is that of one thread.
// Owns clock, queues and threads; refuses to know actors but as receivers of events. Invariant: what one actor sends to
// another takes at least a window's length, so that within a window actors cannot touch each other, and a run is a pure
// function of its events.
#pragma once

#include <cassert>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "events.hpp"

namespace bazaar::sim {

class Bus;

class Actor {
 public:
  virtual ~Actor() = default;
  virtual void handle(const Event& event, std::span<const uint8_t> bytes, Bus& bus) = 0;
};

/// One thread's part of the actors.
class Shard {
 public:
  Shard(uint32_t shards, TimeMs window_ms) : outboxes_(shards), ring_(kRing), window_ms_(window_ms) {}

  void put(const Event& event, std::span<const uint8_t> bytes);
  void run_window(uint64_t window, const std::vector<Actor*>& actors, class Timeline& timeline);
  uint64_t events() const { return events_; }

 private:
  friend class Timeline;
  friend class Bus;
  static constexpr size_t kRing = 2048;
  /// Windows ahead in which most of what happens is: their buckets pass their memory on to one another.
  static constexpr uint64_t kNear = 64;

  struct Bucket {
    std::vector<Event> events;
    std::vector<uint8_t> bytes;
  };
  void put_into(Bucket& bucket, Event event, std::span<const uint8_t> bytes);

  std::vector<Bucket> outboxes_;  ///< for each shard, what leaves at the end of the window
  std::vector<Bucket> ring_;
  std::vector<Bucket> spare_;  ///< empty, with memory
  Bucket far_;                 ///< beyond the ring
  std::vector<Event> soon_;    ///< of the current actor, within the current window: a heap
  std::vector<uint8_t> soon_bytes_;
  TimeMs window_ms_;
  uint64_t window_ = 0;
  uint64_t events_ = 0;
};

class Timeline {
 public:
  /// `window_ms`: the least time between an event and its effect on another actor.
  Timeline(uint32_t threads, TimeMs window_ms) : window_ms_(window_ms) {
    for (uint32_t i = 0; i < threads; ++i) shards_.push_back(std::make_unique<Shard>(threads, window_ms));
  }

  /// Index of the new actor, which lives as long as the timeline. Add all before running.
  uint32_t add(Actor& actor);
  /// Before run(): something that happens from outside.
  void schedule(uint32_t to, TimeMs at, Kind kind, int32_t a = 0);
  /// Runs to `until`. `progress` is called now and then with the virtual time.
  void run(TimeMs until, const std::function<void(TimeMs)>& progress);

  uint64_t events() const;
  /// Of everything that happened, the same for the same run whatever the threads.
  uint64_t trace_hash() const;
  size_t shard_of(uint32_t actor) const { return actor % shards_.size(); }
  size_t threads() const { return shards_.size(); }

 private:
  friend class Shard;
  friend class Bus;
  void note(const Event& event, std::span<const uint8_t> bytes);

  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Actor*> actors_;
  std::vector<uint32_t> orders_;
  std::vector<uint64_t> hashes_;
  TimeMs window_ms_;
};

/// What an actor may do while it handles an event.
class Bus {
 public:
  Bus(Timeline& timeline, Shard& shard, uint32_t self) : timeline_(timeline), shard_(shard), self_(self) {}
  TimeMs now() const { return now_; }
  uint32_t self() const { return self_; }
  /// To another actor: `delay_ms` must be at least the timeline's window.
  void post(uint32_t to, TimeMs delay_ms, Event event, std::span<const uint8_t> bytes = {});
  /// To oneself, any time from now on.
  void later(TimeMs delay_ms, Event event, std::span<const uint8_t> bytes = {});

 private:
  friend class Shard;
  Timeline& timeline_;
  Shard& shard_;
  uint32_t self_;
  TimeMs now_ = 0;
  TimeMs window_end_ = 0;
};

}  // namespace bazaar::sim
