// TLS in the loop: the same messages, sessions resumed, certificates renewed without an end for anybody.
#include "net/tls.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "net/loop.hpp"
#include "tracker/support/certificate.hpp"
#include "tracker/support/loop_runner.hpp"
#include "tracker/support/test_client.hpp"

namespace bazaar::tracker::net {
namespace {

using testing::binary_frame;
using testing::Certificate;
using testing::close_frame;
using testing::eventually;
using testing::LoopRunner;
using testing::RecordingHandler;
using testing::TestClient;

std::string name_of(const TestClient& client) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(client.tls()), X509_free);
  std::array<char, 64> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(), name.size());
  return name.data();
}

class Tls : public ::testing::Test {
 protected:
  explicit Tls(LoopOptions options = {}) : runner(handler, with_tls(std::move(options)), true) {
    handler.reads = [this](const RecordingHandler::Message& message) {
      runner.loop().send(message.from, {reinterpret_cast<const uint8_t*>(message.bytes.data()), message.bytes.size()},
                         Importance::kMust);
    };
    handler.serves = [](const Request& request) {
      HttpAnswer answer;
      answer.status = request.is_tls ? 200 : 500;
      answer.body = std::string(300'000, 'b');
      return answer;
    };
  }
  LoopOptions with_tls(LoopOptions options) {
    options.tls = tls;
    options.handshake_timeout_ms = 500;
    return options;
  }

  Certificate certificate{"first"};
  std::shared_ptr<TlsContext> tls =
      std::make_shared<TlsContext>(certificate.certificate_path(), certificate.key_path());
  RecordingHandler handler;
  LoopRunner runner;
};

TEST_F(Tls, Messages_of_every_size_go_both_ways_and_the_end_is_clean) {
  TestClient client(runner.port());
  client.start_tls();
  client.upgrade("hls-bazaar.v2");
  // Some in many records, some with a record's end in the middle of a frame.
  for (const size_t size : {0, 1, 125, 126, 5'000, 16'383, 16'384}) {
    const std::string payload(size, 'x');
    client.send(binary_frame(payload));
    ASSERT_TRUE(client.read_frame().payload == payload) << size;
  }
  client.send_slowly(binary_frame("in many records"), 1);
  EXPECT_EQ(client.read_frame().payload, "in many records");
  std::string burst;
  for (int i = 0; i < 200; ++i) burst += binary_frame(std::string(1'000, static_cast<char>('a' + i % 26)));
  client.send(burst);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.read_frame().payload[0], static_cast<char>('a' + i % 26));
  client.send(close_frame(1000));
  EXPECT_EQ(client.read_frame().close_code(), 1000);
  EXPECT_TRUE(client.is_at_end());
  EXPECT_EQ(SSL_get_shutdown(client.tls()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
  client.close();
  EXPECT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 1; }));
  EXPECT_EQ(handler.seen().closed.begin()->second, std::vector<CloseCause>{CloseCause::kClient});
}

TEST_F(Tls, Pages_are_served_and_http_1_1_is_agreed_on) {
  TestClient client(runner.port());
  client.start_tls();
  const unsigned char* chosen = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(client.tls(), &chosen, &length);
  EXPECT_EQ(std::string(chosen, chosen + length), "http/1.1");
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(client.read_all().size(), 300'000u);
}

TEST_F(Tls, A_session_is_resumed_with_its_ticket_even_after_the_certificate_is_renewed) {
  std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(nullptr, SSL_SESSION_free);
  {
    TestClient client(runner.port());
    client.start_tls();
    client.upgrade();  // the ticket comes before the answer
    session.reset(SSL_get1_session(client.tls()));
  }
  ASSERT_TRUE(SSL_SESSION_is_resumable(session.get()));
  certificate.renew("second");
  EXPECT_EQ(tls->reload(), std::nullopt);
  TestClient again(runner.port());
  again.start_tls(session.get());
  EXPECT_EQ(SSL_session_reused(again.tls()), 1);
  again.upgrade();
  EXPECT_EQ(runner.counters().tls_handshakes.value(), 2u);
  EXPECT_EQ(runner.counters().tls_resumed.value(), 1u);
}

TEST_F(Tls, A_new_certificate_is_for_newcomers_and_nobody_is_dropped) {
  TestClient before(runner.port());
  before.start_tls();
  before.upgrade();
  EXPECT_EQ(name_of(before), "first");
  certificate.renew("second");
  EXPECT_EQ(tls->reload(), std::nullopt);
  TestClient after(runner.port());
  after.start_tls();
  EXPECT_EQ(name_of(after), "second");
  before.send(binary_frame("still here"));
  EXPECT_EQ(before.read_frame().payload, "still here");
}

TEST_F(Tls, A_bad_certificate_is_refused_with_a_sentence_and_the_old_one_stays) {
  const auto serves_first = [&] {
    TestClient client(runner.port());
    client.start_tls();
    return name_of(client) == "first";
  };
  Certificate other("other");
  std::filesystem::copy_file(other.key_path(), certificate.key_path(),
                             std::filesystem::copy_options::overwrite_existing);
  const auto mismatch = tls->reload();
  ASSERT_TRUE(mismatch);
  EXPECT_NE(mismatch->find(certificate.key_path()), std::string::npos) << *mismatch;
  EXPECT_TRUE(serves_first());
  std::ofstream(certificate.certificate_path()) << "not a certificate\n";
  const auto garbage = tls->reload();
  ASSERT_TRUE(garbage);
  EXPECT_NE(garbage->find("cannot use the certificate"), std::string::npos) << *garbage;
  EXPECT_TRUE(serves_first());
  std::filesystem::remove(certificate.certificate_path());
  EXPECT_TRUE(tls->reload());
  EXPECT_TRUE(serves_first());
  EXPECT_THROW(TlsContext("/nowhere/certificate.pem", "/nowhere/key.pem"), std::runtime_error);
}

TEST_F(Tls, Versions_before_1_2_are_refused) {
  TestClient client(runner.port());
  // TLS 1.1's ClientHello, as far as its version: the answer is an alert.
  client.send(std::string("\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x02", 11) + std::string(32, 'r') +
              std::string("\x00\x00\x04\xc0\x09\x00\x2f\x01\x00", 9));
  const std::string alert = client.read_all();
  ASSERT_GE(alert.size(), 7u);
  EXPECT_EQ(alert[0], '\x15');
  EXPECT_EQ(alert[6], 70);  // protocol_version
  EXPECT_TRUE(eventually([&] { return runner.counters().failed(HandshakeFailure::kTls).value() == 1; }));
}

TEST_F(Tls, Plain_http_and_silence_at_a_tls_door_end_in_time) {
  TestClient plain(runner.port());
  plain.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return runner.counters().failed(HandshakeFailure::kTls).value() == 1; }));
  TestClient silent(runner.port());
  EXPECT_TRUE(silent.is_at_end());
  EXPECT_EQ(runner.counters().failed(HandshakeFailure::kTimeout).value(), 1u);
  EXPECT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 2; }));
}

TEST_F(Tls, A_vanished_client_is_noticed_in_every_phase) {
  {
    TestClient amid_handshake(runner.port());
    amid_handshake.send("\x16\x03\x01");
    TestClient amid_request(runner.port());
    amid_request.start_tls();
    amid_request.send("GET / HT");
    TestClient session(runner.port());
    session.start_tls();
    session.upgrade();
  }
  EXPECT_TRUE(handler.wait([](const auto& seen) { return seen.gone == 3; }));
  EXPECT_EQ(handler.seen().closed.begin()->second, std::vector<CloseCause>{CloseCause::kNetwork});
}

TEST(TlsRefusal, A_newcomer_that_may_not_in_is_reset_before_any_handshake) {
  const Certificate certificate("first");
  LoopOptions options;
  options.tls = std::make_shared<TlsContext>(certificate.certificate_path(), certificate.key_path());
  RecordingHandler handler;
  handler.accepts = [](const ClientAddress&) { return false; };
  LoopRunner runner(handler, options, true);
  TestClient client(runner.port());
  EXPECT_TRUE(client.is_at_end());
  EXPECT_EQ(runner.counters().refused_by(AcceptRefusal::kHandler).value(), 1u);
  EXPECT_EQ(runner.counters().tls_handshakes.value(), 0u);
  EXPECT_EQ(runner.counters().sockets.value(), 0u);
}

TEST(TlsStorm, Handshakes_go_on_a_few_steps_a_turn_and_all_get_there) {
  const Certificate certificate("first");
  LoopOptions options;
  options.tls = std::make_shared<TlsContext>(certificate.certificate_path(), certificate.key_path());
  options.tls_steps_per_turn_max = 1;
  RecordingHandler handler;
  const Counters* counters = nullptr;
  uint64_t before = 0, most = 0;
  handler.turns = [&](int64_t) {
    most = std::max(most, counters->tls_handshakes.value() - before);
    before = counters->tls_handshakes.value();
    return Deadlines::kNever;
  };
  LoopRunner runner(handler, options, true);
  counters = &runner.counters();
  std::vector<std::thread> clients;
  const int port = runner.port();
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([port] {
      TestClient client(port);
      client.start_tls();
      client.upgrade();
    });
  }
  for (std::thread& client : clients) client.join();
  runner.stop();
  EXPECT_EQ(counters->tls_handshakes.value(), 8u);
  EXPECT_EQ(most, 1u);
}

TEST(TlsSlowReader, Is_bounded_like_a_plain_one_and_gets_what_waited_when_it_reads) {
  const Certificate certificate("first");
  LoopOptions options;
  options.tls = std::make_shared<TlsContext>(certificate.certificate_path(), certificate.key_path());
  options.kernel_send_bytes = 4'096;
  RecordingHandler handler;
  LoopRunner runner(handler, options, true);
  handler.reads = [&](const RecordingHandler::Message& message) {
    const std::vector<uint8_t> fill(1'000, 'f');
    for (int i = 0; i < 1'000; ++i) runner.loop().send(message.from, fill, Importance::kMust);
  };
  TestClient client(runner.port(), 4'096);
  client.start_tls();
  client.upgrade("hls-bazaar.v2");
  client.send(binary_frame("x"));
  ASSERT_TRUE(handler.wait([](const auto& seen) { return !seen.closed.empty(); }));
  EXPECT_EQ(handler.seen().closed.begin()->second, std::vector<CloseCause>{CloseCause::kSlow});
  size_t got = 0;
  testing::ServerFrame frame = client.read_frame();
  for (; frame.opcode != Opcode::kClose; frame = client.read_frame()) ++got;
  EXPECT_EQ(frame.close_code(), 4008);
  EXPECT_GE(got, 250u);
}

}  // namespace
}  // namespace bazaar::tracker::net
