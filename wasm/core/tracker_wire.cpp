#include "tracker_wire.hpp"

#include <algorithm>

#include "msgpack_tokens.hpp"
#include "msgpack_writer.hpp"

namespace bazaar::tracker_wire {

namespace {

constexpr uint64_t kU32Max = 0xffff'ffff;

uint32_t u32(MsgpackTokens& tokens) { return static_cast<uint32_t>(tokens.uint(kU32Max)); }

bool read_ids(MsgpackTokens& tokens, Message& out) {
  out.swarm_size = u32(tokens);
  const size_t count = tokens.array();
  if (!tokens.is_good() || count > kPeersMax) return false;
  for (size_t i = 0; i < count; ++i) out.ids[i] = u32(tokens);
  out.id_count = count;
  return true;
}

bool read_signal(MsgpackTokens& tokens, const uint8_t* frame, Message& out) {
  out.peer = u32(tokens);
  out.kind = static_cast<SignalKind>(tokens.uint(static_cast<uint64_t>(SignalKind::kBye)));
  const Token blob = tokens.any(TokenType::kBytes);
  if (!tokens.is_good() || out.peer == 0 || blob.number > kBlobBytesMax) return false;
  out.blob_offset = static_cast<uint32_t>(blob.data - frame);
  out.blob_bytes = static_cast<uint32_t>(blob.number);
  return true;
}

// Returns false when the elements after the type are not those of that type.
bool read_fields(Type type, size_t arity, MsgpackTokens& tokens, const uint8_t* frame, Message& out) {
  switch (type) {
    case Type::kJoin:
      out.version = u32(tokens);
      if (const uint8_t* swarm = tokens.bytes(out.swarm.size()))
        std::copy_n(swarm, out.swarm.size(), out.swarm.begin());
      out.want = static_cast<uint32_t>(tokens.uint(kPeersMax));
      return arity == 4;
    case Type::kSignal:
    case Type::kRelayed:
      return read_signal(tokens, frame, out) && arity == 4;
    case Type::kMore:
      out.want = static_cast<uint32_t>(tokens.uint(kPeersMax));
      return arity == 2;
    case Type::kLeave:
      return arity == 1;
    case Type::kWelcome:
      out.peer = u32(tokens);
      return read_ids(tokens, out) && arity == 4;
    case Type::kPeers:
      return read_ids(tokens, out) && arity == 3;
    case Type::kGone:
      out.peer = u32(tokens);
      return arity == 2;
    case Type::kError: {
      out.code = static_cast<ErrorCode>(tokens.uint(0xffff));
      const Token text = tokens.any(TokenType::kText);
      if (!tokens.is_good() || text.number > kErrorTextBytesMax) return false;
      out.text = {reinterpret_cast<const char*>(text.data), static_cast<size_t>(text.number)};
      return arity == 3;
    }
  }
  return false;
}

bool is_known(uint64_t type) { return (type >= 1 && type <= 4) || (type >= 17 && type <= 21); }

}  // namespace

DecodeStatus decode(std::span<const uint8_t> frame, Message& out) {
  if (frame.size() > kFrameBytesMax) return DecodeStatus::kOversize;
  thread_local MsgpackTokens tokens;  // kept off the stack
  if (tokens.read(frame) != MsgpackTokens::Result::kOk) return DecodeStatus::kBadFrame;
  const size_t arity = tokens.array();
  const uint64_t type = tokens.uint(kU32Max);
  if (!tokens.is_good()) return DecodeStatus::kBadFrame;
  if (!is_known(type)) return DecodeStatus::kUnknownType;
  Message message;
  message.type = static_cast<Type>(type);
  if (!read_fields(message.type, arity, tokens, frame.data(), message) || !tokens.is_at_end()) {
    return DecodeStatus::kBadFrame;
  }
  out = message;
  return DecodeStatus::kOk;
}

size_t encode(const Message& message, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  const auto type = static_cast<uint64_t>(message.type);
  const auto ids = [&] {
    writer.uint(message.swarm_size).array(static_cast<uint32_t>(message.id_count));
    for (size_t i = 0; i < message.id_count; ++i) writer.uint(message.ids[i]);
  };
  switch (message.type) {
    case Type::kJoin:
      writer.array(4).uint(type).uint(message.version);
      writer.bytes(message.swarm.data(), static_cast<uint32_t>(message.swarm.size())).uint(message.want);
      break;
    case Type::kMore:
      writer.array(2).uint(type).uint(message.want);
      break;
    case Type::kLeave:
      writer.array(1).uint(type);
      break;
    case Type::kWelcome:
      writer.array(4).uint(type).uint(message.peer);
      ids();
      break;
    case Type::kPeers:
      writer.array(3).uint(type);
      ids();
      break;
    case Type::kGone:
      writer.array(2).uint(type).uint(message.peer);
      break;
    case Type::kError:
      writer.array(3).uint(type).uint(static_cast<uint64_t>(message.code));
      writer.text(message.text.data(), static_cast<uint32_t>(std::min(message.text.size(), kErrorTextBytesMax)));
      break;
    case Type::kSignal:
    case Type::kRelayed:
      return 0;  // these have a blob: encode_signal_header
  }
  return writer.length();
}

size_t encode_signal_header(Type type, PeerId peer, SignalKind kind, uint32_t blob_bytes, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  writer.array(4).uint(static_cast<uint64_t>(type)).uint(peer).uint(static_cast<uint64_t>(kind));
  return writer.bytes_head(blob_bytes).length();
}

}  // namespace bazaar::tracker_wire
