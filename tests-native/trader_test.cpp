// The market at work, a step at a time: alone, in company, in a hurry, with a CDN that fails or knows no ranges.
#include "trader.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

// A player five seconds before the segment: time enough for peers. Segments of the rig begin at media time 10,000.
void play_with_time(Rig& rig) { rig.play(5'000, 4'500); }
// The time for peers is over, the player not yet out of media.
void play_at_the_deadline(Rig& rig) { rig.play(9'500, 400); }

std::string fetched(const Record& said) {
  std::string ranges;
  for (const Said* fetch : said.all(ActionType::kFetch)) {
    ranges += (ranges.empty() ? "" : " ") + std::to_string((*fetch)[2]) + "+" + std::to_string((*fetch)[3]);
  }
  return ranges;
}

TEST(Trader, Alone_the_whole_segment_is_fetched_when_the_player_wants_it_and_not_before) {
  Rig rig;
  const Handle clip = rig.segment(1);
  play_with_time(rig);
  rig.trader.step();
  EXPECT_TRUE(rig.said().is_empty());
  rig.custody.wanted(clip);
  rig.trader.step();
  EXPECT_EQ(fetched(rig.said()), "0+0");
  rig.trader.step();
  EXPECT_EQ(fetched(rig.said()), "") << "once";
}

TEST(Trader, A_starving_player_is_fed_by_the_cdn_at_once_whoever_holds_the_blocks) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "....");
  rig.offer(peer, clip, "HHHH");
  rig.custody.wanted(clip);
  rig.play(9'990, 10, 0);
  rig.trader.step();
  const Record said = rig.said();
  EXPECT_EQ(fetched(said), "0+0");
  EXPECT_TRUE(said.sent(wire::Type::kRequest).empty());
}

TEST(Trader, A_neighbour_that_holds_the_blocks_is_asked_before_any_dice) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "...");
  rig.offer(peer, clip, "HHH");
  play_with_time(rig);
  rig.trader.step();
  const Record said = rig.said();
  EXPECT_EQ(rig.picture(clip), "rrr");
  EXPECT_EQ(said.sent(wire::Type::kRequest, peer).size(), 3u);
  EXPECT_EQ(fetched(said), "");
}

TEST(Trader, One_neighbour_is_asked_for_so_many_blocks_at_once) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, std::string(10, '.'));
  rig.offer(peer, clip, std::string(10, 'H'));
  play_with_time(rig);
  rig.trader.step();
  EXPECT_EQ(rig.said().sent(wire::Type::kRequest).size(), tunables::kRequestsPerPeerMax);
}

TEST(Trader, All_neighbours_together_are_asked_for_so_many_blocks_at_once) {
  Rig rig;
  const Handle clip = rig.segment(1, std::string(80, '.'), 30'000);
  for (int i = 0; i < 12; ++i) rig.offer(rig.neighbour(), clip, std::string(80, 'H'));
  play_with_time(rig);
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
  play_with_time(rig);
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
  rig.peer(slow).bytes_per_ms = 1;
  rig.offer(slow, clip, "HHH");
  rig.offer(quick, clip, "..H");
  play_with_time(rig);
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
  for (int i = 0; i < 200 && rig.picture(clip).find('.') != std::string::npos; ++i) {
    rig.play(7'000, 2'900);  // always the same slack, until the dice fall
    rig.trader.step();
    const Record said = rig.said();
    EXPECT_TRUE(said.sent(wire::Type::kRequest).empty());
    all += fetched(said);
    rig.wait(50);
  }
  EXPECT_EQ(rig.picture(clip), "ccc") << "what only it claims to hold is seeded";
}

TEST(Trader, Blocks_that_a_neighbour_gets_or_has_are_not_seeded) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "....");
  rig.offer(peer, clip, "cpcp");
  for (int i = 0; i < 500; ++i) {
    rig.play(7'000, 2'900);
    rig.trader.step();
    rig.wait(50);
  }
  EXPECT_EQ(rig.picture(clip), "....");
  EXPECT_EQ(fetched(rig.said()), "");
}

TEST(Trader, Seeds_that_touch_share_one_range) {
  Rig rig;
  rig.neighbour();
  const Handle clip = rig.segment(1, "........");
  std::string ranges;
  for (int i = 0; i < 400 && rig.picture(clip) != "cccccccc"; ++i) {
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

TEST(Trader, Between_two_rolls_the_dice_rest) {
  Rig rig;
  rig.neighbour();
  rig.segment(1, std::string(100, '.'));
  play_with_time(rig);
  const TimeMs next = rig.trader.step();
  EXPECT_GE(next, rig.world.now + tunables::kRollIntervalMs * 0.75);
  EXPECT_LE(next, rig.world.now + tunables::kRollIntervalMs * 1.25);
  rig.said();
  rig.play(8'900, 900);  // odds are high now
  for (int i = 0; i < 20; ++i) rig.trader.step();
  EXPECT_EQ(rig.said().count(ActionType::kRole), 0u);
}

TEST(Trader, There_are_never_more_fetches_than_the_bound_and_no_block_is_left_marked_without_one) {
  Rig rig;
  rig.neighbour();
  for (uint64_t key = 1; key <= 8; ++key) rig.segment(key, "P........P", 10'000);
  play_at_the_deadline(rig);
  rig.trader.step();
  const Record said = rig.said();
  EXPECT_EQ(said.count(ActionType::kFetch), tunables::kFetchesMax);
  uint32_t fetching = 0;
  rig.world.window.each([&](Handle, const Segment& segment) {
    for (uint32_t block = 0; block < segment.blocks.size(); ++block) {
      fetching += segment.blocks.state(block) == BlockState::kDownloadingCdn ? 1 : 0;
    }
  });
  EXPECT_EQ(fetching, 8 * tunables::kFetchesMax);
}

TEST(Trader, When_the_time_for_peers_is_over_the_cdn_is_asked_for_what_is_missing) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "P..P.PP");
  rig.offer(peer, clip, "HHHHHHH");
  rig.play(9'200, 700);
  rig.trader.step();
  EXPECT_EQ(fetched(rig.said()), "1+2 4+1");
  EXPECT_EQ(rig.world.counters.blocks_by_deadline, 3);
}

TEST(Trader, A_request_in_flight_at_the_deadline_has_a_moment_of_grace) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "P..");
  rig.ask(peer, clip, 1);
  rig.ask(peer, clip, 2);
  rig.said();
  const TimeMs fetch_ms = rig.world.cdn.expected_ms(0);
  const TimeMs deadline = tunables::kFallbackMarginMs + 2 * fetch_ms;
  rig.play(10'000 - deadline + 100, 800);
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "Prr");
  EXPECT_EQ(rig.said().words(), "") << "nothing is missing that is not under way";
  rig.play(10'000 - deadline + tunables::kFallbackGraceMs, 700);
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "Pcc");
  const Record said = rig.said();
  EXPECT_EQ(said.sent(wire::Type::kCancel).size(), 2u);
  EXPECT_EQ(fetched(said), "1+2");
}

TEST(Trader, While_the_cdn_fails_neighbours_are_asked_even_after_the_deadline_and_left_to_answer) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "...");
  rig.offer(peer, clip, "HHH");
  rig.world.cdn.note_failure(rig.world.dice, rig.world.now);
  play_at_the_deadline(rig);
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "rrr");
  rig.wait(tunables::kCdnRetryMs);
  rig.said();
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "rrr");
  EXPECT_TRUE(rig.said().sent(wire::Type::kCancel).empty());
}

TEST(Trader, A_failing_cdn_is_not_asked_before_its_pause_is_over_not_even_by_dice) {
  Rig rig;
  rig.neighbour();
  const Handle clip = rig.segment(1, "...");
  rig.custody.wanted(clip);
  rig.world.cdn.note_failure(rig.world.dice, rig.world.now);
  play_at_the_deadline(rig);
  rig.trader.step();
  EXPECT_EQ(fetched(rig.said()), "");
  rig.world.now = rig.world.cdn.retry_ms();
  rig.trader.step();
  EXPECT_EQ(fetched(rig.said()), "0+0");
}

TEST(Trader, A_final_answer_of_the_cdn_hands_the_load_back_to_the_player) {
  for (const int32_t status : {404, 403, 410, 416}) {
    Rig rig;
    const Handle clip = rig.segment(1, "...");
    rig.custody.wanted(clip);
    rig.at(clip).cdn_status = status;
    play_with_time(rig);
    rig.trader.step();
    EXPECT_EQ(rig.said().only(ActionType::kSegmentFailed)[1], status);
    EXPECT_TRUE(rig.at(clip).is_cdn_only);
  }
}

TEST(Trader, A_passing_failure_is_retried_until_the_player_runs_out_of_media) {
  for (const int32_t status : {503, 500, 429, 408, -1}) {
    Rig rig;
    const Handle clip = rig.segment(1, "...");
    rig.custody.wanted(clip);
    play_with_time(rig);
    rig.trader.step();
    rig.desk.failed(rig.said().only(ActionType::kFetch)[0], std::max(status, 0), 0);
    rig.trader.step();
    EXPECT_EQ(rig.said().words(), "") << status;
    rig.play(10'000, 0, 0);
    rig.trader.step();
    EXPECT_EQ(rig.said().words(ActionType::kSegmentFailed), "SEGMENT_FAILED") << status;
  }
}

TEST(Trader, Without_ranges_one_roll_decides_for_the_whole_segment) {
  Rig rig;
  rig.neighbour();
  rig.world.config.cdn_has_ranges = false;
  const Handle clip = rig.segment(1, "....");
  for (int i = 0; i < 500 && rig.picture(clip) == "...."; ++i) {
    rig.play(8'000, 1'900);
    rig.trader.step();
    rig.wait(50);
  }
  EXPECT_EQ(rig.picture(clip), "cccc");
  EXPECT_EQ(fetched(rig.said()), "0+0");
}

TEST(Trader, Without_ranges_a_segment_of_which_a_neighbour_has_a_block_is_not_seeded) {
  Rig rig;
  rig.world.config.cdn_has_ranges = false;
  const Handle clip = rig.segment(1, "....");
  rig.offer(rig.neighbour(), clip, "..c.");
  for (int i = 0; i < 300; ++i) {
    rig.play(8'000, 1'900);
    rig.trader.step();
    rig.wait(50);
  }
  EXPECT_EQ(fetched(rig.said()), "");
}

TEST(Trader, Without_ranges_what_is_missing_at_the_deadline_costs_the_whole_segment_once) {
  Rig rig;
  rig.neighbour();
  rig.world.config.cdn_has_ranges = false;
  const Handle clip = rig.segment(1, "PP.P");
  play_at_the_deadline(rig);
  rig.trader.step();
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "PPcP");
  EXPECT_EQ(fetched(rig.said()), "0+0");
}

TEST(Trader, Without_ranges_a_segment_that_is_all_under_way_is_not_fetched_whole) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.world.config.cdn_has_ranges = false;
  const Handle clip = rig.segment(1, "PP.P");
  rig.ask(peer, clip, 2);
  rig.said();
  const TimeMs deadline = tunables::kFallbackMarginMs + 2 * rig.world.cdn.expected_ms(0);
  rig.play(10'000 - deadline + 100, 800);
  rig.trader.step();
  EXPECT_EQ(fetched(rig.said()), "");
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

TEST(Trader, The_most_urgent_segment_is_asked_for_first) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle later = rig.segment(1, "...", 16'000);
  const Handle sooner = rig.segment(2, "...", 14'000);
  rig.offer(peer, later, "HHH");
  rig.offer(peer, sooner, "HHH");
  rig.play(9'000, 3'500);
  rig.trader.step();
  EXPECT_EQ(rig.picture(sooner), "rrr");
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
  play_with_time(rig);
  rig.trader.step();
  EXPECT_TRUE(rig.said().is_empty());
  rig.custody.wanted(clip);
  rig.trader.step();
  EXPECT_EQ(fetched(rig.said()), "0+0");
}

TEST(Trader, A_complete_segment_is_nobodys_demand) {
  Rig rig;
  rig.neighbour();
  rig.segment(1, "PCPC");
  play_with_time(rig);
  EXPECT_GE(rig.trader.step(), 1e300);
}

}  // namespace
}  // namespace bazaar::testing
