#include "tracker_wire.hpp"

#include <algorithm>

#include "msgpack_tokens.hpp"
#include "msgpack_writer.hpp"

namespace bazaar::tracker_wire {

namespace {

// A viewer never reads what a viewer writes, nor a tracker what a tracker writes: the browser's build has one half of
// the codec, everybody else (tests, tools) both.
#ifdef __EMSCRIPTEN__
constexpr bool kHasBothSides = false;
#else
constexpr bool kHasBothSides = true;
#endif

constexpr uint64_t kU32Max = 0xffff'ffff;
constexpr uint64_t kU64Max = ~uint64_t{0};
constexpr size_t kProfileFields = 5;
constexpr size_t kTrafficFields = 3;

uint32_t u32(MsgpackTokens& tokens, uint64_t max = kU32Max) { return static_cast<uint32_t>(tokens.uint(max)); }

template <typename Enum>
Enum enumerator(MsgpackTokens& tokens, Enum last) {
  return static_cast<Enum>(tokens.uint(static_cast<uint64_t>(last)));
}

/// False when nobody is named.
bool read_peer(MsgpackTokens& tokens, Message& out) {
  out.peer = u32(tokens);
  return out.peer != 0;
}

bool read_bytes(MsgpackTokens& tokens, size_t bytes_max, std::span<const uint8_t>& out) {
  const Token token = tokens.any(TokenType::kBytes);
  if (!tokens.is_good() || token.number > bytes_max) return false;
  out = {token.data, static_cast<size_t>(token.number)};
  return true;
}

bool read_ids(MsgpackTokens& tokens, Message& out) {
  const size_t count = tokens.array();
  if (!tokens.is_good() || count > kPeersMax) return false;
  for (size_t i = 0; i < count; ++i) out.ids[i] = u32(tokens);
  out.id_count = count;
  return true;
}

bool read_signal(MsgpackTokens& tokens, const uint8_t* frame, Message& out) {
  if (!read_peer(tokens, out)) return false;
  out.kind = enumerator(tokens, SignalKind::kBye);
  const Token blob = tokens.any(TokenType::kBytes);
  if (!tokens.is_good() || blob.number > kBlobBytesMax) return false;
  out.blob_offset = static_cast<uint32_t>(blob.data - frame);
  out.blob_bytes = static_cast<uint32_t>(blob.number);
  return true;
}

bool read_profile(MsgpackTokens& tokens, Profile& out) {
  if (tokens.array() != kProfileFields) return false;
  out.rendition = u32(tokens);
  out.region = u32(tokens);
  out.upload_kbps = u32(tokens);
  out.free_slots = static_cast<uint8_t>(tokens.uint(0xff));
  out.behind_ms = u32(tokens);
  return true;
}

bool read_traffic(MsgpackTokens& tokens, Traffic& out) {
  if (tokens.array() != kTrafficFields) return false;
  out.cdn_bytes = tokens.uint(kU64Max);
  out.peer_bytes = tokens.uint(kU64Max);
  out.uploaded_bytes = tokens.uint(kU64Max);
  return true;
}

bool read_join(MsgpackTokens& tokens, Message& out) {
  out.version = u32(tokens);
  if (const uint8_t* stream = tokens.bytes(out.stream.size()))
    std::copy_n(stream, out.stream.size(), out.stream.begin());
  out.want = u32(tokens, kPeersMax);
  return read_bytes(tokens, kTokenBytesMax, out.token) && read_bytes(tokens, kResumeBytesMax, out.resume) &&
         read_profile(tokens, out.profile);
}

bool read_welcome(MsgpackTokens& tokens, Message& out) {
  if (!read_peer(tokens, out)) return false;
  out.audience = u32(tokens);
  if (!read_ids(tokens, out) || !read_bytes(tokens, kResumeBytesMax, out.resume)) return false;
  out.is_resumed = tokens.boolean();
  out.stats_s = static_cast<uint16_t>(tokens.uint(0xffff));
  return true;
}

bool read_error(MsgpackTokens& tokens, Message& out) {
  out.code = static_cast<ErrorCode>(tokens.uint(0xffff));
  const Token text = tokens.any(TokenType::kText);
  if (!tokens.is_good() || text.number > kErrorTextBytesMax) return false;
  out.text = {reinterpret_cast<const char*>(text.data), static_cast<size_t>(text.number)};
  out.wait_ms = u32(tokens, kWaitMsMax);
  return true;
}

/// Elements of the array, the type among them.
constexpr size_t arity_of(Type type) {
  switch (type) {
    case Type::kLeave:
      return 1;
    case Type::kHello:
    case Type::kGoAway:
      return 2;
    case Type::kMore:
    case Type::kStats:
    case Type::kPeers:
    case Type::kGone:
      return 3;
    case Type::kSignal:
    case Type::kRelayed:
    case Type::kError:
      return 4;
    case Type::kJoin:
    case Type::kWelcome:
      return 7;
  }
  return 0;
}

// Returns false when the elements after the type are not those of that type.
bool read_fields(Type type, MsgpackTokens& tokens, const uint8_t* frame, Message& out) {
  switch (type) {
    case Type::kJoin:
      return kHasBothSides && read_join(tokens, out);
    case Type::kSignal:
    case Type::kRelayed:
      return read_signal(tokens, frame, out);
    case Type::kMore:
      out.want = u32(tokens, kPeersMax);
      return kHasBothSides && read_ids(tokens, out);
    case Type::kLeave:
      return true;
    case Type::kStats:
      return kHasBothSides && read_profile(tokens, out.profile) && read_traffic(tokens, out.traffic);
    case Type::kHello:
    case Type::kGoAway:
      out.wait_ms = u32(tokens, kWaitMsMax);
      return true;
    case Type::kWelcome:
      return read_welcome(tokens, out);
    case Type::kPeers:
      out.audience = u32(tokens);
      return read_ids(tokens, out);
    case Type::kGone:
      if (!read_peer(tokens, out)) return false;
      out.why = enumerator(tokens, GoneReason::kStranger);
      return true;
    case Type::kError:
      return read_error(tokens, out);
  }
  return false;
}

void write(MsgpackWriter& writer, std::span<const uint8_t> bytes) {
  writer.bytes(bytes.data(), static_cast<uint32_t>(bytes.size()));
}

void write_ids(MsgpackWriter& writer, const Message& message) {
  writer.array(static_cast<uint32_t>(message.id_count));
  for (size_t i = 0; i < message.id_count; ++i) writer.uint(message.ids[i]);
}

void write(MsgpackWriter& writer, const Profile& profile) {
  writer.array(kProfileFields).uint(profile.rendition).uint(profile.region).uint(profile.upload_kbps);
  writer.uint(profile.free_slots).uint(profile.behind_ms);
}

}  // namespace

DecodeStatus decode(std::span<const uint8_t> frame, Message& out) {
  if (frame.size() > kFrameBytesMax) return DecodeStatus::kOversize;
  thread_local MsgpackTokens tokens;  // kept off the stack
  if (tokens.read(frame) != MsgpackTokens::Result::kOk) return DecodeStatus::kBadFrame;
  const size_t arity = tokens.array();
  const uint64_t type = tokens.uint(kU32Max);
  if (!tokens.is_good()) return DecodeStatus::kBadFrame;
  if (type > 0xff || arity_of(static_cast<Type>(type)) == 0) return DecodeStatus::kUnknownType;
  Message message;
  message.type = static_cast<Type>(type);
  if (arity != arity_of(message.type) || !read_fields(message.type, tokens, frame.data(), message) ||
      !tokens.is_at_end()) {
    return DecodeStatus::kBadFrame;
  }
  out = message;
  return DecodeStatus::kOk;
}

size_t encode(const Message& message, std::span<uint8_t> out) {
  if (message.type == Type::kSignal || message.type == Type::kRelayed) return 0;  // have a blob: encode_signal_header
  MsgpackWriter writer(out);
  writer.array(static_cast<uint32_t>(arity_of(message.type))).uint(static_cast<uint64_t>(message.type));
  switch (message.type) {
    case Type::kJoin:
      writer.uint(message.version);
      write(writer, message.stream);
      writer.uint(message.want);
      write(writer, message.token);
      write(writer, message.resume);
      write(writer, message.profile);
      break;
    case Type::kMore:
      writer.uint(message.want);
      write_ids(writer, message);
      break;
    case Type::kStats:
      write(writer, message.profile);
      writer.array(kTrafficFields).uint(message.traffic.cdn_bytes).uint(message.traffic.peer_bytes);
      writer.uint(message.traffic.uploaded_bytes);
      break;
    case Type::kHello:
    case Type::kGoAway:
      if (kHasBothSides) writer.uint(message.wait_ms);
      break;
    case Type::kWelcome:
      if (!kHasBothSides) break;
      writer.uint(message.peer).uint(message.audience);
      write_ids(writer, message);
      write(writer, message.resume);
      writer.boolean(message.is_resumed).uint(message.stats_s);
      break;
    case Type::kPeers:
      if (!kHasBothSides) break;
      writer.uint(message.audience);
      write_ids(writer, message);
      break;
    case Type::kGone:
      if (!kHasBothSides) break;
      writer.uint(message.peer).uint(static_cast<uint64_t>(message.why));
      break;
    case Type::kError:
      if (!kHasBothSides) break;
      writer.uint(static_cast<uint64_t>(message.code));
      writer.text(message.text.data(), static_cast<uint32_t>(std::min(message.text.size(), kErrorTextBytesMax)));
      writer.uint(message.wait_ms);
      break;
    default:
      break;  // LEAVE is its type and nothing else
  }
  return writer.length();
}

size_t encode_signal_header(Type type, PeerId peer, SignalKind kind, uint32_t blob_bytes, std::span<uint8_t> out) {
  MsgpackWriter writer(out);
  writer.array(4).uint(static_cast<uint64_t>(type)).uint(peer).uint(static_cast<uint64_t>(kind));
  return writer.bytes_head(blob_bytes).length();
}

}  // namespace bazaar::tracker_wire
