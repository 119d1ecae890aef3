// Text into a fixed span. Owns the position; refuses to grow. Invariant: never writes beyond the span; what did not fit
// makes length() 0. (std::to_chars would be a kilobyte of the browser's download.)
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace bazaar {

class TextWriter {
 public:
  explicit TextWriter(std::span<uint8_t> out) : out_(out) {}

  TextWriter& text(const char* data, size_t length) {
    fits_ = fits_ && length <= out_.size() - used_;
    for (size_t i = 0; fits_ && i < length; ++i) out_[used_++] = static_cast<uint8_t>(data[i]);
    return *this;
  }
  TextWriter& text(const std::string_view& view) { return text(view.data(), view.size()); }
  TextWriter& text(const char* literal) { return text(literal, std::strlen(literal)); }
  TextWriter& number(uint32_t value) {
    char digits[10];
    size_t first = sizeof digits;
    do digits[--first] = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    return text(digits + first, sizeof digits - first);
  }
  /// Two digits.
  TextWriter& hex(uint8_t byte) {
    constexpr const char* kDigits = "0123456789ABCDEF";
    const char digits[2] = {kDigits[byte >> 4], kDigits[byte & 15]};
    return text(digits, sizeof digits);
  }

  /// Bytes written, 0 when they did not fit.
  size_t length() const { return fits_ ? used_ : 0; }

 private:
  std::span<uint8_t> out_;
  size_t used_ = 0;
  bool fits_ = true;
};

}  // namespace bazaar
