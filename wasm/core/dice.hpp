// The engine's only randomness: a seeded SplitMix64 (Steele, Lea, Flood 2014), so that a seed replays a run bit for
// bit. Owns its state; refuses to be cryptographic. Invariant: the same seed gives the same rolls on every platform.
#pragma once

#include <cstdint>

namespace bazaar {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ull;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, 1), 53 bits.
  double roll() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Uniform in [0, n); 0 for n = 0. The bias of the multiplication is below 2^-32.
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(((next() >> 32) * n) >> 32); }

 private:
  uint64_t state_;
};

}  // namespace bazaar
