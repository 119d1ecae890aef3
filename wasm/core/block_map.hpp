// What this viewer has of one segment: a state and a source for each block.
// Owns the states and their transitions; refuses to know why they change. The bytes live in JavaScript.
// Invariant: a block moves missing → downloading → held → verified, and back to missing only through abandon().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ids.hpp"

namespace bazaar {

enum class BlockState : uint8_t { kMissing, kDownloadingPeer, kDownloadingCdn, kHeld, kVerified };
enum class Source : uint8_t { kNone = 0, kCdn = 1, kPeer = 2 };
/// The public status API: three states, as in the published design.
enum class BlockStatus : uint8_t { kNotDownloaded = 0, kDownloading = 1, kDownloaded = 2 };

class BlockMap {
 public:
  /// Grows with missing blocks or cuts off the end.
  void resize(uint32_t count);
  uint32_t size() const { return static_cast<uint32_t>(cells_.size()); }

  BlockState state(uint32_t block) const { return cells_[block].state; }
  Source source(uint32_t block) const { return cells_[block].source; }
  BlockStatus status(uint32_t block) const;
  BlockCode code(uint32_t block) const;

  /// Whether the neighbours have been told otherwise, or nothing.
  bool is_news(uint32_t block) const { return cells_[block].told != code(block); }
  void mark_told(uint32_t block) { cells_[block].told = code(block); }

  bool is_missing(uint32_t block) const { return cells_[block].state == BlockState::kMissing; }
  bool is_here(uint32_t block) const { return cells_[block].state >= BlockState::kHeld; }
  bool is_verified(uint32_t block) const { return cells_[block].state == BlockState::kVerified; }
  /// Every block verified; false for a map of no blocks.
  bool is_complete() const { return !cells_.empty() && verified_ == cells_.size(); }
  uint32_t verified_count() const { return verified_; }
  uint32_t missing_count() const { return missing_; }

  void mark_requested(uint32_t block);            ///< missing → downloading from a peer
  void mark_fetching(uint32_t block);             ///< missing or asked of a peer → downloading from the CDN
  void mark_held(uint32_t block, Source source);  ///< anything not here → held, unverified
  void mark_verified(uint32_t block);             ///< held → verified
  void abandon(uint32_t block);                   ///< anything → missing

  /// Letters for tests and logs: `.` missing, `r` asked of a peer, `c` asked of the CDN, `h` held, `P`/`C` verified by
  /// source.
  std::string picture() const;
  static BlockMap from_picture(std::string_view picture);

 private:
  struct Cell {
    BlockState state = BlockState::kMissing;
    Source source = Source::kNone;
    BlockCode told = BlockCode::kNone;
  };
  void move(uint32_t block, BlockState to);

  std::vector<Cell> cells_;
  uint32_t verified_ = 0;
  uint32_t missing_ = 0;
};

}  // namespace bazaar
