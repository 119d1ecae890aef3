// What comes back from the CDN: as asked, in another form than asked, short, late, never, or not at all.
#include "cdn_desk.hpp"

#include <gtest/gtest.h>

#include "support/rig.hpp"

namespace bazaar::testing {
namespace {

struct Asked : Rig {
  Handle clip = 0;
  Handle fetch = 0;
  /// A segment in the state of the picture; its `c` blocks are the fetch's range. No `c`: the whole segment is fetched.
  explicit Asked(std::string_view picture, bool is_size_known = true) {
    clip = segment(1, is_size_known ? picture : "");
    if (!is_size_known) at(clip).blocks = BlockMap::from_picture(picture);
    Fetch asked;
    asked.segment = clip;
    const size_t first = picture.find('c');
    asked.is_whole = first == std::string_view::npos;
    asked.first = asked.is_whole ? 0 : static_cast<uint32_t>(first);
    asked.count = asked.is_whole ? 0 : static_cast<uint32_t>(picture.rfind('c') - first + 1);
    asked.began_ms = asked.progress_ms = world.now;
    fetch = world.cdn.begin(asked);
  }
};

TEST(CdnDesk, A_range_arrives_block_by_block) {
  Asked rig("..cc.");
  rig.wait(50);
  rig.desk.headers(rig.fetch, bytes_of_blocks(5), true);
  rig.desk.block(rig.fetch, 2);
  EXPECT_EQ(rig.picture(rig.clip), "..Cc.");
  rig.desk.block(rig.fetch, 3);
  rig.desk.done(rig.fetch, 0);
  EXPECT_EQ(rig.picture(rig.clip), "..CC.");
  EXPECT_EQ(rig.world.cdn.in_progress(), 0u);
  EXPECT_TRUE(rig.at(rig.clip).size_from_cdn);
}

TEST(CdnDesk, Answered_200_instead_of_206_the_whole_segment_is_coming) {
  Asked rig("P.cc.");
  rig.desk.headers(rig.fetch, bytes_of_blocks(5), false);
  EXPECT_EQ(rig.picture(rig.clip), "Pcccc");
  EXPECT_FALSE(rig.world.config.cdn_has_ranges) << "and ranges are not asked for any more";
  for (uint32_t block = 0; block < 5; ++block) rig.desk.block(rig.fetch, block);
  rig.desk.done(rig.fetch, 0);
  EXPECT_EQ(rig.picture(rig.clip), "PCCCC");
  EXPECT_EQ(rig.world.counters.bytes_wasted, kBlockBytes) << "block 0 was here already";
}

TEST(CdnDesk, A_whole_segment_of_unknown_size_shows_its_blocks_with_the_headers) {
  Asked rig("", false);
  rig.desk.headers(rig.fetch, bytes_of_blocks(4), false);
  EXPECT_EQ(rig.picture(rig.clip), "cccc");
  EXPECT_TRUE(rig.world.config.cdn_has_ranges) << "no range was asked for, so nothing is known about ranges";
}

TEST(CdnDesk, A_guess_that_was_too_long_is_cut_by_the_headers) {
  Asked rig("c.....", false);
  rig.desk.headers(rig.fetch, bytes_of_blocks(3), true);
  EXPECT_EQ(rig.picture(rig.clip), "c..");
}

TEST(CdnDesk, A_416_for_our_own_guess_shortens_the_guess_and_is_no_failure) {
  Asked rig("....cc", false);
  rig.desk.failed(rig.fetch, 416, 0);
  EXPECT_EQ(rig.picture(rig.clip), "....");
  EXPECT_FALSE(rig.world.cdn.is_failing());
  EXPECT_EQ(rig.at(rig.clip).cdn_status, 0);
}

TEST(CdnDesk, A_416_for_a_size_that_was_told_is_a_failure_with_a_pause) {
  Asked rig("PPPPcc");
  rig.desk.failed(rig.fetch, 416, 0);
  EXPECT_EQ(rig.picture(rig.clip), "PPPP..");
  EXPECT_FALSE(rig.world.cdn.may_ask(rig.world.now)) << "or it would be asked again at once, for ever";
  EXPECT_EQ(rig.at(rig.clip).cdn_status, 416);
}

TEST(CdnDesk, A_416_for_the_first_block_is_a_failure_too) {
  Asked rig("c...", false);
  rig.desk.failed(rig.fetch, 416, 0);
  EXPECT_TRUE(rig.world.cdn.is_failing());
}

TEST(CdnDesk, A_503_puts_the_blocks_back_and_the_cdn_is_left_alone_until_it_recovers) {
  Asked rig("P.cc.");
  rig.desk.failed(rig.fetch, 503, 200);
  EXPECT_EQ(rig.picture(rig.clip), "P....");
  EXPECT_EQ(rig.at(rig.clip).cdn_status, 503);
  EXPECT_EQ(rig.world.counters.bytes_wasted, 200);
  EXPECT_FALSE(rig.world.cdn.may_ask(rig.world.now));
  rig.wait(tunables::kCdnRetryMs);
  EXPECT_TRUE(rig.world.cdn.may_ask(rig.world.now));
  Fetch again;
  again.segment = rig.clip;
  again.is_whole = true;
  const Handle fetch = rig.world.cdn.begin(again);
  rig.desk.headers(fetch, bytes_of_blocks(5), true);
  EXPECT_FALSE(rig.world.cdn.is_failing());
  EXPECT_EQ(rig.at(rig.clip).cdn_status, 0) << "what is over must not be held against it later";
}

TEST(CdnDesk, A_failure_in_the_middle_keeps_what_had_come) {
  Asked rig("cccc");
  rig.desk.headers(rig.fetch, bytes_of_blocks(4), true);
  rig.desk.block(rig.fetch, 0);
  rig.desk.block(rig.fetch, 1);
  rig.desk.failed(rig.fetch, 0, 30'000);
  EXPECT_EQ(rig.picture(rig.clip), "CC..");
  EXPECT_EQ(rig.at(rig.clip).cdn_status, -1) << "a network error has no HTTP status";
  EXPECT_EQ(rig.world.counters.bytes_wasted, 30'000);
}

TEST(CdnDesk, A_short_answer_leaves_the_rest_missing) {
  Asked rig("cccc");
  rig.desk.headers(rig.fetch, bytes_of_blocks(4), true);
  rig.desk.block(rig.fetch, 0);
  rig.desk.done(rig.fetch, 100);
  EXPECT_EQ(rig.picture(rig.clip), "C...");
  EXPECT_FALSE(rig.world.cdn.is_failing());
}

TEST(CdnDesk, An_answer_without_a_single_block_is_a_failure_however_well_it_ended) {
  Asked rig("cccc");
  rig.desk.headers(rig.fetch, bytes_of_blocks(4), true);
  rig.desk.done(rig.fetch, 100);
  EXPECT_EQ(rig.picture(rig.clip), "....");
  EXPECT_TRUE(rig.world.cdn.is_failing());
}

TEST(CdnDesk, A_fetch_that_stalls_is_aborted_and_its_blocks_are_missing_again) {
  Asked rig("cc..");
  rig.wait(100);
  rig.desk.headers(rig.fetch, bytes_of_blocks(4), true);
  rig.wait(1000);
  rig.desk.block(rig.fetch, 0);
  EXPECT_EQ(rig.desk.sweep(), rig.world.now + tunables::kFetchStallMs);
  rig.wait(tunables::kFetchStallMs - 1);
  rig.desk.sweep();
  EXPECT_EQ(rig.picture(rig.clip), "Cc..");
  rig.wait(1);
  rig.desk.sweep();
  EXPECT_EQ(rig.picture(rig.clip), "C...");
  EXPECT_EQ(rig.said().only(ActionType::kAbortFetch)[0], rig.fetch);
  EXPECT_TRUE(rig.world.cdn.is_failing());
}

TEST(CdnDesk, What_is_said_of_a_fetch_that_ended_is_not_heard) {
  Asked rig("cc..");
  rig.desk.failed(rig.fetch, 503, 0);
  rig.said();
  const double wasted = rig.world.counters.bytes_wasted;
  rig.desk.headers(rig.fetch, bytes_of_blocks(9), false);
  rig.desk.block(rig.fetch, 0);
  rig.desk.done(rig.fetch, 999);
  rig.desk.failed(rig.fetch, 404, 999);
  EXPECT_EQ(rig.picture(rig.clip), "....");
  EXPECT_EQ(rig.world.counters.bytes_wasted, wasted);
  EXPECT_TRUE(rig.said().is_empty());
}

TEST(CdnDesk, Blocks_that_another_fetch_still_brings_are_not_put_back) {
  Asked rig("cccc");
  Fetch whole;
  whole.segment = rig.clip;
  whole.is_whole = true;
  const Handle other = rig.world.cdn.begin(whole);
  rig.desk.failed(rig.fetch, 503, 0);
  EXPECT_EQ(rig.picture(rig.clip), "cccc");
  rig.desk.failed(other, 503, 0);
  EXPECT_EQ(rig.picture(rig.clip), "....");
}

TEST(CdnDesk, A_segment_too_large_is_aborted_and_handed_to_the_stock_loader) {
  Asked rig("", false);
  rig.custody.wanted(rig.clip);
  rig.desk.headers(rig.fetch, kBlocksPerSegmentMax * kBlockBytes + 1, true);
  EXPECT_EQ(rig.said().words(), "NOTICE ABORT_FETCH SEGMENT_FAILED");
  EXPECT_EQ(rig.world.cdn.in_progress(), 0u);
  EXPECT_TRUE(rig.at(rig.clip).is_cdn_only);
}

TEST(CdnDesk, A_size_of_its_own_makes_a_peers_blocks_worthless_and_the_fetch_goes_on) {
  Asked rig("PPcc..");
  rig.desk.headers(rig.fetch, bytes_of_blocks(5), true);
  EXPECT_EQ(rig.picture(rig.clip), "..cc.");
  rig.desk.block(rig.fetch, 2);
  EXPECT_EQ(rig.picture(rig.clip), "..Cc.");
}

TEST(CdnDesk, An_answer_without_a_size_makes_no_blocks) {
  Asked rig("", false);
  rig.desk.headers(rig.fetch, 0, false);
  rig.desk.block(rig.fetch, 0);
  rig.desk.done(rig.fetch, 400'000);
  EXPECT_EQ(rig.picture(rig.clip), "");
  EXPECT_TRUE(rig.world.cdn.is_failing()) << "or it would be fetched again and again";
}

TEST(CdnDesk, An_abandoned_fetch_is_aborted_and_its_blocks_are_missing_again) {
  Rig rig;
  const Handle clip = rig.segment(1, "....");
  rig.custody.wanted(clip);
  rig.play_with_time();
  rig.trader.step();
  const Handle fetch = rig.said().only(ActionType::kFetch)[0];
  ASSERT_EQ(rig.picture(clip), "cccc");
  rig.desk.abandon(clip);
  EXPECT_EQ(rig.said().only(ActionType::kAbortFetch)[0], fetch);
  EXPECT_EQ(rig.picture(clip), "....");
  EXPECT_EQ(rig.world.cdn.in_progress(), 0u);
  rig.desk.abandon(clip);
  EXPECT_EQ(rig.said().count(ActionType::kAbortFetch), 0u) << "once";
}

}  // namespace
}  // namespace bazaar::testing
