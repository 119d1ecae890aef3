// Every bound of the loop, filled: slow readers, slow writers, too many, too long, too silent.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.hpp"
#include "tracker/support/loop_runner.hpp"
#include "tracker/support/test_client.hpp"

namespace bazaar::tracker::net {
namespace {

using testing::binary_frame;
using testing::client_frame;
using testing::eventually;
using testing::LoopRunner;
using testing::RecordingHandler;
using testing::ServerFrame;
using testing::TestClient;
using testing::text_frame;

constexpr size_t kChunk = 1'000;
const std::vector<uint8_t> kFill(kChunk, 'f');

/// Small kernel buffers, so that the caps and not the kernel decide.
LoopOptions tight() {
  LoopOptions options;
  options.kernel_send_bytes = 4'096;
  return options;
}
constexpr int kClientBuffer = 4'096;

/// On "N must" or "N may" the sender is sent N chunks of that importance, then "done" as a must.
void fill_on_request(RecordingHandler& handler, LoopRunner& runner) {
  handler.reads = [&](const RecordingHandler::Message& message) {
    const size_t count = std::stoul(message.bytes);
    const bool may_drop = message.bytes.ends_with("may");
    for (size_t i = 0; i < count; ++i) {
      runner.loop().send(message.from, kFill, may_drop ? Importance::kMayDrop : Importance::kMust);
    }
    const uint8_t done[] = {'d', 'o', 'n', 'e'};
    runner.loop().send(message.from, done, Importance::kMust);
  };
}

TEST(LoopBounds, Beyond_the_soft_cap_a_slow_reader_loses_what_may_be_lost_and_nothing_else) {
  RecordingHandler handler;
  LoopRunner runner(handler, tight());
  fill_on_request(handler, runner);
  TestClient client(runner.port(), kClientBuffer);
  client.upgrade("hls-bazaar.v2");
  client.send(binary_frame("1000 may"));
  ASSERT_TRUE(eventually([&] { return runner.counters().dropped.value() > 0; }));
  size_t got = 0;
  for (ServerFrame frame = client.read_frame(); frame.payload != "done"; frame = client.read_frame()) {
    ASSERT_EQ(frame.payload.size(), kChunk);
    ++got;
  }
  EXPECT_EQ(got + runner.counters().dropped.value(), 1'000u);
  // At least what the cap lets wait, and far from all.
  EXPECT_GE(got, 64u);
  EXPECT_LT(got, 200u);
  EXPECT_TRUE(handler.seen().closed.empty());
}

TEST(LoopBounds, Beyond_the_hard_cap_it_is_closed_with_4008_or_1013) {
  for (const bool is_native : {true, false}) {
    RecordingHandler handler;
    LoopOptions options = tight();
    LoopRunner runner(handler, options);
    fill_on_request(handler, runner);
    TestClient client(runner.port(), kClientBuffer);
    client.upgrade(is_native ? "hls-bazaar.v2" : "");
    client.send(text_frame("1000 must"));
    ASSERT_TRUE(handler.wait([](const auto& seen) { return !seen.closed.empty(); }));
    EXPECT_EQ(handler.seen().closed.begin()->second, std::vector<CloseCause>{CloseCause::kSlow});
    EXPECT_EQ(runner.counters().closed_by(CloseCause::kSlow).value(), 1u);
    // Whoever reads after all gets what waited, in order and whole, and the reason.
    size_t got = 0;
    ServerFrame frame = client.read_frame();
    for (; frame.opcode != Opcode::kClose; frame = client.read_frame()) ++got;
    EXPECT_EQ(frame.close_code(), is_native ? 4008 : 1013);
    EXPECT_GE(got, options.output_hard_bytes / (kChunk + kFrameHeaderBytesMax) - 1);
    EXPECT_LT(got, 500u);
  }
}

TEST(LoopBounds, A_slow_reader_that_never_reads_again_is_let_go) {
  RecordingHandler handler;
  LoopOptions options = tight();
  options.close_timeout_ms = 50;
  LoopRunner runner(handler, options);
  fill_on_request(handler, runner);
  TestClient client(runner.port(), kClientBuffer);
  client.upgrade();
  client.send(text_frame("1000 must"));
  EXPECT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 1; }));
}

TEST(LoopBounds, Who_does_not_read_is_not_read_until_they_do) {
  RecordingHandler handler;
  LoopRunner runner(handler, tight());
  fill_on_request(handler, runner);
  TestClient client(runner.port(), kClientBuffer);
  client.upgrade();
  client.send(text_frame("120 must"));
  ASSERT_TRUE(eventually([&] { return runner.counters().messages_out.value() == 121; }));
  client.send(text_frame("0 must"));
  // A second client's round trips show that the loop turned meanwhile.
  TestClient other(runner.port());
  other.upgrade();
  for (int i = 0; i < 20; ++i) {
    other.send(text_frame("0 must"));
    ASSERT_EQ(other.read_frame().payload, "done");
  }
  EXPECT_EQ(handler.seen().messages.size(), 21u);
  int done = 0;
  while (done < 2) done += client.read_frame().payload == "done" ? 1 : 0;
  EXPECT_EQ(handler.seen().messages.size(), 22u);
}

TEST(LoopBounds, A_burst_that_the_kernel_takes_is_not_dropped) {
  RecordingHandler handler;
  LoopOptions options;
  options.kernel_send_bytes = 1'000'000;
  LoopRunner runner(handler, options);
  fill_on_request(handler, runner);
  TestClient client(runner.port(), 1'000'000);
  client.upgrade();
  client.send(text_frame("150 may"));  // more than the soft cap within one turn
  for (int i = 0; i < 150; ++i) ASSERT_EQ(client.read_frame().payload.size(), kChunk);
  EXPECT_EQ(client.read_frame().payload, "done");
  EXPECT_EQ(runner.counters().dropped.value(), 0u);
}

TEST(LoopBounds, A_message_may_be_as_long_as_the_cap_and_no_longer) {
  RecordingHandler handler;
  LoopRunner runner(handler, {});
  for (const bool is_native : {true, false}) {
    const size_t cap = is_native ? 16 * 1024 : 64 * 1024;
    TestClient client(runner.port());
    client.upgrade(is_native ? "hls-bazaar.v2" : "");
    const size_t before = handler.seen().messages.size();
    client.send(binary_frame(std::string(cap, 'x')));
    ASSERT_TRUE(handler.wait([&](const auto& seen) { return seen.messages.size() == before + 1; }));
    client.send(binary_frame(std::string(cap + 1, 'x')));
    const ServerFrame close = client.read_frame();
    EXPECT_EQ(close.close_code(), is_native ? 4001 : 1009);
    EXPECT_EQ(close.close_reason(),
              is_native ? "a frame is longer than 16384 bytes" : "a message longer than this server takes");
    EXPECT_TRUE(client.is_at_end());
  }
  EXPECT_EQ(runner.counters().closed_by(CloseCause::kProtocol).value(), 2u);
}

TEST(LoopBounds, Silence_is_answered_with_pings_and_then_with_an_end) {
  RecordingHandler handler;
  LoopOptions options;
  options.ping_after_ms = 150;
  options.hang_up_after_ms = 2'000;
  LoopRunner runner(handler, options);
  TestClient lively(runner.port()), dead(runner.port());
  lively.upgrade();
  dead.upgrade();
  // Answers its pings, and has time in plenty for it.
  for (int i = 0; i < 4; ++i) {
    const ServerFrame ping = lively.read_frame();
    ASSERT_EQ(ping.opcode, Opcode::kPing);
    lively.send(client_frame(0x8a, ping.payload));
  }
  // Each after so much silence, not only when the hang-up would have been due.
  EXPECT_EQ(handler.seen().gone, 0);
  ASSERT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 1; }));
  const auto seen = handler.seen();
  ASSERT_EQ(seen.closed.size(), 1u);
  EXPECT_EQ(seen.closed.begin()->first, seen.opened[1]);
  EXPECT_EQ(seen.closed.begin()->second, std::vector<CloseCause>{CloseCause::kTimeout});
  EXPECT_EQ(dead.read_frame().opcode, Opcode::kPing);
  EXPECT_TRUE(dead.is_at_end());
  EXPECT_EQ(runner.counters().open.value(), 1u);
}

TEST(LoopBounds, Who_reads_nothing_for_so_long_is_slow_rather_than_silent) {
  RecordingHandler handler;
  LoopOptions options = tight();
  options.ping_after_ms = 50;
  options.hang_up_after_ms = 200;
  LoopRunner runner(handler, options);
  fill_on_request(handler, runner);
  TestClient client(runner.port(), kClientBuffer);
  client.upgrade();
  client.send(text_frame("120 must"));
  ASSERT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 1; }));
  EXPECT_EQ(handler.seen().closed.begin()->second, std::vector<CloseCause>{CloseCause::kSlow});
  EXPECT_EQ(runner.counters().pings.value(), 0u);  // no more is heaped on it
}

TEST(LoopBounds, A_frame_that_drips_keeps_nobody_alive) {
  RecordingHandler handler;
  LoopOptions options;
  options.ping_after_ms = 100;
  options.hang_up_after_ms = 300;
  LoopRunner runner(handler, options);
  TestClient client(runner.port());
  client.upgrade();
  const std::string frame = binary_frame(std::string(60'000, 'x'));
  bool is_over = false;
  for (size_t i = 0; i < frame.size() && !is_over; ++i) {
    try {
      client.send(std::string_view(frame).substr(i, 1));
    } catch (const std::runtime_error&) {
      is_over = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_TRUE(is_over);
  EXPECT_EQ(handler.seen().closed.begin()->second, std::vector<CloseCause>{CloseCause::kTimeout});
}

TEST(LoopBounds, Who_never_finishes_a_request_is_dropped_in_time) {
  RecordingHandler handler;
  LoopOptions options;
  options.handshake_timeout_ms = 100;
  LoopRunner runner(handler, options);
  TestClient silent(runner.port()), slow(runner.port());
  slow.send("GET / HTTP/1.1\r\nX-Slow: ");
  EXPECT_TRUE(silent.is_at_end());
  EXPECT_TRUE(slow.is_at_end());
  EXPECT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 2; }));
  EXPECT_EQ(runner.counters().failed(HandshakeFailure::kTimeout).value(), 2u);
  EXPECT_EQ(runner.counters().handshakes.value(), 0u);
}

TEST(LoopBounds, Request_heads_have_a_cap) {
  RecordingHandler handler;
  LoopRunner runner(handler, {});
  const std::string start = "GET / HTTP/1.1\r\nX: ";
  TestClient fits(runner.port());
  fits.send(start + std::string(8 * 1024 - start.size() - 4, 'x') + "\r\n\r\n");
  EXPECT_TRUE(fits.read_head().starts_with("HTTP/1.1 404 "));
  TestClient endless(runner.port());
  endless.send(start + std::string(8 * 1024 - start.size(), 'x'));
  EXPECT_TRUE(endless.read_head().starts_with("HTTP/1.1 431 "));
  TestClient too_long(runner.port());
  too_long.send_slowly(start + std::string(8 * 1024 - start.size() - 3, 'x') + "\r\n\r\n", 1'000);
  EXPECT_TRUE(too_long.read_head().starts_with("HTTP/1.1 431 "));
  EXPECT_EQ(runner.counters().failed(HandshakeFailure::kTooLong).value(), 2u);
}

TEST(LoopBounds, What_is_not_http_is_told_so_at_once) {
  RecordingHandler handler;
  LoopRunner runner(handler, {});
  TestClient tls_at_a_plain_door(runner.port());
  tls_at_a_plain_door.send(std::string("\x16\x03\x01\x02", 4));
  EXPECT_TRUE(tls_at_a_plain_door.read_head().starts_with("HTTP/1.1 400 "));
  TestClient nonsense(runner.port());
  nonsense.send("HELLO\r\n\r\n");
  EXPECT_TRUE(nonsense.read_head().starts_with("HTTP/1.1 400 "));
  TestClient leaves(runner.port());
  leaves.send("GET");
  leaves.close();
  EXPECT_TRUE(eventually([&] { return runner.counters().failed(HandshakeFailure::kGone).value() == 1; }));
  EXPECT_EQ(runner.counters().failed(HandshakeFailure::kMalformed).value(), 2u);
}

TEST(LoopBounds, Unfinished_handshakes_have_a_budget_and_the_others_wait_their_turn) {
  RecordingHandler handler;
  LoopOptions options;
  options.handshakes_max = 3;
  LoopRunner runner(handler, options);
  std::vector<std::unique_ptr<TestClient>> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(std::make_unique<TestClient>(runner.port()));
  ASSERT_TRUE(eventually([&] { return runner.counters().accept_pauses.value() == 1; }));
  // The kernel holds it, the loop does not see it.
  TestClient waiting(runner.port());
  waiting.send(testing::upgrade_request());
  const int turns = handler.seen().turns;
  for (int i = 1; i <= 5; ++i) {
    runner.loop().wake();
    ASSERT_TRUE(handler.wait([&](const auto& seen) { return seen.turns >= turns + i; }));
  }
  EXPECT_EQ(handler.seen().accepted, 3);
  silent.pop_back();
  EXPECT_TRUE(waiting.read_head().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(handler.seen().accepted, 4);
  // A session is no handshake: the place is free again.
  TestClient next(runner.port());
  next.upgrade();
}

TEST(LoopBounds, A_turn_takes_so_many_newcomers_and_the_next_turn_the_rest) {
  RecordingHandler handler;
  std::mutex gate;
  std::vector<int> accepted_by_turn;
  int accepted = 0;
  handler.accepts = [&](const ClientAddress&) { return ++accepted > 0; };
  handler.turns = [&](int64_t) {
    const std::lock_guard wait_here(gate);
    accepted_by_turn.push_back(accepted);
    return Deadlines::kNever;
  };
  LoopOptions options;
  options.accepts_per_turn_max = 2;
  LoopRunner runner(handler, options);
  std::vector<std::unique_ptr<TestClient>> crowd;
  {
    const std::lock_guard hold(gate);
    for (int i = 0; i < 10; ++i) crowd.push_back(std::make_unique<TestClient>(runner.port()));
  }
  ASSERT_TRUE(handler.wait([](const auto& seen) { return seen.accepted == 10; }));
  runner.stop();
  for (size_t i = 1; i < accepted_by_turn.size(); ++i) EXPECT_LE(accepted_by_turn[i] - accepted_by_turn[i - 1], 2);
}

TEST(LoopBounds, A_refused_newcomer_reads_503_and_when_to_come_back) {
  RecordingHandler handler;
  handler.accepts = [](const ClientAddress& client) { return client.text() != "127.0.0.1"; };
  LoopOptions options;
  options.refusal_retry_after_s = 17;
  LoopRunner runner(handler, options);
  TestClient client(runner.port());
  client.send(testing::upgrade_request());
  const std::string head = client.read_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 503 "));
  EXPECT_NE(head.find("\r\nRetry-After: 17\r\n"), std::string::npos);
  EXPECT_FALSE(client.read_all().empty());
  client.close();
  ASSERT_TRUE(eventually([&] { return runner.counters().sockets.value() == 0; }));
  EXPECT_EQ(runner.counters().refused_by(AcceptRefusal::kHandler).value(), 1u);
  EXPECT_EQ(handler.seen().gone, 0);  // it never was let in
}

TEST(LoopBounds, In_a_flood_of_refusals_the_rest_are_reset) {
  RecordingHandler handler;
  handler.accepts = [](const ClientAddress&) { return false; };
  LoopOptions options;
  options.refusals_max = 2;
  options.handshakes_max = 2;
  LoopRunner runner(handler, options);
  std::vector<std::unique_ptr<TestClient>> told;
  for (int i = 0; i < 2; ++i) {
    told.push_back(std::make_unique<TestClient>(runner.port()));
    ASSERT_TRUE(told.back()->read_head().starts_with("HTTP/1.1 503 "));
  }
  TestClient reset(runner.port());
  EXPECT_TRUE(reset.is_at_end());
  EXPECT_EQ(runner.counters().sockets.value(), 2u);
  EXPECT_EQ(runner.counters().handshakes.value(), 0u);
  told.clear();
  ASSERT_TRUE(eventually([&] { return runner.counters().sockets.value() == 0; }));
  TestClient again(runner.port());
  EXPECT_TRUE(again.read_head().starts_with("HTTP/1.1 503 "));
}

TEST(LoopBounds, Without_descriptors_newcomers_wait_and_nobody_spins) {
  RecordingHandler handler;
  LoopRunner runner(handler, {});
  TestClient inside(runner.port());
  inside.upgrade();
  TestClient late(runner.port());
  ASSERT_TRUE(handler.wait([](const auto& seen) { return seen.accepted == 2; }));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(client) + 1;
  setrlimit(RLIMIT_NOFILE, &none);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(runner.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(eventually([&] { return runner.counters().refused_by(AcceptRefusal::kDescriptors).value() >= 2; }));
  const int turns = handler.seen().turns;
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(handler.wait([](const auto& seen) { return seen.accepted == 3; }));
  EXPECT_LT(turns, 100);
  ::close(client);
}

TEST(LoopBounds, The_real_address_comes_from_a_trusted_proxy_only) {
  RecordingHandler handler;
  LoopOptions trusting;
  trusting.proxies.trusted.push_back(*Network::parse("127.0.0.0/8"));
  LoopRunner behind(handler, trusting), alone(handler, {});
  TestClient proxied(behind.port());
  proxied.upgrade("", "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.7\r\n");
  TestClient liar(alone.port());
  liar.upgrade("", "X-Forwarded-For: 192.0.2.7\r\n");
  EXPECT_EQ(handler.seen().clients, (std::vector<std::string>{"192.0.2.7", "127.0.0.1"}));
}

TEST(LoopBounds, A_port_in_use_is_said_in_a_sentence_and_fellows_share_it) {
  RecordingHandler handler;
  LoopRunner first(handler, {});
  Loop fellow(handler, {});
  EXPECT_EQ(fellow.listen("127.0.0.1", first.port(), Sharing::kFellow, false), first.port());
  Loop stranger(handler, {});
  try {
    stranger.listen("127.0.0.1", first.port(), Sharing::kFirst, false);
    FAIL() << "two first ones on a port";
  } catch (const std::runtime_error& problem) {
    EXPECT_EQ(problem.what(), "cannot listen on 127.0.0.1:" + std::to_string(first.port()) +
                                  ": the port is in use. Choose another with --port.");
  }
  EXPECT_THROW(stranger.listen("192.0.2.1", 0, Sharing::kFirst, false), std::runtime_error);
  EXPECT_THROW(stranger.listen("no such host", 0, Sharing::kFirst, false), std::runtime_error);
  EXPECT_THROW(stranger.listen("127.0.0.1", 0, Sharing::kFirst, true), std::runtime_error);
}

TEST(LoopBounds, Localhost_and_the_unspecified_address_are_listened_on) {
  RecordingHandler handler;
  for (const char* host : {"localhost", "::", "0.0.0.0"}) {
    Loop loop(handler, {});
    const int port = loop.listen(host, 0, Sharing::kFirst, false);
    std::thread thread([&] { loop.run(); });
    {
      TestClient client(port);
      client.upgrade();
    }
    loop.stop();
    thread.join();
  }
}

}  // namespace
}  // namespace bazaar::tracker::net
