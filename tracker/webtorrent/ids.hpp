// The 20 bytes that name a swarm or a peer, their form in JSON, and their keyed hash.
// Owns the conversion; refuses any other length. Invariant: a hash without the key is unpredictable to clients, who
// choose their ids themselves.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "swarm/bus.hpp"

namespace bazaar::tracker::webtorrent {

using Id = std::array<uint8_t, 20>;

inline StreamId stream_of(const Id& info_hash) { return tracker::stream_of(BusMessageClass::kWebTorrent, info_hash); }

/// The 20 characters U+0000 … U+00FF that clients make of 20 bytes, here as UTF-8. False for anything else.
inline bool read_id(std::string_view utf8, Id& out) {
  size_t count = 0;
  for (size_t i = 0; i < utf8.size(); ++i, ++count) {
    if (count == out.size()) return false;
    const auto byte = static_cast<uint8_t>(utf8[i]);
    if (byte < 0x80) {
      out[count] = byte;
    } else {
      if ((byte != 0xc2 && byte != 0xc3) || i + 1 == utf8.size()) return false;
      out[count] = static_cast<uint8_t>(byte << 6 | (static_cast<uint8_t>(utf8[++i]) & 0x3f));
    }
  }
  return count == out.size();
}

/// Multiply and fold, as wyhash does it; good against chosen keys as long as the seed is secret.
class KeyedHash {
 public:
  explicit KeyedHash(uint64_t seed) : seed_(seed ^ 0x9e3779b97f4a7c15ull) {}

  uint64_t operator()(std::span<const uint8_t> bytes) const { return add(seed_ ^ bytes.size(), bytes); }
  /// Goes on from `state`, so that several parts make one hash; lengths count.
  uint64_t add(uint64_t state, std::span<const uint8_t> bytes) const {
    size_t at = 0;
    for (; bytes.size() - at > 16; at += 16) {
      state = fold(word(bytes.data() + at, 8) ^ seed_, word(bytes.data() + at + 8, 8) ^ state);
    }
    const size_t left = bytes.size() - at;
    const size_t half = left > 8 ? 8 : left;
    return fold(word(bytes.data() + at, half) ^ seed_ ^ bytes.size(),
                word(bytes.data() + at + half, left - half) ^ state ^ 0xa0761d6478bd642full);
  }

 private:
  static uint64_t word(const uint8_t* bytes, size_t count) {
    uint64_t value = 0;
    std::memcpy(&value, bytes, count);
    return value;
  }
  static uint64_t fold(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  uint64_t seed_;
};

}  // namespace bazaar::tracker::webtorrent
