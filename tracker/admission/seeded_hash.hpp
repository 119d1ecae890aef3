// Hashes that nobody outside can steer: keyed by what the process drew at its start.
// Refuses to be cryptographic or stable across processes. Invariant: without the seed, addresses or stream ids cannot
// be chosen so that they meet in one bucket of a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "swarm/bus.hpp"

namespace bazaar::tracker::admission {

/// Draw it with getrandom(); fixed in tests.
struct HashSeed {
  uint64_t first = 0;
  uint64_t second = 0;
};

class SeededHash {
 public:
  explicit SeededHash(HashSeed seed) : seed_(seed) {}

  size_t operator()(uint64_t key) const { return fold(fold(seed_.first, key) ^ seed_.second, kOdd); }

  size_t operator()(const StreamId& stream) const {
    static_assert(sizeof stream.bytes == 21);
    uint64_t words[3] = {};
    std::memcpy(words, stream.bytes.data(), stream.bytes.size());
    uint64_t state = seed_.first;
    for (const uint64_t word : words) state = fold(state, word) ^ seed_.second;
    return fold(state, kOdd);
  }

 private:
  static constexpr uint64_t kOdd = 0x9e3779b97f4a7c15ull;

  // Both halves of a 128-bit product, the secret first: as wyhash and its kin mix.
  static uint64_t fold(uint64_t secret, uint64_t word) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{secret ^ word} * (kOdd ^ secret << 1);
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

  HashSeed seed_;
};

}  // namespace bazaar::tracker::admission
