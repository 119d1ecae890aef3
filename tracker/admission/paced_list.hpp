// Things that are dealt with a few at a time: viewers that a drain sends away.
// Owns the order (last in, first out) and the pace; refuses to know what is done. Invariant: each is dealt with once,
// and no faster than the rate.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "admission/token_bucket.hpp"

namespace bazaar::tracker::admission {

template <typename Item>
class PacedList {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  void set_rate(Rate rate) { rate_ = rate; }
  void push(Item item) { items_.push_back(std::move(item)); }
  std::vector<Item>& items() { return items_; }

  /// Calls `deal_with` with each that is due; returns when the next will be, kNever when none is left.
  template <typename DealWith>
  int64_t turn(int64_t now_ms, DealWith deal_with) {
    while (!items_.empty()) {
      if (!bucket_.take(rate_, 1, now_ms)) return now_ms + bucket_.wait_ms(rate_, 1, now_ms);
      const Item item = std::move(items_.back());
      items_.pop_back();
      deal_with(item);
    }
    return kNever;
  }

 private:
  std::vector<Item> items_;
  Rate rate_;
  TokenBucket bucket_;
};

}  // namespace bazaar::tracker::admission
