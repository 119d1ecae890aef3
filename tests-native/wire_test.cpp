// The peer protocol's codec against its document and against the world: every example, every damage, every bound.
#include "wire.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "dice.hpp"
#include "support/hex_examples.hpp"

namespace bazaar::wire {
namespace {

using Bytes = std::vector<uint8_t>;

DecodeStatus decode_whole(const Bytes& bytes, Message& out) { return decode(bytes, bytes.size(), out); }

Bytes encode_again(const Message& message, const Bytes& original) {
  Bytes out(70'000);
  size_t length = 0;
  switch (message.type) {
    case Type::kHello:
      length = encode(message.hello, out);
      break;
    case Type::kStatus:
      length = encode(message.status, out);
      break;
    case Type::kRequest:
      length = encode(message.request, out);
      break;
    case Type::kBlock:
      length = encode_block_header(message.block.id, message.block.payload_bytes, out);
      std::copy(original.begin() + message.block.payload_offset, original.end(),
                out.begin() + static_cast<std::ptrdiff_t>(length));
      length += message.block.payload_bytes;
      break;
    case Type::kReject:
      length = encode(message.reject, out);
      break;
    case Type::kCancel:
      length = encode(message.cancel, out);
      break;
    case Type::kBye:
      length = encode(message.bye, out);
      break;
  }
  out.resize(length);
  return out;
}

void expect_fields_in_range(const Message& message) {
  switch (message.type) {
    case Type::kStatus:
      ASSERT_LE(message.status.run_count, kStatusRunsMax);
      for (size_t i = 0; i < message.status.run_count; ++i) {
        const StatusRun& run = message.status.runs[i];
        if (!run.dropped) ASSERT_LE(run.first + run.count, static_cast<int>(kBlocksPerSegmentMax));
        for (uint32_t block = 0; !run.dropped && block < run.count; ++block) (void)run.code(block);  // ASan watches
      }
      break;
    case Type::kRequest:
      ASSERT_LT(message.request.block, kBlocksPerSegmentMax);
      ASSERT_GE(message.request.count, 1u);
      ASSERT_LE(message.request.count, kRequestRunMax);
      break;
    case Type::kBlock:
      ASSERT_GE(message.block.payload_bytes, 1u);
      ASSERT_LE(message.block.payload_bytes, kBlockBytes);
      break;
    case Type::kReject:
      ASSERT_LE(static_cast<int>(message.reject.reason), 3);
      break;
    case Type::kBye:
      ASSERT_LE(static_cast<int>(message.bye.reason), 4);
      break;
    default:
      break;
  }
}

const std::vector<testing::HexExample>& examples() {
  static const auto all = testing::hex_examples("docs/wire-protocol.md");
  return all;
}

TEST(Wire, Every_example_of_the_document_is_read_and_written_as_it_stands_there) {
  const std::array<std::string, 7> names = {"HELLO", "STATUS", "REQUEST", "BLOCK", "REJECT", "CANCEL", "BYE"};
  std::array<int, 7> seen{};
  for (const auto& example : examples()) {
    Message message;
    ASSERT_EQ(decode_whole(example.bytes, message), DecodeStatus::kOk) << example.name;
    EXPECT_EQ(names.at(static_cast<size_t>(message.type)), example.name);
    EXPECT_EQ(encode_again(message, example.bytes), example.bytes) << example.name;
    ++seen.at(static_cast<size_t>(message.type));
  }
  for (size_t type = 0; type < seen.size(); ++type) EXPECT_GT(seen.at(type), 0) << names.at(type);
}

TEST(Wire, The_documents_status_means_what_its_text_says) {
  Message message;
  ASSERT_EQ(decode_whole(examples().at(1).bytes, message), DecodeStatus::kOk);
  const Status& status = message.status;
  EXPECT_TRUE(status.snapshot);
  EXPECT_EQ(status.spare, 7u);
  ASSERT_EQ(status.run_count, 2u);
  EXPECT_EQ(status.runs[0].bytes_total, 320'000u);
  std::string codes;
  for (uint32_t i = 0; i < status.runs[0].count; ++i) codes += std::to_string(static_cast<int>(status.runs[0].code(i)));
  EXPECT_EQ(codes, "333332");
  EXPECT_TRUE(status.runs[1].dropped);
}

TEST(Wire, A_message_cut_short_anywhere_is_refused) {
  for (const auto& example : examples()) {
    for (size_t length = 0; length < example.bytes.size(); ++length) {
      Message message;
      const Bytes cut(example.bytes.begin(), example.bytes.begin() + static_cast<std::ptrdiff_t>(length));
      EXPECT_NE(decode_whole(cut, message), DecodeStatus::kOk) << example.name << " cut to " << length;
    }
  }
}

TEST(Wire, A_message_with_one_byte_more_is_refused) {
  for (const auto& example : examples()) {
    Bytes longer = example.bytes;
    longer.push_back(0);
    Message message;
    EXPECT_EQ(decode_whole(longer, message), DecodeStatus::kTrailing) << example.name;
  }
}

TEST(Wire, One_flipped_bit_never_yields_a_field_out_of_range) {
  for (const auto& example : examples()) {
    for (size_t bit = 0; bit < 8 * example.bytes.size(); ++bit) {
      Bytes flipped = example.bytes;
      flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ (1u << (bit % 8)));
      Message message;
      if (decode_whole(flipped, message) == DecodeStatus::kOk) expect_fields_in_range(message);
    }
  }
}

TEST(Wire, Fifty_thousand_damaged_messages_do_no_harm) {
  Dice dice(7);
  for (int i = 0; i < 50'000; ++i) {
    Bytes bytes = examples().at(dice.below(static_cast<uint32_t>(examples().size()))).bytes;
    for (uint32_t damage = 1 + dice.below(6); damage > 0; --damage) {
      const uint32_t at = dice.below(static_cast<uint32_t>(bytes.size()));
      switch (dice.below(3)) {
        case 0:
          bytes[at] = static_cast<uint8_t>(dice.next());
          break;
        case 1:
          bytes.insert(bytes.begin() + at, static_cast<uint8_t>(dice.next()));
          break;
        default:
          if (bytes.size() > 1) bytes.erase(bytes.begin() + at);
      }
    }
    Message message;
    if (decode_whole(bytes, message) == DecodeStatus::kOk) expect_fields_in_range(message);
  }
}

TEST(Wire, Hostile_heads_are_refused_before_msgpack_c_sees_them) {
  const std::vector<std::pair<const char*, Bytes>> hostile = {
      {"the six bytes: ext 32 that wraps a 32-bit size", {0xc9, 0xff, 0xff, 0xff, 0xff, 0x01}},
      {"the same inside a message", {0x92, 0x05, 0xc9, 0xff, 0xff, 0xff, 0xff, 0x01}},
      {"ext 8", {0xc7, 0x00, 0x01}},
      {"ext 16", {0xc8, 0x00, 0x00, 0x01}},
      {"fixext 1", {0xd4, 0x01, 0x00}},
      {"fixext 16", {0xd8, 0x01}},
      {"float 32", {0x92, 0x05, 0xca, 0, 0, 0, 0}},
      {"float 64", {0x92, 0x05, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"nil", {0x92, 0x05, 0xc0}},
      {"never used", {0x92, 0x05, 0xc1}},
      {"map", {0x80}},
      {"map 32", {0xdf, 0xff, 0xff, 0xff, 0xff}},
      {"negative", {0x92, 0x05, 0xff}},
      {"int 64", {0x92, 0x05, 0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
      {"array 32 of four thousand million", {0xdd, 0xff, 0xff, 0xff, 0xff}},
      {"bin 32 of four thousand million", {0x92, 0x00, 0xc6, 0xff, 0xff, 0xff, 0xff}},
      {"str 32", {0xdb, 0xff, 0xff, 0xff, 0xff}},
      {"five arrays deep", {0x91, 0x91, 0x91, 0x91, 0x91, 0x01}},
      {"nothing", {}},
  };
  for (const auto& [name, bytes] : hostile) {
    Message message;
    EXPECT_NE(decode_whole(bytes, message), DecodeStatus::kOk) << name;
    EXPECT_NE(decode_whole(bytes, message), DecodeStatus::kUnknown) << name;
  }
}

TEST(Wire, An_unknown_type_is_told_apart_from_nonsense) {
  Message message;
  EXPECT_EQ(decode_whole({0x92, 0x07, 0x01}, message), DecodeStatus::kUnknown);
  EXPECT_EQ(decode_whole({0x91, 0xcd, 0x01, 0x00}, message), DecodeStatus::kUnknown);
  EXPECT_EQ(decode_whole({0x92, 0xc2, 0x01}, message), DecodeStatus::kSchema) << "a type is a number";
  EXPECT_EQ(decode_whole({0x05}, message), DecodeStatus::kSchema) << "a message is an array";
  EXPECT_EQ(decode_whole({0x93, 0x05, 0x01, 0x01}, message), DecodeStatus::kSchema) << "too many elements";
}

TEST(Wire, Integers_of_any_width_are_read) {
  for (const Bytes& bytes :
       {Bytes{0x92, 0x05, 0x07}, Bytes{0x92, 0x05, 0xcc, 0x07}, Bytes{0x92, 0x05, 0xcd, 0, 0x07},
        Bytes{0x92, 0x05, 0xce, 0, 0, 0, 0x07}, Bytes{0xdc, 0, 2, 0xcc, 5, 0xcf, 0, 0, 0, 0, 0, 0, 0, 7}}) {
    Message message;
    ASSERT_EQ(decode_whole(bytes, message), DecodeStatus::kOk);
    EXPECT_EQ(message.cancel.id, 7u);
  }
  Message message;
  EXPECT_EQ(decode_whole({0x92, 0x05, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0}, message), DecodeStatus::kSchema)
      << "an id has 32 bits";
}

TEST(Wire, A_status_holds_64_runs_and_no_more) {
  Status status;
  status.run_count = kStatusRunsMax;
  for (StatusRun& run : status.runs) {
    run = {};
    run.dropped = true;
  }
  Bytes out(70'000);
  out.resize(encode(status, out));
  Message message;
  ASSERT_EQ(decode_whole(out, message), DecodeStatus::kOk);
  EXPECT_EQ(message.status.run_count, kStatusRunsMax);
  // array 16 of 65 runs instead
  Bytes more = {0x94, 0x01, 0xc2, 0x00, 0xdc, 0x00, 65};
  for (int i = 0; i < 65; ++i) more.insert(more.end(), {0x91, 0x00});
  EXPECT_EQ(decode_whole(more, message), DecodeStatus::kSchema);
}

TEST(Wire, A_run_reaches_block_1023_and_no_further) {
  const std::array<uint8_t, 256> packed{};
  Status status;
  status.run_count = 1;
  status.runs[0] = {SegmentKey{1}, false, 1024 * kBlockBytes, 0, 1024, packed.data()};
  Bytes out(70'000);
  out.resize(encode(status, out));
  Message message;
  EXPECT_EQ(decode_whole(out, message), DecodeStatus::kOk);
  Bytes shifted(70'000);
  status.runs[0].first = 1;
  shifted.resize(encode(status, shifted));
  EXPECT_EQ(decode_whole(shifted, message), DecodeStatus::kSchema);
}

TEST(Wire, A_request_is_for_one_block_to_32_and_no_more) {
  for (const uint16_t count : {uint16_t{0}, uint16_t{1}, uint16_t{2}, uint16_t{32}, uint16_t{33}}) {
    Bytes bytes = {0x96, 0x02, 0x07, 0x05, 0x03, 0x64, static_cast<uint8_t>(count)};
    Message message;
    const bool is_good = count > 0 && count <= kRequestRunMax;
    ASSERT_EQ(decode_whole(bytes, message), is_good ? DecodeStatus::kOk : DecodeStatus::kSchema) << count;
    if (is_good) EXPECT_EQ(message.request.count, count);
  }
}

TEST(Wire, Unused_bits_of_a_run_are_zero) {
  Bytes bytes = {0x94, 0x01, 0xc2, 0x00, 0x91, 0x95, 0x01, 0x00, 0x00, 0x01, 0xc4, 0x01, 0x03};
  Message message;
  EXPECT_EQ(decode_whole(bytes, message), DecodeStatus::kOk);
  bytes.back() = 0x07;
  EXPECT_EQ(decode_whole(bytes, message), DecodeStatus::kSchema);
}

TEST(Wire, A_block_is_known_by_its_first_bytes_alone) {
  std::array<uint8_t, kBlockHeaderBytesMax> header{};
  const size_t length = encode_block_header(0xffffffff, kBlockBytes, header);
  ASSERT_GT(length, 0u);
  Message message;
  const auto head = std::span<const uint8_t>(header);
  ASSERT_EQ(decode(head, length + kBlockBytes, message), DecodeStatus::kOk);
  EXPECT_EQ(message.block.payload_offset, length);
  EXPECT_EQ(message.block.payload_bytes, kBlockBytes);
  EXPECT_EQ(decode(head, length + kBlockBytes - 1, message), DecodeStatus::kTruncated);
  EXPECT_EQ(decode(head, length + kBlockBytes + 1, message), DecodeStatus::kTrailing);
  EXPECT_EQ(decode(head, kMessageBytesMax + 1, message), DecodeStatus::kOversize);
}

TEST(Wire, A_block_payload_is_one_byte_to_sixty_kibibytes) {
  std::array<uint8_t, kBlockHeaderBytesMax> header{};
  Message message;
  size_t length = encode_block_header(1, 0, header);
  EXPECT_EQ(decode(header, length, message), DecodeStatus::kOversize) << "head longer than the message";
  EXPECT_EQ(decode({header.data(), length}, length, message), DecodeStatus::kSchema);
  length = encode_block_header(1, kBlockBytes + 1, header);
  EXPECT_EQ(decode({header.data(), length}, length + kBlockBytes + 1, message), DecodeStatus::kSchema);
}

TEST(Wire, What_does_not_fit_is_not_written) {
  std::array<uint8_t, 26> small{};
  EXPECT_EQ(encode(Hello{1, {}, 0x12345678, 0}, small), 0u);
  EXPECT_EQ(encode(Cancel{300}, std::span<uint8_t>(small).first(4)), 0u);
  EXPECT_EQ(encode(Cancel{300}, std::span<uint8_t>(small).first(5)), 5u);
}

}  // namespace
}  // namespace bazaar::wire
