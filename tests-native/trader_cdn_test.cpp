// The other half of trader.cpp: alone, in a hurry, at the deadline, with a CDN that fails or knows no ranges.
// Playback outranks offload: whatever neighbours promise, the player is fed.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

TEST(TraderAndCdn, Alone_the_whole_segment_is_fetched_when_the_player_wants_it_and_not_before) {
  Rig rig;
  const Handle clip = rig.segment(1);
  rig.play_with_time();
  rig.trader.step();
  EXPECT_TRUE(rig.said().is_empty());
  rig.custody.wanted(clip);
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "0+0");
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "") << "once";
}

TEST(TraderAndCdn, A_starving_player_is_fed_by_the_cdn_at_once_whoever_holds_the_blocks) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "....");
  rig.offer(peer, clip, "HHHH");
  rig.custody.wanted(clip);
  rig.play(9'990, 10, 0);
  rig.trader.step();
  const Record said = rig.said();
  EXPECT_EQ(said.fetches(), "0+0");
  EXPECT_TRUE(said.sent(wire::Type::kRequest).empty());
}

TEST(TraderAndCdn, There_are_never_more_fetches_than_the_bound_and_no_block_is_left_marked_without_one) {
  Rig rig;
  rig.neighbour();
  for (uint64_t key = 1; key <= 8; ++key) rig.segment(key, "P........P", 10'000);
  rig.play_at_the_deadline();
  rig.trader.step();
  const Record said = rig.said();
  EXPECT_EQ(said.count(ActionType::kFetch), tunables::kUrgentFetchesMax);
  uint32_t fetching = 0;
  rig.world.window.each([&](Handle, const Segment& segment) {
    for (uint32_t block = 0; block < segment.blocks.size(); ++block) {
      fetching += segment.blocks.state(block) == BlockState::kDownloadingCdn ? 1 : 0;
    }
  });
  EXPECT_EQ(fetching, 8 * tunables::kUrgentFetchesMax);
}

TEST(TraderAndCdn, When_the_time_for_peers_is_over_the_cdn_is_asked_for_what_is_missing) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "P..P.PP");
  rig.offer(peer, clip, "HHHHHHH");
  rig.play(9'200, 700);
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "1+2 4+1");
  EXPECT_EQ(rig.world.counters.blocks_by_deadline, 3);
}

TEST(TraderAndCdn, A_request_in_flight_at_the_deadline_has_a_moment_before_the_cdn_is_asked_besides) {
  Rig rig;
  rig.know_the_cdn();
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "PP.");
  rig.ask(peer, clip, 2);
  rig.said();
  const TimeMs fetch_ms = rig.world.cdn.expected_ms(0);
  const TimeMs deadline = tunables::kFallbackMarginMs + 2 * fetch_ms;
  rig.play(10'000 - deadline + tunables::kLastCallMarginMs / 2, 800);
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "PPr");
  EXPECT_EQ(rig.said().words(), "") << "nothing is missing that is not under way";
  ASSERT_LT(tunables::kLastCallMarginMs + rig.world.cdn.latest_ms(kBlockBytes), deadline - tunables::kRaceMs)
      << "the last call would come first";
  rig.play(10'000 - deadline + tunables::kRaceMs - 0.1, 700);
  rig.trader.step();
  EXPECT_EQ(rig.said().words(), "");
  rig.play(10'000 - deadline + tunables::kRaceMs, 700);
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "PPc");
  const Record said = rig.said();
  EXPECT_EQ(said.fetches(), "2+1");
  EXPECT_TRUE(said.sent(wire::Type::kCancel).empty()) << "nobody knows yet that the CDN answers";
  EXPECT_EQ(rig.world.ledger.size(), 1u);
}

TEST(TraderAndCdn, Neighbours_that_have_promised_a_whole_segment_are_raced_before_the_cdn_could_not_bring_it) {
  Rig rig;
  rig.know_the_cdn();
  const Handle clip = rig.segment(1, "..........");
  for (uint32_t block = 0; block < 10; ++block) rig.ask(rig.neighbour(), clip, block);
  rig.said();
  const TimeMs needs = rig.world.cdn.latest_ms(10 * kBlockBytes) + tunables::kLastCallMarginMs;
  ASSERT_GT(needs, tunables::kFallbackMarginMs + 2 * rig.world.cdn.expected_ms(0)) << "more than for what is missing";
  rig.play(10'000 - needs - 20, 800);
  EXPECT_NEAR(rig.trader.step() - rig.world.now, 20, 0.1) << "and it is woken for it";
  EXPECT_EQ(rig.picture(clip), "rrrrrrrrrr");
  rig.play(10'000 - needs + 1, 800);
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "cccccccccc");
  EXPECT_TRUE(rig.said().sent(wire::Type::kCancel).empty()) << "the CDN may fail: they are left to answer";
  EXPECT_EQ(rig.world.ledger.size(), 10u);
}

TEST(TraderAndCdn, No_seed_beside_what_the_cdn_brings_at_the_last_moment) {
  Rig rig;
  rig.know_the_cdn();
  rig.neighbour();
  rig.segment(1, "PPPP....");
  const Handle next = rig.segment(2, "........", 12'000);
  rig.play(9'900, 100);
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "4+4");
  for (int i = 0; i < 200; ++i) {
    rig.wait(50);
    rig.play(9'900, 100);
    rig.trader.step();
  }
  EXPECT_EQ(rig.picture(next), "........");
}

// A segment at its deadline, all of it asked of a neighbour because the CDN has failed, and the CDN's pause over.
struct Race : Rig {
  Handle peer = neighbour();
  Handle clip = segment(1, "...");
  const Record asked = ask_all();
  const Record raced = begin();

 private:
  Record ask_all() {
    offer(peer, clip, "HHH");
    world.cdn.note_failure(world.dice, world.now);
    play_at_the_deadline();
    trader.step();
    EXPECT_EQ(picture(clip), "rrr");
    return said();
  }
  Record begin() {
    world.now = world.cdn.retry_ms();
    trader.step();
    return said();
  }
};

TEST(TraderAndCdn, While_the_cdn_fails_a_neighbour_is_told_all_the_time_that_the_player_has) {
  Race rig;
  const auto requests = rig.asked.sent(wire::Type::kRequest);
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].request.slack_ms, 500) << "and not what the CDN would take of it";
}

TEST(TraderAndCdn, A_neighbour_whose_queue_is_full_is_asked_for_what_is_urgent_only) {
  for (const TimeMs buffer_ms : {400.0, 1'400.0}) {
    Rig rig;
    const Handle peer = rig.neighbour();
    const Handle clip = rig.segment(1, ".P");
    rig.offer(peer, clip, "HH");
    rig.peer(peer).through_ms = rig.world.now + 2 * tunables::kQueueMaxMs * tunables::kQueueRoomMax;
    rig.world.cdn.note_failure(rig.world.dice, rig.world.now);
    rig.play(10'000 - buffer_ms, buffer_ms);
    rig.trader.step();
    EXPECT_EQ(rig.picture(clip), buffer_ms < tunables::kUrgentMs ? "rP" : ".P") << buffer_ms;
  }
}

TEST(TraderAndCdn, A_cdn_that_has_failed_is_asked_besides_the_neighbours_once_its_pause_is_over) {
  Race rig;
  EXPECT_EQ(rig.picture(rig.clip), "ccc");
  EXPECT_EQ(rig.raced.fetches(), "0+3");
  EXPECT_TRUE(rig.raced.sent(wire::Type::kCancel).empty()) << "they are left to answer";
  EXPECT_EQ(rig.world.ledger.size(), 3u);
}

TEST(TraderAndCdn, A_neighbour_that_wins_the_race_has_delivered) {
  Race rig;
  rig.receive_block(rig.peer, rig.world.ledger.requests()[1].id);
  EXPECT_EQ(rig.picture(rig.clip).find('P'), rig.picture(rig.clip).rfind('P'));
  EXPECT_EQ(rig.world.counters.blocks_from_peers, 1);
  EXPECT_EQ(rig.world.ledger.size(), 2u);
}

TEST(TraderAndCdn, When_the_cdn_wins_the_race_the_neighbours_are_told) {
  Race rig;
  const Handle fetch = rig.raced.only(ActionType::kFetch)[0];
  rig.desk.headers(fetch, bytes_of_blocks(3), true);
  for (uint32_t block = 0; block < 3; ++block) rig.desk.block(fetch, block);
  EXPECT_EQ(rig.picture(rig.clip), "CCC");
  EXPECT_EQ(rig.said().sent(wire::Type::kCancel).size(), 3u);
  EXPECT_EQ(rig.world.ledger.size(), 0u);
}

TEST(TraderAndCdn, When_the_cdn_fails_again_the_blocks_are_the_neighbours_still) {
  Race rig;
  rig.requests.rejected(rig.peer, {rig.world.ledger.requests()[0].id, wire::RejectReason::kBusy, 100});
  EXPECT_EQ(rig.picture(rig.clip), "ccc");
  rig.desk.failed(rig.raced.only(ActionType::kFetch)[0], 503, 0);
  const std::string picture = rig.picture(rig.clip);
  EXPECT_EQ(std::count(picture.begin(), picture.end(), 'r'), 2) << picture;
  EXPECT_EQ(std::count(picture.begin(), picture.end(), '.'), 1) << picture;
}

TEST(TraderAndCdn, Without_ranges_the_race_is_for_the_whole_segment) {
  Rig rig;
  rig.know_the_cdn();
  const Handle clip = rig.segment(1, "PP.");
  rig.ask(rig.neighbour(), clip, 2);
  rig.world.config.cdn_has_ranges = false;
  const TimeMs deadline = tunables::kFallbackMarginMs + 2 * rig.world.cdn.expected_ms(0);
  rig.play(10'000 - deadline + 1, 800);
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "") << "all of it is under way";
  rig.play(10'000 - deadline + tunables::kRaceMs, 700);
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "0+0");
  EXPECT_EQ(rig.picture(clip), "PPc");
}

TEST(TraderAndCdn, Without_ranges_a_cdn_that_has_failed_is_raced_for_the_whole_segment) {
  Rig rig;
  const Handle peer = rig.neighbour();
  const Handle clip = rig.segment(1, "PPr");
  rig.offer(peer, clip, "HHH");
  rig.world.config.cdn_has_ranges = false;
  rig.world.cdn.note_failure(rig.world.dice, rig.world.now);
  rig.play_at_the_deadline();
  rig.world.now = rig.world.cdn.retry_ms();
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "0+0");
  EXPECT_EQ(rig.picture(clip), "PPc");
}

TEST(TraderAndCdn, Without_ranges_nothing_is_fetched_twice_that_the_cdn_brings_already) {
  Rig rig;
  rig.neighbour();
  const Handle clip = rig.segment(1, "PPc");
  rig.world.config.cdn_has_ranges = false;
  rig.play_at_the_deadline();
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "");
  EXPECT_EQ(rig.picture(clip), "PPc");
}

TEST(TraderAndCdn, A_failing_cdn_is_not_asked_before_its_pause_is_over_not_even_by_dice) {
  Rig rig;
  rig.neighbour();
  const Handle clip = rig.segment(1, "...");
  rig.custody.wanted(clip);
  rig.world.cdn.note_failure(rig.world.dice, rig.world.now);
  rig.play_at_the_deadline();
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "");
  rig.world.now = rig.world.cdn.retry_ms();
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "0+0");
}

TEST(TraderAndCdn, A_final_answer_of_the_cdn_hands_the_load_back_to_the_player) {
  for (const int32_t status : {404, 403, 410, 416}) {
    Rig rig;
    const Handle clip = rig.segment(1, "...");
    rig.custody.wanted(clip);
    rig.at(clip).cdn_status = status;
    rig.play_with_time();
    rig.trader.step();
    EXPECT_EQ(rig.said().only(ActionType::kSegmentFailed)[1], status);
    EXPECT_TRUE(rig.at(clip).is_cdn_only);
  }
}

TEST(TraderAndCdn, A_passing_failure_is_retried_until_the_player_runs_out_of_media) {
  for (const int32_t status : {503, 500, 429, 408, -1}) {
    Rig rig;
    const Handle clip = rig.segment(1, "...");
    rig.custody.wanted(clip);
    rig.play_with_time();
    rig.trader.step();
    rig.desk.failed(rig.said().only(ActionType::kFetch)[0], std::max(status, 0), 0);
    rig.trader.step();
    EXPECT_EQ(rig.said().words(), "") << status;
    rig.play(10'000, 0, 0);
    rig.trader.step();
    EXPECT_EQ(rig.said().words(ActionType::kSegmentFailed), "") << "our own next try comes sooner than the player's";
    rig.world.now += tunables::kPatienceMs;
    rig.play(10'000, 0, 0);
    rig.trader.step();
    EXPECT_EQ(rig.said().words(ActionType::kSegmentFailed), "SEGMENT_FAILED") << status;
  }
}

TEST(TraderAndCdn, Without_ranges_one_roll_decides_for_the_whole_segment) {
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
  EXPECT_EQ(rig.said().fetches(), "0+0");
}

TEST(TraderAndCdn, Without_ranges_a_segment_of_which_a_neighbour_has_a_block_is_not_seeded) {
  Rig rig;
  rig.world.config.cdn_has_ranges = false;
  const Handle clip = rig.segment(1, "....");
  rig.offer(rig.neighbour(), clip, "..c.");
  for (int i = 0; i < 300; ++i) {
    rig.play(8'000, 1'900);
    rig.trader.step();
    rig.wait(50);
  }
  EXPECT_EQ(rig.said().fetches(), "");
}

TEST(TraderAndCdn, Without_ranges_what_is_missing_at_the_deadline_costs_the_whole_segment_once) {
  Rig rig;
  rig.neighbour();
  rig.world.config.cdn_has_ranges = false;
  const Handle clip = rig.segment(1, "PP.P");
  rig.play_at_the_deadline();
  rig.trader.step();
  rig.trader.step();
  EXPECT_EQ(rig.picture(clip), "PPcP");
  EXPECT_EQ(rig.said().fetches(), "0+0");
}

TEST(TraderAndCdn, Without_ranges_a_segment_that_is_all_under_way_is_not_fetched_whole) {
  Rig rig;
  const Handle peer = rig.neighbour();
  rig.know_the_cdn();
  rig.world.config.cdn_has_ranges = false;
  const Handle clip = rig.segment(1, "PP.P");
  rig.ask(peer, clip, 2);
  rig.said();
  const TimeMs deadline = tunables::kFallbackMarginMs + 2 * rig.world.cdn.expected_ms(0);
  rig.play(10'000 - deadline + tunables::kLastCallMarginMs / 2, 800);
  rig.trader.step();
  EXPECT_EQ(rig.said().fetches(), "");
}

}  // namespace
}  // namespace bazaar::testing
