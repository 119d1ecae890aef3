// Whole runs of the simulator, small: repeatable bit for bit, whatever the threads, and with figures that make sense.
#include "simulation.hpp"

#include <gtest/gtest.h>

namespace bazaar::sim {
namespace {

Scenario small(const std::string& more = "") {
  Scenario scenario =
      parse_scenario("sentence = \"A test.\"\n[run]\nseconds = 24\nwarm_up_seconds = 12\n" + more, "small.toml");
  scenario.viewers = 40;
  return scenario;
}

const Limit& limit_called(const RunResult& result, const std::string& part) {
  for (const Limit& limit : result.limits) {
    if (limit.name.find(part) != std::string::npos) return limit;
  }
  throw std::runtime_error("no limit called " + part);
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
  EXPECT_NEAR(rich.limit, 1 - 1.0 / 40, 1e-9) << rich.limit_name;
  const RunResult poor = run(small("[[uplink]]\nshare = 1.0\nof_bitrate = 0.5\n"), Mode::kOurs, 7, 2);
  EXPECT_NEAR(poor.limit, limit_called(poor, "upload <= download").offload, 1e-9) << poor.limit_name;
  EXPECT_LT(poor.limit, 0.51);
  EXPECT_LE(poor.offload, poor.limit);
}

// offload   before the outage, during it: viewers whose edge is down live on the others
TEST(Simulation, An_edge_that_is_down_for_a_while_stalls_nobody) {
  const std::string outage = "[cdn]\noutage_from_seconds = 14\noutage_until_seconds = 20\noutage_share = 0.5\n";
  const RunResult alone = run(small(outage), Mode::kCdnOnly, 7, 2);
  ASSERT_GT(alone.stalls, 10u) << "the fault must take effect";
  const RunResult ours = run(small(outage), Mode::kOurs, 7, 2);
  EXPECT_EQ(ours.stalls, 0u);
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

TEST(Percentiles, They_are_nearest_ranks) {
  std::vector<double> values;
  for (int i = 1; i <= 100; ++i) values.push_back(i);
  const Percentiles all = percentiles_of(values);
  EXPECT_NEAR(all.p50, 50, 1);
  EXPECT_NEAR(all.p95, 95, 1);
  EXPECT_NEAR(all.p99, 99, 1);
  EXPECT_EQ(percentiles_of({}).p99, 0);
}

}  // namespace
}  // namespace bazaar::sim
