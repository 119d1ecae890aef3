// What becomes a WebSocket, what is a page, and what is refused with which sentence.
#include "net/upgrade.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tracker/support/test_client.hpp"

namespace bazaar::tracker::net {
namespace {

std::unique_ptr<HttpRequest> parsed(const std::string& head) { return HttpRequest::parse(head); }

Upgrade judged(const std::string& head) {
  const auto request = parsed(head);
  if (!request) {
    ADD_FAILURE() << "not HTTP: " << head;
    return {};
  }
  return judge_upgrade(*request);
}

/// A good request with one thing replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string request = testing::upgrade_request();
  const size_t at = request.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return request.replace(at, from.size(), to);
}

void expect_refused(const std::string& head, const char* status,
                    HandshakeFailure failure = HandshakeFailure::kMalformed) {
  const Upgrade upgrade = judged(head);
  EXPECT_EQ(upgrade.outcome, Upgrade::Outcome::kRefused) << head;
  EXPECT_TRUE(upgrade.response.starts_with(std::string("HTTP/1.1 ") + status)) << upgrade.response;
  EXPECT_EQ(upgrade.failure, failure);
}

TEST(Upgrade, The_key_of_the_rfc_gives_its_answer) {
  EXPECT_EQ(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Upgrade, Without_a_subprotocol_it_is_webtorrents) {
  const Upgrade upgrade = judged(testing::upgrade_request());
  EXPECT_EQ(upgrade.outcome, Upgrade::Outcome::kAccepted);
  EXPECT_EQ(upgrade.dialect, Dialect::kWebTorrent);
  EXPECT_EQ(upgrade.response,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(Upgrade, Ours_among_subprotocols_is_chosen) {
  for (const char* offered : {"hls-bazaar.v2", "x, hls-bazaar.v2", "hls-bazaar.v2,y"}) {
    const Upgrade upgrade = judged(testing::upgrade_request(offered));
    EXPECT_EQ(upgrade.outcome, Upgrade::Outcome::kAccepted);
    EXPECT_EQ(upgrade.dialect, Dialect::kNative);
    EXPECT_NE(upgrade.response.find("\r\nSec-WebSocket-Protocol: hls-bazaar.v2\r\n"), std::string::npos);
  }
}

TEST(Upgrade, Other_subprotocols_are_refused_by_name) {
  for (const char* offered : {"hls-bazaar.v1", "chat, superchat"}) {
    const Upgrade upgrade = judged(testing::upgrade_request(offered));
    EXPECT_EQ(upgrade.outcome, Upgrade::Outcome::kRefused);
    EXPECT_EQ(upgrade.failure, HandshakeFailure::kProtocol);
    EXPECT_TRUE(upgrade.response.starts_with("HTTP/1.1 400 "));
    EXPECT_NE(upgrade.response.find("hls-bazaar.v2"), std::string::npos);
  }
}

TEST(Upgrade, Tokens_are_found_in_any_case_and_among_others) {
  EXPECT_EQ(judged(changed("Connection: Upgrade", "connection: keep-alive, uPgRaDe")).outcome,
            Upgrade::Outcome::kAccepted);
  EXPECT_EQ(judged(changed("Upgrade: websocket", "UPGRADE:WebSocket")).outcome, Upgrade::Outcome::kAccepted);
  EXPECT_EQ(judged(changed("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade")).outcome,
            Upgrade::Outcome::kAccepted);
}

TEST(Upgrade, What_does_not_ask_for_websocket_is_a_page) {
  EXPECT_EQ(judged("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").outcome, Upgrade::Outcome::kNone);
  EXPECT_EQ(judged(changed("Upgrade: websocket", "Upgrade: h2c")).outcome, Upgrade::Outcome::kNone);
}

TEST(Upgrade, Every_demand_of_the_rfc_is_kept) {
  expect_refused(changed("GET", "POST"), "400");
  expect_refused(changed("HTTP/1.1", "HTTP/1.0"), "400");
  expect_refused(changed("Connection: Upgrade", "Connection: close"), "400");
  expect_refused(changed("Version: 13", "Version: 8"), "426");
  expect_refused(changed("Sec-WebSocket-Version: 13\r\n", ""), "426");
  EXPECT_NE(judged(changed("Version: 13", "Version: 8")).response.find("\r\nSec-WebSocket-Version: 13\r\n"),
            std::string::npos);
  expect_refused(changed("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), "400");
  for (const char* key : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ==x",
                          "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZSEhISEhIQ=="}) {
    expect_refused(changed("dGhlIHNhbXBsZSBub25jZQ==", key), "400");
  }
  expect_refused(testing::upgrade_request("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "400");
}

TEST(HttpRequest, Finds_headers_in_any_case_and_joins_lines) {
  const auto request = parsed("GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one:  2 \r\n\r\n");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->target, "/a?b=c");
  EXPECT_EQ(request->header("x-ONE"), "1");
  EXPECT_EQ(request->joined("X-one"), "1,2");
  EXPECT_FALSE(request->header("x-two"));
}

TEST(HttpRequest, What_is_no_http_is_nothing) {
  for (const char* head :
       {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nbad name: x\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\x01"
        "b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n"}) {
    EXPECT_FALSE(parsed(head)) << head;
  }
}

TEST(HttpRequest, Strangers_bytes_are_a_request_or_nothing) {
  std::mt19937 dice(2026);
  int requests = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string head = testing::upgrade_request("hls-bazaar.v2", "X-Forwarded-For: 192.0.2.7\r\nContent-Length: 3\r\n");
    for (size_t turned = 1 + dice() % 3; turned > 0; --turned)
      head[dice() % head.size()] = static_cast<char>(dice() % 256);
    const auto request = parsed(head);
    if (!request) continue;
    ++requests;
    EXPECT_FALSE(request->method.empty());
    EXPECT_FALSE(judge_upgrade(*request).outcome == Upgrade::Outcome::kAccepted &&
                 request->joined("Sec-WebSocket-Version") != "13");
  }
  EXPECT_GT(requests, 1'000);
  EXPECT_LT(requests, 19'000);
}

TEST(HttpAnswer, Has_length_and_end_and_the_time_to_come_back) {
  HttpAnswer answer;
  answer.status = 503;
  answer.body = "full\n";
  answer.retry_after_s = 30;
  EXPECT_EQ(http_text(answer, true),
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
            "Retry-After: 30\r\nCache-Control: no-store\r\nConnection: close\r\n\r\nfull\n");
  EXPECT_TRUE(http_text(answer, false).ends_with("close\r\n\r\n"));
}

}  // namespace
}  // namespace bazaar::tracker::net
