// Bytes between nodes: the layouts that the header shows, and that nothing damaged is taken for half of something.
#include "backplane/node_messages.hpp"

#include <gtest/gtest.h>

#include <random>

#include "backplane/redis_limits.hpp"

namespace bazaar::tracker {
namespace {

std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<uint8_t>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

CellNotice notice(uint16_t node, uint32_t slot, uint32_t size) {
  CellNotice made{{}, Address(node, 1, slot, 1), size};
  made.stream.bytes[0] = 7;
  return made;
}

const std::vector<uint8_t> kBatchOfTheHeader =
    from_hex("b1 0102 0000000000000007 0000000000000009 03 01 00000002 aabb");

TEST(NodeMessages, The_batch_that_the_header_shows_is_written_and_read) {
  const std::vector<uint8_t> message{0xaa, 0xbb};
  BatchWriter writer;
  writer.add(3, BusMessageClass::kNative, message);
  const auto sealed = as_bytes(writer.seal({258, 7, 9}));
  EXPECT_EQ(std::vector<uint8_t>(sealed.begin(), sealed.end()), kBatchOfTheHeader);

  const auto batch = read_batch(kBatchOfTheHeader);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->sender, (Sender{258, 7, 9}));
  ASSERT_EQ(batch->messages.size(), 1u);
  EXPECT_EQ(batch->messages[0].worker, 3);
  EXPECT_EQ(std::vector<uint8_t>(batch->messages[0].bytes.begin(), batch->messages[0].bytes.end()), message);
}

TEST(NodeMessages, A_batch_cut_anywhere_but_between_messages_is_nothing) {
  for (size_t length = 0; length < kBatchOfTheHeader.size(); ++length) {
    const auto batch = read_batch(std::span(kBatchOfTheHeader).first(length));
    EXPECT_EQ(batch.has_value(), length == 19) << length;
  }
}

TEST(NodeMessages, A_batch_of_another_type_class_or_without_a_life_is_nothing) {
  for (const auto& [at, value] :
       std::vector<std::pair<size_t, uint8_t>>{{0, 0xb2}, {10, 0}, {18, 0}, {20, 0}, {20, 3}}) {
    auto damaged = kBatchOfTheHeader;
    damaged[at] = value;
    EXPECT_FALSE(read_batch(damaged)) << at;
  }
}

TEST(NodeMessages, A_message_of_the_greatest_size_passes_and_one_byte_more_does_not) {
  for (const size_t size : {kBusMessageBytesMax, kBusMessageBytesMax + 1}) {
    BatchWriter writer;
    writer.add(0, BusMessageClass::kWebTorrent, std::vector<uint8_t>(size));
    EXPECT_EQ(read_batch(as_bytes(writer.seal({1, 1, 1}))).has_value(), size == kBusMessageBytesMax);
  }
}

TEST(NodeMessages, A_bulletin_comes_back_with_every_cell) {
  Bulletin bulletin{{5, 77, 3}, NodeState::kDraining, {}};
  for (uint32_t i = 0; i < kNoticesPerBulletinMax; ++i) bulletin.notices.push_back(notice(5, i, i % 3));
  const auto read = read_bulletin(as_bytes(write_bulletin(bulletin)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sender, bulletin.sender);
  EXPECT_EQ(read->state, NodeState::kDraining);
  ASSERT_EQ(read->notices.size(), kNoticesPerBulletinMax);
  EXPECT_EQ(read->notices.back().cell, bulletin.notices.back().cell);
  EXPECT_EQ(read->notices.back().size, bulletin.notices.back().size);
  EXPECT_EQ(read->notices.back().stream, bulletin.notices.back().stream);

  bulletin.notices.push_back(notice(5, 1, 1));
  EXPECT_FALSE(read_bulletin(as_bytes(write_bulletin(bulletin)))) << "one cell too many";
}

TEST(NodeMessages, Nobody_tells_of_another_nodes_cell) {
  EXPECT_TRUE(read_bulletin(as_bytes(write_bulletin({{5, 77, 3}, NodeState::kServing, {notice(5, 9, 2)}}))));
  EXPECT_FALSE(read_bulletin(as_bytes(write_bulletin({{5, 77, 3}, NodeState::kServing, {notice(6, 9, 2)}}))));
  EXPECT_FALSE(
      read_bulletin(as_bytes(write_bulletin({{5, 77, 3}, NodeState::kServing, {notice(5, 9, (1u << 24) + 1)}}))));
}

TEST(NodeMessages, A_bulletin_cut_or_lengthened_is_nothing) {
  const std::string written = write_bulletin({{5, 77, 3}, NodeState::kServing, {notice(5, 9, 2)}});
  for (size_t length = 0; length < written.size(); ++length)
    EXPECT_FALSE(read_bulletin(as_bytes(written).first(length)));
  EXPECT_FALSE(read_bulletin(as_bytes(written + '\0')));
}

TEST(NodeMessages, A_cell_of_the_hash_is_taken_whole_living_and_of_its_node_or_not_at_all) {
  const CellNotice cell = notice(5, 9, 2);
  const std::string field = write_cell_field(cell.cell);
  const std::string value = write_cell_value(cell);
  const auto read = read_cell(5, field, value);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cell, cell.cell);
  EXPECT_EQ(read->size, 2u);
  EXPECT_FALSE(read_cell(6, field, value));
  EXPECT_FALSE(read_cell(5, field.substr(1), value));
  EXPECT_FALSE(read_cell(5, field + "x", value));
  EXPECT_FALSE(read_cell(5, field, value.substr(1)));
  EXPECT_FALSE(read_cell(5, field, value + "x"));
  EXPECT_FALSE(read_cell(5, field, write_cell_value(notice(5, 9, 0))));
  EXPECT_FALSE(read_cell(5, "", ""));
}

TEST(NodeMessages, Random_bytes_never_leave_the_input) {
  std::mt19937 dice(1);
  for (int i = 0; i < 100'000; ++i) {
    std::vector<uint8_t> bytes(dice() % 64);
    for (uint8_t& byte : bytes) byte = dice() % 4 == 0 ? static_cast<uint8_t>(dice()) : 1;
    if (!bytes.empty()) bytes[0] = dice() % 2 == 0 ? 0xb1 : 0xb2;
    if (const auto batch = read_batch(bytes)) {
      for (const Batch::Message& message : batch->messages) {
        EXPECT_LE(message.bytes.data() + message.bytes.size(), bytes.data() + bytes.size());
      }
    }
    const auto bulletin = read_bulletin(bytes);
    EXPECT_LE(bulletin ? bulletin->notices.size() * 33 : 0, bytes.size());
  }
}

}  // namespace
}  // namespace bazaar::tracker
