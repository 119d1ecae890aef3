// The peer codec behind plain functions, for codec-bench.mjs: what the engine does inside its calls, made measurable
// alone. Owns an inbox, an outbox and one message; refuses everything else. Invariant: built by the benchmark, never
// shipped.
#include <emscripten.h>

#include <array>

#include "wire.hpp"

namespace {
std::array<uint8_t, bazaar::kMessageBytesMax> inbox_bytes;
std::array<uint8_t, bazaar::kMessageBytesMax> outbox_bytes;
bazaar::wire::Message message;
}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE uint8_t* inbox() { return inbox_bytes.data(); }
EMSCRIPTEN_KEEPALIVE uint8_t* outbox() { return outbox_bytes.data(); }

/// 0 when the first `length` bytes of the inbox begin a message of `total` bytes.
EMSCRIPTEN_KEEPALIVE int decode(int length, int total) {
  return static_cast<int>(
      bazaar::wire::decode({inbox_bytes.data(), static_cast<size_t>(length)}, static_cast<size_t>(total), message));
}
/// Encodes the message that was decoded last, as the engine encodes what it has in its own memory; returns the length.
EMSCRIPTEN_KEEPALIVE int encode_status() {
  return static_cast<int>(bazaar::wire::encode(message.status, outbox_bytes));
}
EMSCRIPTEN_KEEPALIVE int encode_request() {
  return static_cast<int>(bazaar::wire::encode(message.request, outbox_bytes));
}
EMSCRIPTEN_KEEPALIVE int encode_block() {
  return static_cast<int>(
      bazaar::wire::encode_block_header(message.block.id, message.block.payload_bytes, outbox_bytes));
}
}
