// An offer's blob of a wished length (docs/tracker-protocol.md, what a signal carries) with room for a stamp.
// Owns the layout of this one blob; refuses to be a codec. Invariant: the tracker's own check lets it pass, whatever
// the stamp is, because the stamp stands where 32 arbitrary bytes may: in the fingerprint.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "stamp.hpp"

namespace bazaar::load {

struct OfferBlob {
  static constexpr size_t kBytesMin = 130;
  static constexpr size_t kBytesMax = 576;

  std::vector<uint8_t> bytes;
  size_t stamp_at = 0;

  explicit OfferBlob(size_t wished_bytes) {
    if (wished_bytes < kBytesMin || wished_bytes > kBytesMax) throw std::invalid_argument("a blob has 130 … 576 bytes");
    // Reflexive candidates of 33 bytes each, fifteen at most; what is left over lengthens the password, which may have
    // 22 to 256 letters.
    constexpr size_t kCandidate = 33;
    constexpr size_t kFixed = 1 + 5 + 2 + 34 + 1 + 5 + 1;
    constexpr size_t kPasswordMin = 32;  // from here on its header has two bytes
    const size_t candidates = (wished_bytes - kFixed - kPasswordMin) / kCandidate;
    const size_t password = wished_bytes - kFixed - candidates * kCandidate;
    put({0x96, 0xa4, 'E', 's', 'A', 'w', 0xd9, static_cast<uint8_t>(password)});
    bytes.insert(bytes.end(), password, 'p');
    put({0xc4, Stamp::kBytes});
    stamp_at = bytes.size();
    bytes.insert(bytes.end(), Stamp::kBytes, 0);
    put({0x00, 0xce, 0x00, 0x04, 0x00, 0x00});
    put({static_cast<uint8_t>(0x90 | candidates)});
    for (size_t i = 0; i < candidates; ++i) {
      put({0x9a, 0xa4, '1', '0', '0', static_cast<uint8_t>('a' + i), 1, 0, 0xce, 0x64, 0x7f, 0x1e, 0xff});
      put({0xc4, 4, 198, 51, 100, static_cast<uint8_t>(i), 0xcd, 0xef, 0x32, 1, 0});
      put({0xc4, 4, 192, 0, 2, static_cast<uint8_t>(i), 0xcd, 0xd4, 0x80});
    }
  }

 private:
  void put(std::initializer_list<uint8_t> some) { bytes.insert(bytes.end(), some); }
};

}  // namespace bazaar::load
