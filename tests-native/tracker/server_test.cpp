// A whole node on real sockets: several workers, viewers of one stream on any of them, pages, limits, drain.
#include "server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tracker/support/test_client.hpp"
#include "tracker_wire.hpp"

namespace bazaar::tracker {
namespace {

using net::testing::TestClient;
using tracker_wire::Message;
using tracker_wire::Type;

/// A native viewer on a real socket.
struct Viewer {
  explicit Viewer(int port) : client(port) { client.upgrade("hls-bazaar.v2"); }

  void say(const Message& message) {
    std::array<uint8_t, tracker_wire::kEncodedBytesMax> frame;
    const size_t length = tracker_wire::encode(message, frame);
    client.send(net::testing::binary_frame({reinterpret_cast<const char*>(frame.data()), length}));
  }
  void join(std::string_view token = {}, const std::vector<uint8_t>& resume = {}) {
    Message join;
    join.type = Type::kJoin;
    join.version = tracker_wire::kProtocolVersion;
    join.stream.fill(7);
    join.want = 12;
    join.token = {reinterpret_cast<const uint8_t*>(token.data()), token.size()};
    join.resume = resume;
    say(join);
  }
  void bye(uint32_t to) {
    std::array<uint8_t, tracker_wire::kSignalHeaderBytesMax> frame;
    const size_t length =
        tracker_wire::encode_signal_header(Type::kSignal, to, tracker_wire::SignalKind::kBye, 0, frame);
    client.send(net::testing::binary_frame({reinterpret_cast<const char*>(frame.data()), length}));
  }
  /// The next message of that type; others on the way are passed over.
  Message hear(Type type) {
    for (;;) {
      const auto frame = client.read_frame();
      if (frame.opcode == net::Opcode::kClose) throw std::runtime_error("closed: " + frame.close_reason());
      last = frame.payload;
      Message message;
      const auto* bytes = reinterpret_cast<const uint8_t*>(last.data());
      EXPECT_EQ(tracker_wire::decode({bytes, last.size()}, message), tracker_wire::DecodeStatus::kOk);
      if (message.type == type) return message;
    }
  }
  TestClient client;
  std::string last;
};

Options options_of(int64_t workers) {
  Options options;
  options.port = 0;
  options.workers = workers;
  options.connections_per_address_burst = 100'000;
  options.join_window_ms = 0;
  return options;
}

std::string page(int port, const std::string& path) {
  TestClient client(port);
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.read_all();
}

TEST(Server, Viewers_of_one_stream_meet_whichever_workers_the_kernel_gives_them) {
  Server server(options_of(4), "test");
  server.start();
  std::vector<std::unique_ptr<Viewer>> viewers;
  for (int i = 0; i < 24; ++i) {
    viewers.push_back(std::make_unique<Viewer>(server.port()));
    viewers.back()->join();
    const Message welcome = viewers.back()->hear(Type::kWelcome);
    EXPECT_FALSE(welcome.resume.empty());
    // A bye is the shortest signal there is: everybody introduced hears it.
    for (size_t peer = 0; peer < welcome.id_count; ++peer) viewers.back()->bye(welcome.ids[peer]);
    // Who comes after another's welcome finds the cell at whichever worker: it hears of cells before it hears of
    // viewers.
    EXPECT_EQ(welcome.id_count > 0, i > 0) << i;
  }
  // The first was introduced to many of them, by their word.
  EXPECT_EQ(viewers[0]->hear(Type::kRelayed).kind, tracker_wire::SignalKind::kBye);
  server.stop();
}

TEST(Server, Pages_tell_life_readiness_and_numbers) {
  Server server(options_of(2), "1.2.3");
  server.start();
  EXPECT_NE(page(server.port(), "/healthz").find("200 OK"), std::string::npos);
  EXPECT_NE(page(server.port(), "/readyz").find("ready"), std::string::npos);
  EXPECT_NE(page(server.port(), "/metrics").find("bazaar_tracker_workers 2"), std::string::npos);
  EXPECT_NE(page(server.port(), "/status").find("1.2.3"), std::string::npos);
  EXPECT_NE(page(server.port(), "/").find("404"), std::string::npos);
  server.drain();
  server.stop();
}

TEST(Server, A_join_without_the_right_token_is_refused_with_a_sentence) {
  Options options = options_of(1);
  options.token_keys = {"k1:hmac-sha256:c2VjcmV0LXNlY3JldC1zZWNyZXQ"};
  Server server(options, "test");
  server.start();
  for (const std::string token : {"", "k1.e30.AAAA", "garbage"}) {
    Viewer viewer(server.port());
    viewer.join(token);
    const Message error = viewer.hear(Type::kError);
    EXPECT_EQ(error.code, tracker_wire::ErrorCode::kToken);
    EXPECT_FALSE(error.text.empty());
  }
  EXPECT_THROW(TestClient(server.port()).upgrade(), std::exception) << "WebTorrent's protocol has no tokens";
}

TEST(Server, Origins_can_be_changed_while_it_runs) {
  Options options = options_of(1);
  options.origins = {"https://good.example"};
  Server server(options, "test");
  server.start();
  EXPECT_THROW(TestClient(server.port()).upgrade("hls-bazaar.v2", "Origin: https://other.example\r\n"), std::exception);
  TestClient(server.port()).upgrade("hls-bazaar.v2", "Origin: https://good.example\r\n");
  options.origins = {"https://other.example"};
  server.reload(options);
  TestClient(server.port()).upgrade("hls-bazaar.v2", "Origin: https://other.example\r\n");
  options.origins = {"https//broken"};
  server.reload(options);
  TestClient(server.port()).upgrade("hls-bazaar.v2", "Origin: https://other.example\r\n");
}

TEST(Server, More_connections_from_one_address_than_it_may_have_are_turned_away) {
  Options options = options_of(2);
  options.connections_per_address_max = 5;
  Server server(options, "test");
  server.start();
  std::vector<std::unique_ptr<Viewer>> viewers;
  for (int i = 0; i < 5; ++i) viewers.push_back(std::make_unique<Viewer>(server.port()));
  EXPECT_THROW(Viewer{server.port()}, std::exception);
  viewers.pop_back();
  for (int patience = 0;; ++patience) {
    try {
      Viewer again(server.port());
      break;
    } catch (const std::exception&) {
      ASSERT_LT(patience, 200) << "the place of who left is never free";
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

TEST(Server, More_messages_than_the_rate_end_the_connection) {
  Options options = options_of(1);
  options.messages_per_second = 1;
  options.messages_burst = 5;
  Server server(options, "test");
  server.start();
  Viewer viewer(server.port());
  viewer.join();
  viewer.hear(Type::kWelcome);
  Message more;
  more.type = Type::kMore;
  for (int i = 0; i < 10; ++i) viewer.say(more);
  EXPECT_EQ(viewer.hear(Type::kError).code, tracker_wire::ErrorCode::kRate);
}

TEST(Server, Draining_sends_viewers_away_turns_newcomers_away_and_ends_with_the_last) {
  Options options = options_of(2);
  options.drain_percent_per_second = 100;
  options.resume_secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  Server old(options, "old");
  old.start();
  options.port = 0;
  Server fresh(options, "new");
  fresh.start();

  std::vector<std::unique_ptr<Viewer>> viewers;
  std::vector<std::pair<uint32_t, std::vector<uint8_t>>> places;
  for (int i = 0; i < 10; ++i) {
    viewers.push_back(std::make_unique<Viewer>(old.port()));
    viewers.back()->join();
    const Message welcome = viewers.back()->hear(Type::kWelcome);
    places.emplace_back(welcome.peer, std::vector<uint8_t>(welcome.resume.begin(), welcome.resume.end()));
  }
  old.drain();
  EXPECT_FALSE(old.is_drained());
  EXPECT_THROW(Viewer{old.port()}, std::exception);
  for (auto& viewer : viewers) EXPECT_GT(viewer->hear(Type::kGoAway).wait_ms, 0u);
  for (size_t i = 0; i < viewers.size(); ++i) {
    viewers[i] = std::make_unique<Viewer>(fresh.port());
    viewers[i]->join({}, places[i].second);
    const Message welcome = viewers[i]->hear(Type::kWelcome);
    EXPECT_EQ(welcome.peer, places[i].first) << "the id outlives the node";
  }
  for (int patience = 0; !old.is_drained(); ++patience) {
    ASSERT_LT(patience, 500);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST(Server, A_port_in_use_is_told_in_a_sentence) {
  Server first(options_of(1), "test");
  first.start();
  Options options = options_of(1);
  options.port = first.port();
  Server second(options, "test");
  EXPECT_THROW(second.start(), std::runtime_error);
}

}  // namespace
}  // namespace bazaar::tracker
