// A loop over real sockets: who comes in, what arrives, who hears of the end. Waits are for conditions.
#include "net/loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tracker/support/loop_runner.hpp"
#include "tracker/support/test_client.hpp"

namespace bazaar::tracker::net {
namespace {

using testing::binary_frame;
using testing::client_frame;
using testing::close_frame;
using testing::eventually;
using testing::LoopRunner;
using testing::RecordingHandler;
using testing::ServerFrame;
using testing::TestClient;
using testing::text_frame;

/// Sends everything back.
struct Echo {
  RecordingHandler handler;
  LoopRunner runner;
  explicit Echo(LoopOptions options = {}) : runner(handler, std::move(options)) {
    handler.reads = [this](const RecordingHandler::Message& message) {
      runner.loop().send(message.from, {reinterpret_cast<const uint8_t*>(message.bytes.data()), message.bytes.size()},
                         Importance::kMust);
    };
  }
};

TEST(Loop, A_native_client_is_answered_in_binary_and_a_webtorrent_one_in_text) {
  Echo echo;
  TestClient native(echo.runner.port());
  native.upgrade("hls-bazaar.v2");
  native.send(binary_frame("abc"));
  const ServerFrame bytes = native.read_frame();
  EXPECT_EQ(bytes.opcode, Opcode::kBinary);
  EXPECT_EQ(bytes.payload, "abc");
  TestClient old(echo.runner.port());
  old.upgrade();
  old.send(text_frame("{}"));
  EXPECT_EQ(old.read_frame().opcode, Opcode::kText);
  const auto seen = echo.handler.seen();
  ASSERT_EQ(seen.dialects.size(), 2u);
  EXPECT_EQ(seen.dialects[0], Dialect::kNative);
  EXPECT_EQ(seen.dialects[1], Dialect::kWebTorrent);
  EXPECT_EQ(seen.clients[0], "127.0.0.1");
  EXPECT_FALSE(seen.messages[0].is_text);
  EXPECT_TRUE(seen.messages[1].is_text);
}

TEST(Loop, Many_frames_of_one_write_and_one_frame_of_many_writes_arrive_whole) {
  Echo echo;
  TestClient client(echo.runner.port());
  client.upgrade("hls-bazaar.v2");
  std::string frames;
  for (int i = 0; i < 100; ++i) frames += binary_frame("message " + std::to_string(i));
  client.send(frames);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.read_frame().payload, "message " + std::to_string(i));
  const std::string big(5'000, 'x');
  client.send_slowly(binary_frame(big) + binary_frame("y"), 7);
  EXPECT_EQ(client.read_frame().payload, big);
  EXPECT_EQ(client.read_frame().payload, "y");
}

TEST(Loop, Frames_that_come_with_the_request_are_not_lost) {
  Echo echo;
  TestClient client(echo.runner.port());
  client.send(testing::upgrade_request() + text_frame("early") + text_frame("bird").substr(0, 3));
  client.read_head();
  EXPECT_EQ(client.read_frame().payload, "early");
  client.send(text_frame("bird").substr(3));
  EXPECT_EQ(client.read_frame().payload, "bird");
}

TEST(Loop, A_request_that_comes_byte_by_byte_is_read) {
  Echo echo;
  TestClient client(echo.runner.port());
  client.send_slowly(testing::upgrade_request("hls-bazaar.v2"), 1);
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101 "));
}

TEST(Loop, Every_session_opens_once_closes_once_and_is_gone_after_that) {
  Echo echo;
  {
    TestClient client(echo.runner.port());
    client.upgrade();
    client.send(text_frame("x"));
    client.read_frame();
    client.send(close_frame(1000));
    EXPECT_EQ(client.read_frame().close_code(), 1000);
    EXPECT_TRUE(client.is_at_end());
  }
  ASSERT_TRUE(echo.handler.wait([](const auto& seen) { return seen.gone == 1; }));
  const auto seen = echo.handler.seen();
  EXPECT_EQ(seen.order, (std::vector<std::string>{"open", "message", "close", "gone"}));
  EXPECT_EQ(seen.closed.at(seen.opened[0]), std::vector<CloseCause>{CloseCause::kClient});
  EXPECT_EQ(echo.runner.counters().sockets.value(), 0u);
  EXPECT_EQ(echo.runner.counters().open.value(), 0u);
  EXPECT_EQ(echo.runner.counters().handshakes.value(), 0u);
}

TEST(Loop, A_client_that_vanishes_is_the_networks_doing) {
  Echo echo;
  {
    TestClient client(echo.runner.port());
    client.upgrade();
    client.send(text_frame("half a frame").substr(0, 5));
  }
  ASSERT_TRUE(echo.handler.wait([](const auto& seen) { return seen.gone == 1; }));
  const auto seen = echo.handler.seen();
  EXPECT_EQ(seen.closed.at(seen.opened[0]), std::vector<CloseCause>{CloseCause::kNetwork});
  EXPECT_TRUE(seen.messages.empty());
}

TEST(Loop, A_close_by_the_server_comes_after_what_was_sent_and_waits_for_the_clients) {
  RecordingHandler handler;
  LoopRunner runner(handler, {});
  handler.reads = [&](const RecordingHandler::Message& message) {
    const uint8_t bytes[] = {'l', 'a', 's', 't'};
    runner.loop().send(message.from, bytes, Importance::kMust);
    runner.loop().close(message.from, 4003, "another version");
    runner.loop().send(message.from, bytes, Importance::kMust);  // too late, and no harm
    runner.loop().close(message.from, 4000, "twice");
  };
  TestClient client(runner.port());
  client.upgrade("hls-bazaar.v2");
  client.send(binary_frame("one") + binary_frame("two: not heard any more"));
  EXPECT_EQ(client.read_frame().payload, "last");
  const ServerFrame close = client.read_frame();
  EXPECT_EQ(close.close_code(), 4003);
  EXPECT_EQ(close.close_reason(), "another version");
  // The session is over for the handler at once, the socket when the client has said so, too.
  ASSERT_TRUE(handler.wait([](const auto& seen) { return !seen.closed.empty(); }));
  EXPECT_EQ(handler.seen().gone, 0);
  client.send(binary_frame("ignored") + close_frame(4003));
  EXPECT_TRUE(client.is_at_end());
  client.close();
  ASSERT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 1; }));
  const auto seen = handler.seen();
  EXPECT_EQ(seen.messages.size(), 1u);
  EXPECT_EQ(seen.closed.at(seen.opened[0]), std::vector<CloseCause>{CloseCause::kServer});
}

TEST(Loop, A_client_that_never_answers_a_close_is_let_go) {
  LoopOptions options;
  options.close_timeout_ms = 50;
  RecordingHandler handler;
  LoopRunner runner(handler, options);
  handler.opens = [&](ConnectionId id) { runner.loop().close(id, 1013, "full"); };
  TestClient client(runner.port());
  client.upgrade();
  EXPECT_EQ(client.read_frame().close_code(), 1013);
  EXPECT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 1; }));
}

TEST(Loop, Sending_to_one_that_is_gone_reaches_nobody_in_its_slot) {
  RecordingHandler handler;
  LoopRunner runner(handler, {});
  std::vector<ConnectionId> ids;
  handler.opens = [&](ConnectionId id) { ids.push_back(id); };
  handler.reads = [&](const RecordingHandler::Message& message) {
    const uint8_t bytes[] = {'?'};
    for (const ConnectionId id : ids) {
      if (id != message.from) runner.loop().send(id, bytes, Importance::kMust);
    }
    runner.loop().send(0, bytes, Importance::kMust);
    runner.loop().send(~ConnectionId{0}, bytes, Importance::kMust);
    const uint8_t done[] = {'!'};
    runner.loop().send(message.from, done, Importance::kMust);
  };
  // More than a chunk of slots, one after the other: every slot is used again.
  for (int i = 0; i < 300; ++i) {
    TestClient client(runner.port());
    client.upgrade();
    client.send(text_frame("x"));
    ASSERT_EQ(client.read_frame().payload, "!");
    client.close();
    ASSERT_TRUE(handler.wait([&](const auto& seen) { return seen.gone == i + 1; }));
  }
  auto distinct = handler.seen().opened;
  std::sort(distinct.begin(), distinct.end());
  EXPECT_EQ(std::unique(distinct.begin(), distinct.end()), distinct.end());
}

TEST(Loop, A_message_to_another_is_written_in_the_same_turn) {
  RecordingHandler handler;
  LoopRunner runner(handler, {});
  handler.reads = [&](const RecordingHandler::Message& message) {
    for (const ConnectionId id : handler.seen().opened) {
      runner.loop().send(id, {reinterpret_cast<const uint8_t*>(message.bytes.data()), message.bytes.size()},
                         Importance::kMayDrop);
    }
  };
  TestClient a(runner.port()), b(runner.port());
  a.upgrade();
  b.upgrade("hls-bazaar.v2");
  a.send(text_frame("to all"));
  EXPECT_EQ(a.read_frame().payload, "to all");
  const ServerFrame at_b = b.read_frame();
  EXPECT_EQ(at_b.payload, "to all");
  EXPECT_EQ(at_b.opcode, Opcode::kBinary);
}

TEST(Loop, Pages_are_served_and_read_to_their_end) {
  RecordingHandler handler;
  handler.serves = [](const Request& request) {
    HttpAnswer answer;
    answer.status = request.target == "/healthz?x=1" ? 200 : 503;
    answer.body = std::string(request.method) + std::string(100'000, '.') +
                  std::string(request.header("x-NAME").value_or("none"));
    answer.retry_after_s = answer.status == 503 ? 7 : 0;
    return answer;
  };
  LoopRunner runner(handler, {});
  TestClient client(runner.port());
  client.send("GET /healthz?x=1 HTTP/1.1\r\nHost: a\r\nX-Name: value\r\n\r\n");
  const std::string head = client.read_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(head.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Retry-After"), std::string::npos);
  const std::string body = client.read_all();
  EXPECT_EQ(body.size(), 3 + 100'000 + 5u);
  EXPECT_TRUE(body.ends_with(".value"));

  TestClient head_only(runner.port());
  head_only.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(head_only.read_head().find("\r\nRetry-After: 7\r\n"), std::string::npos);
  EXPECT_EQ(head_only.read_all(), "");
  EXPECT_EQ(runner.counters().http_requests.value(), 2u);
  EXPECT_TRUE(handler.seen().opened.empty());
}

TEST(Loop, A_page_is_read_whole_by_one_who_sends_a_body_or_has_closed_its_half) {
  RecordingHandler handler;
  handler.serves = [](const Request&) {
    HttpAnswer answer;
    answer.body = std::string(500'000, 'b');
    return answer;
  };
  LoopRunner runner(handler, {});
  TestClient sender(runner.port());
  sender.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + std::string(300'000, 'x'));
  sender.read_head();
  EXPECT_EQ(sender.read_all().size(), 500'000u);
  TestClient half(runner.port());
  half.send("GET / HTTP/1.0\r\n\r\n");
  half.half_close();
  half.read_head();
  EXPECT_EQ(half.read_all().size(), 500'000u);
  EXPECT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 1; }));
}

TEST(Loop, The_handler_may_refuse_an_upgrade) {
  RecordingHandler handler;
  handler.refuses = [](const Request& request, Dialect) {
    HttpAnswer answer;
    answer.status = 403;
    answer.body = "not from " + std::string(request.header("Origin").value_or("nowhere"));
    return std::optional(answer);
  };
  LoopRunner runner(handler, {});
  TestClient client(runner.port());
  client.send(testing::upgrade_request("hls-bazaar.v2", "Origin: https://evil.example\r\n"));
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_EQ(client.read_all(), "not from https://evil.example");
  EXPECT_EQ(runner.counters().failed(HandshakeFailure::kRefused).value(), 1u);
  EXPECT_TRUE(handler.seen().opened.empty());
}

TEST(Loop, A_wake_from_another_thread_leads_to_a_turn_and_so_does_its_deadline) {
  RecordingHandler handler;
  std::atomic<int64_t> deadline{Deadlines::kNever};
  handler.turns = [&](int64_t now_ms) { return deadline.load() == 0 ? now_ms + 5 : Deadlines::kNever; };
  LoopRunner runner(handler, {});
  runner.start();
  for (int i = 1; i <= 3; ++i) {
    const int before = handler.seen().turns;
    runner.loop().wake();
    ASSERT_TRUE(handler.wait([&](const auto& seen) { return seen.turns > before; }));
  }
  deadline = 0;
  runner.loop().wake();
  const int before = handler.seen().turns;
  EXPECT_TRUE(handler.wait([&](const auto& seen) { return seen.turns > before + 5; }));
}

TEST(Loop, What_others_left_is_read_before_what_clients_said_after_it) {
  // One turn lasts until a letter lies there and, after it, a client has spoken: both are found by the next turn.
  RecordingHandler handler;
  std::atomic<bool> holds{false};
  std::atomic<bool> is_held{false};
  std::atomic<bool> has_letter{false};
  std::atomic<bool> is_read{false};
  bool was_read_at_message = false;
  handler.turns = [&](int64_t) {
    is_held = holds.load();
    while (holds) std::this_thread::yield();
    return Deadlines::kNever;
  };
  handler.begins = [&] { is_read = has_letter.load(); };
  handler.reads = [&](const auto&) { was_read_at_message = is_read; };
  LoopRunner runner(handler, {});
  TestClient client(runner.port());
  client.upgrade("hls-bazaar.v2");
  holds = true;
  runner.loop().wake();
  while (!is_held) std::this_thread::yield();
  has_letter = true;
  client.send(binary_frame("after the letter"));
  holds = false;
  ASSERT_TRUE(handler.wait([](const auto& seen) { return !seen.messages.empty(); }));
  runner.stop();
  EXPECT_TRUE(was_read_at_message);
}

TEST(Loop, A_wake_that_comes_while_what_others_left_is_read_leads_to_one_more_turn) {
  // rung → [looks ← rung again] → one more look, though nothing else happens
  RecordingHandler handler;
  std::atomic<int> looks{0};
  LoopRunner runner(handler, {});
  handler.begins = [&] {
    if (++looks == 1) runner.loop().wake();
  };
  runner.start();
  runner.loop().wake();
  EXPECT_TRUE(eventually([&] { return looks >= 2; }));
}

TEST(Loop, Stopping_says_1001_to_everybody_and_tells_the_handler) {
  RecordingHandler handler;
  LoopRunner runner(handler, {});
  TestClient session(runner.port()), silent(runner.port());
  session.upgrade();
  ASSERT_TRUE(handler.wait([](const auto& seen) { return seen.accepted == 2; }));
  runner.stop();
  EXPECT_EQ(session.read_frame().close_code(), 1001);
  EXPECT_TRUE(session.is_at_end());
  EXPECT_TRUE(silent.is_at_end());
  const auto seen = handler.seen();
  EXPECT_EQ(seen.gone, 2);
  EXPECT_EQ(seen.closed.at(seen.opened[0]), std::vector<CloseCause>{CloseCause::kShutdown});
}

TEST(Loop, After_a_pause_newcomers_are_turned_away_and_those_inside_served_on) {
  Echo echo;
  TestClient inside(echo.runner.port());
  inside.upgrade();
  echo.runner.loop().pause_accepting();
  EXPECT_TRUE(eventually([&] {
    try {
      TestClient late(echo.runner.port());
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  inside.send(text_frame("still here"));
  EXPECT_EQ(inside.read_frame().payload, "still here");
}

}  // namespace
}  // namespace bazaar::tracker::net
