// Who counts as there: introduced by Redis's record, fenced by life and sequence, lost after a lease of silence.
#include "backplane/known_nodes.hpp"

#include <gtest/gtest.h>

#include "backplane/redis_limits.hpp"

namespace bazaar::tracker {
namespace {

using Verdict = KnownNodes::Verdict;

TEST(KnownNodes, A_stranger_is_looked_up_and_known_only_after_its_record) {
  KnownNodes nodes(1);
  EXPECT_EQ(nodes.heard({2, 100, 5}, 0), Verdict::kStranger);
  EXPECT_FALSE(nodes.admits({2, 100, 6}));
  EXPECT_EQ(nodes.introduce({2, 100, 5}, 0), Verdict::kNew);
  EXPECT_EQ(nodes.heard({2, 100, 6}, 10), Verdict::kKnown);
  EXPECT_TRUE(nodes.admits({2, 100, 7}));
}

TEST(KnownNodes, What_is_late_or_doubled_is_refused) {
  KnownNodes nodes(1);
  nodes.introduce({2, 100, 5}, 0);
  EXPECT_EQ(nodes.heard({2, 100, 5}, 1), Verdict::kRefused) << "told before the record";
  EXPECT_EQ(nodes.heard({2, 100, 8}, 1), Verdict::kKnown);
  EXPECT_EQ(nodes.heard({2, 100, 8}, 1), Verdict::kRefused) << "doubled";
  EXPECT_EQ(nodes.heard({2, 100, 7}, 1), Verdict::kRefused) << "late";
  EXPECT_TRUE(nodes.admits({2, 100, 7})) << "batches are counted apart";
  EXPECT_FALSE(nodes.admits({2, 100, 7}));
  EXPECT_FALSE(nodes.admits({2, 100, 6}));
}

TEST(KnownNodes, A_former_life_is_not_heard_and_a_new_one_replaces_it) {
  KnownNodes nodes(1);
  nodes.introduce({2, 100, 5}, 0);
  EXPECT_EQ(nodes.heard({2, 200, 1}, 1), Verdict::kStranger);
  EXPECT_EQ(nodes.introduce({2, 200, 1}, 1), Verdict::kReplaced);
  EXPECT_EQ(nodes.heard({2, 100, 9}, 2), Verdict::kRefused);
  EXPECT_FALSE(nodes.admits({2, 100, 9}));
  EXPECT_FALSE(nodes.leave({2, 100, 9}));
  EXPECT_TRUE(nodes.knows(2));
}

TEST(KnownNodes, We_are_never_somebody_else) {
  KnownNodes nodes(1);
  EXPECT_EQ(nodes.heard({1, 100, 5}, 0), Verdict::kRefused);
  EXPECT_EQ(nodes.introduce({1, 100, 5}, 0), Verdict::kRefused);
  EXPECT_EQ(nodes.size(), 0u);
}

TEST(KnownNodes, Silence_of_a_lease_is_death_once) {
  KnownNodes nodes(1);
  nodes.introduce({2, 100, 1}, 0);
  nodes.introduce({3, 100, 1}, 0);
  nodes.heard({3, 100, 2}, 1'000);
  EXPECT_TRUE(nodes.expire(kLeaseMs).empty());
  EXPECT_EQ(nodes.expire(kLeaseMs + 1), std::vector<uint16_t>{2});
  EXPECT_TRUE(nodes.expire(kLeaseMs + 1).empty());
  EXPECT_EQ(nodes.expire(kLeaseMs + 1'001), std::vector<uint16_t>{3});
  EXPECT_EQ(nodes.heard({3, 100, 3}, 9'000), Verdict::kStranger) << "back: its cells are to be read again";
}

TEST(KnownNodes, Silence_while_we_were_away_is_nobodys_fault) {
  KnownNodes nodes(1);
  nodes.introduce({2, 100, 1}, 0);
  nodes.forgive(60'000);
  EXPECT_TRUE(nodes.expire(60'000 + kLeaseMs).empty());
  EXPECT_EQ(nodes.expire(60'000 + kLeaseMs + 1).size(), 1u);

  nodes.introduce({3, 100, 1}, 0);
  nodes.forgive(60'000);
  nodes.heard({3, 100, 2}, 50'000);
  EXPECT_EQ(nodes.expire(50'000 + kLeaseMs + 1).size(), 1u) << "who is back is judged as ever";
}

TEST(KnownNodes, A_drain_is_noticed_once_for_each_time_it_begins) {
  KnownNodes nodes(1);
  EXPECT_FALSE(nodes.mark_draining(2));
  nodes.introduce({2, 100, 1}, 0);
  EXPECT_TRUE(nodes.mark_draining(2));
  EXPECT_FALSE(nodes.mark_draining(2));
  nodes.mark_serving(2);
  EXPECT_TRUE(nodes.mark_draining(2));
}

TEST(KnownNodes, Who_leaves_twice_or_with_an_old_word_leaves_once) {
  KnownNodes nodes(1);
  nodes.introduce({2, 100, 5}, 0);
  EXPECT_FALSE(nodes.leave({2, 100, 5}));
  EXPECT_TRUE(nodes.leave({2, 100, 6}));
  EXPECT_FALSE(nodes.leave({2, 100, 6}));
}

TEST(KnownNodes, One_node_too_many_is_refused) {
  KnownNodes nodes(0);
  for (uint16_t i = 1; i <= kNodesMax; ++i) EXPECT_EQ(nodes.introduce({i, 1, 1}, 0), Verdict::kNew);
  EXPECT_EQ(nodes.introduce({kNodesMax + 1, 1, 1}, 0), Verdict::kRefused);
  EXPECT_EQ(nodes.size(), kNodesMax);
}

}  // namespace
}  // namespace bazaar::tracker
