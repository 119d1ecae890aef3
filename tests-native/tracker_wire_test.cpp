// The tracker protocol's codec against its document and against the world.
#include "tracker_wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "dice.hpp"
#include "support/hex_examples.hpp"

namespace bazaar::tracker_wire {
namespace {

using Bytes = std::vector<uint8_t>;

const std::map<std::string, Type> kTypes = {
    {"JOIN", Type::kJoin},       {"SIGNAL", Type::kSignal}, {"MORE", Type::kMore},   {"LEAVE", Type::kLeave},
    {"STATS", Type::kStats},     {"HELLO", Type::kHello},   {"PEERS", Type::kPeers}, {"WELCOME", Type::kWelcome},
    {"RELAYED", Type::kRelayed}, {"GONE", Type::kGone},     {"ERROR", Type::kError}, {"GOAWAY", Type::kGoAway},
};

/// Those of frames; ice_description_test.cpp reads those of blobs.
const std::vector<testing::HexExample>& examples() {
  static const auto all = [] {
    auto found = testing::hex_examples("docs/tracker-protocol.md");
    std::erase_if(found, [](const auto& example) { return example.name.starts_with("blob "); });
    return found;
  }();
  return all;
}

/// The bytes of the document's example of that name; what decode() finds in them stays where it is.
const Bytes& example(const std::string& name) {
  static const Bytes none;
  for (const auto& one : examples()) {
    if (one.name == name) return one.bytes;
  }
  ADD_FAILURE() << "no example of " << name;
  return none;
}

DecodeStatus status_of(const Bytes& bytes) {
  Message message;
  return decode(bytes, message);
}

Bytes encoded(const Message& message) {
  Bytes out(kEncodedBytesMax);
  out.resize(encode(message, out));
  return out;
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
  for (int i = 0; i < 100'000; ++i) {
    Bytes bytes = examples().at(dice.below(static_cast<uint32_t>(examples().size()))).bytes;
    for (uint32_t damage = 1 + dice.below(4); damage > 0; --damage) {
      bytes[dice.below(static_cast<uint32_t>(bytes.size()))] = static_cast<uint8_t>(dice.next());
    }
    Message message;
    if (decode(bytes, message) != DecodeStatus::kOk) continue;
    const auto is_inside = [&](const auto& view) {
      const auto* begin = reinterpret_cast<const uint8_t*>(view.data());
      return view.empty() || (begin >= bytes.data() && begin + view.size() <= bytes.data() + bytes.size());
    };
    EXPECT_LE(message.id_count, kPeersMax);
    EXPECT_LE(message.want, kPeersMax);
    EXPECT_LE(message.blob_offset + message.blob_bytes, bytes.size());
    EXPECT_LE(static_cast<int>(message.kind), 3);
    EXPECT_LE(static_cast<int>(message.why), 2);
    EXPECT_LE(message.text.size(), kErrorTextBytesMax);
    EXPECT_LE(message.wait_ms, kWaitMsMax);
    EXPECT_TRUE(is_inside(message.token) && is_inside(message.resume) && is_inside(message.text));
  }
}

TEST(TrackerWire, What_is_wrong_is_told_apart) {
  EXPECT_EQ(status_of({0x91, 0x63}), DecodeStatus::kUnknownType);
  EXPECT_EQ(status_of({0x91, 0x00}), DecodeStatus::kUnknownType);
  EXPECT_EQ(status_of({0x91, 0xcd, 0x01, 0x04}), DecodeStatus::kUnknownType) << "260 is not 4";
  EXPECT_EQ(status_of({0xc9, 0xff, 0xff, 0xff, 0xff, 0x01}), DecodeStatus::kBadFrame);
  EXPECT_EQ(status_of(Bytes(kFrameBytesMax + 1, 0x91)), DecodeStatus::kOversize);
  EXPECT_EQ(status_of({0x93, 0x03, 65, 0x90}), DecodeStatus::kBadFrame) << "more than 64 wanted";
  EXPECT_EQ(status_of({0x94, 0x02, 0x00, 0x00, 0xc4, 0x00}), DecodeStatus::kBadFrame) << "nobody has id 0";
  EXPECT_EQ(status_of({0x94, 0x02, 0x01, 0x04, 0xc4, 0x00}), DecodeStatus::kBadFrame) << "kind 4";
  EXPECT_EQ(status_of({0x93, 0x14, 0x00, 0x00}), DecodeStatus::kBadFrame) << "nobody of id 0 can be gone";
  EXPECT_EQ(status_of({0x93, 0x14, 0x01, 0x03}), DecodeStatus::kBadFrame) << "why 3";
  EXPECT_EQ(status_of({0x92, 0x04, 0x00}), DecodeStatus::kBadFrame) << "LEAVE has no field";
}

TEST(TrackerWire, A_join_of_version_1_is_readable_by_nobody) {
  EXPECT_EQ(status_of({0x94, 0x01, 0x01, 0xc4, 0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x0c}),
            DecodeStatus::kBadFrame);
}

TEST(TrackerWire, Fields_keep_their_values) {
  Message message;
  ASSERT_EQ(decode(example("JOIN"), message), DecodeStatus::kOk);
  EXPECT_EQ(message.version, kProtocolVersion);
  EXPECT_EQ(message.stream[15], 15);
  EXPECT_EQ(std::string(message.token.begin(), message.token.end()), "a.b");
  EXPECT_TRUE(message.resume.empty());
  EXPECT_EQ(message.profile.rendition, 0x1d2c3b4au);
  EXPECT_EQ(message.profile.upload_kbps, 8000u);
  EXPECT_EQ(message.profile.free_slots, 12);
  EXPECT_EQ(message.profile.behind_ms, 6400u);
  ASSERT_EQ(decode(example("WELCOME"), message), DecodeStatus::kOk);
  EXPECT_EQ(message.audience, 3u);
  EXPECT_EQ(message.resume.size(), 4u);
  EXPECT_FALSE(message.is_resumed);
  EXPECT_EQ(message.stats_s, 60);
  ASSERT_EQ(decode(example("STATS"), message), DecodeStatus::kOk);
  EXPECT_EQ(message.traffic.cdn_bytes, 1'250'000u);
  EXPECT_EQ(message.traffic.uploaded_bytes, 9'000'000'000u) << "more than 32 bits";
  ASSERT_EQ(decode(example("MORE"), message), DecodeStatus::kOk);
  EXPECT_EQ(message.id_count, 2u);
  EXPECT_EQ(message.ids[1], 42u);
  ASSERT_EQ(decode(example("GONE"), message), DecodeStatus::kOk);
  EXPECT_EQ(message.why, GoneReason::kBusy);
  ASSERT_EQ(decode(example("ERROR"), message), DecodeStatus::kOk);
  EXPECT_EQ(message.code, ErrorCode::kNotJoined);
  EXPECT_EQ(message.wait_ms, 500u);
}

TEST(TrackerWire, The_longest_of_each_message_fits_its_buffer) {
  const Bytes token(kTokenBytesMax, 0xff);
  const Bytes resume(kResumeBytesMax, 0xff);
  const std::string text(kErrorTextBytesMax, 'x');
  for (const auto& [name, type] : kTypes) {
    if (type == Type::kSignal || type == Type::kRelayed) continue;
    Message longest;
    longest.type = type;
    longest.version = longest.peer = longest.audience = 0xffffffff;
    longest.want = kPeersMax;
    longest.token = token;
    longest.resume = resume;
    longest.profile = {0xffffffff, 0xffffffff, 0xffffffff, 0xff, 0xffffffff};
    longest.traffic = {~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}};
    longest.id_count = kPeersMax;
    longest.ids.fill(0xffffffff);
    longest.is_resumed = true;
    longest.stats_s = 0xffff;
    longest.wait_ms = kWaitMsMax;
    longest.text = text;
    const Bytes frame = encoded(longest);
    Message message;
    ASSERT_EQ(decode(frame, message), DecodeStatus::kOk) << name;
    EXPECT_EQ(encoded(message), frame) << name;
    Bytes short_of_one(frame.size() - 1);
    EXPECT_EQ(encode(longest, short_of_one), 0u) << name;
  }
}

TEST(TrackerWire, One_more_than_a_bound_is_refused) {
  const Bytes longer(kTokenBytesMax + 1, 0);
  Message message;
  message.type = Type::kJoin;
  message.token = longer;
  EXPECT_EQ(status_of(encoded(message)), DecodeStatus::kBadFrame) << "token";
  message.token = {};
  message.resume = std::span(longer).first(kResumeBytesMax + 1);
  EXPECT_EQ(status_of(encoded(message)), DecodeStatus::kBadFrame) << "resume of a JOIN";
  message.type = Type::kWelcome;
  message.peer = 1;
  EXPECT_EQ(status_of(encoded(message)), DecodeStatus::kBadFrame) << "resume of a WELCOME";
  for (const Type type : {Type::kHello, Type::kGoAway, Type::kError}) {
    message.type = type;
    message.wait_ms = kWaitMsMax + 1;
    EXPECT_EQ(status_of(encoded(message)), DecodeStatus::kBadFrame) << static_cast<int>(type);
  }
  Bytes ids = {0x93, 0x12, 0x03, 0xdc, 0x00, 65};
  ids.insert(ids.end(), 65, 0x01);
  EXPECT_EQ(status_of(ids), DecodeStatus::kBadFrame) << "65 ids in PEERS";
  ids[1] = 0x03;
  EXPECT_EQ(status_of(ids), DecodeStatus::kBadFrame) << "65 ids in MORE";
  Bytes slots = example("STATS");
  const auto at = std::find(slots.begin() + 3, slots.end(), 0x03);
  ASSERT_EQ(*at, 3);
  *at = 0xcd;
  slots.insert(at + 1, {0x01, 0x00});
  EXPECT_EQ(status_of(slots), DecodeStatus::kBadFrame) << "256 free slots";
}

TEST(TrackerWire, A_text_too_long_is_cut_when_it_is_written) {
  const std::string text(kErrorTextBytesMax + 44, 'x');
  Message error;
  error.type = Type::kError;
  error.text = text;
  Message message;
  const Bytes frame = encoded(error);
  ASSERT_EQ(decode(frame, message), DecodeStatus::kOk);
  EXPECT_EQ(message.text.size(), kErrorTextBytesMax);
}

TEST(TrackerWire, The_largest_blob_is_read_and_a_larger_one_is_not) {
  for (const uint32_t bytes : {uint32_t{kBlobBytesMax}, uint32_t{kBlobBytesMax} + 1}) {
    Bytes frame(kSignalHeaderBytesMax);
    frame.resize(encode_signal_header(Type::kSignal, 0xffffffff, SignalKind::kOffer, bytes, frame));
    frame.resize(frame.size() + bytes);
    Message message;
    ASSERT_EQ(decode(frame, message), bytes > kBlobBytesMax ? DecodeStatus::kBadFrame : DecodeStatus::kOk);
    if (bytes <= kBlobBytesMax) EXPECT_EQ(message.blob_bytes, bytes);
  }
}

TEST(TrackerWire, Who_sends_what_is_told_by_the_number) {
  EXPECT_TRUE(is_of_viewer(Type::kJoin) && is_of_viewer(Type::kStats));
  EXPECT_FALSE(is_of_viewer(Type::kHello) || is_of_viewer(Type::kGoAway));
}

}  // namespace
}  // namespace bazaar::tracker_wire
