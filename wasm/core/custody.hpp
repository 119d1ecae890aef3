// What happens to a block once its bytes are here: counted, verified, told to neighbours, handed to the player,
// forgotten. Owns the rules of arrival and memory; refuses to decide what to download. Invariant: only verified blocks
// are announced as downloaded, and SEGMENT_READY is said only when every block of a segment is verified.
#pragma once

#include "world.hpp"

namespace bazaar {

class Custody {
 public:
  explicit Custody(World& world) : world_(world) {}

  /// The bytes are in the store. From the CDN they are true by definition; from a peer they may need verification.
  void arrived(Handle segment, uint32_t block, Source source);
  void verified(Handle segment, uint32_t block, bool is_ok);
  /// The size of a segment became known. Returns false when the trade of this segment ends (too large).
  bool learn_size(Handle segment, uint32_t bytes_total, bool from_cdn);

  void wanted(Handle segment);
  void unwanted(Handle segment);
  void failed(Handle segment, int32_t status);

  /// Forgets what has left the window and what does not fit the memory.
  void expire();

 private:
  void tell_if_ready(Handle handle, Segment& segment);
  void drop(Handle handle, const Segment& segment);

  World& world_;
  bool is_full_told_ = false;
};

}  // namespace bazaar
