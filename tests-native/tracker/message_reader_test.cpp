// Frames and messages beyond Autobahn's cases: bounds, what is held, and strangers' bytes in any pieces.
#include "net/message_reader.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "tracker/support/autobahn_cases.hpp"
#include "tracker/support/test_client.hpp"

namespace bazaar::tracker::net {
namespace {

using testing::AutobahnEvent;
using testing::read_in_pieces;
using Kind = AutobahnEvent::Kind;

TEST(MessageReader, Refuses_frames_without_mask_and_lengths_in_long_form) {
  const auto only = [](std::string_view bytes) { return read_in_pieces(bytes, {1}, 1'000); };
  const std::vector<AutobahnEvent> refused{{Kind::kFail, {}, 1002}};
  EXPECT_EQ(only(testing::client_frame(0x81, "x", false)), refused);
  EXPECT_EQ(only(std::string_view("\x81\xfe\x00\x7d", 4)), refused);                           // 125 in 16 bits
  EXPECT_EQ(only(std::string_view("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff", 10)), refused);  // 65,535 in 64 bits
  EXPECT_EQ(only(std::string_view("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", 10)), refused);  // the highest bit
}

TEST(MessageReader, Refuses_what_is_too_long_before_its_payload_is_there) {
  MessageReader reader;
  std::string header = testing::binary_frame(std::string(1'001, 'x')).substr(0, 4);
  const Incoming incoming = reader.next({reinterpret_cast<uint8_t*>(header.data()), header.size()}, 1'000);
  EXPECT_EQ(incoming.kind, Incoming::Kind::kViolation);
  EXPECT_EQ(incoming.violation.code, 1009);
}

TEST(MessageReader, Holds_bytes_only_while_a_message_is_in_fragments) {
  MessageReader reader;
  std::string first = testing::client_frame(0x02, std::string(500, 'x')), last = testing::client_frame(0x80, "y");
  const auto span = [](std::string& bytes) {
    return std::span(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size());
  };
  EXPECT_EQ(reader.next(span(first), 1'000).kind, Incoming::Kind::kFragment);
  EXPECT_GE(reader.held_bytes(), 500u);
  const Incoming whole = reader.next(span(last), 1'000);
  EXPECT_EQ(whole.data.size(), 501u);
  EXPECT_EQ(reader.next({}, 1'000).kind, Incoming::Kind::kIncomplete);
  EXPECT_EQ(reader.held_bytes(), 0u);
}

TEST(Frame, Unmasking_is_the_same_at_every_length_and_offset) {
  const uint8_t key[4] = {1, 2, 4, 8};
  for (size_t length = 0; length < 40; ++length) {
    for (size_t offset = 0; offset < 8; ++offset) {
      std::vector<uint8_t> bytes(offset + length + 1, 0x55);
      unmask(std::span(bytes).subspan(offset, length), key);
      for (size_t i = 0; i < bytes.size(); ++i) {
        const bool is_inside = i >= offset && i < offset + length;
        ASSERT_EQ(bytes[i], is_inside ? 0x55 ^ key[(i - offset) % 4] : 0x55);
      }
    }
  }
}

TEST(Frame, A_close_reason_that_is_too_long_is_cut_between_characters) {
  std::vector<uint8_t> out;
  std::string reason;
  while (reason.size() < 130) reason += "\xe2\x82\xac";  // three bytes each; 123 = 41 × 3
  append_close(out, 1008, reason);
  EXPECT_EQ(out.size(), 2u + 125);
  out.clear();
  append_close(out, 1008, "x" + reason);
  EXPECT_EQ(out.size(), 2u + 2 + 1 + 40 * 3);
  out.clear();
  append_close(out, close_code::kNone, "unsaid");
  EXPECT_EQ(out, (std::vector<uint8_t>{0x88, 0x00}));
}

TEST(Frame, Lengths_are_written_in_the_shortest_form) {
  for (const auto& [length, header] : {std::pair{125u, 2u}, {126u, 4u}, {65'535u, 4u}, {65'536u, 10u}}) {
    std::vector<uint8_t> out;
    append_frame(out, Opcode::kBinary, std::vector<uint8_t>(length));
    EXPECT_EQ(out.size(), header + length);
  }
}

/// Frames as a client might send them, most of them good, with some bytes of them turned.
std::string random_stream(std::mt19937& dice) {
  static constexpr uint8_t kFirstBytes[] = {0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88, 0x83, 0xc1};
  std::string stream;
  const size_t frames = 1 + dice() % 12;
  for (size_t i = 0; i < frames; ++i) {
    // The last of the list end a connection: seldom.
    const size_t choice = dice() % (dice() % 8 == 0 ? std::size(kFirstBytes) : std::size(kFirstBytes) - 3);
    const size_t lengths[] = {0, 1, 3, 125, 126, 300};
    std::string payload(lengths[dice() % std::size(lengths)], ' ');
    for (char& byte : payload) byte = static_cast<char>(dice() % (dice() % 50 == 0 ? 256 : 128));
    const bool is_close = kFirstBytes[choice] == 0x88 && dice() % 2 == 0;
    stream += is_close ? testing::close_frame(1000, payload.substr(0, 100))
                       : testing::client_frame(kFirstBytes[choice], payload);
  }
  for (size_t turned = dice() % 3; turned > 0; --turned)
    stream[dice() % stream.size()] ^= static_cast<char>(1 << dice() % 8);
  return stream;
}

TEST(MessageReader, Strangers_bytes_mean_the_same_in_whatever_pieces_they_come) {
  std::mt19937 dice(2026);
  std::array<int, 6> seen{};
  for (int round = 0; round < 5'000; ++round) {
    const std::string stream = random_stream(dice);
    const auto whole = read_in_pieces(stream, {stream.size()}, 400);
    for (const AutobahnEvent& event : whole) ++seen[static_cast<size_t>(event.kind)];
    const std::vector<size_t> pieces{1 + dice() % 9, 1 + dice() % 200, 1 + dice() % 3};
    ASSERT_TRUE(read_in_pieces(stream, pieces, 400) == whole) << "round " << round;
    ASSERT_TRUE(read_in_pieces(stream, {1}, 400) == whole) << "round " << round;
  }
  // Every kind of thing happened.
  for (const int count : seen) EXPECT_GT(count, 40);
}

}  // namespace
}  // namespace bazaar::tracker::net
