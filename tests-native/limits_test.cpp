// The arithmetic of what is possible, on numbers that one can check in one's head.
#include "limits.hpp"

#include <gtest/gtest.h>

#include "max_flow.hpp"
#include "tally.hpp"

namespace bazaar::sim {
namespace {

/// 100 viewers of 1,000 bytes each, one component, rich links.
LimitInputs plain() {
  LimitInputs in;
  in.useful_bytes = 100'000;
  in.distinct_bytes = 1'000;
  in.neighbours = 9;
  in.uplink_mean = 2;
  in.uplink_capped_mean = 1;
  in.window_ms = 5'000;
  in.hop_ms = 200;
  in.flow_bytes = 99'000;
  return in;
}

double limit(const LimitInputs& in, const std::string& key) {
  for (const Limit& one : limits_of(in)) {
    if (one.key == key) return one.offload;
  }
  return -1;
}

TEST(Limits, Every_byte_leaves_the_cdn_once_for_each_component) {
  EXPECT_DOUBLE_EQ(limit(plain(), "once"), 0.99);
  EXPECT_DOUBLE_EQ(limit(plain(), "no_relaying"), 0.9);
  EXPECT_EQ(binding(limits_of(plain())).key, "once");
}

TEST(Limits, Poor_uplinks_bind_when_they_are_less) {
  LimitInputs in = plain();
  in.uplink_mean = 0.6;
  in.uplink_capped_mean = 0.5;
  in.flow_bytes = 50'000;
  EXPECT_EQ(binding(limits_of(in)).key, "uplinks_capped") << "the max flow says no more, and is less simple";
  EXPECT_DOUBLE_EQ(binding(limits_of(in)).offload, 0.5);
  EXPECT_DOUBLE_EQ(limit(in, "uplinks"), 0.6);
}

TEST(Limits, A_graph_that_keeps_uplinks_from_those_who_want_binds_by_its_flow) {
  LimitInputs in = plain();
  in.flow_bytes = 70'000;
  EXPECT_EQ(binding(limits_of(in)).key, "max_flow");
  EXPECT_DOUBLE_EQ(binding(limits_of(in)).offload, 0.7);
}

TEST(Limits, Joiners_and_short_windows_bind_in_their_turn) {
  LimitInputs in = plain();
  in.starting_bytes = 30'000;
  EXPECT_EQ(binding(limits_of(in)).key, "joiners");
  in.hop_ms = 4'000;
  EXPECT_EQ(binding(limits_of(in)).key, "delay");
  EXPECT_DOUBLE_EQ(limit(in, "delay"), 0.5);
}

TEST(Limits, What_is_not_our_rules_never_binds) {
  LimitInputs in = plain();
  in.neighbours = 1;
  EXPECT_DOUBLE_EQ(limit(in, "no_relaying"), 0.5);
  EXPECT_NE(binding(limits_of(in)).key, "no_relaying");
}

// 0 --3--> 1 --2--> 3        1 -> 2 is the way round
//  \--2--> 2 --3--> 3
TEST(MaxFlow, Fills_every_way_and_finds_the_way_round) {
  MaxFlow graph(4);
  graph.add_edge(0, 1, 3);
  graph.add_edge(0, 2, 2);
  graph.add_edge(1, 3, 2);
  graph.add_edge(2, 3, 3);
  MaxFlow with_a_bridge = graph;
  with_a_bridge.add_edge(1, 2, 5);
  EXPECT_EQ(graph.solve(0, 3), 4);
  EXPECT_EQ(with_a_bridge.solve(0, 3), 5);
}

// The first way found, 0-1-2-3, blocks both others: some of it must be taken back.
TEST(MaxFlow, Takes_back_what_was_sent_the_wrong_way) {
  MaxFlow graph(6);
  graph.add_edge(0, 1, 1);
  graph.add_edge(0, 2, 1);
  graph.add_edge(1, 3, 1);
  graph.add_edge(1, 4, 1);
  graph.add_edge(2, 3, 1);
  graph.add_edge(3, 5, 1);
  graph.add_edge(4, 5, 1);
  EXPECT_EQ(graph.solve(0, 5), 2);
}

TEST(MaxFlow, Without_a_way_nothing_flows) {
  MaxFlow graph(3);
  graph.add_edge(0, 1, 7);
  graph.add_edge(1, 2, 0);
  EXPECT_EQ(graph.solve(0, 2), 0);
}

TEST(BlockSet, Each_block_is_new_once) {
  BlockSet set;
  EXPECT_TRUE(set.insert(700));
  EXPECT_FALSE(set.insert(700));
  EXPECT_TRUE(set.insert(3)) << "before the first";
  EXPECT_TRUE(set.insert(1'500));
  EXPECT_FALSE(set.insert(3));
  EXPECT_TRUE(set.contains(700));
  EXPECT_FALSE(set.contains(701));
  EXPECT_FALSE(set.contains(100'000));
  EXPECT_TRUE(set.erase(700));
  EXPECT_FALSE(set.erase(700));
  std::vector<size_t> all;
  set.each([&](size_t index) { all.push_back(index); });
  EXPECT_EQ(all, (std::vector<size_t>{3, 1'500}));
}

}  // namespace
}  // namespace bazaar::sim
