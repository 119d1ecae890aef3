// The dice's odds and the choice of a source, as pure functions: what raises them, what lowers them, what forbids them.
#include "market.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tunables.hpp"

namespace bazaar::market {
namespace {

BlockMarket wanted_by(uint32_t neighbours, uint32_t swarm_size, TimeMs slack_ms = 4000,
                      TimeMs slack_at_first_ms = 4000) {
  BlockMarket block;
  block.neighbours = neighbours;
  block.knowers = neighbours;
  block.swarm_size = swarm_size;
  block.slack_ms = slack_ms;
  block.slack_at_first_ms = slack_at_first_ms;
  return block;
}

TEST(Market, A_block_that_a_neighbour_supplies_has_odds_0) {
  BlockMarket block = wanted_by(5, 100, 1);
  block.supply = 1;
  EXPECT_EQ(seed_odds(block, 40), 0);
  block.supply = 5;
  EXPECT_EQ(seed_odds(block, 40), 0) << "over-supplied";
}

TEST(Market, A_block_that_is_on_its_way_to_a_neighbour_has_odds_0) {
  BlockMarket block = wanted_by(5, 100, 1);
  block.being_met = 1;
  EXPECT_EQ(seed_odds(block, 40), 0);
}

TEST(Market, Supply_that_uplinks_cannot_spread_in_time_leaves_odds_that_rise_with_the_shortfall) {
  BlockMarket block = wanted_by(10, 100, 2000);
  block.supply = 2;
  block.being_met = 1;
  block.shortfall = 0.3;
  EXPECT_EQ(seed_odds(block, 40), 0) << "three in ten is what is short: enough";
  block.shortfall = 0.4;
  const double some = seed_odds(block, 40);
  EXPECT_GT(some, 0);
  block.shortfall = 0.8;
  EXPECT_GT(seed_odds(block, 40), some);
}

TEST(Market, Who_has_more_credit_than_the_neighbours_is_likelier_to_seed) {
  BlockMarket block = wanted_by(10, 100);
  const double even = seed_odds(block, 40);
  block.weight = 2;
  EXPECT_NEAR(seed_odds(block, 40), 2 * even, 0.05 * even);
}

TEST(Market, A_segment_that_few_have_heard_of_is_the_duty_of_these_few) {
  BlockMarket block = wanted_by(9, 1000);
  const double all = group_size(block);
  block.knowers = 0;
  EXPECT_NEAR(group_size(block), all / 10, 0.02 * all);
}

TEST(Market, Alone_the_odds_are_1) { EXPECT_EQ(seed_odds(wanted_by(0, 1), 40), 1); }

TEST(Market, The_dice_are_hasty_at_first_then_calm_then_it_is_the_neighbourhoods_turn) {
  const TimeMs in_all = 5'000;
  BlockMarket block = wanted_by(11, 1'000);
  block.slack_at_first_ms = in_all;
  const auto haste_at = [&](TimeMs slack) {
    block.slack_ms = slack;
    return haste(block);
  };
  EXPECT_EQ(haste_at(in_all), tunables::kHaste);
  EXPECT_EQ(haste_at(in_all * tunables::kHasteShare), tunables::kCalm);
  EXPECT_EQ(haste_at(in_all * tunables::kNeighbourhoodShare), 1);
  EXPECT_EQ(haste_at(-5), 1);
  block.slack_at_first_ms = 0;
  EXPECT_EQ(haste_at(in_all), tunables::kHaste) << "first seen a moment ago";
}

TEST(Market, Haste_is_greater_where_all_the_time_for_peers_is_short) {
  const auto haste_of = [](TimeMs in_all) {
    BlockMarket block = wanted_by(11, 1'000);
    block.slack_ms = block.slack_at_first_ms = in_all;
    return haste(block);
  };
  EXPECT_EQ(haste_of(5'000), tunables::kHaste);
  EXPECT_NEAR(haste_of(2'400), 2.5, 1e-9);
  EXPECT_EQ(haste_of(2'000), tunables::kHasteMax);
  EXPECT_EQ(haste_of(0), tunables::kHasteMax);
}

TEST(Market, Where_everybody_is_a_neighbour_nobody_is_in_haste_however_short_the_time) {
  for (const TimeMs in_all : {1'000, 4'000}) {
    BlockMarket near = wanted_by(3, 4, in_all, in_all);
    near.round_trip_ms = 1e6;
    EXPECT_EQ(haste(near), tunables::kCalmNear);
    EXPECT_EQ(seed_pressure(near), tunables::kSeedPressureMin);
    near.slack_ms *= tunables::kNeighbourhoodShare;
    EXPECT_EQ(haste(near), 1) << "when time runs short they are no calmer than others";
    near.swarm_size = 4 + tunables::kStrangersMax;
    EXPECT_TRUE(is_everybody_near(near.neighbours, near.swarm_size)) << "one pair may not connect";
    ++near.swarm_size;
    EXPECT_FALSE(is_everybody_near(near.neighbours, near.swarm_size));
  }
}

TEST(Market, A_segment_makes_one_lot_for_each_viewer_or_as_many_as_it_has_blocks) {
  for (const auto& [blocks, viewers, lot] :
       {std::array{11u, 4u, 3u}, {11u, 8u, 2u}, {11u, 11u, 1u}, {11u, 100u, 1u}, {11u, 1u, 11u}, {1u, 4u, 1u}})
    EXPECT_EQ(lot_size(blocks, viewers, 0), lot) << blocks << " blocks, " << viewers << " viewers";
}

TEST(Market, A_lot_is_as_large_as_its_seeder_can_hand_to_everybody_up_to_the_whole_segment) {
  const auto lot = [](double affordable) { return lot_size(11, 8, affordable); };
  EXPECT_EQ(lot(1.9), 2u) << "a lot for each viewer at least";
  EXPECT_EQ(lot(5.9), 5u);
  EXPECT_EQ(lot(11), 11u);
  EXPECT_EQ(lot(1e9), 11u);
  EXPECT_EQ(lot_size(0, 8, 1e9), 1u) << "nobody divides by nothing";
}

TEST(Market, Once_the_haste_is_over_odds_rise_as_slack_falls) {
  double before = 0;
  for (const TimeMs slack : {3000.0, 2000.0, 1000.0, 500.0, 200.0, 100.0}) {
    const double odds = seed_odds(wanted_by(11, 1000, slack), 40);
    EXPECT_GT(odds, before) << "at " << slack << " ms";
    EXPECT_LE(odds, 1);
    before = odds;
  }
}

TEST(Market, Odds_stay_odds_when_time_is_over) {
  for (const TimeMs slack : {50.0, 0.0, -10'000.0}) {
    const double odds = seed_odds(wanted_by(3, 4, slack), 40);
    EXPECT_GT(odds, 0);
    EXPECT_LE(odds, 1);
    EXPECT_EQ(odds, seed_odds(wanted_by(3, 4, tunables::kSlackFloorMs), 40))
        << "below the floor nothing grows any more";
  }
}

TEST(Market, Where_news_travels_slowly_the_dice_are_rolled_more_gently_within_bounds) {
  BlockMarket near = wanted_by(11, 1000);
  BlockMarket far = near;
  near.round_trip_ms = 20;
  far.round_trip_ms = 100;
  EXPECT_GT(seed_pressure(near), seed_pressure(far));
  near.round_trip_ms = 0;
  near.slack_ms = 1e6;
  EXPECT_EQ(seed_pressure(near), tunables::kSeedPressureMax);
  far.slack_at_first_ms = 1e6;
  far.round_trip_ms = 1e6;
  EXPECT_EQ(seed_pressure(far), tunables::kSeedPressureMin);
  far.slack_ms = -1000;
  EXPECT_EQ(seed_pressure(far), tunables::kSeedPressureMin) << "no slack is no reason for less than none";
}

TEST(Market, Where_all_the_time_there_is_is_short_the_least_pressure_is_higher) {
  BlockMarket block = wanted_by(11, 1000);
  block.round_trip_ms = 1e6;
  block.slack_at_first_ms = tunables::kSeedPressureMs / 10;
  EXPECT_DOUBLE_EQ(seed_pressure(block), 10);
  block.slack_at_first_ms = 1;
  EXPECT_EQ(seed_pressure(block), tunables::kSeedPressureMax);
}

TEST(Market, Longer_between_rolls_means_higher_odds_a_roll) {
  const BlockMarket block = wanted_by(11, 1000);
  EXPECT_GT(seed_odds(block, 80), seed_odds(block, 40));
}

TEST(Market, The_group_shrinks_from_the_swarm_to_the_neighbourhood) {
  EXPECT_NEAR(group_size(wanted_by(11, 1000, 4000)), 1000, 10) << "at first the whole swarm";
  double before = 1001;
  for (const TimeMs slack : {4000.0, 3500.0, 3000.0, 2500.0, 2000.0, 1500.0}) {
    const double group = group_size(wanted_by(11, 1000, slack));
    EXPECT_LT(group, before) << "at " << slack << " ms";
    EXPECT_GE(group, 12);
    before = group;
  }
  EXPECT_EQ(group_size(wanted_by(11, 1000, 4000 * tunables::kNeighbourhoodShare)), 12)
      << "in the last part the neighbourhood";
  EXPECT_EQ(group_size(wanted_by(11, 1000, -5)), 12);
}

TEST(Market, A_tracker_that_counts_fewer_than_we_see_does_not_shrink_the_group) {
  EXPECT_EQ(group_size(wanted_by(11, 1)), 12);
  EXPECT_EQ(group_size(wanted_by(11, 0)), 12);
}

TEST(Market, Without_a_first_slack_only_the_neighbourhood_counts) {
  EXPECT_EQ(group_size(wanted_by(11, 1000, 4000, 0)), 12);
}

TEST(Market, More_slack_than_at_first_does_not_make_the_group_larger_than_the_swarm) {
  EXPECT_NEAR(group_size(wanted_by(11, 1000, 9000, 4000)), 1000, 10);
}

TEST(Market, A_whole_group_that_rolls_until_the_end_seeds_a_block_almost_surely) {
  double unseeded = 1;
  for (TimeMs slack = 4000; slack > 0; slack -= tunables::kRollIntervalMs) {
    unseeded *= std::pow(1 - seed_odds(wanted_by(11, 12, slack), tunables::kRollIntervalMs), 12);
  }
  EXPECT_LT(unseeded, 0.01);
}

TEST(Market, Nobody_to_ask_is_nobody_asked) { EXPECT_EQ(pick_source({}, 0.5, 0.5), 0); }

TEST(Market, Of_two_neighbours_the_sooner_is_asked) {
  const std::array<Offer, 2> offers{Offer{1, 300}, Offer{2, 100}};
  EXPECT_EQ(pick_source(offers, 0.0, 0.9), 2);
  EXPECT_EQ(pick_source(offers, 0.9, 0.0), 2);
}

TEST(Market, The_highest_roll_stays_within_the_offers) {
  const std::array<Offer, 3> offers{Offer{1, 1}, Offer{2, 2}, Offer{3, 3}};
  const double highest = std::nextafter(1.0, 0.0);
  EXPECT_EQ(pick_source(offers, highest, highest), 3);
}

TEST(Market, Two_choices_spread_over_neighbours_that_are_alike) {
  std::array<Offer, 4> offers;
  std::array<int, 5> asked{};
  for (int i = 0; i < 4; ++i) offers[static_cast<size_t>(i)] = {i + 1, 100};
  for (double a = 0; a < 1; a += 0.01) {
    for (double b = 0; b < 1; b += 0.01) ++asked.at(static_cast<size_t>(pick_source(offers, a, b)));
  }
  for (int i = 1; i <= 4; ++i) EXPECT_GT(asked[static_cast<size_t>(i)], 1000) << "neighbour " << i;
}

}  // namespace
}  // namespace bazaar::market
