// Checkers that cannot fail check nothing: each is shown a broken promise.
#include "checkers.hpp"

#include <gtest/gtest.h>

#include <array>

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
  for (const uint32_t id : {1u, 2u, 3u}) checker.sent(encoded(wire::Request{id, {42}, id, 1'000}), 9, 0);
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

TEST(Checkers, The_first_complaints_of_a_viewer_are_kept_and_all_are_counted) {
  Complaints complaints;
  for (int i = 0; i < 10; ++i) complaints.add(4'000, 7, "no " + std::to_string(i));
  EXPECT_EQ(complaints.count(), 10u);
  ASSERT_EQ(complaints.kept().size(), Complaints::kKept);
  EXPECT_EQ(complaints.kept()[1], "at 4.000000 s viewer 7: no 1");
}

}  // namespace
}  // namespace bazaar::sim
