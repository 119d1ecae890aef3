// The numbers of one worker, or of the node.
// Owns one atomic for each value of each family; refuses to format them. Invariant: one thread writes, any thread
// reads; a number is right by itself, two of them need not be of the same moment.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "metrics/catalogue.hpp"

namespace bazaar::tracker::metrics {

class Counters {
 public:
  Counters() : values_(std::make_unique<std::atomic<uint64_t>[]>(numbers())) {}

  // The second argument is the label's value: an enumerator of reasons.hpp or of whose enumeration the family follows,
  // or its number.
  void add(Family family, uint64_t n = 1) { add(family, 0, n); }
  template <typename Value>
  void add(Family family, Value value, uint64_t n) {
    std::atomic<uint64_t>& number = at(family, static_cast<size_t>(value));
    // No locked instruction for a number with one writer.
    number.store(number.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  template <typename Reason>
  requires std::is_enum_v<Reason>
  void count(Family family, Reason reason) { add(family, reason, 1); }
  /// For gauges, and for counters that are kept elsewhere and copied here.
  void set(Family family, uint64_t n) { set(family, 0, n); }
  template <typename Value>
  void set(Family family, Value value, uint64_t n) {
    at(family, static_cast<size_t>(value)).store(n, std::memory_order_relaxed);
  }

  template <typename Value = size_t>
  uint64_t value(Family family, Value value = {}) const {
    return const_cast<Counters*>(this)->at(family, static_cast<size_t>(value)).load(std::memory_order_relaxed);
  }

 private:
  std::atomic<uint64_t>& at(Family family, size_t value) {
    assert(value < row_of(family).size());
    return values_[first_of(family) + value];
  }

  std::unique_ptr<std::atomic<uint64_t>[]> values_;
};

}  // namespace bazaar::tracker::metrics
