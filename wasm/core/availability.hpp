// What the neighbours say of one segment: for each block, which of them hold it, fetch it, or are getting it from a
// peer. Owns three bit masks a block, one bit a peer slot; refuses to judge whether a peer tells the truth. Invariant:
// a peer's bit stands in at most one of the three masks of a block.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ids.hpp"

namespace bazaar {

using PeerMask = uint32_t;
constexpr PeerMask mask_of(std::size_t slot) { return PeerMask{1} << slot; }

class Availability {
 public:
  void resize(uint32_t count) { offers_.resize(count); }
  uint32_t size() const { return static_cast<uint32_t>(offers_.size()); }

  void set(size_t slot, uint32_t block, BlockCode code) {
    Offer& offer = offers_[block];
    const PeerMask bit = mask_of(slot);
    // A downloaded block is not downloaded again: such news was overtaken on the way by newer news.
    if ((offer.holders & bit) != 0 && code != BlockCode::kNone) return;
    offer.holders = (offer.holders & ~bit) | (code == BlockCode::kDownloaded ? bit : 0);
    offer.fetchers = (offer.fetchers & ~bit) | (code == BlockCode::kDownloadingCdn ? bit : 0);
    offer.leechers = (offer.leechers & ~bit) | (code == BlockCode::kDownloadingPeer ? bit : 0);
  }

  void note_known(size_t slot) { knowers_ |= mask_of(slot); }

  /// The peer left, or dropped the segment.
  void forget(size_t slot) {
    const PeerMask keep = ~mask_of(slot);
    knowers_ &= keep;
    for (Offer& offer : offers_) {
      offer.holders &= keep;
      offer.fetchers &= keep;
      offer.leechers &= keep;
    }
  }

  PeerMask knowers() const { return knowers_; }                                ///< announced the segment at all
  PeerMask holders(uint32_t block) const { return offers_[block].holders; }    ///< would serve it now
  PeerMask fetchers(uint32_t block) const { return offers_[block].fetchers; }  ///< getting it from the CDN: supply soon
  PeerMask leechers(uint32_t block) const { return offers_[block].leechers; }  ///< getting it from a peer
  /// May be asked for it: serves it now, or as soon as the CDN has brought it.
  PeerMask sources(uint32_t block) const { return offers_[block].holders | offers_[block].fetchers; }
  /// Has it, or gets it from wherever.
  PeerMask anybody(uint32_t block) const {
    return offers_[block].holders | offers_[block].fetchers | offers_[block].leechers;
  }

  void clear() {
    offers_.clear();
    knowers_ = 0;
  }

 private:
  struct Offer {
    PeerMask holders = 0;
    PeerMask fetchers = 0;
    PeerMask leechers = 0;
  };
  std::vector<Offer> offers_;
  PeerMask knowers_ = 0;
};

}  // namespace bazaar
