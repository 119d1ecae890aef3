// The CDN as a viewer experiences it: its speed, its failures, and how long it is then left alone.
#include "cdn_policy.hpp"

#include <gtest/gtest.h>

namespace bazaar::testing {
namespace {

TEST(CdnPolicy, There_are_so_many_fetches_at_once_and_no_more) {
  CdnPolicy cdn;
  Handle first = 0;
  for (uint32_t i = 0; i < tunables::kUrgentFetchesMax; ++i) {
    EXPECT_EQ(cdn.has_room(false), i < tunables::kFetchesMax) << "seeds leave room for what is urgent";
    EXPECT_TRUE(cdn.has_room(true));
    const Handle fetch = cdn.begin({});
    ASSERT_NE(fetch, 0);
    if (first == 0) first = fetch;
  }
  EXPECT_FALSE(cdn.has_room(true));
  EXPECT_EQ(cdn.begin({}), 0);
  cdn.end(first);
  EXPECT_TRUE(cdn.has_room(true));
  cdn.end(first);
  EXPECT_EQ(cdn.in_progress(), tunables::kUrgentFetchesMax - 1) << "ended twice is ended once";
}

TEST(CdnPolicy, A_fetch_covers_its_range_and_a_whole_one_everything) {
  Fetch fetch;
  fetch.first = 3;
  fetch.count = 2;
  std::string covered;
  for (uint32_t block = 0; block < 7; ++block) covered += fetch.covers(block) ? 'x' : '.';
  EXPECT_EQ(covered, "...xx..");
  fetch.is_whole = true;
  EXPECT_TRUE(fetch.covers(0));
}

TEST(CdnPolicy, After_a_failure_the_cdn_is_left_alone_for_twice_as_long_each_time) {
  CdnPolicy cdn;
  Dice dice(1);
  TimeMs full = tunables::kCdnRetryMs;
  for (int i = 0; i < 8; ++i) {
    cdn.note_failure(dice, 1000);
    const TimeMs pause = cdn.retry_ms() - 1000;
    EXPECT_GE(pause, full / 2) << "failure " << i;
    EXPECT_LE(pause, full) << "failure " << i;
    EXPECT_FALSE(cdn.may_ask(1000 + pause - 1));
    EXPECT_TRUE(cdn.may_ask(1000 + pause));
    full = std::min(full * 2, tunables::kCdnRetryMaxMs);
  }
}

TEST(CdnPolicy, One_answer_and_the_failures_are_forgotten) {
  CdnPolicy cdn;
  Dice dice(1);
  for (int i = 0; i < 5; ++i) cdn.note_failure(dice, 1000);
  EXPECT_TRUE(cdn.is_failing());
  Fetch fetch;
  fetch.began_ms = 5000;
  cdn.note_headers(fetch, 5050);
  EXPECT_FALSE(cdn.is_failing());
  cdn.note_failure(dice, 6000);
  EXPECT_LE(cdn.retry_ms(), 6000 + tunables::kCdnRetryMs) << "the pause begins small again";
}

TEST(CdnPolicy, A_slow_cdn_is_expected_to_be_slow) {
  CdnPolicy cdn;
  const TimeMs before = cdn.expected_ms(600'000);
  for (int i = 0; i < 30; ++i) {
    Fetch fetch;
    fetch.began_ms = 10'000;
    cdn.note_headers(fetch, 10'500);
    fetch.bytes = 100'000;
    cdn.note_done(fetch, 11'500);
  }
  EXPECT_NEAR(cdn.expected_ms(0), 500, 10);
  EXPECT_NEAR(cdn.expected_ms(600'000), 500 + 6000, 100);
  EXPECT_GT(cdn.expected_ms(600'000), before);
}

/// A block that comes `first_byte_ms` and then `takes_ms` after it was asked for.
void fetch_block(CdnPolicy& cdn, TimeMs first_byte_ms, TimeMs takes_ms) {
  Fetch fetch;
  fetch.began_ms = 10'000;
  cdn.note_headers(fetch, 10'000 + first_byte_ms);
  fetch.bytes = kBlockBytes;
  cdn.note_done(fetch, 10'000 + first_byte_ms + takes_ms);
}

TEST(CdnPolicy, Before_the_first_answers_it_is_trusted_less_than_after_many_that_came_when_expected) {
  CdnPolicy cdn;
  const TimeMs more_at_first = cdn.latest_ms(kBlockBytes) - cdn.expected_ms(kBlockBytes);
  for (int i = 0; i < 40; ++i) fetch_block(cdn, 60, 30);
  const TimeMs more = cdn.latest_ms(kBlockBytes) - cdn.expected_ms(kBlockBytes);
  EXPECT_NEAR(cdn.expected_ms(kBlockBytes), 90, 2);
  EXPECT_GE(more_at_first, 3 * more);
  EXPECT_NEAR(more, tunables::kLossesMax * 60, 2) << "but a packet may be lost on the way, and lost again";
}

TEST(CdnPolicy, Answers_that_come_when_they_like_are_waited_for_as_long_as_they_have_taken) {
  CdnPolicy cdn;
  TimeMs longest = 0;
  for (int i = 0; i < 40; ++i) {
    const TimeMs takes = 30 + (i % 4) * 150;
    longest = std::max(longest, 60 + takes);
    fetch_block(cdn, 60, takes);
  }
  EXPECT_GT(cdn.latest_ms(kBlockBytes), longest);
  EXPECT_GT(cdn.latest_ms(kBlockBytes) - cdn.expected_ms(kBlockBytes), tunables::kLossesMax * 60);
  for (int i = 0; i < 60; ++i) fetch_block(cdn, 60, 30);
  EXPECT_LT(cdn.latest_ms(kBlockBytes), 250) << "and it is forgotten";
}

TEST(CdnPolicy, An_answer_in_one_piece_says_nothing_about_the_link) {
  CdnPolicy cdn;
  const TimeMs before = cdn.expected_ms(600'000) - cdn.expected_ms(0);
  Fetch fetch;
  fetch.began_ms = 100;
  cdn.note_headers(fetch, 150);
  fetch.bytes = 600'000;
  cdn.note_done(fetch, 151);
  EXPECT_EQ(cdn.expected_ms(600'000) - cdn.expected_ms(0), before);
}

}  // namespace
}  // namespace bazaar::testing
