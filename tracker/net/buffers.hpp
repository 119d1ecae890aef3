// Byte buffers that are used again: most connections need one for a moment, few for long.
// Owns what lies idle; refuses to know whose they were. Invariant: what lies idle is bounded, and so is each of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace bazaar::tracker::net {

class Buffers {
 public:
  using Bytes = std::vector<uint8_t>;
  using Buffer = std::unique_ptr<Bytes>;

  Buffer take() {
    if (idle_.empty()) return std::make_unique<Bytes>();
    Buffer buffer = std::move(idle_.back());
    idle_.pop_back();
    return buffer;
  }

  void give_back(Buffer buffer) {
    if (!buffer || buffer->capacity() > kIdleBytesMax || idle_.size() >= kIdleMax) return;
    buffer->clear();
    idle_.push_back(std::move(buffer));
  }

  size_t idle() const { return idle_.size(); }

  static constexpr size_t kIdleMax = 256;             // as many as one batch of events fills
  static constexpr size_t kIdleBytesMax = 16 * 1024;  // 4 MB in all

 private:
  std::vector<Buffer> idle_;
};

}  // namespace bazaar::tracker::net
