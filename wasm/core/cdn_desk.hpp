// What comes back from the CDN: sizes, blocks, ends and failures of the fetches that the trader began.
// Owns the reaction to each; refuses to begin a fetch. Invariant: when a fetch ends, no block is left in state
// downloading-from-the-CDN on its account.
#pragma once

#include "custody.hpp"
#include "world.hpp"

namespace bazaar {

class CdnDesk {
 public:
  CdnDesk(World& world, Custody& custody) : world_(world), custody_(custody) {}

  void headers(Handle fetch, uint32_t bytes_total, bool is_ranged);
  void block(Handle fetch, uint32_t block);
  void done(Handle fetch, double surplus_bytes);
  void failed(Handle fetch, int32_t status, double surplus_bytes);

  /// Nobody waits for this segment any more: its fetches are aborted.
  void abandon(Handle segment);

  /// Gives up fetches that no longer move; returns when to call again.
  TimeMs sweep();

 private:
  void end(Handle fetch);
  void put_back(const Fetch& fetch);

  World& world_;
  Custody& custody_;
};

}  // namespace bazaar
