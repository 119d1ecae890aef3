// Which of the numbered messages of a run arrived: each once, twice, or never.
// Owns one bit a message; refuses to know what they were. Invariant: memory is bounded by the number that was planned;
// arrived() + lost() = sent() once the run has ended.
#pragma once

#include <cstdint>
#include <vector>

namespace bazaar::load {

class Ledger {
 public:
  enum class Arrival : uint8_t { kFirst, kAgain, kUnknown };

  explicit Ledger(uint64_t planned_max) : seen_((planned_max + 63) / 64) {}

  bool is_full() const { return sent_ >= seen_.size() * 64; }
  /// The number of the next message. Not when is_full().
  uint64_t send() { return sent_++; }

  Arrival arrive(uint64_t number) {
    if (number >= sent_) return Arrival::kUnknown;
    const uint64_t bit = uint64_t{1} << (number % 64);
    if ((seen_[number / 64] & bit) != 0) return Arrival::kAgain;
    seen_[number / 64] |= bit;
    ++arrived_;
    return Arrival::kFirst;
  }

  bool has_arrived(uint64_t number) const { return (seen_[number / 64] >> (number % 64) & 1) != 0; }

  uint64_t sent() const { return sent_; }
  uint64_t arrived() const { return arrived_; }
  uint64_t lost() const { return sent_ - arrived_; }

 private:
  std::vector<uint64_t> seen_;
  uint64_t sent_ = 0;
  uint64_t arrived_ = 0;
};

}  // namespace bazaar::load
