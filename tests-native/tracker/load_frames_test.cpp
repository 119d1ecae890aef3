// The bytes that the load generator writes and reads: masked frames, servers' frames, stamps, an offer's blob.
// Owns examples; refuses sockets.
#include <gtest/gtest.h>

#include <numeric>

#include "bench/tracker/client_frames.hpp"
#include "bench/tracker/offer_blob.hpp"
#include "bench/tracker/stamp.hpp"
#include "ice_description.hpp"

namespace bazaar::load {
namespace {

std::vector<uint8_t> bytes(size_t n) {
  std::vector<uint8_t> all(n);
  std::iota(all.begin(), all.end(), uint8_t{1});
  return all;
}

std::vector<uint8_t> unmasked(const std::vector<uint8_t>& frame, size_t header) {
  std::vector<uint8_t> payload(frame.begin() + static_cast<ptrdiff_t>(header), frame.end());
  for (size_t i = 0; i < payload.size(); ++i) payload[i] ^= frame[header - 4 + i % 4];
  return payload;
}

TEST(LoadFrames, A_frame_unmasked_is_its_payload_whatever_its_length) {
  for (const auto& [size, header] :
       {std::pair{5, 6}, std::pair{125, 6}, std::pair{126, 8}, std::pair{65'535, 8}, std::pair{65'536, 14}}) {
    std::vector<uint8_t> out;
    FrameTemplate(Opcode::kBinary, bytes(size)).append_to(out);
    EXPECT_EQ(out.size(), static_cast<size_t>(size + header));
    EXPECT_EQ(out[0], 0x82);
    EXPECT_EQ(unmasked(out, header), bytes(size));
  }
}

TEST(LoadFrames, A_patched_frame_is_that_of_the_patched_payload) {
  const FrameTemplate frame(Opcode::kText, bytes(40));
  std::vector<uint8_t> out;
  frame.append_to(out);
  frame.append_to(out).patch(7, bytes(3));
  std::vector<uint8_t> expected = bytes(40);
  std::copy_n(bytes(3).begin(), 3, expected.begin() + 7);
  EXPECT_EQ(unmasked({out.begin() + static_cast<ptrdiff_t>(frame.size()), out.end()}, 6), expected);
  EXPECT_EQ(unmasked({out.begin(), out.begin() + static_cast<ptrdiff_t>(frame.size())}, 6), bytes(40))
      << "the neighbour";
}

TEST(LoadFrames, A_servers_frame_is_whole_only_with_its_last_byte) {
  std::vector<uint8_t> frame{0x82, 126, 1, 0};
  frame.resize(4 + 256, 9);
  for (size_t n = 0; n < frame.size(); ++n)
    EXPECT_EQ(ServerFrame::parse({frame.data(), n}).verdict, ServerFrame::Verdict::kMore) << n;
  frame.push_back(0x81);  // the next one
  const ServerFrame whole = ServerFrame::parse(frame);
  EXPECT_EQ(whole.verdict, ServerFrame::Verdict::kWhole);
  EXPECT_EQ(whole.payload.size(), 256u);
  EXPECT_EQ(whole.size, 260u);
}

TEST(LoadFrames, Fragments_masks_reserved_bits_and_giants_are_broken) {
  const std::vector<std::vector<uint8_t>> frames{
      {0x02, 1, 0}, {0x82, 0x81, 0}, {0xc2, 1, 0}, {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 1}};
  for (const auto& frame : frames) EXPECT_EQ(ServerFrame::parse(frame).verdict, ServerFrame::Verdict::kBroken);
}

TEST(LoadFrames, A_stamp_comes_back_from_bytes_and_from_text) {
  Stamp stamp;
  stamp.from = 1;
  stamp.to = 0xfedc'ba98;
  stamp.kind = 2;
  stamp.number = 0x0123'4567'89ab'cdef;
  stamp.due_ns = 42;
  for (const auto& read : {Stamp::read(stamp.bytes()), Stamp::read_text(stamp.text())}) {
    ASSERT_TRUE(read);
    EXPECT_EQ(read->bytes(), stamp.bytes());
  }
}

TEST(LoadFrames, What_was_damaged_or_cut_is_no_stamp) {
  auto damaged = Stamp{}.bytes();
  damaged[0] ^= 1;
  EXPECT_FALSE(Stamp::read(damaged));
  auto text = Stamp{}.text();
  EXPECT_FALSE(Stamp::read_text({text.data(), text.size() - 1}));
  text[20] = 'g';
  EXPECT_FALSE(Stamp::read_text(text));
}

TEST(LoadFrames, Every_offers_blob_is_as_long_as_wished_and_passes_the_trackers_check_with_any_stamp) {
  for (size_t size = OfferBlob::kBytesMin; size <= OfferBlob::kBytesMax; ++size) {
    OfferBlob blob(size);
    ASSERT_EQ(blob.bytes.size(), size);
    Stamp stamp;
    stamp.number = UINT64_MAX;
    const auto stamped = stamp.bytes();
    std::copy(stamped.begin(), stamped.end(), blob.bytes.begin() + static_cast<ptrdiff_t>(blob.stamp_at));
    ASSERT_TRUE(ice_description::check(blob.bytes, tracker_wire::SignalKind::kOffer)) << size;
  }
}

TEST(LoadFrames, A_blob_out_of_bounds_is_refused) {
  EXPECT_THROW(OfferBlob(OfferBlob::kBytesMin - 1), std::invalid_argument);
  EXPECT_THROW(OfferBlob(OfferBlob::kBytesMax + 1), std::invalid_argument);
}

}  // namespace
}  // namespace bazaar::load
