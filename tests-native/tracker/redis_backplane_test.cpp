// Nodes with a real Redis between them: inboxes, directory, death, goodbye, and Redis stopped, killed, wiped or full of
// garbage. Real time, since a real server keeps it: each wait ends as soon as what it waits for has happened.
#include "backplane/redis_backplane.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>
#include <thread>

#include "backplane/node_messages.hpp"
#include "backplane/redis_limits.hpp"
#include "tracker/support/recording_listener.hpp"
#include "tracker/support/redis_server.hpp"

namespace bazaar::tracker {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Heard = RecordingListener::Heard;

constexpr milliseconds kSoon{2'000};
/// Less than a beat or the pace of sizes, a second, which is what would bring it otherwise.
constexpr milliseconds kAtOnce{900};
/// Detection, the longest back-off, an opening.
constexpr milliseconds kReturn{kSilenceMaxMs + kBackOffMaxMs + kOpeningMaxMs};

// The rights that docs/decisions/0009-redis-backplane.md asks for, and no others.
constexpr const char* kRights =
    "resetchannels ~bazaar:* &bazaar:* -@all +auth +select +eval +publish +subscribe +time +exists +del +pexpire +hget "
    "+hmget "
    "+hset +hdel +hscan +zadd +zrem +zscore +zrevrange +zremrangebyscore";

std::vector<std::string> users() {
  std::vector<std::string> lines{"user default on nopass ~* &* +@all"};
  for (const char* name : {"a", "b", "c"}) lines.push_back(std::string("user ") + name + " on >secret " + kRights);
  return lines;
}

struct Node {
  RecordingListener listener;
  std::unique_ptr<RedisBackplane> plane;

  Node(const RedisServer& redis, const std::string& user) {
    plane = std::make_unique<RedisBackplane>(RedisBackplaneOptions{redis.url(user + ":secret@")});
    plane->start(listener);
    plane->attend();
    listener.wait(kSoon, [](const Heard& heard) { return heard.is_connected(); });
  }
  uint16_t number() const { return plane->node(); }
  Address at(uint8_t worker, uint32_t slot = 1) const { return {number(), worker, slot, 1}; }
  CellNotice cell(uint32_t slot, uint32_t size) const {
    CellNotice notice{{}, at(1, slot), size};
    notice.stream.bytes[0] = static_cast<uint8_t>(slot);
    return notice;
  }
};

bool post(Node& from, Address to, const std::string& text) {
  from.plane->post(to, BusMessageClass::kNative, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  return true;
}

bool know_each_other(std::initializer_list<Node*> nodes) {
  const auto end = steady_clock::now() + kSoon;
  const auto all = [&] {
    return std::ranges::all_of(nodes, [&](Node* node) { return node->plane->counters().nodes == nodes.size(); });
  };
  while (!all() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(5));
  return all();
}

class RedisBackplaneTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  void cut(const std::string& user) {
    redis.command({"ACL", "SETUSER", user, "off"});
    redis.command({"CLIENT", "KILL", "USER", user});
  }
  void mend(const std::string& user) { redis.command({"ACL", "SETUSER", user, "on"}); }
  std::string key(const std::string& name, const Node& node) {
    return "bazaar:" + name + ":" + std::to_string(node.number());
  }

  RedisServer redis{users()};
};

TEST_F(RedisBackplaneTest, Three_nodes_have_three_numbers_and_know_each_other) {
  Node a(redis, "a"), b(redis, "b"), c(redis, "c");
  EXPECT_TRUE(know_each_other({&a, &b, &c}));
  EXPECT_NE(a.number(), b.number());
  EXPECT_NE(b.number(), c.number());
  EXPECT_NE(a.number(), c.number());
  EXPECT_EQ(a.listener.now().connections, std::vector<bool>{true});
}

TEST_F(RedisBackplaneTest, An_inbox_gets_what_was_posted_in_order_once_and_in_few_batches) {
  Node a(redis, "a"), b(redis, "b"), c(redis, "c");
  ASSERT_TRUE(know_each_other({&a, &b, &c}));
  const size_t count = 5'000;
  const auto before = a.plane->counters();
  for (size_t i = 0; i < count; ++i) post(a, (i % 2 ? b : c).at(3), std::to_string(i));
  for (Node* node : {&b, &c}) {
    ASSERT_TRUE(node->listener.wait(kSoon, [&](const Heard& heard) { return heard.messages.size() == count / 2; }));
    const Heard heard = node->listener.now();
    for (size_t i = 0; i < count / 2; ++i) {
      const size_t said = 2 * i + (node == &b ? 1 : 0);
      ASSERT_EQ(heard.messages[i], (RecordingListener::Received{3, BusMessageClass::kNative, std::to_string(said)}));
    }
  }
  const auto after = a.plane->counters();
  EXPECT_EQ(after.posted - before.posted, count);
  EXPECT_EQ(after.dropped, 0u);
  EXPECT_LT(after.operations - before.operations, count / 10);
}

TEST_F(RedisBackplaneTest, However_steady_the_traffic_a_node_stays_below_its_share_of_operations) {
  Node a(redis, "a"), b(redis, "b"), c(redis, "c");
  ASSERT_TRUE(know_each_other({&a, &b, &c}));
  const auto before = a.plane->counters();
  const auto began = steady_clock::now();
  while (steady_clock::now() - began < milliseconds(500)) {
    post(a, b.at(0), "x");
    post(a, c.at(0), "y");
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  const auto after = a.plane->counters();
  const double seconds = std::chrono::duration<double>(steady_clock::now() - began).count();
  EXPECT_GT(after.posted - before.posted, 1'000u) << "else the test offers no load";
  EXPECT_LT(static_cast<double>(after.operations - before.operations) / seconds, 1e6 / kBatchPaceUs * 1.1);
}

TEST_F(RedisBackplaneTest, What_a_backplane_counts_is_what_Redis_counts) {
  Node a(redis, "a"), b(redis, "b");
  ASSERT_TRUE(know_each_other({&a, &b}));
  redis.command({"CONFIG", "RESETSTAT"});
  const auto counted = [&] { return a.plane->counters().operations + b.plane->counters().operations; };
  const uint64_t before = counted();
  for (int i = 0; i < 300; ++i) {
    a.plane->publish(a.cell(i, 1 + i));
    post(a, b.at(0), "x");
    std::this_thread::sleep_for(milliseconds(5));
  }
  std::istringstream lines(redis.command({"INFO", "commandstats"}));
  const auto ours = static_cast<double>(counted() - before);
  double theirs = 0;
  for (std::string line; std::getline(lines, line);) {
    const size_t calls = line.find("calls=");
    if (calls != std::string::npos && line.find("config") == std::string::npos)
      theirs += std::stod(line.substr(calls + 6));
  }
  EXPECT_GT(theirs, 300);
  EXPECT_NEAR(ours, theirs, 0.05 * theirs);
}

TEST_F(RedisBackplaneTest, A_newcomer_reads_the_cells_that_were_there_before_it_and_none_that_ended) {
  Node a(redis, "a"), b(redis, "b");
  ASSERT_TRUE(know_each_other({&a, &b}));
  for (uint32_t i = 0; i < 3'000; ++i) a.plane->publish(a.cell(i, 200));
  b.plane->publish(b.cell(1, 7));
  ASSERT_TRUE(b.listener.wait(kSoon, [](const Heard& heard) { return heard.sizes.size() == 3'000; }));
  a.plane->publish(a.cell(5, 0));
  a.plane->publish(a.cell(6, 250));
  ASSERT_TRUE(b.listener.wait(kSoon, [&](const Heard& heard) {
    return heard.sizes.at(a.cell(5, 0).cell.value()) == 0 && heard.sizes.at(a.cell(6, 0).cell.value()) == 250;
  }));

  Node c(redis, "c");
  ASSERT_TRUE(c.listener.wait(kSoon, [](const Heard& heard) { return heard.sizes.size() == 3'000; }));
  const Heard heard = c.listener.now();
  EXPECT_FALSE(heard.sizes.contains(a.cell(5, 0).cell.value()));
  EXPECT_EQ(heard.sizes.at(a.cell(6, 0).cell.value()), 250u);
  EXPECT_EQ(heard.sizes.at(b.cell(1, 0).cell.value()), 7u);
  EXPECT_EQ(heard.notices.front().stream.bytes[0], static_cast<uint8_t>(heard.notices.front().cell.slot()));
}

TEST_F(RedisBackplaneTest, New_and_ended_cells_are_told_at_once_and_sizes_once_a_second) {
  Node a(redis, "a"), b(redis, "b");
  ASSERT_TRUE(know_each_other({&a, &b}));
  std::this_thread::sleep_for(milliseconds(kUrgentMs));
  a.plane->publish(a.cell(1, 1));
  EXPECT_TRUE(b.listener.wait(kAtOnce, [](const Heard& heard) { return heard.notices.size() == 1; }));
  for (uint32_t size = 2; size <= 200; ++size) {
    a.plane->publish(a.cell(1, size));
    std::this_thread::sleep_for(milliseconds(10));
  }
  ASSERT_TRUE(b.listener.wait(kSoon, [](const Heard& heard) { return heard.notices.back().size == 200; }));
  EXPECT_LE(b.listener.now().notices.size(), 5u) << "two seconds of growth";
  a.plane->publish(a.cell(1, 0));
  EXPECT_TRUE(b.listener.wait(kAtOnce, [](const Heard& heard) { return heard.notices.back().size == 0; }));
}

TEST_F(RedisBackplaneTest, A_node_that_ends_without_a_word_is_lost_within_six_seconds) {
  Node a(redis, "a"), b(redis, "b"), c(redis, "c");
  ASSERT_TRUE(know_each_other({&a, &b, &c}));
  const uint16_t number = a.number();
  cut("a");
  a.plane.reset();
  EXPECT_EQ(redis.command({"EXISTS", key("n", b)}), "1");
  const auto began = steady_clock::now();
  for (Node* node : {&b, &c}) {
    EXPECT_TRUE(node->listener.wait(milliseconds(6'000), [&](const Heard& heard) { return !heard.lost.empty(); }));
    EXPECT_EQ(node->listener.now().lost, std::vector<uint16_t>{number});
  }
  EXPECT_GT(steady_clock::now() - began, milliseconds(kLeaseMs - kBeatMs - kBeatJitterMs)) << "that was a goodbye";
  EXPECT_NE(redis.command({"ZSCORE", "bazaar:nodes", std::to_string(number)}), "") << "kept for a day";
}

TEST_F(RedisBackplaneTest, A_goodbye_frees_everything_at_once) {
  auto a = std::make_unique<Node>(redis, "a");
  Node b(redis, "b");
  ASSERT_TRUE(know_each_other({a.get(), &b}));
  a->plane->publish(a->cell(1, 5));
  ASSERT_TRUE(b.listener.wait(kSoon, [](const Heard& heard) { return !heard.sizes.empty(); }));
  const uint16_t number = a->number();
  const std::string lease = key("n", *a), cells = key("cells", *a);
  a.reset();
  EXPECT_TRUE(b.listener.wait(kAtOnce, [&](const Heard& heard) { return heard.lost.size() == 1; }));
  EXPECT_EQ(redis.command({"EXISTS", lease, cells}), "0");
  EXPECT_EQ(redis.command({"ZSCORE", "bazaar:nodes", std::to_string(number)}), "");
  EXPECT_EQ(b.plane->counters().nodes, 1u);
}

TEST_F(RedisBackplaneTest, A_drain_is_seen_by_those_who_are_there_and_by_newcomers) {
  Node a(redis, "a"), b(redis, "b");
  ASSERT_TRUE(know_each_other({&a, &b}));
  a.plane->draining();
  const auto is_seen = [&](const Heard& heard) { return heard.draining == std::vector<uint16_t>{a.number()}; };
  EXPECT_TRUE(b.listener.wait(kAtOnce, is_seen));
  Node c(redis, "c");
  EXPECT_TRUE(c.listener.wait(kSoon, is_seen));
}

TEST_F(RedisBackplaneTest, A_node_cut_off_is_lost_to_the_others_loses_nobody_itself_and_returns_with_its_number) {
  Node a(redis, "a"), b(redis, "b");
  ASSERT_TRUE(know_each_other({&a, &b}));
  const uint16_t number = a.number();
  b.plane->publish(b.cell(1, 5));
  ASSERT_TRUE(a.listener.wait(kSoon, [](const Heard& heard) { return heard.sizes.size() == 1; }));
  cut("a");
  EXPECT_TRUE(a.listener.wait(kSoon, [](const Heard& heard) { return !heard.is_connected(); }));
  EXPECT_TRUE(b.listener.wait(milliseconds(6'000), [&](const Heard& heard) { return heard.lost.size() == 1; }));
  const auto dropped = a.plane->counters().dropped;
  post(a, b.at(0), "nobody hears this");
  a.plane->publish(a.cell(1, 5));
  EXPECT_EQ(a.plane->counters().dropped, dropped + 2);
  EXPECT_TRUE(a.listener.now().lost.empty());
  EXPECT_EQ(a.plane->counters().nodes, 2u);

  a.listener.forget();
  mend("a");
  ASSERT_TRUE(a.listener.wait(kReturn, [](const Heard& heard) { return heard.is_connected(); }));
  EXPECT_EQ(a.number(), number);
  EXPECT_EQ(a.plane->counters().reconnects, 1u);
  a.plane->publish(a.cell(2, 9));
  EXPECT_TRUE(
      b.listener.wait(kSoon, [&](const Heard& heard) { return heard.sizes.contains(a.cell(2, 9).cell.value()); }));
  EXPECT_TRUE(a.listener.wait(kSoon, [](const Heard& heard) { return heard.sizes.size() == 1; }))
      << "B's cells are read again";
  ASSERT_TRUE(know_each_other({&a, &b}));
  post(b, a.at(0), "welcome");
  EXPECT_TRUE(a.listener.wait(kSoon, [](const Heard& heard) { return heard.messages.size() == 1; }));
}

TEST_F(RedisBackplaneTest, While_Redis_stands_still_queues_fill_and_are_counted_and_afterwards_order_is_kept) {
  Node a(redis, "a"), b(redis, "b");
  ASSERT_TRUE(know_each_other({&a, &b}));
  int said = 0;
  for (; said < 100; ++said) post(a, b.at(0), std::to_string(said));
  redis.pause();
  // What the kernel takes, what the link keeps and what the queue holds: then there is no place any more.
  const std::string filler(60'000, '.');
  const auto began = steady_clock::now();
  while (a.plane->counters().dropped == 0 && steady_clock::now() - began < milliseconds(kAnswerMaxMs * 9 / 10)) {
    post(a, b.at(0), std::to_string(said++) + filler);
  }
  EXPECT_GT(a.plane->counters().dropped, 0u) << "the bound was not reached";
  EXPECT_TRUE(a.plane->counters().is_connected) << "the bound of the queue, not the breaker, has dropped";
  for (Node* node : {&a, &b}) {
    EXPECT_TRUE(node->listener.wait(milliseconds(kSilenceMaxMs + 1'000),
                                    [](const Heard& heard) { return !heard.is_connected(); }));
  }
  std::this_thread::sleep_for(milliseconds(3'000));

  redis.resume();
  for (Node* node : {&a, &b}) {
    ASSERT_TRUE(node->listener.wait(kReturn, [](const Heard& heard) { return heard.is_connected(); }));
    EXPECT_TRUE(node->listener.now().lost.empty());
  }
  post(a, b.at(0), std::to_string(said));
  const std::string last = std::to_string(said);
  EXPECT_TRUE(b.listener.wait(
      kSoon, [&](const Heard& heard) { return !heard.messages.empty() && heard.messages.back().bytes == last; }));
  int before = -1;
  for (const auto& message : b.listener.now().messages) {
    const int number = std::stoi(message.bytes);
    EXPECT_GT(number, before) << "late or doubled";
    before = number;
  }
}

TEST_F(RedisBackplaneTest, A_Redis_that_comes_back_empty_is_told_everything_again) {
  Node a(redis, "a"), b(redis, "b");
  ASSERT_TRUE(know_each_other({&a, &b}));
  const uint16_t number = a.number();
  a.plane->publish(a.cell(1, 5));
  ASSERT_TRUE(b.listener.wait(kSoon, [](const Heard& heard) { return heard.sizes.size() == 1; }));
  redis.kill();
  for (Node* node : {&a, &b}) {
    ASSERT_TRUE(node->listener.wait(kSoon, [](const Heard& heard) { return !heard.is_connected(); }));
    node->listener.forget();
  }
  std::this_thread::sleep_for(milliseconds(2'500));
  redis.restart();
  for (Node* node : {&a, &b}) {
    ASSERT_TRUE(node->listener.wait(kReturn, [](const Heard& heard) { return heard.is_connected(); }));
  }
  EXPECT_EQ(a.number(), number);
  ASSERT_TRUE(know_each_other({&a, &b}));
  a.plane->publish(a.cell(1, 6));  // as every worker does when it hears connected(true)
  EXPECT_TRUE(b.listener.wait(kReturn, [](const Heard& heard) { return heard.sizes.size() == 1; }));
  Node c(redis, "c");
  EXPECT_TRUE(c.listener.wait(
      kSoon, [&](const Heard& heard) { return heard.sizes.size() == 1 && heard.sizes.begin()->second == 6; }));
  EXPECT_TRUE(a.listener.now().lost.empty());
  EXPECT_TRUE(b.listener.now().lost.empty());
}

TEST_F(RedisBackplaneTest, A_Redis_that_was_wiped_under_us_is_told_everything_again) {
  Node a(redis, "a");
  for (uint32_t i = 0; i < 2'000; ++i) a.plane->publish(a.cell(i, 5));
  const auto stored = [&] { return redis.command({"HLEN", key("cells", a)}); };
  const auto end = steady_clock::now() + kSoon;
  while (stored() != "2000" && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(20));
  ASSERT_EQ(stored(), "2000");
  redis.command({"FLUSHALL"});
  const auto again = steady_clock::now() + milliseconds(3'000);
  while (stored() != "2000" && steady_clock::now() < again) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(stored(), "2000");
  EXPECT_EQ(a.listener.now().connections, std::vector<bool>{true});
}

TEST_F(RedisBackplaneTest, A_number_that_became_another_nodes_is_not_used_until_it_is_free) {
  Node a(redis, "a");
  redis.command({"HSET", key("n", a), "boot", "1"});
  redis.command({"PERSIST", key("n", a)});
  ASSERT_TRUE(a.listener.wait(kSoon, [](const Heard& heard) { return !heard.is_connected(); }));
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_EQ(redis.command({"HGET", key("n", a), "boot"}), "1") << "the other's record is as it was";
  EXPECT_FALSE(a.listener.now().is_connected());
  redis.command({"DEL", key("n", a)});
  EXPECT_TRUE(a.listener.wait(kReturn, [](const Heard& heard) { return heard.is_connected(); }));
}

TEST_F(RedisBackplaneTest, Garbage_in_an_inbox_on_the_channel_or_in_the_keys_is_counted_and_changes_nothing) {
  Node a(redis, "a"), b(redis, "b");
  ASSERT_TRUE(know_each_other({&a, &b}));
  const std::string inbox = key("inbox", a);
  const Sender stranger{static_cast<uint16_t>(a.number() + 1), 1, 1};
  const Sender ours{b.number(), 1, 1'000'000};
  BatchWriter of_stranger, of_former_life;
  of_stranger.add(0, BusMessageClass::kNative, {});
  of_former_life.add(0, BusMessageClass::kNative, {});
  const uint64_t before = a.plane->counters().refused;
  redis.command({"PUBLISH", inbox, "garbage"});
  redis.command({"PUBLISH", inbox, ""});
  redis.command({"PUBLISH", inbox, std::string(200'000, 'x')});
  redis.command({"PUBLISH", inbox, std::string(of_stranger.seal(stranger))});
  redis.command({"PUBLISH", inbox, std::string(of_former_life.seal(ours))});
  redis.command({"PUBLISH", "bazaar:cells", "garbage"});
  redis.command({"PUBLISH", "bazaar:cells", write_bulletin({ours, NodeState::kLeaving, {}})});
  redis.command({"PUBLISH", "bazaar:cells", write_bulletin({ours, NodeState::kServing, {b.cell(66, 1)}})});
  // A stranger with a future's boot: looked up, and Redis has no record of it.
  redis.command({"PUBLISH", "bazaar:cells", write_bulletin({{stranger.node, ~0ull, 1}, NodeState::kServing, {}})});
  const auto refused = [&](uint64_t count) {
    const auto end = steady_clock::now() + kSoon;
    while (a.plane->counters().refused < before + count && steady_clock::now() < end)
      std::this_thread::sleep_for(milliseconds(5));
    return a.plane->counters().refused - before;
  };
  EXPECT_EQ(refused(8), 8u);
  EXPECT_EQ(a.plane->counters().nodes, 2u);

  redis.command({"ZADD", "bazaar:nodes", "9e15", "garbage", "9e15", "-1", "9e15", "65536", "9e15", "64999", "9e15",
                 "64998", "9e15", "64997"});
  redis.command({"HSET", "bazaar:n:64999", "boot", "x", "sequence", "1", "state", "0"});
  redis.command({"HSET", "bazaar:n:64998", "boot", "1", "sequence", "1", "state", "9"});
  redis.command({"HSET", key("cells", b), "short", "value", std::string(8, '\0'), std::string(25, '\0')});
  b.plane->publish(b.cell(1, 5));
  Node c(redis, "c");
  EXPECT_TRUE(c.listener.wait(kSoon, [](const Heard& heard) { return heard.sizes.size() == 1; }));
  EXPECT_EQ(c.plane->counters().refused, 7u) << "three numbers, two records, two cells";
  EXPECT_EQ(c.plane->counters().nodes, 3u);

  post(b, a.at(2), "still here");
  EXPECT_TRUE(a.listener.wait(kSoon, [](const Heard& heard) { return heard.messages.size() == 1; }));
  EXPECT_TRUE(a.listener.now().lost.empty());
  EXPECT_EQ(a.listener.now().connections, std::vector<bool>{true});
}

TEST_F(RedisBackplaneTest, A_message_without_end_costs_the_connection_and_no_memory) {
  Node a(redis, "a");
  ASSERT_EQ(redis.command({"PUBLISH", key("inbox", a), std::string(2 * kReplyBytesMax, 'x')}), "1");
  // It may be back before we look.
  const std::vector<bool> lost_and_back{true, false, true};
  EXPECT_TRUE(a.listener.wait(kReturn, [&](const Heard& heard) { return heard.connections == lost_and_back; }));
}

TEST_F(RedisBackplaneTest, Nodes_of_another_prefix_are_another_cluster) {
  Node a(redis, "a");
  RecordingListener listener;
  RedisBackplane other({redis.url("b:secret@"), "bazaar:other:"});
  other.start(listener);
  other.attend();
  std::this_thread::sleep_for(milliseconds(1'200));
  EXPECT_EQ(a.plane->counters().nodes, 1u);
  EXPECT_EQ(other.counters().nodes, 1u);
  EXPECT_EQ(a.plane->counters().refused, 0u);
}

TEST_F(RedisBackplaneTest, Nobody_is_told_anything_before_there_are_workers_and_then_nothing_is_missing) {
  Node a(redis, "a");
  a.plane->publish(a.cell(1, 5));
  RecordingListener listener;
  RedisBackplane plane({redis.url("b:secret@")});
  plane.start(listener);
  std::this_thread::sleep_for(milliseconds(kBeatMs + kBeatJitterMs));
  EXPECT_TRUE(listener.now().connections.empty());
  EXPECT_TRUE(listener.now().notices.empty());
  plane.attend();
  EXPECT_TRUE(listener.wait(kSoon, [](const Heard& heard) { return heard.is_connected() && heard.sizes.size() == 1; }));
}

std::string start_problem(const RedisBackplaneOptions& options) {
  RecordingListener listener;
  RedisBackplane plane(options);
  try {
    plane.start(listener);
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
  return "";
}

TEST_F(RedisBackplaneTest, A_refused_user_is_said_at_once_and_what_to_look_at) {
  redis.command({"ACL", "SETUSER", "weak", "on", ">secret", "~bazaar:*", "resetchannels", "+@all"});
  redis.command({"ACL", "SETUSER", "weaker", "on", ">secret", "~bazaar:*", "&bazaar:*", "+eval", "+subscribe"});
  for (const char* who : {"a:wrong@", "nobody:secret@", "weak:secret@", "weaker:secret@"}) {
    const auto began = steady_clock::now();
    const std::string problem = start_problem({redis.url(who)});
    EXPECT_NE(problem.find("refuses"), std::string::npos) << who << ": " << problem;
    EXPECT_NE(problem.find("Check user, password"), std::string::npos) << problem;
    EXPECT_EQ(problem.find("secret@"), std::string::npos) << problem;
    EXPECT_LT(steady_clock::now() - began, kSoon);
  }
}

TEST_F(RedisBackplaneTest, A_Redis_that_is_not_there_is_said_after_the_time_for_starting) {
  const std::string url = redis.url();
  redis.kill();
  const std::string problem = start_problem({url, "bazaar:", 300});
  EXPECT_NE(problem.find("cannot reach Redis at 127.0.0.1:"), std::string::npos) << problem;
  EXPECT_THROW(RedisBackplane({url, "a prefix with spaces:"}), std::invalid_argument);
  EXPECT_THROW(RedisBackplane({"redis://"}), std::invalid_argument);
}

TEST_F(RedisBackplaneTest, A_Redis_that_starts_a_little_later_is_waited_for) {
  redis.kill();
  std::string problem = "never said";
  std::thread starting([&] { problem = start_problem({redis.url("a:secret@")}); });
  std::this_thread::sleep_for(milliseconds(500));
  redis.restart();
  starting.join();
  EXPECT_EQ(problem, "");
}

}  // namespace
}  // namespace bazaar::tracker
