// What is counted while a simulation runs: per viewer, and per thread where viewers add up.
// Owns numbers only. Invariant: `measured` counts from the end of the warm-up, `total` from the start; a block counts
// as useful once a viewer.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "checkers.hpp"
#include "ids.hpp"

namespace bazaar::sim {

/// Bytes of media, as links and stores saw them.
struct Flows {
  double from_peers = 0;  ///< blocks that came first from a peer
  double from_cdn = 0;    ///< blocks that came first from the CDN
  double wasted = 0;      ///< came twice, unasked, false, of no use any more, or to somebody who had left
  double uploaded = 0;
  double control = 0;   ///< messages on data channels without media, and the headers of those with
  double messages = 0;  ///< how many of those without media; of them:
  double statuses = 0;
  double requests = 0;
  double rejects = 0;
  double by_deadline = 0;  ///< from_cdn that was asked for because time was up, with neighbours there
  double outside = 0;      ///< from_cdn that the stock loader fetched after us
  double starting = 0;     ///< from_cdn of a viewer's first segment before it had a connection
  double viewer_ms = 0;    ///< time present

  void add(const Flows& other) {
    from_peers += other.from_peers;
    from_cdn += other.from_cdn;
    wasted += other.wasted;
    uploaded += other.uploaded;
    control += other.control;
    messages += other.messages;
    statuses += other.statuses;
    requests += other.requests;
    rejects += other.rejects;
    by_deadline += other.by_deadline;
    outside += other.outside;
    starting += other.starting;
    viewer_ms += other.viewer_ms;
  }
  double useful() const { return from_peers + from_cdn; }
  double downloaded() const { return useful() + wasted; }
};

/// Which blocks a viewer got after the warm-up, by Stream::block_index; starts where its first one is.
class BlockSet {
 public:
  /// Whether it is new.
  bool insert(size_t index) {
    const size_t word = index / 64;
    if (words_.empty()) first_ = word;
    if (word < first_) {
      words_.insert(words_.begin(), first_ - word, 0);
      first_ = word;
    }
    if (word - first_ >= words_.size()) words_.resize(word - first_ + 1);
    const uint64_t bit = uint64_t{1} << (index % 64);
    const bool is_new = (words_[word - first_] & bit) == 0;
    words_[word - first_] |= bit;
    return is_new;
  }
  /// Whether it was there.
  bool erase(size_t index) {
    if (!contains(index)) return false;
    words_[index / 64 - first_] &= ~(uint64_t{1} << (index % 64));
    return true;
  }
  bool contains(size_t index) const {
    const size_t word = index / 64;
    return word >= first_ && word - first_ < words_.size() && (words_[word - first_] >> (index % 64) & 1) != 0;
  }
  template <typename Visit>
  void each(Visit visit) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (uint64_t left = words_[i]; left != 0; left &= left - 1) {
        visit((first_ + i) * 64 + static_cast<size_t>(std::countr_zero(left)));
      }
    }
  }

 private:
  size_t first_ = 0;
  std::vector<uint64_t> words_;
};

/// A data channel that was open with another viewer.
struct Met {
  uint32_t other = 0;
  TimeMs from_ms = 0;
  TimeMs until_ms = -1;  ///< -1: still open
};

struct Tally {
  Flows total;
  Flows measured;
  TimeMs joined_ms = -1;    ///< -1: never came
  TimeMs left_ms = -1;      ///< -1: stayed
  TimeMs start_up_ms = -1;  ///< from joining to the first picture; -1: never
  uint32_t stalls = 0;
  TimeMs stalled_ms = 0;
  uint32_t links = 0;  ///< connections that opened
  double fetches = 0;
  double timeouts = 0;
  double rejects = 0;
  bool did_measure = false;  ///< was there when the warm-up ended, or came later
  Complaints complaints;
};

/// Sums of the viewers of one thread.
struct SharedTally {
  static constexpr TimeMs kLatencyBinMs = 50;
  static constexpr size_t kLatencyBins = 1200;
  static constexpr size_t kHopsMax = 24;

  std::vector<double> useful_by_second;
  std::vector<uint32_t> holders;  ///< of each block of the stream
  std::vector<uint32_t> seeds;    ///< copies of each block that dice fetched
  std::array<uint64_t, kLatencyBins> latency{};
  std::array<uint64_t, kHopsMax> hops{};

  void add(const SharedTally& other) {
    const auto sum = [](auto& to, const auto& from) {
      for (size_t i = 0; i < to.size(); ++i) to[i] += from[i];
    };
    sum(useful_by_second, other.useful_by_second);
    sum(holders, other.holders);
    sum(seeds, other.seeds);
    sum(latency, other.latency);
    sum(hops, other.hops);
  }
};

}  // namespace bazaar::sim
