// What must hold in every run. Each checker watches one promise and fails the run, not only prints.
// Owns the promises; refuses to touch what it watches. Invariant: a checker sees what really happened (frames, bytes,
// blocks), never the engine's own account of it alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine.hpp"
#include "wire.hpp"

namespace bazaar::sim {

/// Where checkers complain: the first few sentences of one viewer, and how many there were.
class Complaints {
 public:
  static constexpr size_t kKept = 3;
  void add(TimeMs now, uint32_t viewer, const std::string& sentence) {
    ++count_;
    if (kept_.size() < kKept) {
      kept_.push_back("at " + std::to_string(now / 1000) + " s viewer " + std::to_string(viewer) + ": " + sentence);
    }
  }
  uint64_t count() const { return count_; }
  const std::vector<std::string>& kept() const { return kept_; }

 private:
  std::vector<std::string> kept_;
  uint64_t count_ = 0;
};

/// Upload ≤ download, counted by the links and the CDN.
class CreditChecker {
 public:
  std::optional<std::string> downloaded(double bytes) {
    down_ += bytes;
    return std::nullopt;
  }
  std::optional<std::string> uploaded(double bytes) {
    up_ += bytes;
    if (up_ <= down_) return std::nullopt;
    return "uploaded " + std::to_string(up_) + " B of " + std::to_string(down_) + " B downloaded";
  }

 private:
  double up_ = 0;
  double down_ = 0;
};

/// Every request ends once: by block, reject, cancel or the connection's end, and none lives on.
class RequestChecker {
 public:
  static constexpr TimeMs kOldMs = 2 * tunables::kRequestTimeoutMaxMs;

  std::optional<std::string> sent(std::span<const uint8_t> frame, Handle peer, TimeMs now);
  void block_came(uint32_t id, Handle peer) { end(id, peer); }
  void reject_came(std::span<const uint8_t> frame, Handle peer);
  void link_ended(Handle peer) {
    std::erase_if(open_, [&](const Open& one) { return one.peer == peer; });
  }
  std::optional<std::string> look(TimeMs now) const;
  bool is_asked(SegmentKey key, uint32_t block) const {
    return std::any_of(open_.begin(), open_.end(),
                       [&](const Open& one) { return one.key == key && one.block == block; });
  }

 private:
  struct Open {
    uint32_t id;
    Handle peer;
    TimeMs since_ms;
    SegmentKey key;
    uint32_t block;
  };
  bool end(uint32_t id, Handle peer) {
    return std::erase_if(open_, [&](const Open& one) { return one.id == id && one.peer == peer; }) == 1;
  }
  std::vector<Open> open_;
};

/// Every bound of tunables.hpp that the world outside can grow against.
std::optional<std::string> exceeded_bound(const World& world);

/// No block stays unsought while it is needed: past the time for peers, with the CDN well and room for fetches. What is
/// sought is judged by the requests and fetches that left, and by what was stored.
class NeglectChecker {
 public:
  static constexpr TimeMs kPatienceMs = 300;
  /// `sn`: of a segment that has a block that is needed and sought nowhere, if there is one.
  std::optional<std::string> look(std::optional<uint32_t> sn, TimeMs now);

 private:
  std::optional<uint32_t> sn_;
  TimeMs since_ms_ = 0;
};

}  // namespace bazaar::sim
