// What all candidates do with a message of the plain protocol (../carrier.hpp), so that only the carrying differs.
// Owns the rule; refuses to know sockets. Invariant: `send(id, bytes)` is told of each outgoing message once, and its
// bytes live for the call.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace bazaar::load::candidates {

inline constexpr size_t kHead = 8;

inline std::vector<uint8_t> greeting(uint32_t id) {
  std::vector<uint8_t> message(kHead);
  std::memcpy(message.data() + 4, &id, sizeof id);
  return message;
}

template <typename Send>
void carry(uint32_t from, std::span<uint8_t> message, Send send) {
  if (message.size() < kHead) return;
  uint32_t to = 0;
  if (message[0] == 1) {
    std::memcpy(&to, message.data() + 4, sizeof to);
    std::memcpy(message.data() + 4, &from, sizeof from);
    send(to, message);
  } else if (message[0] == 2) {
    uint16_t size = 0;
    std::memcpy(&size, message.data() + 2, sizeof size);
    static std::vector<uint8_t> piece;
    piece.assign(kHead + size, 0);
    piece[0] = 1;
    std::memcpy(piece.data() + 4, &from, sizeof from);
    for (size_t i = 0, at = 4; i < message[1] && at + 4 + size <= message.size(); ++i, at += 4 + size_t{size}) {
      std::memcpy(&to, message.data() + at, sizeof to);
      std::memcpy(piece.data() + kHead, message.data() + at + 4, size);
      send(to, piece);
    }
    const std::array<uint8_t, kHead> done{3};
    send(from, done);
  }
}

}  // namespace bazaar::load::candidates
