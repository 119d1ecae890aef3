// WebSocket as a client that is after speed writes it: whole frames made once, masked with one key, and patched where
// they differ. Owns the layout; refuses fragments and compression, which nothing here needs. Invariant: a patched frame
// is the frame that would have been made of the patched payload.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace bazaar::load {

enum class Opcode : uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/// One key for all frames: a server must unmask every byte all the same.
inline constexpr std::array<uint8_t, 4> kMask{0x9a, 0x3c, 0x71, 0xe5};

/// A frame in somebody's output: where its payload starts. Valid until the next frame is written to the same output.
class FrameSlot {
 public:
  explicit FrameSlot(uint8_t* payload) : payload_(payload) {}
  void patch(size_t offset, std::span<const uint8_t> bytes) {
    for (size_t i = 0; i < bytes.size(); ++i)
      payload_[offset + i] = static_cast<uint8_t>(bytes[i] ^ kMask[(offset + i) % 4]);
  }

 private:
  uint8_t* payload_;
};

class FrameTemplate {
 public:
  FrameTemplate(Opcode opcode, std::span<const uint8_t> payload) {
    frame_.push_back(static_cast<uint8_t>(0x80 | static_cast<uint8_t>(opcode)));
    const size_t n = payload.size();
    if (n < 126) {
      frame_.push_back(static_cast<uint8_t>(0x80 | n));
    } else {
      const bool is_short = n < 65'536;
      frame_.push_back(is_short ? 0xfe : 0xff);
      for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) frame_.push_back(static_cast<uint8_t>(n >> shift));
    }
    frame_.insert(frame_.end(), kMask.begin(), kMask.end());
    header_ = frame_.size();
    frame_.insert(frame_.end(), payload.begin(), payload.end());
    FrameSlot(frame_.data() + header_).patch(0, payload);
  }

  size_t size() const { return frame_.size(); }
  FrameSlot append_to(std::vector<uint8_t>& out) const {
    const size_t at = out.size();
    out.insert(out.end(), frame_.begin(), frame_.end());
    return FrameSlot(out.data() + at + header_);
  }

 private:
  std::vector<uint8_t> frame_;
  size_t header_ = 0;
};

/// One frame of a server at the start of `bytes`.
struct ServerFrame {
  enum class Verdict : uint8_t { kWhole, kMore, kBroken };
  Verdict verdict = Verdict::kMore;
  Opcode opcode = Opcode::kText;
  std::span<const uint8_t> payload;
  size_t size = 0;  ///< header and payload

  static ServerFrame parse(std::span<const uint8_t> bytes) {
    ServerFrame frame;
    if (bytes.size() < 2) return frame;
    // Final, no reserved bits, not masked: what a server that agreed on no extension sends.
    if ((bytes[0] & 0xf0) != 0x80 || (bytes[1] & 0x80) != 0) {
      frame.verdict = Verdict::kBroken;
      return frame;
    }
    size_t header = 2;
    size_t n = bytes[1];
    if (n >= 126) {
      const size_t width = n == 126 ? 2 : 8;
      header += width;
      if (bytes.size() < header) return frame;
      n = 0;
      for (size_t i = 0; i < width; ++i) n = n << 8 | bytes[2 + i];
    }
    if (n > kPayloadMax) {
      frame.verdict = Verdict::kBroken;
      return frame;
    }
    if (bytes.size() < header + n) return frame;
    frame.verdict = Verdict::kWhole;
    frame.opcode = static_cast<Opcode>(bytes[0] & 15);
    frame.payload = bytes.subspan(header, n);
    frame.size = header + n;
    return frame;
  }

  static constexpr size_t kPayloadMax = 64 * 1024;
};

}  // namespace bazaar::load
