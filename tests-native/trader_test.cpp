// The market at work, a step at a time: whom it asks, what it seeds, what it leaves alone. When the CDN is asked by
// deadline, and what happens when it fails, is in trader_cdn_test.cpp.
#include "trader.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "support/neighbour.hpp"
#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

TEST(Trader, A_neighbour_that_holds_the_blocks_is_asked_before_any_dice) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "...");
  rig.offer(peer, clip, "HHH");
  rig.play_with_time();
  rig.trader.step();
  const Record said = rig.said();
  EXPECT_EQ(rig.picture(clip), "rrr");
  EXPECT_EQ(said.sent(wire::Type::kRequest, peer).size(), 3u);
  EXPECT_EQ(said.fetches(), "");
}

TEST(Trader, What_a_neighbour_fetches_is_asked_of_it_ahead) {
  for (const uint32_t swarm_size : {2u, 100u}) {
    Rig rig;
    rig.world.swarm_size = swarm_size;
    const Handle clip = rig.segment(1, "...");
    const Handle peer = rig.neighbour();
    rig.offer(peer, clip, "cpc");
    rig.play_with_time();
    rig.trader.step();
    EXPECT_EQ(rig.picture(clip), "r.r") << "what it gets from a peer is not: two could wait for each other";
    EXPECT_EQ(rig.said().sent(wire::Type::kRequest, peer).size(), 2u);
  }
}

TEST(Trader, A_segment_that_neighbours_list_first_is_leeched_and_follows_ours) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "PPP");
  rig.offer(peer, clip, "HHH");
  rig.receive(peer, status(2, "HHH", rig.at(clip).bytes_total));
  const Handle next = rig.world.window.find({2});
  ASSERT_NE(next, 0);
  rig.play_with_time();
  rig.trader.step();
  EXPECT_EQ(rig.picture(next), "rrr");
  EXPECT_EQ(rig.at(next).start_ms, rig.at(clip).end_ms()) << "until our own playlist says when it plays";
}

TEST(Trader, One_neighbour_is_asked_for_so_many_blocks_at_once) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, std::string(10, '.'));
  rig.offer(peer, clip, std::string(10, 'H'));
  rig.play_with_time();
  rig.trader.step();
  EXPECT_EQ(rig.said().sent(wire::Type::kRequest).size(), tunables::kRequestsPerPeerMax);
}

TEST(Trader, A_neighbour_that_never_delivered_is_asked_for_one_block_first) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.peer(peer).bytes_in = 0;
  const Handle clip = rig.segment(1, "...");
  rig.offer(peer, clip, "HHH");
  rig.play_with_time();
  rig.trader.step();
  ASSERT_EQ(rig.said().sent(wire::Type::kRequest).size(), 1u);
  const OpenRequest asked = rig.world.ledger.requests().back();
  rig.receive_block(peer, asked.id, block_bytes_of(rig.at(clip).bytes_total, asked.block));
  rig.trader.step();
  EXPECT_EQ(rig.said().sent(wire::Type::kRequest).size(), 2u) << "it has proven itself";
}

TEST(Trader, All_neighbours_together_are_asked_for_so_many_blocks_at_once) {
  Rig rig;
  const Handle clip = rig.segment(1, std::string(80, '.'), 30'000);
  for (int i = 0; i < 12; ++i) rig.offer(rig.neighbour(), clip, std::string(80, 'H'));
  rig.play_with_time();
  for (int i = 0; i < 5; ++i) rig.trader.step();
  EXPECT_EQ(rig.said().sent(wire::Type::kRequest).size(), tunables::kRequestsMax);
  EXPECT_EQ(rig.world.ledger.size(), tunables::kRequestsMax);
}

TEST(Trader, Who_said_no_is_not_asked_until_its_time_is_over) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "...");
  rig.offer(peer, clip, "HHH");
  rig.peer(peer).refused_until_ms = rig.world.now + 300;
  rig.play_with_time();
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "...");
  rig.wait(300);
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "rrr");
}

TEST(Trader, Who_is_too_slow_for_the_deadline_is_not_asked) {
  Rig rig;
  const Handle slow = rig.neighbour();
  const Handle quick = rig.neighbour();
  const Handle clip = rig.segment(1, "...");
  rig.peer(slow).block_ms = 60'000;
  rig.offer(slow, clip, "HHH");
  rig.offer(quick, clip, "..H");
  rig.play_with_time();
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "..r");
}

TEST(Trader, The_word_of_a_distrusted_neighbour_does_not_count) {
  Rig rig;
  const Handle liar = rig.neighbour();
  rig.neighbour();
  const Handle clip = rig.segment(1, "...");
  rig.offer(liar, clip, "HHH");
  rig.peer(liar).distrusted_until_ms = rig.world.now + 1e6;
  std::string all;
  for (int i = 0; i < 4'000 && rig.picture(clip).find('.') != std::string::npos; ++i) {
    rig.play(7'000, 2'900);  // always the same slack, until the dice fall
    rig.trader.step();
    const Record said = rig.said();
    EXPECT_TRUE(said.sent(wire::Type::kRequest).empty());
    all += said.fetches();
    rig.wait(50);
  }
  EXPECT_EQ(rig.picture(clip), "ccc") << "what only it claims to hold is seeded";
}

TEST(Trader, Blocks_that_a_neighbour_gets_or_has_are_not_seeded) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "....");
  rig.offer(peer, clip, "cpHp");
  rig.peer(peer).refused_until_ms = 1e300;  // nothing can be asked of it
  for (int i = 0; i < 500; ++i) {
    rig.play(7'000, 2'900);
    rig.trader.step();
    rig.wait(50);
  }
  EXPECT_EQ(rig.picture(clip), "....");
  EXPECT_EQ(rig.said().fetches(), "");
}

TEST(Trader, Seeds_that_touch_share_one_range) {
  Rig rig;
  rig.neighbour();
  const Handle clip = rig.segment(1, "........");
  std::string ranges;
  for (int i = 0; i < 8'000 && rig.picture(clip) != "cccccccc"; ++i) {
    rig.play(6'500, 3'400);
    rig.trader.step();
    const Record said = rig.said();
    for (const Said* fetch : said.all(ActionType::kFetch)) {
      const auto first = static_cast<uint32_t>((*fetch)[2]);
      const auto count = static_cast<uint32_t>((*fetch)[3]);
      ASSERT_GT(count, 0u) << "a seed is a range";
      EXPECT_EQ((*fetch)[4], static_cast<int32_t>(std::min((first + count) * kBlockBytes, bytes_of_blocks(8))));
      for (uint32_t block = first; block < first + count; ++block) EXPECT_EQ(rig.picture(clip)[block], 'c');
      rig.world.cdn.end((*fetch)[0]);
    }
    rig.wait(50);
  }
  EXPECT_EQ(rig.picture(clip), "cccccccc");
  EXPECT_EQ(rig.world.counters.seeds, 8);
}

// What one of four viewers with ample uplinks seeds first, over many seeds; a neighbour says that it has the offered.
// Its credit pays for so many blocks, and its uplink takes one in so long.
std::set<std::string> first_seeds(const std::string& offered, double credit_blocks, TimeMs block_ms) {
  std::set<std::string> fetched;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Rig rig(seed);
    for (int i = 0; i < 3; ++i) rig.peer(rig.neighbour()).block_ms = 10;
    rig.world.swarm_size = 4;
    rig.world.pace.note_drained(kBlockBytes, rig.world.now - block_ms, rig.world.now);
    rig.world.credit.add_download(credit_blocks * kBlockBytes);
    const Handle clip = rig.segment(1, std::string(offered.size(), '.'));
    rig.offer(rig.world.peers.handle_of(0), clip, offered);
    rig.peer(rig.world.peers.handle_of(0)).refused_until_ms = 1e9;
    Record said = rig.said();
    while (said.count(ActionType::kFetch) == 0) {
      rig.play(1'000, 8'900);  // always the same slack, until the dice fall
      rig.trader.step();
      said = rig.said();
      rig.wait(50);
    }
    if (said.count(ActionType::kFetch) == 1) fetched.insert(said.fetches());
  }
  return fetched;
}

TEST(Trader, With_ample_uplinks_all_near_a_lot_is_seeded_at_once) {
  // eleven blocks, of which a neighbour fetches block 4: |...|.c.|...|..|
  EXPECT_EQ(first_seeds("....c......", 0, 1), (std::set<std::string>{"0+3", "0+4", "3+1", "5+1", "6+3", "9+2"}))
      << "0+4: two that touch";
}

TEST(Trader, A_lot_is_larger_where_credit_and_uplink_bring_it_to_all_three_neighbours_soon) {
  // with credit for 18 blocks: |....c.|.....|
  EXPECT_EQ(first_seeds("....c......", 18, 1), (std::set<std::string>{"0+4", "5+1", "5+6", "6+5"}));
  EXPECT_EQ(first_seeds("...........", 33, 1), (std::set<std::string>{"0+11"}));
  // 20 ms a block: 500 ms are enough for 25, and three neighbours want each of eight
  EXPECT_EQ(first_seeds("...............", 1000, 20), (std::set<std::string>{"0+8", "0+15", "8+7"}));
}

TEST(Trader, However_much_credit_there_is_a_lot_is_a_megabyte_at_most) {
  ASSERT_EQ(tunables::kLotBlocksMax, 16);
  EXPECT_EQ(first_seeds(std::string(40, '.'), 1000, 1),
            (std::set<std::string>{"0+16", "0+32", "0+40", "16+16", "16+24", "32+8"}));
}

TEST(Trader, With_ample_uplinks_more_credit_counts_all_the_more) {
  const auto hazard = [](TimeMs block_ms, double credit_blocks) {
    Rig rig;
    for (int i = 0; i < 3; ++i) rig.peer(rig.neighbour()).block_ms = block_ms;  // each can pass on ten
    rig.world.swarm_size = 4;
    rig.world.pace.note_drained(kBlockBytes, rig.world.now - 1, rig.world.now);
    rig.world.credit.add_download(credit_blocks * kBlockBytes);
    rig.segment(1, "...........");
    for (;; rig.wait(50)) {
      rig.play(1'000, 8'900);  // always the same slack
      rig.trader.step();
      const Record said = rig.said();
      if (said.count(ActionType::kRole) == 0) continue;
      // The role tells thousandths: what hazard is that, a millisecond?
      return -std::log(1 - (*said.all(ActionType::kRole)[0])[3] / 1e3) / rig.world.gathering->roll_ms;
    }
  };
  const TimeMs ample_ms = tunables::kAmpleMs / 3;
  EXPECT_NEAR(hazard(ample_ms, 10) / hazard(ample_ms + 1, 10), 1, 0.1) << "no more than others have";
  EXPECT_NEAR(hazard(ample_ms, 16) / hazard(ample_ms + 1, 16), 17 / 11.0, 0.15);
}

TEST(Trader, Between_two_rolls_the_dice_rest_and_longer_with_ample_uplinks) {
  for (const auto& [block_ms, interval_ms] :
       {std::pair{1e3, tunables::kRollIntervalMs}, {1.0, tunables::kRollAmpleMs}}) {
    Rig rig;
    rig.peer(rig.neighbour()).block_ms = block_ms;
    rig.world.pace.note_drained(kBlockBytes, rig.world.now - 1, rig.world.now);
    rig.segment(1, std::string(100, '.'));
    rig.play_with_time();
    const TimeMs next = rig.trader.step();
    EXPECT_GE(next, rig.world.now + interval_ms * 0.75);
    EXPECT_LE(next, rig.world.now + interval_ms * 1.25);
    rig.said();
    rig.play(8'900, 900);  // odds are high now
    for (int i = 0; i < 20; ++i) rig.trader.step();
    EXPECT_EQ(rig.said().count(ActionType::kRole), 0u);
  }
}

TEST(Trader, Ahead_of_being_asked_only_what_the_player_will_need_is_traded) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle buffered = rig.segment(1, "....", 10'000);
  const Handle beyond = rig.segment(2, "....", 10'000 + tunables::kHorizonMs + 100);
  const Handle gone = rig.segment(3, "....", 14'000);
  rig.at(gone).gone_ms = 1;
  const Handle other = rig.segment(4, "....", 14'000);
  rig.at(other).rendition = 1;
  const Handle next = rig.segment(5, "....", 14'000);
  for (const Handle clip : {buffered, beyond, gone, other, next}) rig.offer(peer, clip, "HHHH");
  rig.play(9'000, 3'500);
  rig.trader.step();
  EXPECT_EQ(rig.picture(buffered), "....");
  EXPECT_EQ(rig.picture(beyond), "....");
  EXPECT_EQ(rig.picture(gone), "....");
  EXPECT_EQ(rig.picture(other), "....");
  EXPECT_NE(rig.picture(next), "....");
}

TEST(Trader, While_the_player_starves_the_cdn_is_for_what_it_waits_for) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle now = rig.segment(1, "....", 10'000);
  const Handle next = rig.segment(2, "....", 12'000);
  rig.at(now).is_wanted = true;
  rig.offer(peer, next, "H...");
  rig.play(10'000, 0);
  rig.world.playhead.rate = 0;
  for (int i = 0; i < 200; ++i) {
    rig.trader.step();
    rig.wait(50);
  }
  EXPECT_EQ(rig.picture(now), "cccc");
  EXPECT_EQ(rig.picture(next).substr(1), "...") << "no dice, no deadline";
}

// The player has changed from rendition 1 to rendition 0 and finishes first what it had begun.
struct Changing : Rig {
  Handle peer = neighbour();
  Handle begun = segment(1, "....", 14'000);
  Handle its_like = segment(2, "....", 14'000);
  Handle next = segment(3, "....", 16'000);
  Changing() {
    at(begun).rendition = 1;
    for (const Handle clip : {its_like, next}) offer(peer, clip, "HHHH");
    play(9'000, 3'500);
  }
};

TEST(Trader, What_the_player_loads_still_is_not_fetched_again_in_the_rendition_it_changes_to) {
  Changing rig;
  rig.at(rig.begun).is_wanted = true;
  rig.trader.step();
  EXPECT_EQ(rig.picture(rig.its_like), "....");
  EXPECT_NE(rig.picture(rig.next), "....");
}

TEST(Trader, Nor_is_what_was_handed_over_a_moment_ago_and_the_playhead_does_not_show_yet) {
  Changing rig;
  rig.at(rig.begun).is_ready_told = true;
  rig.at(rig.begun).ready_ms = rig.world.now;
  rig.trader.step();
  EXPECT_EQ(rig.picture(rig.its_like), "....");
  EXPECT_NE(rig.picture(rig.next), "....");
  rig.wait(tunables::kAppendMs);
  rig.trader.step();
  EXPECT_NE(rig.picture(rig.its_like), "....") << "the player did not take it: it will ask";
}

TEST(Trader, The_most_urgent_segment_is_asked_for_first) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle later = rig.segment(1, "...", 16'000);
  const Handle sooner = rig.segment(2, "........", 14'000);
  rig.offer(peer, later, "HHH");
  rig.offer(peer, sooner, "HHHHHHHH");
  rig.play(9'000, 3'500);
  rig.trader.step();
  EXPECT_EQ(rig.picture(sooner), "rrrrrrrr") << "as many as one neighbour may owe us";
  EXPECT_EQ(rig.picture(later), "...");
}

TEST(Trader, A_segment_of_unknown_size_is_traded_by_the_usual_size_but_not_asked_of_neighbours) {
  Rig rig;
  const Handle peer = rig.neighbour();
  SegmentWindow::set_size(rig.at(rig.segment(1, "CCCCCCCCCC", 8'000)), bytes_of_blocks(10), true);
  const Handle next = rig.segment(2);
  rig.offer(peer, next, "HHHH");
  rig.play(5'000, 4'500);
  rig.trader.step();
  EXPECT_EQ(rig.at(next).blocks.size(), static_cast<uint32_t>(10 * tunables::kSizeGuess));
  EXPECT_TRUE(rig.said().sent(wire::Type::kRequest).empty()) << "a block of unknown length cannot be checked";
}

TEST(Trader, Without_p2p_it_is_alone_whoever_is_connected) {
  Rig rig;
  rig.world.config.is_p2p = false;
  const Handle clip = rig.segment(1, "...");
  rig.offer(rig.neighbour(), clip, "HHH");
  rig.play_with_time();
  rig.trader.step();
  EXPECT_TRUE(rig.said().is_empty());
  rig.custody.wanted(clip);
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "0+0");
}

TEST(Trader, A_complete_segment_is_nobodys_demand) {
  Rig rig;
  rig.neighbour();
  rig.segment(1, "PCPC");
  rig.play_with_time();
  EXPECT_GE(rig.trader.step(), 1e300);
}

}  // namespace
}  // namespace bazaar::testing
