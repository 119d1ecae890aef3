// Asking peers for blocks, and every way in which asking ends.
// Owns the steps between ledger, peer and block map; refuses to choose whom to ask. Invariant: a block in state
// downloading-from-peer has exactly one open request.
#pragma once

#include <algorithm>
#include <cstdint>

#include "wire.hpp"
#include "world.hpp"

namespace bazaar {

class Requests {
 public:
  explicit Requests(World& world) : world_(world) {}

  /// Blocks of one segment that are being asked for: those that follow each other, of one peer, are one message.
  /// `slack_ms`: for how long we want them from peers.
  struct Asked {
    Asked(SegmentKey key, TimeMs slack_ms) {
      run.key = key;
      run.slack_ms = static_cast<uint16_t>(std::clamp(slack_ms, 0.0, 65'535.0));
      run.count = 0;
    }
    Handle peer = 0;
    wire::Request run;
  };
  /// The peer hears of it when the next block does not follow, or from tell().
  void ask(Asked& asked, Handle peer, Handle segment, uint32_t block);
  void tell(Asked& asked);

  /// Blocks from `first` to `end` (not included) are not needed from peers any more.
  void cancel(Handle segment, uint32_t first = 0, uint32_t end = UINT32_MAX);
  void abandon_peer(Handle peer);  ///< the peer is gone: its blocks are missing again
  void time_out(bool (*is_hopeless)(const World&, const OpenRequest&) = nullptr);

  /// The peer said no. True when there was such a request.
  bool rejected(Handle peer, const wire::Reject& reject);

  TimeMs next_timeout_ms() const;

 private:
  void forget(const OpenRequest& request, bool is_answer_possible);
  void tell_cancel(const OpenRequest& request);

  World& world_;
};

}  // namespace bazaar
