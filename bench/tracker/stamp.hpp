// What a message carries so that its end can be judged where it arrives: who sent it, to whom, its number, when it was
// due. Owns the two layouts, 32 bytes and the same in hexadecimal for JSON; refuses to send. Invariant: read(write(x))
// = x.
//   binary: magic u32, from u32, to u32, kind u32, number u64, due_ns i64 (of this machine's byte order: it never
//   leaves it)
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace bazaar::load {

struct Stamp {
  static constexpr uint32_t kMagic = 0x6461'6f6c;
  static constexpr uint32_t kAnybody = 0xffff'ffff;
  static constexpr size_t kBytes = 32;
  static constexpr size_t kTextBytes = 2 * kBytes;

  uint32_t magic = kMagic;
  uint32_t from = 0;
  uint32_t to = kAnybody;
  uint32_t kind = 0;
  uint64_t number = 0;
  int64_t due_ns = 0;

  std::array<uint8_t, kBytes> bytes() const {
    std::array<uint8_t, kBytes> out;
    std::memcpy(out.data(), this, kBytes);
    return out;
  }

  std::array<uint8_t, kTextBytes> text() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::array<uint8_t, kTextBytes> out;
    size_t at = 0;
    for (const uint8_t byte : bytes()) {
      out[at++] = static_cast<uint8_t>(kDigits[byte >> 4]);
      out[at++] = static_cast<uint8_t>(kDigits[byte & 15]);
    }
    return out;
  }

  static std::optional<Stamp> read(std::span<const uint8_t> bytes) {
    if (bytes.size() < kBytes) return {};
    Stamp stamp;
    std::memcpy(&stamp, bytes.data(), kBytes);
    if (stamp.magic != kMagic) return {};
    return stamp;
  }

  static std::optional<Stamp> read_text(std::span<const uint8_t> text) {
    if (text.size() < kTextBytes) return {};
    std::array<uint8_t, kBytes> out;
    for (size_t i = 0; i < kBytes; ++i) {
      const int high = digit(text[2 * i]);
      const int low = digit(text[2 * i + 1]);
      if (high < 0 || low < 0) return {};
      out[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return read(out);
  }

 private:
  static int digit(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  }
};
static_assert(sizeof(Stamp) == Stamp::kBytes);

}  // namespace bazaar::load
