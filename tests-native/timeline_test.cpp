// Virtual time: everybody is told in order, whatever the threads, and the trace hash notices every difference.
#include "timeline.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bazaar::sim {
namespace {

/// Writes down what it is told; passes `a` on to its neighbour, one less, until it is 0.
class Echo : public Actor {
 public:
  void handle(const Event& event, std::span<const uint8_t> bytes, Bus& bus) override {
    seen += std::to_string(static_cast<int>(bus.now())) + ":" + std::to_string(event.a);
    if (!bytes.empty()) seen += "'" + std::string(bytes.begin(), bytes.end()) + "'";
    seen += " ";
    if (event.a == 0) return;
    Event on = event;
    --on.a;
    bus.post(next, 10, on, bytes);
    Event soon;  // within the window, to itself
    soon.a = 0;
    bus.later(0.5, soon);
  }
  uint32_t next = 0;
  std::string seen;
};

struct Ring {
  explicit Ring(uint32_t threads, TimeMs second_ms = 20.25) : timeline(threads, 10) {
    for (Echo& one : echoes) timeline.add(one);
    for (uint32_t i = 0; i < 3; ++i) echoes[i].next = (i + 1) % 3;
    timeline.schedule(0, 5, Kind::kTick, 4);
    timeline.schedule(2, second_ms, Kind::kTick, 1);
    timeline.run(200, [](TimeMs) {});
  }
  Timeline timeline;
  Echo echoes[3];
};

TEST(Timeline, Events_come_in_order_of_time_and_messages_take_theirs) {
  const Ring ring(1);
  EXPECT_EQ(ring.echoes[0].seen, "5:4 5:0 30:0 35:1 35:0 ");
  EXPECT_EQ(ring.echoes[1].seen, "15:3 15:0 45:0 ");
  EXPECT_EQ(ring.echoes[2].seen, "20:1 20:0 25:2 25:0 ");
  EXPECT_EQ(ring.timeline.events(), 12u);
}

TEST(Timeline, Threads_change_nothing) {
  const Ring one(1);
  const Ring two(2);
  const Ring three(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(one.echoes[i].seen, two.echoes[i].seen);
    EXPECT_EQ(one.echoes[i].seen, three.echoes[i].seen);
  }
  EXPECT_EQ(one.timeline.trace_hash(), two.timeline.trace_hash());
  EXPECT_EQ(one.timeline.trace_hash(), three.timeline.trace_hash());
}

TEST(Timeline, The_trace_hash_notices_a_microsecond) {
  EXPECT_NE(Ring(1).timeline.trace_hash(), Ring(1, 20.251).timeline.trace_hash());
}

/// Sends bytes far ahead, beyond the ring of buckets.
class Sender : public Actor {
 public:
  void handle(const Event& event, std::span<const uint8_t> bytes, Bus& bus) override {
    if (event.a == 1) {
      const uint8_t text[] = {'h', 'i'};
      Event later = event;
      later.a = 2;
      bus.post(bus.self(), 50'000, later, text);
      return;
    }
    came_ms = bus.now();
    came = std::string(bytes.begin(), bytes.end());
  }
  TimeMs came_ms = 0;
  std::string came;
};

TEST(Timeline, What_lies_far_ahead_comes_too_with_its_bytes) {
  Timeline timeline(1, 10);
  Sender sender;
  timeline.add(sender);
  timeline.schedule(0, 3, Kind::kTick, 1);
  timeline.run(60'000, [](TimeMs) {});
  EXPECT_EQ(sender.came_ms, 50'003);
  EXPECT_EQ(sender.came, "hi");
}

}  // namespace
}  // namespace bazaar::sim
