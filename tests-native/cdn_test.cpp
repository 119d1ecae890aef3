// The simulator's CDN: every byte that leaves it is counted, in order, at the pace of the viewer's downlink and its
// own.
#include "cdn.hpp"

#include <gtest/gtest.h>

namespace bazaar::sim {
namespace {

/// Asks as told, and writes down what comes.
class Client : public Actor {
 public:
  struct Chunk {
    TimeMs at;
    int32_t fetch;
    int32_t block;
    int32_t bytes;
    bool is_last;
  };
  void handle(const Event& event, std::span<const uint8_t>, Bus& bus) override {
    if (event.kind == Kind::kJoin) {
      for (int32_t fetch = 1; fetch <= fetches; ++fetch) {
        Event ask;
        ask.kind = Kind::kFetch;
        ask.a = fetch;
        ask.c = 10;
        ask.d = range;
        bus.post(cdn, 20, ask);
      }
      Event list;
      list.kind = Kind::kPlaylistWanted;
      bus.post(cdn, 20, list);
    } else if (event.kind == Kind::kChunk) {
      chunks.push_back({bus.now(), event.a, event.b, event.c, event.d == 1});
      if (chunks.size() == abort_after) {
        Event abort;
        abort.kind = Kind::kAbort;
        abort.a = event.a;
        bus.post(cdn, 20, abort);
      }
    } else if (event.kind == Kind::kFailed) {
      failed = event.b;
    } else if (event.kind == Kind::kPlaylist) {
      listed = event.a;
    }
  }
  uint32_t cdn = 0;
  int32_t fetches = 1;
  int32_t range = 0;
  size_t abort_after = 0;
  std::vector<Chunk> chunks;
  int32_t failed = 0;
  int32_t listed = 0;
};

struct World {
  explicit World(Scenario with) : scenario(std::move(with)), timeline(1, network.least_ms() * 0.999) {
    for (Client& client : clients) client.cdn = 2;
    for (Client& client : clients) timeline.add(client);
    timeline.add(cdn);
  }
  void run(size_t askers = 1) {
    for (uint32_t i = 0; i < askers; ++i) timeline.schedule(i, 1'000, Kind::kJoin);
    timeline.run(10'000, [](TimeMs) {});
  }
  TimeMs took_ms(size_t client = 0) const { return clients[client].chunks.back().at - 1'000; }

  Scenario scenario;
  Network network{scenario, 1};
  Stream stream{scenario, 1};
  Cdn cdn{scenario, network, stream, 1};
  Timeline timeline;
  Client clients[2];
};

Scenario plain() {
  Scenario scenario;
  scenario.duration_ms = 10'000;
  scenario.warm_up_ms = 0;
  scenario.jitter_ms = 0;
  scenario.loss = 0;
  scenario.downlink_mbit = 8;  // 1,000 B/ms
  return scenario;
}

TEST(Cdn, A_segment_comes_block_by_block_at_the_pace_of_the_downlink) {
  World world(plain());
  world.run();
  const uint32_t bytes = world.stream.segment_bytes(0, 10);
  const auto& chunks = world.clients[0].chunks;
  ASSERT_EQ(chunks.size(), block_count_of(bytes));
  EXPECT_TRUE(chunks.back().is_last);
  EXPECT_EQ(world.cdn.bytes_sent(), bytes);
  EXPECT_NEAR(chunks[1].at - chunks[0].at, kBlockBytes / 1'000.0, 0.01);
}

TEST(Cdn, Two_fetches_of_a_viewer_share_its_downlink) {
  World world(plain());
  world.clients[0].fetches = 2;
  world.run();
  const auto& chunks = world.clients[0].chunks;
  EXPECT_NE(chunks[0].fetch, chunks[1].fetch) << "in turn";
  for (size_t i = 1; i < chunks.size(); ++i) {
    ASSERT_GE(chunks[i].at - chunks[i - 1].at, chunks[i - 1].bytes / 1'000.0 - 0.01)
        << "faster than the link, at " << i;
  }
}

TEST(Cdn, A_range_is_what_was_asked_for) {
  World world(plain());
  world.clients[0].range = 3 << 16 | 2;
  world.run();
  const auto& chunks = world.clients[0].chunks;
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].block, 3);
  EXPECT_EQ(chunks[1].block, 4);
  EXPECT_EQ(world.cdn.copies()[world.stream.block_index(0, 10, 4)], 1u);
  EXPECT_EQ(world.cdn.copies()[world.stream.block_index(0, 10, 5)], 0u);
}

TEST(Cdn, Beyond_the_end_there_is_nothing) {
  World world(plain());
  world.clients[0].range = 900 << 16 | 1;
  world.run();
  EXPECT_EQ(world.clients[0].failed, 416);
  EXPECT_EQ(world.cdn.bytes_sent(), 0);
}

TEST(Cdn, What_left_before_an_abort_counts_as_sent) {
  World world(plain());
  world.clients[0].abort_after = 2;
  world.run();
  const size_t came = world.clients[0].chunks.size();
  EXPECT_GE(came, 2u);
  EXPECT_LT(came, block_count_of(world.stream.segment_bytes(0, 10)));
  EXPECT_EQ(world.cdn.bytes_sent(), static_cast<double>(came) * kBlockBytes);
}

TEST(Cdn, An_egress_of_its_own_is_shared_in_turn) {
  Scenario scenario = plain();
  scenario.viewers = 2;
  scenario.cdn_of_audience = 0.5;  // 312.5 B/ms for both
  World world(scenario);
  world.run(2);
  const double bytes = world.stream.segment_bytes(0, 10);
  EXPECT_NEAR(world.took_ms(0), 2 * bytes / 312.5, 250);
  EXPECT_NEAR(world.took_ms(1), 2 * bytes / 312.5, 250);
}

TEST(Cdn, Jitter_and_loss_delay_and_never_reorder) {
  Scenario scenario = plain();
  World smooth(scenario);
  smooth.run();
  scenario.jitter_ms = 20;
  scenario.loss = 0.05;
  World rough(scenario);
  rough.run();
  EXPECT_GT(rough.took_ms(), smooth.took_ms() + 20);
  const auto& chunks = rough.clients[0].chunks;
  for (size_t i = 0; i < chunks.size(); ++i) ASSERT_EQ(chunks[i].block, static_cast<int32_t>(i));
}

TEST(Cdn, An_edge_that_is_down_answers_neither_segments_nor_playlists) {
  Scenario scenario = plain();
  scenario.outage_from_ms = 500;
  scenario.outage_until_ms = 2'000;
  World world(scenario);
  world.run();
  EXPECT_EQ(world.clients[0].failed, 503);
  EXPECT_EQ(world.clients[0].listed, -1);
  EXPECT_EQ(world.cdn.bytes_sent(), 0);
}

}  // namespace
}  // namespace bazaar::sim
