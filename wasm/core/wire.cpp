#include "wire.hpp"

#include <algorithm>

#include "msgpack_tokens.hpp"
#include "msgpack_writer.hpp"

namespace bazaar::wire {

namespace {

constexpr uint64_t kU16Max = 0xffff;
constexpr uint64_t kU32Max = 0xffff'ffff;

uint32_t u32(MsgpackTokens& tokens) { return static_cast<uint32_t>(tokens.uint(kU32Max)); }
uint16_t u16(MsgpackTokens& tokens) { return static_cast<uint16_t>(tokens.uint(kU16Max)); }

bool read_hello(MsgpackTokens& tokens, size_t arity, Hello& out) {
  if (arity != 5) return false;
  out.version = u32(tokens);
  if (const uint8_t* swarm = tokens.bytes(out.swarm.size())) std::copy_n(swarm, out.swarm.size(), out.swarm.begin());
  out.peer_id = u32(tokens);
  out.capabilities = u32(tokens);
  return tokens.is_at_end();
}

bool read_run(MsgpackTokens& tokens, StatusRun& out) {
  out = {};
  const size_t arity = tokens.array();
  if (arity != 1 && arity != 5) return false;
  out.key.value = tokens.uint(UINT64_MAX);
  out.dropped = arity == 1;
  if (out.dropped) return tokens.is_good();
  out.bytes_total = u32(tokens);
  out.first = u16(tokens);
  out.count = u16(tokens);
  if (uint32_t{out.first} + out.count > kBlocksPerSegmentMax) return false;
  const size_t packed_bytes = (out.count + 3u) / 4;
  out.packed = tokens.bytes(packed_bytes);
  if (!tokens.is_good()) return false;
  const unsigned used_bits = 2u * (out.count % 4);
  return used_bits == 0 || (out.packed[packed_bytes - 1] >> used_bits) == 0;
}

bool read_status(MsgpackTokens& tokens, size_t arity, Status& out) {
  if (arity != 4 && arity != 5) return false;
  out.snapshot = tokens.boolean();
  out.spare = u32(tokens);
  const size_t runs = tokens.array();
  if (!tokens.is_good() || runs > kStatusRunsMax) return false;
  for (size_t i = 0; i < runs; ++i) {
    if (!read_run(tokens, out.runs[i])) return false;
  }
  out.run_count = runs;
  out.wait = arity == 5 ? static_cast<uint8_t>(tokens.uint(255)) : 0;
  return tokens.is_at_end();
}

bool read_request(MsgpackTokens& tokens, size_t arity, Request& out) {
  if (arity != 5 && arity != 6) return false;
  out.id = u32(tokens);
  out.key.value = tokens.uint(UINT64_MAX);
  out.block = static_cast<uint16_t>(tokens.uint(kBlocksPerSegmentMax - 1));
  out.slack_ms = u16(tokens);
  out.count = arity == 6 ? static_cast<uint16_t>(tokens.uint(kRequestRunMax)) : 1;
  return tokens.is_at_end() && out.count > 0;
}

bool read_reject(MsgpackTokens& tokens, size_t arity, Reject& out) {
  if (arity != 4) return false;
  out.id = u32(tokens);
  out.reason = static_cast<RejectReason>(tokens.uint(static_cast<uint64_t>(RejectReason::kTooMany)));
  out.retry_ms = u16(tokens);
  return tokens.is_at_end();
}

// A BLOCK by hand: its payload is not here, and its layout leaves nothing to parse but one number and one head.
// [fixarray 3][3][id: any uint][bin 8, 16 or 32 head]
DecodeStatus read_block(std::span<const uint8_t> head, size_t total_bytes, Block& out) {
  size_t at = 2;
  const auto number = [&](size_t width, uint32_t& value) {
    if (head.size() < at + width) return false;
    value = 0;
    for (size_t i = 0; i < width; ++i) value = value << 8 | head[at + i];
    at += width;
    return true;
  };
  if (head.size() < 3) return DecodeStatus::kTruncated;
  const uint8_t id_tag = head[at++];
  Block block;
  if (id_tag <= 0x7f) {
    block.id = id_tag;
  } else if (id_tag >= 0xcc && id_tag <= 0xce) {
    if (!number(size_t{1} << (id_tag - 0xcc), block.id)) return DecodeStatus::kTruncated;
  } else {
    return DecodeStatus::kSchema;
  }
  if (at >= head.size()) return DecodeStatus::kTruncated;
  const uint8_t bin_tag = head[at++];
  if (bin_tag < 0xc4 || bin_tag > 0xc6) return DecodeStatus::kSchema;
  if (!number(size_t{1} << (bin_tag - 0xc4), block.payload_bytes)) return DecodeStatus::kTruncated;
  if (block.payload_bytes == 0 || block.payload_bytes > kBlockBytes) return DecodeStatus::kSchema;
  block.payload_offset = static_cast<uint32_t>(at);
  if (at + block.payload_bytes > total_bytes) return DecodeStatus::kTruncated;
  if (at + block.payload_bytes < total_bytes) return DecodeStatus::kTrailing;
  out = block;
  return DecodeStatus::kOk;
}

}  // namespace

DecodeStatus decode(std::span<const uint8_t> head, size_t total_bytes, Message& out) {
  if (total_bytes > kMessageBytesMax || head.size() > total_bytes) return DecodeStatus::kOversize;
  if (head.size() >= 2 && head[0] == 0x93 && head[1] == static_cast<uint8_t>(Type::kBlock)) {
    const DecodeStatus status = read_block(head, total_bytes, out.block);
    if (status == DecodeStatus::kOk) out.type = Type::kBlock;
    return status;
  }
  if (head.size() < total_bytes) return DecodeStatus::kTruncated;

  thread_local MsgpackTokens tokens;  // 10 KB, kept off the stack
  switch (tokens.read(head)) {
    case MsgpackTokens::Result::kOk:
      break;
    case MsgpackTokens::Result::kTruncated:
      return DecodeStatus::kTruncated;
    case MsgpackTokens::Result::kMalformed:
      return DecodeStatus::kMalformed;
    case MsgpackTokens::Result::kTrailing:
      return DecodeStatus::kTrailing;
    case MsgpackTokens::Result::kTooMany:
      return DecodeStatus::kOversize;
  }
  const size_t arity = tokens.array();
  const uint64_t type = tokens.uint(kU32Max);
  if (!tokens.is_good()) return DecodeStatus::kSchema;
  if (type > static_cast<uint64_t>(Type::kBye)) return DecodeStatus::kUnknown;
  bool is_read = false;
  switch (static_cast<Type>(type)) {
    case Type::kHello:
      is_read = read_hello(tokens, arity, out.hello);
      break;
    case Type::kStatus:
      is_read = read_status(tokens, arity, out.status);
      break;
    case Type::kRequest:
      is_read = read_request(tokens, arity, out.request);
      break;
    case Type::kBlock:
      break;  // only in its shortest form
    case Type::kReject:
      is_read = read_reject(tokens, arity, out.reject);
      break;
    case Type::kCancel:
      out.cancel.id = u32(tokens);
      is_read = arity == 2 && tokens.is_at_end();
      break;
    case Type::kBye:
      out.bye.reason = static_cast<ByeReason>(tokens.uint(static_cast<uint64_t>(ByeReason::kReplaced)));
      is_read = arity == 2 && tokens.is_at_end();
      break;
  }
  if (!is_read) return DecodeStatus::kSchema;
  out.type = static_cast<Type>(type);
  return DecodeStatus::kOk;
}

size_t encode(const Hello& message, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  writer.array(5).uint(static_cast<uint64_t>(Type::kHello)).uint(message.version);
  writer.bytes(message.swarm.data(), static_cast<uint32_t>(message.swarm.size()));
  return writer.uint(message.peer_id).uint(message.capabilities).length();
}

size_t encode(const Status& message, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  // Most are sent by viewers with nothing queued: the element that says so is left out.
  writer.array(message.wait == 0 ? 4 : 5)
      .uint(static_cast<uint64_t>(Type::kStatus))
      .boolean(message.snapshot)
      .uint(message.spare);
  writer.array(static_cast<uint32_t>(message.run_count));
  for (size_t i = 0; i < message.run_count; ++i) {
    const StatusRun& run = message.runs[i];
    writer.array(run.dropped ? 1 : 5).uint(run.key.value);
    if (run.dropped) continue;
    writer.uint(run.bytes_total).uint(run.first).uint(run.count).bytes(run.packed, (run.count + 3u) / 4);
  }
  if (message.wait != 0) writer.uint(message.wait);
  return writer.length();
}

size_t encode(const Request& message, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  const bool is_run = message.count > 1;
  writer.array(is_run ? 6 : 5).uint(static_cast<uint64_t>(Type::kRequest)).uint(message.id).uint(message.key.value);
  writer.uint(message.block).uint(message.slack_ms);
  if (is_run) writer.uint(message.count);
  return writer.length();
}

size_t encode_block_header(uint32_t id, uint32_t payload_bytes, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  return writer.array(3).uint(static_cast<uint64_t>(Type::kBlock)).uint(id).bytes_head(payload_bytes).length();
}

size_t encode(const Reject& message, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  writer.array(4).uint(static_cast<uint64_t>(Type::kReject)).uint(message.id);
  return writer.uint(static_cast<uint64_t>(message.reason)).uint(message.retry_ms).length();
}

size_t encode(const Cancel& message, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  return writer.array(2).uint(static_cast<uint64_t>(Type::kCancel)).uint(message.id).length();
}

size_t encode(const Bye& message, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  return writer.array(2).uint(static_cast<uint64_t>(Type::kBye)).uint(static_cast<uint64_t>(message.reason)).length();
}

}  // namespace bazaar::wire
