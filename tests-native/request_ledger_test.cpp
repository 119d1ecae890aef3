// Our open requests: every one ends exactly once, with the neighbour it was made to.
#include "request_ledger.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tunables.hpp"

namespace bazaar::testing {
namespace {

constexpr Handle kPeer = 3;
constexpr Handle kOther = 4;
constexpr Handle kSegment = 9;

TEST(RequestLedger, A_request_ends_once) {
  RequestLedger ledger;
  const uint32_t id = ledger.open(kPeer, kSegment, 5, 100, 600);
  OpenRequest request;
  ASSERT_TRUE(ledger.close(id, kPeer, request));
  EXPECT_EQ(request.segment, kSegment);
  EXPECT_EQ(request.block, 5u);
  EXPECT_EQ(request.asked_ms, 100);
  EXPECT_FALSE(ledger.close(id, kPeer, request)) << "the second answer finds nothing";
  EXPECT_EQ(ledger.size(), 0u);
}

TEST(RequestLedger, Nobody_answers_for_another) {
  RequestLedger ledger;
  const uint32_t id = ledger.open(kPeer, kSegment, 5, 100, 600);
  OpenRequest request;
  EXPECT_FALSE(ledger.close(id, kOther, request));
  EXPECT_FALSE(ledger.close(id + 1, kPeer, request));
  EXPECT_FALSE(ledger.close(0, kPeer, request));
  EXPECT_EQ(ledger.size(), 1u);
}

TEST(RequestLedger, Answers_may_come_in_any_order) {
  RequestLedger ledger;
  std::vector<uint32_t> ids;
  for (uint32_t block = 0; block < 5; ++block) ids.push_back(ledger.open(kPeer, kSegment, block, 0, 600));
  for (const size_t i : {3u, 0u, 4u, 2u, 1u}) {
    OpenRequest request;
    ASSERT_TRUE(ledger.close(ids[i], kPeer, request));
    EXPECT_EQ(request.block, i);
  }
}

TEST(RequestLedger, An_id_is_never_used_again_and_never_0) {
  RequestLedger ledger;
  std::set<uint32_t> ids;
  for (int i = 0; i < 1000; ++i) {
    const uint32_t id = ledger.open(kPeer, kSegment, 0, 0, 600);
    EXPECT_NE(id, 0u);
    EXPECT_TRUE(ids.insert(id).second);
    OpenRequest request;
    ASSERT_TRUE(ledger.close(id, kPeer, request));
  }
}

TEST(RequestLedger, A_sweep_takes_what_is_over_and_leaves_the_rest) {
  RequestLedger ledger;
  for (uint32_t block = 0; block < tunables::kRequestsMax; ++block) {
    ledger.open(block % 2 == 0 ? kPeer : kOther, kSegment, block, 0, 600);
  }
  std::set<uint32_t> ended;
  ledger.sweep([](const OpenRequest& request) { return request.peer == kPeer; },
               [&](const OpenRequest& request) { EXPECT_TRUE(ended.insert(request.block).second) << "each once"; });
  EXPECT_EQ(ended.size(), tunables::kRequestsMax / 2);
  EXPECT_EQ(ledger.size(), tunables::kRequestsMax / 2);
  for (const OpenRequest& request : ledger.requests()) EXPECT_EQ(request.peer, kOther);
}

TEST(RequestLedger, While_a_request_ends_others_may_be_opened_and_closed) {
  RequestLedger ledger;
  const uint32_t kept = ledger.open(kOther, kSegment, 0, 0, 600);
  ledger.open(kPeer, kSegment, 1, 0, 600);
  ledger.open(kPeer, kSegment, 2, 0, 600);
  ledger.sweep([](const OpenRequest& request) { return request.peer == kPeer; },
               [&](const OpenRequest& request) {
                 EXPECT_FALSE(request.peer != kPeer);
                 ledger.open(kOther, kSegment, request.block, 0, 600);
               });
  OpenRequest request;
  EXPECT_TRUE(ledger.close(kept, kOther, request));
  EXPECT_EQ(ledger.size(), 2u);
}

}  // namespace
}  // namespace bazaar::testing
