// Checkers that cannot fail check nothing: each is shown a broken promise.
#include "checkers.hpp"

#include <gtest/gtest.h>

#include <array>

#include "lateness_checker.hpp"
#include "support/neighbour.hpp"

namespace bazaar::sim {
namespace {

using bazaar::testing::encoded;

TEST(Checkers, One_byte_uploaded_more_than_downloaded_is_one_too_many) {
  CreditChecker checker;
  checker.downloaded(1'000);
  EXPECT_FALSE(checker.uploaded(1'000));
  EXPECT_TRUE(checker.uploaded(1));
}

TEST(Checkers, A_request_ends_once_and_does_not_live_for_ever) {
  RequestChecker checker;
  const auto request = encoded(wire::Request{5, {42}, 3, 1'000});
  const auto cancel = encoded(wire::Cancel{5});
  EXPECT_FALSE(checker.sent(request, 1, 0));
  EXPECT_EQ(checker.sent(request, 2, 10), "used the id of an open request again");
  EXPECT_FALSE(checker.look(RequestChecker::kOldMs));
  EXPECT_EQ(checker.look(RequestChecker::kOldMs + 1), "request 5 never ended");
  EXPECT_FALSE(checker.sent(cancel, 1, 20));
  EXPECT_EQ(checker.sent(cancel, 1, 30), "cancelled a request that had ended");
  EXPECT_FALSE(checker.look(1e9));
}

TEST(Checkers, Blocks_rejects_and_closed_connections_end_requests) {
  RequestChecker checker;
  for (const uint16_t id : std::initializer_list<uint16_t>{1, 2, 3})
    checker.sent(encoded(wire::Request{id, {42}, id, 1'000}), 9, 0);
  checker.block_came(1, 9);
  checker.reject_came(encoded(wire::Reject{2, wire::RejectReason::kBusy, 40}), 9);
  EXPECT_EQ(checker.look(1e9), "request 3 never ended");
  checker.link_ended(9);
  EXPECT_FALSE(checker.look(1e9));
}

TEST(Checkers, A_frame_that_nobody_can_decode_is_told) {
  RequestChecker checker;
  EXPECT_EQ(checker.sent(std::array<uint8_t, 3>{0xc1, 0xc1, 0xc1}, 1, 0), "sent a frame that nobody can decode");
}

TEST(Checkers, A_bound_that_is_exceeded_is_named) {
  World world(1);
  EXPECT_FALSE(exceeded_bound(world));
  world.store_bytes = 1e12;
  const auto said = exceeded_bound(world);
  ASSERT_TRUE(said);
  EXPECT_TRUE(said->starts_with("bytes stored: ")) << *said;
}

/// The player has come to a segment of four blocks, and the engine lets it wait.
TEST(Checkers, A_block_that_is_needed_and_sought_nowhere_is_told_after_a_while) {
  NeglectChecker checker;
  EXPECT_FALSE(checker.look(7, 10'000));
  EXPECT_FALSE(checker.look(7, 10'000 + NeglectChecker::kPatienceMs));
  EXPECT_EQ(checker.look(7, 10'001 + NeglectChecker::kPatienceMs), "a block of segment 7 is needed and sought nowhere");
  EXPECT_FALSE(checker.look(7, 10'002 + NeglectChecker::kPatienceMs)) << "not again at once";
}

TEST(Checkers, A_block_that_is_sought_again_was_not_neglected) {
  NeglectChecker checker;
  EXPECT_FALSE(checker.look(7, 10'000));
  EXPECT_FALSE(checker.look(std::nullopt, 10'100));
  EXPECT_FALSE(checker.look(7, 10'200));
  EXPECT_FALSE(checker.look(8, 10'200 + 2 * NeglectChecker::kPatienceMs)) << "another one is";
}

TEST(Checkers, A_block_is_sought_while_a_request_for_it_is_open) {
  RequestChecker checker;
  wire::Request request;
  request.id = 9;
  request.key = {42};
  request.block = 3;
  std::array<uint8_t, 64> frame{};
  const size_t length = wire::encode(request, frame);
  EXPECT_FALSE(checker.sent({frame.data(), length}, 1, 1'000));
  EXPECT_TRUE(checker.is_asked({42}, 3));
  EXPECT_FALSE(checker.is_asked({42}, 4));
  EXPECT_FALSE(checker.is_asked({43}, 3));
  checker.block_came(9, 1);
  EXPECT_FALSE(checker.is_asked({42}, 3));
}

TEST(Checkers, The_first_complaints_of_a_viewer_are_kept_and_all_are_counted) {
  Complaints complaints;
  for (int i = 0; i < 10; ++i) complaints.add(4'000, 7, "no " + std::to_string(i));
  EXPECT_EQ(complaints.count(), 10u);
  ASSERT_EQ(complaints.kept().size(), Complaints::kKept);
  EXPECT_EQ(complaints.kept()[1], "at 4.000000 s viewer 7: no 1");
}

// sn       0    1    2    3
// alone   1.0  3.0  5.0  9.0   appended at, s
PlayRecord alone() {
  PlayRecord record;
  record.appended_ms = {1'000, 3'000, 5'000, 9'000};
  record.first_picture_ms = 1'000;
  record.end_ms = 20'000;
  return record;
}

PlayRecord late(uint32_t sn, TimeMs due_ms) {
  PlayRecord record = alone();
  record.late.push_back({sn, due_ms});
  return record;
}

TEST(LatenessChecker, A_segment_that_the_cdn_alone_had_before_it_was_due_must_not_be_late) {
  const std::vector<PlayRecord> cdn_only{alone()};
  LatenessChecker checker(cdn_only);
  checker.check(0, alone());
  EXPECT_EQ(checker.complaints().count(), 0u);
  checker.check(0, late(2, 5'400));
  ASSERT_EQ(checker.complaints().count(), 1u);
  EXPECT_EQ(checker.complaints().kept()[0],
            "at 5.400000 s viewer 0: segment 2 is late; the CDN alone had it 400 ms before");
}

TEST(LatenessChecker, What_the_cdn_alone_had_not_in_time_either_is_no_complaint) {
  const std::vector<PlayRecord> cdn_only{alone()};
  LatenessChecker checker(cdn_only);
  checker.check(0, late(3, 8'999));
  checker.check(0, late(7, 15'000));
  EXPECT_EQ(checker.complaints().count(), 0u);
}

TEST(LatenessChecker, Who_never_starts_is_told_unless_the_cdn_alone_did_not_start_either) {
  PlayRecord dark = alone();
  dark.first_picture_ms = PlayRecord::kNever;
  std::vector<PlayRecord> cdn_only{alone()};
  LatenessChecker checker(cdn_only);
  checker.check(0, dark);
  EXPECT_EQ(checker.complaints().count(), 1u);
  dark.end_ms = 5'999;  // gone too soon to tell
  checker.check(0, dark);
  EXPECT_EQ(checker.complaints().count(), 1u);
  cdn_only[0].first_picture_ms = PlayRecord::kNever;
  dark.end_ms = 20'000;
  checker.check(0, dark);
  EXPECT_EQ(checker.complaints().count(), 1u);
}

}  // namespace
}  // namespace bazaar::sim
