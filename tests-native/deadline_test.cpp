// The playhead's motion as clock time: when media must be here, and when the CDN must be asked.
#include "deadline.hpp"

#include <gtest/gtest.h>

namespace bazaar::testing {
namespace {

Playhead playing(TimeMs position_ms, TimeMs buffer_ms, double rate = 1, TimeMs at_ms = 0) {
  return {true, position_ms, position_ms + buffer_ms, rate, at_ms};
}

TEST(Deadline, The_playhead_moves_on_between_reports) {
  const Playhead playhead = playing(10'000, 5'000);
  EXPECT_EQ(playhead.position_at(700), 10'700);
  EXPECT_EQ(playhead.buffered_at(700), 4'300);
}

TEST(Deadline, Slack_is_the_time_until_the_media_is_played) {
  const Playhead playhead = playing(10'000, 5'000);
  EXPECT_EQ(playhead.slack_ms(15'000, 0), 5'000);
  EXPECT_EQ(playhead.slack_ms(15'000, 2'000), 3'000);
}

TEST(Deadline, At_double_rate_the_time_is_half) { EXPECT_EQ(playing(10'000, 5'000, 2).slack_ms(15'000, 0), 2'500); }

TEST(Deadline, A_paused_player_counts_as_one_about_to_go_on) {
  EXPECT_EQ(playing(10'000, 5'000, 0).slack_ms(15'000, 60'000), 5'000);
}

TEST(Deadline, A_player_that_waits_for_media_has_no_slack_for_what_it_waits_for) {
  EXPECT_EQ(Playhead{}.slack_ms(15'000, 0), 0) << "not started";
  EXPECT_TRUE(playing(10'000, 699, 0).is_starving(0)) << "stalled";
  EXPECT_EQ(playing(10'000, 699, 0).slack_ms(15'000, 0, true), 0) << "wherever it starts: its loader waits for it";
  EXPECT_EQ(playing(10'000, 699, 0).slack_ms(12'699, 0), 2'000)
      << "what follows will have as long as it takes to play to it";
  EXPECT_FALSE(playing(10'000, 700, 0).is_starving(0));
  EXPECT_FALSE(playing(10'000, 100, 1).is_starving(0)) << "a low buffer that plays is not a stall yet";
}

TEST(Deadline, Media_behind_the_playhead_is_late) { EXPECT_LT(playing(10'000, 5'000).slack_ms(9'000, 0), 0); }

TEST(Deadline, The_cdn_is_asked_early_enough_for_the_fetch_to_take_twice_its_time) {
  EXPECT_EQ(market_slack_ms(5'000, 400, 350), 5'000 - 350 - 800);
  EXPECT_LT(market_slack_ms(0, 0, 350), 0);
}

TEST(Deadline, A_page_whose_timers_come_late_asks_the_cdn_earlier_up_to_a_bound) {
  Lateness lateness;
  EXPECT_EQ(lateness.margin_ms(), tunables::kFallbackMarginMs);
  lateness.note(1'000, 1'100);
  EXPECT_EQ(lateness.margin_ms(), tunables::kFallbackMarginMs + 100 * tunables::kLatenessMargin);
  lateness.note(2'000, 9'000);
  EXPECT_EQ(lateness.margin_ms(), tunables::kFallbackMarginMs + tunables::kLatenessMarginMaxMs);
  for (int i = 0; i < 2'000; ++i) lateness.note(10'000, 10'000);
  EXPECT_NEAR(lateness.margin_ms(), tunables::kFallbackMarginMs, 1) << "timers that come in time make it forget";
}

TEST(Deadline, A_computer_whose_timers_are_late_again_and_again_has_too_much_to_do) {
  Lateness lateness;
  int timers = 0;
  while (!lateness.is_overloaded() && ++timers < 1'000) lateness.note(1'000, 1'000 + 2 * tunables::kOverloadMs);
  EXPECT_NEAR(timers, 23, 1) << "half of an average over some thirty";
  lateness.forget_usual();
  EXPECT_FALSE(lateness.is_overloaded());
  for (int i = 0; i < 1'000; ++i) lateness.note(1'000, 1'000 + tunables::kOverloadMs - 1);
  EXPECT_FALSE(lateness.is_overloaded());
}

TEST(Deadline, A_page_that_stood_still_once_or_a_computer_that_slept_is_not_overloaded) {
  Lateness lateness;
  for (int i = 0; i < 100; ++i) lateness.note(1'000, 1'003);
  lateness.note(1'000, 3'600'000);
  EXPECT_FALSE(lateness.is_overloaded());
  lateness.note(1'000, 3'600'000);
  EXPECT_TRUE(lateness.is_overloaded()) << "twice within seconds is not once";
}

TEST(Deadline, Timers_of_a_hidden_page_say_nothing_of_the_computer) {
  Lateness lateness;
  for (int i = 0; i < 1'000; ++i) lateness.note(1'000, 2'000, true);
  EXPECT_FALSE(lateness.is_overloaded());
  EXPECT_GT(lateness.margin_ms(), tunables::kFallbackMarginMs) << "but the CDN is to be asked earlier";
}

TEST(Deadline, A_queue_is_bounded_by_time_and_on_a_slow_uplink_by_blocks) {
  EXPECT_EQ(queue_max_ms(10, 1), tunables::kQueueMaxMs);
  EXPECT_EQ(queue_max_ms(400, 0.5), 400 * tunables::kQueueBlocks);
  EXPECT_EQ(queue_max_ms(10, 1.5), 1.5 * tunables::kQueueMaxMs);
  EXPECT_EQ(queue_max_ms(10, 100), tunables::kQueueRoomMax * tunables::kQueueMaxMs);
}

}  // namespace
}  // namespace bazaar::testing
