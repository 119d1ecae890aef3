// Our requests to peers: every one ends exactly once, by block, reject, time-out, cancel or the peer's end.
// Owns the open requests and their ids; refuses to touch blocks or peers. Invariant: an id is open at most once and
// never used again within 2^32 requests.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "bounded_list.hpp"
#include "ids.hpp"
#include "slots.hpp"
#include "tunables.hpp"

namespace bazaar {

struct OpenRequest {
  uint32_t id = 0;
  Handle peer = 0;
  Handle segment = 0;
  uint32_t block = 0;
  TimeMs asked_ms = 0;
  TimeMs timeout_ms = 0;  ///< clock time at which it is given up
};

class RequestLedger {
 public:
  using Requests = BoundedList<OpenRequest, tunables::kRequestsMax>;

  /// Callers look at size() first: there are kRequestsMax at most.
  uint32_t open(Handle peer, Handle segment, uint32_t block, TimeMs now, TimeMs timeout_ms) {
    assert(!requests_.full());
    if (++last_id_ == 0) ++last_id_;  // 0 is none
    requests_.push_back({last_id_, peer, segment, block, now, timeout_ms});
    return last_id_;
  }

  /// Takes the request out of the ledger; false when it is not open with that peer.
  bool close(uint32_t id, Handle peer, OpenRequest& out) {
    for (OpenRequest& request : requests_) {
      if (request.id != id || request.peer != peer) continue;
      out = request;
      request = requests_.back();
      requests_.pop_back();
      return true;
    }
    return false;
  }

  /// Takes out every request that `is_over` says is over and hands each to `ended` afterwards, when the ledger is in
  /// order.
  template <typename IsOver, typename Ended>
  void sweep(IsOver is_over, Ended ended) {
    Requests over;
    for (size_t i = 0; i < requests_.size();) {
      if (is_over(requests_[i])) {
        over.push_back(requests_[i]);
        requests_[i] = requests_.back();
        requests_.pop_back();
      } else {
        ++i;
      }
    }
    for (const OpenRequest& request : over) ended(request);
  }

  bool is_asked(Handle segment, uint32_t block) const {
    for (const OpenRequest& request : requests_) {
      if (request.segment == segment && request.block == block) return true;
    }
    return false;
  }

  const Requests& requests() const { return requests_; }
  size_t size() const { return requests_.size(); }

 private:
  Requests requests_;  // few: scanning beats hashing
  uint32_t last_id_ = 0;
};

}  // namespace bazaar
