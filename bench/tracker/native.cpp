#include "native.hpp"

#include <algorithm>
#include <array>

#include "offer_blob.hpp"

namespace bazaar::load {
namespace {

namespace wire = tracker_wire;

/// A stream's name is its number, and the same in every run.
wire::StreamKey stream_of(uint32_t number) {
  wire::StreamKey key{};
  key[0] = 0xbe;
  for (size_t i = 0; i < 4; ++i) key[12 + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return key;
}

std::vector<uint8_t> encoded(const wire::Message& message) {
  std::array<uint8_t, wire::kEncodedBytesMax> frame;
  const size_t size = wire::encode(message, frame);
  return {frame.begin(), frame.begin() + static_cast<ptrdiff_t>(size)};
}

std::vector<uint8_t> signal_frame(const OfferBlob& blob) {
  std::array<uint8_t, wire::kSignalHeaderBytesMax> header;
  // An id that takes all five bytes: there its place is that of every other.
  const size_t size = wire::encode_signal_header(wire::Type::kSignal, 0xffff'ffff, wire::SignalKind::kOffer,
                                                 static_cast<uint32_t>(blob.bytes.size()), header);
  std::vector<uint8_t> frame(header.begin(), header.begin() + static_cast<ptrdiff_t>(size));
  frame.insert(frame.end(), blob.bytes.begin(), blob.bytes.end());
  return frame;
}

std::array<uint8_t, 4> big_endian(uint32_t value) {
  return {static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 8),
          static_cast<uint8_t>(value)};
}

}  // namespace

NativeDialect::NativeDialect(uint32_t clients, uint32_t per_swarm, uint32_t payload_bytes)
    : per_swarm_(per_swarm), viewers_(clients), signal_(Opcode::kBinary, signal_frame(OfferBlob(payload_bytes))) {
  const OfferBlob blob(payload_bytes);
  const std::vector<uint8_t> frame = signal_frame(blob);
  peer_at_ = 3;  // behind the array's header, the type and the id's
  blob_stamp_at_ = blob.stamp_at;
  stamp_at_ = frame.size() - blob.bytes.size() + blob.stamp_at;
  by_id_.reserve(clients);
}

void NativeDialect::opened(Fleet& fleet, ClientIndex who) {
  // At once, whatever window HELLO names: a crowd that does not wait is the harder case.
  wire::Message join;
  join.type = wire::Type::kJoin;
  join.version = wire::kProtocolVersion;
  join.stream = stream_of(who / per_swarm_);
  join.want = kWant;
  join.resume = viewers_[who].resume;
  join.profile.upload_kbps = 8000;
  join.profile.free_slots = kWant;
  fleet.send(who, FrameTemplate(Opcode::kBinary, encoded(join)));
}

Dialect::Taken NativeDialect::take(Fleet&, ClientIndex who, std::span<const uint8_t> message) {
  Taken taken;
  wire::Message in;
  if (wire::decode(message, in) != wire::DecodeStatus::kOk) {
    taken.is_failure = true;
    return taken;
  }
  Viewer& viewer = viewers_[who];
  switch (in.type) {
    case wire::Type::kRelayed:
      if (in.blob_bytes >= blob_stamp_at_ + Stamp::kBytes)
        taken.relayed = message.subspan(in.blob_offset + blob_stamp_at_, in.blob_bytes - blob_stamp_at_);
      // Who has signalled may be signalled: the first of a stream knows nobody else.
      if (viewer.peers.size() < kWant && std::ranges::find(viewer.peers, in.peer) == viewer.peers.end())
        viewer.peers.push_back(in.peer);
      break;
    case wire::Type::kWelcome:
      if (viewer.id != 0 && viewer.id != in.peer) {
        by_id_.erase(key_of(who, viewer.id));
        viewer.peers.clear();
      }
      viewer.id = in.peer;
      viewer.is_joined = true;
      viewer.was_resumed = in.is_resumed;
      viewer.resume.assign(in.resume.begin(), in.resume.end());
      viewer.peers.insert(viewer.peers.end(), in.ids.begin(), in.ids.begin() + static_cast<ptrdiff_t>(in.id_count));
      by_id_[key_of(who, in.peer)] = who;
      taken.became_ready = true;
      break;
    case wire::Type::kPeers:
      viewer.peers.insert(viewer.peers.end(), in.ids.begin(), in.ids.begin() + static_cast<ptrdiff_t>(in.id_count));
      break;
    case wire::Type::kGone:
      taken.is_failure = true;
      ++gone_[std::min<size_t>(static_cast<size_t>(in.why), gone_.size() - 1)];
      std::erase(viewer.peers, in.peer);
      break;
    case wire::Type::kError:
      taken.is_failure = true;
      last_error_ = static_cast<uint16_t>(in.code);
      break;
    case wire::Type::kGoAway:
      viewer.is_told_to_go = true;
      viewer.go_within_ms = in.wait_ms;
      break;
    default:
      break;
  }
  return taken;
}

void NativeDialect::closed(ClientIndex who) {
  Viewer& viewer = viewers_[who];
  viewer.is_joined = false;
  if (keeps_tokens_) return;
  if (viewer.id != 0) by_id_.erase(key_of(who, viewer.id));
  viewer = Viewer{};
}

std::optional<ClientIndex> NativeDialect::pick(ClientIndex from, Dice& dice) {
  Viewer& viewer = viewers_[from];
  if (!viewer.is_joined || viewer.peers.empty()) return {};
  const uint32_t chosen = dice.below(static_cast<uint32_t>(viewer.peers.size()));
  const auto found = by_id_.find(key_of(from, viewer.peers[chosen]));
  if (found != by_id_.end()) return found->second;
  viewer.peers.erase(viewer.peers.begin() + chosen);  // gone meanwhile
  return {};
}

void NativeDialect::send(Fleet& fleet, ClientIndex from, ClientIndex to, const Stamp& stamp) {
  FrameSlot slot = fleet.send(from, signal_);
  slot.patch(peer_at_, big_endian(viewers_[to].id));
  slot.patch(stamp_at_, stamp.bytes());
}

void NativeDialect::leave(Fleet& fleet, ClientIndex who) {
  wire::Message message;
  message.type = wire::Type::kLeave;
  fleet.send(who, FrameTemplate(Opcode::kBinary, encoded(message)));
}

std::optional<uint32_t> NativeDialect::take_goaway(ClientIndex who) {
  Viewer& viewer = viewers_[who];
  if (!viewer.is_told_to_go) return {};
  viewer.is_told_to_go = false;
  return viewer.go_within_ms;
}

}  // namespace bazaar::load
