// Text cut into parts, and parts read as numbers. Owns nothing: everything is a view.
// Invariant: next_part() always makes its text shorter, so a loop over it ends. Views go by reference and literals as
// what they are, because WebAssembly hands structs over through memory, which every caller pays for in bytes to
// download; the library's own from_chars and comparisons would cost two kilobytes.
#pragma once

#include <cstdint>
#include <string_view>

namespace bazaar {

/// What is before the first `separator`, or all; takes both away from `text`.
inline std::string_view next_part(std::string_view& text, char separator) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  const char* at = begin;
  while (at != end && *at != separator) ++at;
  const char* rest = at == end ? end : at + 1;
  text = {rest, static_cast<size_t>(end - rest)};
  return {begin, static_cast<size_t>(at - begin)};
}

/// Takes `prefix` away when the text begins so.
inline bool skip(std::string_view& text, const char* prefix) {
  const char* at = text.data();
  const char* end = at + text.size();
  for (; *prefix != 0; ++prefix, ++at) {
    if (at == end || *at != *prefix) return false;
  }
  text = {at, static_cast<size_t>(end - at)};
  return true;
}

inline bool is_equal(std::string_view text, const char* other) { return skip(text, other) && text.empty(); }

/// The whole word as a number of that base, or false.
inline bool read_number(const std::string_view& word, uint32_t base, uint32_t max, uint32_t& out) {
  uint64_t value = 0;
  if (word.empty()) return false;
  for (const char c : word) {
    const auto letter = static_cast<uint32_t>((c | 0x20) - 'a');
    const uint32_t digit = c >= '0' && c <= '9' ? static_cast<uint32_t>(c - '0') : letter < 26 ? letter + 10 : 99;
    value = value * base + digit;
    if (digit >= base || value > max) return false;
  }
  out = static_cast<uint32_t>(value);
  return true;
}

}  // namespace bazaar
