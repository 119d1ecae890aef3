// What the terminal shows, from two status pages and no terminal.
#include "top/top.hpp"

#include <gtest/gtest.h>

#include "metrics/metrics.hpp"
#include "metrics/reasons.hpp"
#include "net/handler.hpp"
#include "top/screen.hpp"

namespace bazaar::tracker::top {
namespace {

using metrics::Family;
using net::Dialect;

/// A node of two workers at a moment: everything that grows is proportional to `n`.
Status node(uint64_t n) {
  metrics::Metrics metrics(2);
  metrics.worker(0).set(Family::kConnections, Dialect::kNative, 1'000);
  metrics.worker(1).set(Family::kConnections, Dialect::kWebTorrent, 234);
  metrics.worker(0).set(Family::kJoins, Dialect::kNative, 10 * n);
  metrics.worker(1).set(Family::kRelays, Dialect::kNative, 500 * n);
  metrics.worker(1).set(Family::kBusySeconds, 0, 250'000 * n);
  metrics.worker(0).set(Family::kRelayDrops, metrics::RelayDrop::kSlowReader, 3 * n);
  metrics.worker(0).set(Family::kJoinRefusals, metrics::JoinRefusal::kTokenExpired, 7);
  metrics.node().set(Family::kUptimeSeconds, 7'300);
  metrics.node().set(Family::kBackplaneNodes, 3);
  metrics.node().set(Family::kBackplaneConnected, 1);
  metrics.node().set(Family::kResidentBytes, 312'000'000);
  return parse_status(metrics.json("1.2.3"));
}

std::string line_with(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  if (at == std::string::npos) return "";
  const size_t begin = text.rfind('\n', at) == std::string::npos ? 0 : text.rfind('\n', at) + 1;
  std::string line = text.substr(begin, text.find('\n', at) - begin);
  std::string out;
  for (const char c : line)
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  return out;
}

TEST(Top, Shows_rates_between_two_looks_for_all_and_each_worker) {
  const std::string text = screen({{"http://a", node(100), node(102), "", 2}}, 0);
  EXPECT_NE(text.find("http://a  tracker 1.2.3  up 2 h  serving  3 nodes\n"), std::string::npos) << text;
  EXPECT_NE(text.find("viewers 1000 native, 234 webtorrent"), std::string::npos) << text;
  EXPECT_NE(text.find("memory 312 MB"), std::string::npos) << text;
  EXPECT_EQ(line_with(text, "all "), "all 1234 0 10 500 0 0 B 0 B 25 %");
  EXPECT_EQ(line_with(text, "worker 0"), "worker 0 1000 0 10 0 0 0 B 0 B 0 %");
  EXPECT_EQ(line_with(text, "worker 1"), "worker 1 234 0 0 500 0 0 B 0 B 25 %");
}

TEST(Top, Lists_reasons_with_the_most_frequent_first_and_those_of_the_past_too) {
  const std::string text = screen({{"http://a", node(100), node(102), "", 2}}, 0);
  EXPECT_EQ(line_with(text, "slow_reader"), "dropped_relays_total.slow_reader 3.0 306");
  EXPECT_EQ(line_with(text, "token_expired"), "refused_joins_total.token_expired 0.0 7");
  EXPECT_LT(text.find("slow_reader"), text.find("token_expired"));
}

TEST(Top, Several_nodes_are_a_row_each_and_their_reasons_one_sum) {
  const std::string text = screen({{"http://a", node(0), node(1), "", 1}, {"http://b", node(0), node(2), "", 1}}, 0);
  EXPECT_EQ(text.find("worker 0"), std::string::npos);
  EXPECT_EQ(line_with(text, "slow_reader"), "dropped_relays_total.slow_reader 9.0 9");
}

TEST(Top, A_node_that_does_not_answer_says_so_and_hides_nobody) {
  const std::string text =
      screen({{"http://a", node(1), std::nullopt, "connection refused", 1}, {"http://b", {}, node(2), "", 1}}, 0);
  EXPECT_NE(text.find("http://a: connection refused\n"), std::string::npos);
  EXPECT_NE(text.find("http://b  tracker"), std::string::npos);
}

TEST(Top, A_restart_between_two_looks_is_no_negative_rate) {
  const std::string text = screen({{"http://a", node(100), node(1), "", 1}}, 0);
  EXPECT_EQ(text.find('-'), std::string::npos) << text;
}

TEST(Top, Draining_and_a_lost_backplane_are_loud) {
  Status now = node(1);
  now.node["draining"] = 1;
  now.node["backplane_connected"] = 0;
  const std::string text = screen({{"http://a", {}, now, "", 1}}, 0);
  EXPECT_NE(text.find("DRAINING"), std::string::npos);
  EXPECT_NE(text.find("BACKPLANE LOST"), std::string::npos);
}

TEST(Top, Fits_the_screen) {
  for (size_t rows = 1; rows < 8; ++rows) {
    const std::string text = screen({{"http://a", node(1), node(2), "", 1}}, rows);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), static_cast<std::ptrdiff_t>(rows));
  }
}

TEST(Top, What_is_no_status_page_is_refused) {
  for (const char* text : {"", "[]", "not found", "{}", R"({"workers":7,"node":{}})", R"({"workers":[],"node":[]})"})
    EXPECT_THROW(parse_status(text), std::runtime_error) << text;
  EXPECT_EQ(parse_status(R"({"workers":[{"a":"b"}],"node":{}})").workers.front().size(), 0u);
}

TEST(Top, Takes_the_url_that_the_tracker_prints) {
  EXPECT_EQ(status_url("ws://127.0.0.1:8000"), "http://127.0.0.1:8000/status");
  EXPECT_EQ(status_url("wss://tracker.example.org/"), "https://tracker.example.org/status");
  EXPECT_EQ(status_url("localhost:8000"), "http://localhost:8000/status");
}

}  // namespace
}  // namespace bazaar::tracker::top
