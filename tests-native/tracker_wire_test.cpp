// The tracker protocol's codec against its document and against the world.
#include "tracker_wire.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "dice.hpp"
#include "support/hex_examples.hpp"

namespace bazaar::tracker_wire {
namespace {

using Bytes = std::vector<uint8_t>;

const std::map<std::string, Type> kTypes = {
    {"JOIN", Type::kJoin},       {"SIGNAL", Type::kSignal},   {"MORE", Type::kMore},
    {"LEAVE", Type::kLeave},     {"WELCOME", Type::kWelcome}, {"PEERS", Type::kPeers},
    {"RELAYED", Type::kRelayed}, {"GONE", Type::kGone},       {"ERROR", Type::kError},
};

const std::vector<testing::HexExample>& examples() {
  static const auto all = testing::hex_examples("docs/tracker-protocol.md");
  return all;
}

Bytes encode_again(const Message& message, const Bytes& original) {
  Bytes out(2 * kFrameBytesMax);
  const bool has_blob = message.type == Type::kSignal || message.type == Type::kRelayed;
  out.resize(has_blob ? encode_signal_header(message.type, message.peer, message.kind, message.blob_bytes, out)
                      : encode(message, out));
  if (has_blob) out.insert(out.end(), original.begin() + message.blob_offset, original.end());
  return out;
}

TEST(TrackerWire, Every_example_of_the_document_is_read_and_written_as_it_stands_there) {
  EXPECT_EQ(examples().size(), kTypes.size());
  for (const auto& example : examples()) {
    Message message;
    ASSERT_EQ(decode(example.bytes, message), DecodeStatus::kOk) << example.name;
    EXPECT_EQ(message.type, kTypes.at(example.name)) << example.name;
    EXPECT_EQ(encode_again(message, example.bytes), example.bytes) << example.name;
  }
}

TEST(TrackerWire, A_frame_cut_short_or_with_a_byte_more_is_refused) {
  for (const auto& example : examples()) {
    Message message;
    for (size_t length = 0; length < example.bytes.size(); ++length) {
      const Bytes cut(example.bytes.begin(), example.bytes.begin() + static_cast<std::ptrdiff_t>(length));
      EXPECT_EQ(decode(cut, message), DecodeStatus::kBadFrame) << example.name << " cut to " << length;
    }
    Bytes longer = example.bytes;
    longer.push_back(0);
    EXPECT_EQ(decode(longer, message), DecodeStatus::kBadFrame) << example.name;
  }
}

TEST(TrackerWire, Damage_never_yields_a_field_out_of_range) {
  Dice dice(3);
  for (int i = 0; i < 50'000; ++i) {
    Bytes bytes = examples().at(dice.below(static_cast<uint32_t>(examples().size()))).bytes;
    for (uint32_t damage = 1 + dice.below(4); damage > 0; --damage) {
      bytes[dice.below(static_cast<uint32_t>(bytes.size()))] = static_cast<uint8_t>(dice.next());
    }
    Message message;
    if (decode(bytes, message) != DecodeStatus::kOk) continue;
    EXPECT_LE(message.id_count, kPeersMax);
    EXPECT_LE(message.want, kPeersMax);
    EXPECT_LE(message.blob_offset + message.blob_bytes, bytes.size());
    EXPECT_LE(static_cast<int>(message.kind), 3);
    EXPECT_LE(message.text.size(), kErrorTextBytesMax);
  }
}

TEST(TrackerWire, What_is_wrong_is_told_apart) {
  Message message;
  EXPECT_EQ(decode(Bytes{0x91, 0x63}, message), DecodeStatus::kUnknownType);
  EXPECT_EQ(decode(Bytes{0xc9, 0xff, 0xff, 0xff, 0xff, 0x01}, message), DecodeStatus::kBadFrame);
  EXPECT_EQ(decode(Bytes(kFrameBytesMax + 1, 0x91), message), DecodeStatus::kOversize);
  EXPECT_EQ(decode(Bytes{0x92, 0x03, 65}, message), DecodeStatus::kBadFrame) << "more than 64 wanted";
  EXPECT_EQ(decode(Bytes{0x94, 0x02, 0x00, 0x00, 0xc4, 0x00}, message), DecodeStatus::kBadFrame) << "nobody has id 0";
  EXPECT_EQ(decode(Bytes{0x94, 0x02, 0x01, 0x04, 0xc4, 0x00}, message), DecodeStatus::kBadFrame) << "kind 4";
}

TEST(TrackerWire, A_sample_of_64_ids_fits_and_65_do_not) {
  Message peers;
  peers.type = Type::kPeers;
  peers.id_count = kPeersMax;
  peers.ids.fill(0xffffffff);
  Bytes out(1024);
  out.resize(encode(peers, out));
  Message message;
  ASSERT_EQ(decode(out, message), DecodeStatus::kOk);
  EXPECT_EQ(message.id_count, kPeersMax);
  Bytes more = {0x93, 0x12, 0x03, 0xdc, 0x00, 65};
  more.insert(more.end(), 65, 0x01);
  EXPECT_EQ(decode(more, message), DecodeStatus::kBadFrame);
}

TEST(TrackerWire, The_largest_blob_fills_a_frame) {
  Bytes frame(kSignalHeaderBytesMax);
  frame.resize(encode_signal_header(Type::kSignal, 0xffffffff, SignalKind::kOffer, kBlobBytesMax, frame));
  frame.resize(frame.size() + kBlobBytesMax);
  ASSERT_LE(frame.size(), kFrameBytesMax);
  Message message;
  ASSERT_EQ(decode(frame, message), DecodeStatus::kOk);
  EXPECT_EQ(message.blob_bytes, kBlobBytesMax);
}

}  // namespace
}  // namespace bazaar::tracker_wire
