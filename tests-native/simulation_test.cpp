// Whole runs of the simulator, small: repeatable bit for bit, whatever the threads, and with figures that make sense.
#include "simulation.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "lateness_checker.hpp"

namespace bazaar::sim {
namespace {

Scenario small(const std::string& more = "") {
  Scenario scenario =
      parse_scenario("sentence = \"A test.\"\n[run]\nseconds = 24\nwarm_up_seconds = 12\n" + more, "small.toml");
  scenario.viewers = 40;
  return scenario;
}

TEST(Simulation, The_same_seed_gives_the_same_run_bit_for_bit) {
  const RunResult first = run(small(), Mode::kOurs, 7, 1);
  const RunResult again = run(small(), Mode::kOurs, 7, 1);
  EXPECT_EQ(first.trace_hash, again.trace_hash);
  EXPECT_EQ(first.events, again.events);
  EXPECT_EQ(first.offload, again.offload);
  EXPECT_GT(first.events, 10'000u) << "or nothing has happened";
}

TEST(Simulation, Threads_do_not_change_a_run) {
  const RunResult one = run(small(), Mode::kOurs, 7, 1);
  const RunResult three = run(small(), Mode::kOurs, 7, 3);
  EXPECT_EQ(one.trace_hash, three.trace_hash);
  EXPECT_EQ(one.cdn_bytes, three.cdn_bytes);
  EXPECT_EQ(one.measured.uploaded, three.measured.uploaded);
}

TEST(Simulation, Another_seed_gives_another_run) {
  EXPECT_NE(run(small(), Mode::kOurs, 7, 2).trace_hash, run(small(), Mode::kOurs, 8, 2).trace_hash);
}

TEST(Simulation, Viewers_share_and_every_promise_is_kept) {
  const RunResult ours = run(small(), Mode::kOurs, 7, 2);
  EXPECT_EQ(ours.complaints, 0u) << (ours.complaint_samples.empty() ? "" : ours.complaint_samples[0]);
  EXPECT_EQ(ours.viewers_seen, 40u);
  EXPECT_EQ(ours.stalls, 0u);
  EXPECT_EQ(ours.never_started, 0u);
  EXPECT_GT(ours.offload, 0.9);
  EXPECT_LE(ours.offload, ours.limit);
  EXPECT_LE(ours.upload_ratio_max, 1);
  EXPECT_LT(ours.measured.wasted, 0.02 * ours.measured.useful());
}

TEST(Simulation, Cdn_only_shares_nothing_and_each_byte_leaves_once_a_viewer) {
  const RunResult alone = run(small(), Mode::kCdnOnly, 7, 2);
  EXPECT_EQ(alone.measured.from_peers, 0);
  EXPECT_EQ(alone.measured.uploaded, 0);
  EXPECT_EQ(alone.stalls, 0u);
  // What is in flight when the window opens or closes is counted on one side only.
  EXPECT_NEAR(alone.cdn_bytes / alone.measured.useful(), 1, 0.1);
}

TEST(Simulation, The_limit_that_binds_is_that_of_the_scenario) {
  const RunResult rich = run(small(), Mode::kOurs, 7, 2);
  EXPECT_EQ(rich.limit_key, "once");
  EXPECT_NEAR(rich.limit, 1 - 1.0 / 40, 0.001);
  const RunResult poor = run(small("[[uplink]]\nshare = 1.0\nof_bitrate = 0.5\n"), Mode::kOurs, 7, 2);
  EXPECT_EQ(poor.limit_key, "uplinks_capped");
  EXPECT_LT(poor.limit, 0.51);
  EXPECT_LE(poor.offload, poor.limit);
}

// Playlists fail with the edge, so that nobody behind it can go on for ever; but neighbours have the blocks by then.
TEST(Simulation, An_edge_that_is_down_for_a_while_hurts_less_than_without_neighbours) {
  const std::string outage = "[cdn]\noutage_from_seconds = 14\noutage_until_seconds = 20\noutage_share = 0.5\n";
  const RunResult alone = run(small(outage), Mode::kCdnOnly, 7, 2);
  ASSERT_GT(alone.stalls, 10u) << "the fault must take effect";
  const RunResult ours = run(small(outage), Mode::kOurs, 7, 2);
  EXPECT_LT(ours.stalled_ms, alone.stalled_ms);
  LatenessChecker lateness(alone.plays);
  lateness.check_all(ours.plays);
  EXPECT_EQ(lateness.complaints().count(), 0u) << lateness.complaints().kept().front();
}

TEST(Simulation, Who_serves_false_bytes_is_found_out_and_nothing_false_is_played) {
  const RunResult ours = run(small("[behaviour]\nliars = 0.2\n"), Mode::kOurs, 7, 2);
  EXPECT_EQ(ours.complaints, 0u) << (ours.complaint_samples.empty() ? "" : ours.complaint_samples[0]);
  EXPECT_GT(ours.measured.wasted + ours.total.wasted, 0) << "the liars must have lied";
  EXPECT_EQ(ours.stalls, 0u);
}

TEST(Simulation, Viewers_that_come_and_go_are_all_seen) {
  const RunResult churn = run(small("[audience]\nmean_stay_seconds = 10\nsilent_share = 0.5\n"), Mode::kOurs, 7, 2);
  EXPECT_GT(churn.viewers_seen, 60u);
  EXPECT_EQ(churn.complaints, 0u) << (churn.complaint_samples.empty() ? "" : churn.complaint_samples[0]);
}

// Each promise is broken on purpose: a checker that lets this pass checks nothing.
struct Broken {
  const char* what;
  Sabotage sabotage;
  const char* more;
  const char* complaint;  ///< part of it
};

TEST(Simulation, A_broken_promise_fails_the_run) {
  const Broken table[] = {
      {"credit", Sabotage::kFreeCredit, "", "B downloaded"},
      {"verification", Sabotage::kNoVerification, "[behaviour]\nliars = 0.2\n", "false"},
      {"fetches", Sabotage::kLostFetches, "", "sought nowhere"},
      {"storage", Sabotage::kPhantomBlocks, "", "a block that was never stored is played"},
      {"requests", Sabotage::kLostEndings, "[[uplink]]\nshare = 1\nof_bitrate = 0.5\n", "never ended"},
  };
  for (const Broken& one : table) {
    const RunResult result = run(small(one.more), Mode::kOurs, 7, 1, {}, one.sabotage);
    ASSERT_GT(result.complaints, 0u) << one.what;
    bool is_said = false;
    for (const std::string& sentence : result.complaint_samples) {
      is_said = is_said || sentence.find(one.complaint) != std::string::npos;
    }
    EXPECT_TRUE(is_said) << one.what << ": " << result.complaint_samples.front();
  }
}

TEST(Simulation, A_segment_that_the_cdn_alone_had_in_time_must_not_be_late) {
  const RunResult alone = run(small(), Mode::kCdnOnly, 7, 1);
  const auto late = [&](Sabotage sabotage) {
    LatenessChecker checker(alone.plays);
    checker.check_all(run(small(), Mode::kOurs, 7, 1, {}, sabotage).plays);
    return checker.complaints().count();
  };
  EXPECT_EQ(late(Sabotage::kNone), 0u);
  EXPECT_GT(late(Sabotage::kLateFetches), 0u);
}

// What left the CDN and the uplinks is useful or waste, but for what is still on its way when the run ends.
TEST(Simulation, No_byte_is_lost_from_the_books) {
  for (const char* more : {"", "[audience]\nmean_stay_seconds = 8\nsilent_share = 0.5\n", "[behaviour]\nliars = 0.2\n",
                           "[stream]\nbitrates_kbit = [800, 2500]\nswitch_mean_seconds = 8\n",
                           "[cdn]\noutage_from_seconds = 14\noutage_until_seconds = 20\noutage_share = 0.5\n"}) {
    const RunResult result = run(small(more), Mode::kOurs, 7, 2);
    const double sent = result.cdn_bytes_total + result.total.uploaded;
    EXPECT_GE(sent, result.total.downloaded()) << more;
    EXPECT_LT(sent - result.total.downloaded(), 0.02 * sent) << more;
  }
}

// The promises hold, and nothing beats its limit, whatever goes wrong. Small and short, so that edges weigh: 2 %.
TEST(Simulation, Every_scenario_keeps_its_promises) {
  for (const auto& file : std::filesystem::directory_iterator(BAZAAR_SOURCE_DIR "/simulator/scenarios")) {
    Scenario scenario = load_scenario(file.path().string());
    scenario.viewers = 16;
    scenario.join_ms *= 0.4;
    scenario.duration_ms = 24'000;
    scenario.warm_up_ms = 12'000;
    if (scenario.leave_at_ms > 0) scenario.leave_at_ms = 16'000;
    if (scenario.outage_until_ms > 0) scenario.outage_from_ms = 15'000, scenario.outage_until_ms = 18'000;
    const RunResult ours = run(scenario, Mode::kOurs, 3, 2);
    EXPECT_EQ(ours.complaints, 0u) << scenario.name << ": "
                                   << (ours.complaint_samples.empty() ? "" : ours.complaint_samples[0]);
    EXPECT_LE(ours.offload, ours.limit + 0.02) << scenario.name << " by " << ours.limit_key;
    EXPECT_LE(ours.upload_ratio_max, 1) << scenario.name;
    // Sixteen who come at once are no audience for a CDN of four: `simulator run cdn-slow` judges that at its own size.
    if (scenario.cdn_of_audience > 0) continue;
    const RunResult alone = run(scenario, Mode::kCdnOnly, 3, 2);
    LatenessChecker lateness(alone.plays);
    lateness.check_all(ours.plays);
    EXPECT_EQ(lateness.complaints().count(), 0u)
        << scenario.name << ": " << (lateness.complaints().count() > 0 ? lateness.complaints().kept()[0] : "");
  }
}

}  // namespace
}  // namespace bazaar::sim
