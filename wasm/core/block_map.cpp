#include "block_map.hpp"

#include <cassert>

namespace bazaar {

void BlockMap::resize(uint32_t count) {
  for (uint32_t block = count; block < size(); ++block) abandon(block);
  if (count < size()) {
    missing_ -= size() - count;
  } else {
    missing_ += count - size();
  }
  cells_.resize(count);
}

BlockStatus BlockMap::status(uint32_t block) const {
  switch (cells_[block].state) {
    case BlockState::kMissing:
      return BlockStatus::kNotDownloaded;
    case BlockState::kVerified:
      return BlockStatus::kDownloaded;
    default:  // bytes that are here and not verified are not yet worth anything to anybody
      return BlockStatus::kDownloading;
  }
}

BlockCode BlockMap::code(uint32_t block) const {
  switch (cells_[block].state) {
    case BlockState::kMissing:
      return BlockCode::kNone;
    case BlockState::kVerified:
      return BlockCode::kDownloaded;
    case BlockState::kDownloadingCdn:
      return BlockCode::kDownloadingCdn;
    case BlockState::kDownloadingPeer:
      return BlockCode::kDownloadingPeer;
    case BlockState::kHeld:
      break;
  }
  return cells_[block].source == Source::kCdn ? BlockCode::kDownloadingCdn : BlockCode::kDownloadingPeer;
}

void BlockMap::move(uint32_t block, BlockState to) {
  Cell& cell = cells_[block];
  if (cell.state == BlockState::kMissing) --missing_;
  if (cell.state == BlockState::kVerified) --verified_;
  cell.state = to;
  if (to == BlockState::kMissing) ++missing_;
  if (to == BlockState::kVerified) ++verified_;
}

void BlockMap::mark_requested(uint32_t block) {
  assert(is_missing(block));
  move(block, BlockState::kDownloadingPeer);
}

void BlockMap::mark_fetching(uint32_t block) {
  assert(!is_here(block));
  move(block, BlockState::kDownloadingCdn);
}

void BlockMap::mark_held(uint32_t block, Source source) {
  assert(!is_here(block));
  cells_[block].source = source;
  move(block, BlockState::kHeld);
}

void BlockMap::mark_verified(uint32_t block) {
  assert(cells_[block].state == BlockState::kHeld);
  move(block, BlockState::kVerified);
}

void BlockMap::abandon(uint32_t block) {
  cells_[block].source = Source::kNone;
  move(block, BlockState::kMissing);
}

std::string BlockMap::picture() const {
  std::string letters;
  for (const Cell& cell : cells_) {
    switch (cell.state) {
      case BlockState::kMissing:
        letters += '.';
        break;
      case BlockState::kDownloadingPeer:
        letters += 'r';
        break;
      case BlockState::kDownloadingCdn:
        letters += 'c';
        break;
      case BlockState::kHeld:
        letters += 'h';
        break;
      case BlockState::kVerified:
        letters += cell.source == Source::kPeer ? 'P' : 'C';
        break;
    }
  }
  return letters;
}

BlockMap BlockMap::from_picture(std::string_view picture) {
  BlockMap map;
  map.resize(static_cast<uint32_t>(picture.size()));
  for (uint32_t block = 0; block < map.size(); ++block) {
    switch (picture[block]) {
      case 'r':
        map.mark_requested(block);
        break;
      case 'c':
        map.mark_fetching(block);
        break;
      case 'h':
        map.mark_held(block, Source::kPeer);
        break;
      case 'P':
      case 'C':
        map.mark_held(block, picture[block] == 'P' ? Source::kPeer : Source::kCdn);
        map.mark_verified(block);
        break;
      default:
        assert(picture[block] == '.');
    }
  }
  return map;
}

}  // namespace bazaar
