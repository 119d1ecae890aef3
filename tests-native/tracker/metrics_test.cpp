// Numbers go in by one thread and come out right in every form.
#include "metrics/metrics.hpp"

#include <gtest/gtest.h>
#include <prometheus/check_names.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "admission/join_token.hpp"
#include "metrics/pages.hpp"
#include "metrics/reasons.hpp"
#include "net/counters.hpp"

namespace bazaar::tracker::metrics {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Catalogue, Names_are_prometheus_names_with_their_units_and_no_two_alike) {
  std::set<std::string> names;
  for (const FamilyRow& row : catalogue()) {
    const std::string name = std::string(kPrefix) + std::string(row.name);
    EXPECT_TRUE(prometheus::CheckMetricName(name)) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(row.name.ends_with("_total"), row.kind == Kind::kCounter) << name;
    EXPECT_TRUE(row.help.ends_with('.')) << name;
    EXPECT_EQ(row.label.empty(), row.values.empty()) << name;
    if (!row.label.empty()) {
      EXPECT_TRUE(prometheus::CheckLabelName(std::string(row.label))) << name;
    }
    if (row.name.find("seconds") == std::string_view::npos) {
      EXPECT_EQ(row.scale, 1) << name;
    }
    EXPECT_EQ(std::set<std::string_view>(row.values.begin(), row.values.end()).size(), row.values.size()) << name;
  }
}

TEST(Catalogue, Reasons_are_as_many_as_they_have_names) {
  EXPECT_EQ(kDoorRefusals.size(), static_cast<size_t>(DoorRefusal::kDescriptors) + 1);
  EXPECT_EQ(kUpgradeRefusals.size(), static_cast<size_t>(UpgradeRefusal::kWebTorrentOff) + 1);
  EXPECT_EQ(kMessageKinds.size(), static_cast<size_t>(MessageKind::kScrape) + 1);
  EXPECT_EQ(kJoinRefusals.size(), static_cast<size_t>(JoinRefusal::kTooFast) + 1);
  EXPECT_EQ(kPartings.size(), static_cast<size_t>(Parting::kMoved) + 1);
  EXPECT_EQ(kResumeOutcomes.size(), static_cast<size_t>(ResumeOutcome::kUnknown) + 1);
  EXPECT_EQ(kRelayDrops.size(), static_cast<size_t>(RelayDrop::kSlowReader) + 1);
  EXPECT_EQ(kThrottles.size(), static_cast<size_t>(Throttle::kAddressMessages) + 1);
  EXPECT_EQ(kBusDrops.size(), static_cast<size_t>(BusDrop::kMailboxFull) + 1);
  EXPECT_EQ(kMediaBytes.size(), static_cast<size_t>(MediaBytes::kUploaded) + 1);
  EXPECT_EQ(kCloseCauses.size(), static_cast<size_t>(net::CloseCause::kShutdown) + 1);
  EXPECT_EQ(kHandshakeFailures.size(), net::kHandshakeFailures);
  EXPECT_EQ(kDialects.size(), static_cast<size_t>(net::Dialect::kWebTorrent) + 1);
  EXPECT_EQ(join_refusal_of(admission::TokenVerdict::kMissing), JoinRefusal::kTokenMissing);
  EXPECT_EQ(join_refusal_of(admission::TokenVerdict::kWrongAddress), JoinRefusal::kTokenWrongAddress);
}

TEST(Counters, A_familys_values_lie_apart_and_neighbours_are_not_touched) {
  Counters counters;
  for (const FamilyRow& row : catalogue())
    for (size_t i = 0; i < row.size(); ++i) counters.set(row.family, i, first_of(row.family) + i + 1);
  for (const FamilyRow& row : catalogue())
    for (size_t i = 0; i < row.size(); ++i) ASSERT_EQ(counters.value(row.family, i), first_of(row.family) + i + 1);
  counters.count(Family::kClosed, net::CloseCause::kSlow);
  counters.add(Family::kRelays, net::Dialect::kNative, 5);
  counters.add(Family::kTurns);
  EXPECT_EQ(counters.value(Family::kClosed, net::CloseCause::kSlow), first_of(Family::kClosed) + 3 + 2);
  EXPECT_EQ(counters.value(Family::kRelays, net::Dialect::kNative), first_of(Family::kRelays) + 6);
  EXPECT_EQ(counters.value(Family::kTurns), first_of(Family::kTurns) + 2);
}

TEST(Metrics, Prometheus_sees_each_worker_label_and_unit) {
  Metrics metrics(2);
  metrics.worker(0).add(Family::kRelays, net::Dialect::kNative, 7);
  metrics.worker(1).count(Family::kClosed, net::CloseCause::kSlow);
  metrics.worker(1).add(Family::kBusySeconds, 0, 1'500'000);
  metrics.node().set(Family::kJoinWindowSeconds, 2'500);
  const std::string text = metrics.prometheus_text();
  EXPECT_TRUE(has_line(text, "# TYPE bazaar_tracker_relays_total counter")) << text;
  EXPECT_TRUE(has_line(text, R"(bazaar_tracker_relays_total{worker="0",dialect="native"} 7)")) << text;
  EXPECT_TRUE(has_line(text, R"(bazaar_tracker_relays_total{worker="1",dialect="native"} 0)"));
  EXPECT_TRUE(has_line(text, R"(bazaar_tracker_closed_total{worker="1",cause="slow"} 1)"));
  EXPECT_TRUE(has_line(text, R"(bazaar_tracker_busy_seconds_total{worker="1"} 1.5)"));
  EXPECT_TRUE(has_line(text, "bazaar_tracker_join_window_seconds 2.5"));
  EXPECT_TRUE(has_line(text, "bazaar_tracker_workers 2"));
  for (const FamilyRow& row : catalogue())
    EXPECT_NE(text.find("# HELP bazaar_tracker_" + std::string(row.name) + " "), std::string::npos) << row.name;
  EXPECT_EQ(metrics.sum(Family::kRelays), 7u);
}

TEST(Metrics, Json_has_every_number_by_name) {
  Metrics metrics(2);
  metrics.worker(1).count(Family::kJoinRefusals, JoinRefusal::kTokenExpired);
  metrics.node().set(Family::kJoinWindowSeconds, 2'500);
  const auto json = nlohmann::json::parse(metrics.json("1.2.3"));
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["workers"].size(), 2u);
  EXPECT_EQ(json["workers"][1]["refused_joins_total.token_expired"], 1);
  EXPECT_EQ(json["node"]["join_window_seconds"], 2.5);
  EXPECT_EQ(json["workers"][0].size() + json["node"].size(), numbers());
}

TEST(Metrics, Are_read_while_a_worker_writes) {
  Metrics metrics(1);
  std::thread worker([&metrics] {
    for (int i = 0; i < 100'000; ++i) metrics.worker(0).add(Family::kTurns);
  });
  uint64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(metrics.prometheus_text().empty());
    EXPECT_GE(metrics.sum(Family::kTurns), last);
    last = metrics.sum(Family::kTurns);
  }
  worker.join();
  EXPECT_EQ(metrics.sum(Family::kTurns), 100'000u);
}

TEST(Metrics, The_process_has_memory_time_and_files) {
  Counters node;
  measure_process(node);
  EXPECT_GT(node.value(Family::kResidentBytes), 1'000'000u);
  EXPECT_GE(node.value(Family::kOpenFiles), 3u);
  EXPECT_GE(node.value(Family::kOpenFilesMax), node.value(Family::kOpenFiles));
}

struct Asked : net::Request {
  Asked(const char* what, const char* path, bool is_near = true) {
    method = what;
    target = path;
    client.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, static_cast<uint8_t>(is_near ? 127 : 192), 0, 0, 1};
  }
  std::optional<std::string_view> header(std::string_view) const override { return std::nullopt; }
};

class PagesTest : public testing::Test {
 protected:
  net::HttpAnswer get(const Asked& asked) const { return pages.answer(asked, metrics, health); }
  Pages pages{{"127.0.0.0/8"}};
  Metrics metrics{1};
  Health health{true, false, true, "1.2.3"};
};

TEST_F(PagesTest, Whoever_asks_hears_that_it_lives_and_whether_it_takes_viewers) {
  EXPECT_EQ(get({"GET", "/healthz", false}).status, 200);
  EXPECT_EQ(get({"GET", "/readyz", false}).status, 200);
  EXPECT_EQ(get({"GET", "/readyz?x=1", false}).body, "ready\n");
  health.is_draining = true;
  EXPECT_EQ(get({"GET", "/readyz", false}).status, 503);
  EXPECT_EQ(get({"GET", "/healthz", false}).status, 200);
  health = {false, false, true, ""};
  EXPECT_EQ(get({"GET", "/readyz", false}).status, 503);
}

TEST_F(PagesTest, A_lost_backplane_is_told_and_fails_nothing) {
  health.is_backplane_connected = false;
  EXPECT_EQ(get({"GET", "/readyz"}).status, 200);
  EXPECT_NE(get({"GET", "/readyz"}).body.find("backplane is lost"), std::string::npos);
}

TEST_F(PagesTest, Numbers_are_for_allowed_networks_only) {
  EXPECT_EQ(get({"GET", "/metrics"}).status, 200);
  EXPECT_EQ(get({"GET", "/metrics"}).content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get({"GET", "/status"}).content_type, "application/json");
  EXPECT_EQ(get({"GET", "/metrics", false}).status, 403);
  EXPECT_EQ(get({"GET", "/status", false}).status, 403);
  EXPECT_EQ(get({"GET", "/status", false}).body.find('{'), std::string::npos);
}

TEST_F(PagesTest, Nothing_else_is_there) {
  EXPECT_EQ(get({"GET", "/"}).status, 404);
  EXPECT_EQ(get({"GET", "/metrics/"}).status, 404);
  EXPECT_EQ(get({"POST", "/metrics"}).status, 405);
  EXPECT_EQ(get({"HEAD", "/healthz"}).status, 200);
  EXPECT_TRUE(Pages::wants_numbers("/metrics?a"));
  EXPECT_FALSE(Pages::wants_numbers("/healthz"));
  EXPECT_THROW(Pages({"nowhere"}), std::invalid_argument);
}

}  // namespace
}  // namespace bazaar::tracker::metrics
