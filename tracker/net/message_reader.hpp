// A client's bytes as messages: fragments put together, control frames between them, Close and UTF-8 judged.
// Owns what has arrived of a message in fragments, and nothing else between calls: whole frames stay where they were
// read. Invariant: after a violation or a Close nothing more comes of it; text is valid UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "net/frame.hpp"

namespace bazaar::tracker::net {

struct Incoming {
  enum class Kind : uint8_t {
    kIncomplete,  ///< more bytes are needed; none of these were taken
    kFragment,    ///< taken; the message goes on
    kMessage,
    kPing,
    kPong,
    kClose,      ///< `violation` has its code (kNone without one)
    kViolation,  ///< `violation` has the answer's code and reason
  };
  Kind kind = Kind::kIncomplete;
  bool is_text = false;
  size_t bytes = 0;               ///< taken from the front of what was given
  std::span<const uint8_t> data;  ///< a message's, ping's or pong's; valid until the next call
  Violation violation;
};

class MessageReader {
 public:
  /// What is at the front of `bytes`, which are changed in place (unmasked) when taken.
  Incoming next(std::span<uint8_t> bytes, size_t message_bytes_max);
  /// Bytes held between calls.
  size_t held_bytes() const { return fragments_ ? fragments_->bytes.capacity() : 0; }

 private:
  struct Fragments {
    std::vector<uint8_t> bytes;
    bool is_text = false;
    bool is_delivered = false;
  };

  Incoming data_frame(const Frame& frame);

  std::unique_ptr<Fragments> fragments_;  // only while a message is in fragments: most never are
};

}  // namespace bazaar::tracker::net
