// Where a session, or a cell, lives: node, worker, slot. Routing needs no table.
// Owns the layout of 64 bits; refuses to know what lives there. Invariant: 0 is nobody, and a slot used again has
// another generation, so that an old address never reaches a newcomer.
#pragma once

#include <compare>
#include <cstdint>

namespace bazaar::tracker {

class Address {
 public:
  static constexpr uint32_t kSlotsMax = 1u << 24;

  constexpr Address() = default;
  constexpr explicit Address(uint64_t value) : value_(value) {}
  /// Slots 0 … 2^24 − 1. The generation is never 0 in an address that means somebody.
  constexpr Address(uint16_t node, uint8_t worker, uint32_t slot, uint16_t generation)
      : value_(uint64_t{node} << 48 | uint64_t{worker} << 40 | uint64_t{slot & (kSlotsMax - 1)} << 16 | generation) {}

  constexpr uint16_t node() const { return static_cast<uint16_t>(value_ >> 48); }
  constexpr uint8_t worker() const { return static_cast<uint8_t>(value_ >> 40); }
  constexpr uint32_t slot() const { return static_cast<uint32_t>(value_ >> 16) & (kSlotsMax - 1); }
  constexpr uint16_t generation() const { return static_cast<uint16_t>(value_); }
  constexpr uint64_t value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != 0; }
  constexpr bool is_same_worker(Address other) const { return value_ >> 40 == other.value_ >> 40; }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the operator's 0 for a pointer
  friend constexpr auto operator<=>(Address, Address) = default;

 private:
  uint64_t value_ = 0;
};

}  // namespace bazaar::tracker
