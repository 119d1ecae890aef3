#include "native/bus_message.hpp"

#include <algorithm>

#include "msgpack_tokens.hpp"
#include "msgpack_writer.hpp"

namespace bazaar::tracker::native {

namespace {

constexpr uint64_t kU32Max = 0xffff'ffff;

// Which fields follow [kind, to, from, peer], in this order.
struct Shape {
  bool has_cell = false, has_stream = false, has_profile = false, has_want = false, has_audience = false;
  bool has_signal = false, has_why = false, has_list = false;

  uint32_t arity() const {
    return 4u + has_cell + has_stream + 2u * has_profile + has_want + has_audience + 2u * has_signal + has_why +
           has_list;
  }
};

Shape shape_of(BusKind kind) {
  switch (kind) {
    case BusKind::kEnter:
      return {.has_stream = true, .has_profile = true, .has_want = true, .has_list = true};
    case BusKind::kEntered:
      return {.has_cell = true, .has_audience = true, .has_list = true};
    case BusKind::kChosen:
      return {.has_audience = true, .has_list = true};
    case BusKind::kNoCell:
      return {.has_cell = true};
    case BusKind::kWant:
      return {.has_want = true, .has_list = true};
    case BusKind::kProfile:
      return {.has_profile = true};
    case BusKind::kAudience:
      return {.has_audience = true};
    case BusKind::kRehome:
      return {.has_cell = true};
    case BusKind::kSignal:
      return {.has_signal = true};
    case BusKind::kUndelivered:
      return {.has_why = true};
    case BusKind::kMoved:
      return {.has_list = true};
    case BusKind::kNewHome:
      return {.has_stream = true};
    case BusKind::kLeave:
    case BusKind::kMove:
      return {};
  }
  return {};
}

uint32_t u32(MsgpackTokens& tokens) { return static_cast<uint32_t>(tokens.uint(kU32Max)); }

void read_profile(MsgpackTokens& tokens, BusMessage& out) {
  if (tokens.array() != 5) return static_cast<void>(tokens.bytes(SIZE_MAX));  // never matches: the reader stays bad
  out.profile.rendition = u32(tokens);
  out.profile.region = u32(tokens);
  out.profile.upload_kbps = u32(tokens);
  out.profile.free_slots = static_cast<uint8_t>(tokens.uint(0xff));
  out.profile.behind_ms = u32(tokens);
  out.subnet = u32(tokens);
}

bool read_list(MsgpackTokens& tokens, BusMessage& out) {
  const size_t count = tokens.array();
  if (!tokens.is_good() || count % 2 != 0 || count / 2 > out.list.size()) return false;
  out.list_size = count / 2;
  for (size_t i = 0; i < out.list_size; ++i) {
    out.list[i].id = u32(tokens);
    out.list[i].home = Address(tokens.uint(UINT64_MAX));
  }
  return true;
}

}  // namespace

bool read(std::span<const uint8_t> bytes, BusMessage& out) {
  if (bytes.size() > kBusMessageBytesMax) return false;
  thread_local MsgpackTokens tokens;
  if (tokens.read(bytes) != MsgpackTokens::Result::kOk) return false;
  const size_t arity = tokens.array();
  const uint64_t kind = tokens.uint(static_cast<uint64_t>(BusKind::kNewHome));
  if (!tokens.is_good() || kind == 0) return false;
  out.kind = static_cast<BusKind>(kind);
  const Shape shape = shape_of(out.kind);
  if (arity != shape.arity()) return false;
  out.to = Address(tokens.uint(UINT64_MAX));
  out.from = Address(tokens.uint(UINT64_MAX));
  out.peer = u32(tokens);
  if (shape.has_cell) out.cell = Address(tokens.uint(UINT64_MAX));
  if (shape.has_stream) {
    if (const uint8_t* id = tokens.bytes(out.stream.bytes.size()))
      std::copy_n(id, out.stream.bytes.size(), out.stream.bytes.begin());
  }
  if (shape.has_profile) read_profile(tokens, out);
  if (shape.has_want) out.want = static_cast<uint32_t>(tokens.uint(tracker_wire::kPeersMax));
  if (shape.has_audience) out.audience = u32(tokens);
  if (shape.has_signal) {
    out.signal =
        static_cast<tracker_wire::SignalKind>(tokens.uint(static_cast<uint64_t>(tracker_wire::SignalKind::kBye)));
    const Token blob = tokens.any(TokenType::kBytes);
    if (!tokens.is_good() || blob.number > tracker_wire::kBlobBytesMax) return false;
    out.blob = {blob.data, static_cast<size_t>(blob.number)};
  }
  if (shape.has_why)
    out.why =
        static_cast<tracker_wire::GoneReason>(tokens.uint(static_cast<uint64_t>(tracker_wire::GoneReason::kStranger)));
  if (shape.has_list && !read_list(tokens, out)) return false;
  return tokens.is_at_end();
}

size_t write(const BusMessage& message, std::span<uint8_t> out) {
  const Shape shape = shape_of(message.kind);
  MsgpackWriter writer(out);
  writer.array(shape.arity()).uint(static_cast<uint64_t>(message.kind));
  writer.uint(message.to.value()).uint(message.from.value()).uint(message.peer);
  if (shape.has_cell) writer.uint(message.cell.value());
  if (shape.has_stream) writer.bytes(message.stream.bytes.data(), static_cast<uint32_t>(message.stream.bytes.size()));
  if (shape.has_profile) {
    const Profile& profile = message.profile;
    writer.array(5).uint(profile.rendition).uint(profile.region).uint(profile.upload_kbps);
    writer.uint(profile.free_slots).uint(profile.behind_ms).uint(message.subnet);
  }
  if (shape.has_want) writer.uint(message.want);
  if (shape.has_audience) writer.uint(message.audience);
  if (shape.has_signal) {
    writer.uint(static_cast<uint64_t>(message.signal));
    writer.bytes(message.blob.data(), static_cast<uint32_t>(message.blob.size()));
  }
  if (shape.has_why) writer.uint(static_cast<uint64_t>(message.why));
  if (shape.has_list) {
    writer.array(static_cast<uint32_t>(2 * message.list_size));
    for (size_t i = 0; i < message.list_size; ++i) writer.uint(message.list[i].id).uint(message.list[i].home.value());
  }
  return writer.length();
}

}  // namespace bazaar::tracker::native
