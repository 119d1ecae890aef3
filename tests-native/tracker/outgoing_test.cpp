// The queue before the backplane's thread: bounded both ways, waking no more than needed; and the back-off after a
// loss.
#include "backplane/outgoing.hpp"

#include <gtest/gtest.h>

#include "backplane/back_off.hpp"
#include "backplane/memory_backplane.hpp"
#include "backplane/redis_limits.hpp"

namespace bazaar::tracker {
namespace {

using Put = Outgoing::Put;
const Address kTo(2, 1, 1, 1);

TEST(Outgoing, The_first_wakes_and_the_one_that_fills_a_batch) {
  Outgoing queue;
  EXPECT_EQ(queue.post(kTo, BusMessageClass::kNative, std::vector<uint8_t>(10)), Put::kWake);
  EXPECT_EQ(queue.post(kTo, BusMessageClass::kNative, std::vector<uint8_t>(10)), Put::kQuiet);
  EXPECT_EQ(queue.publish({}), Put::kQuiet);
  EXPECT_EQ(queue.post(kTo, BusMessageClass::kNative, std::vector<uint8_t>(kBatchBytes)), Put::kWake);
  EXPECT_EQ(queue.post(kTo, BusMessageClass::kNative, std::vector<uint8_t>(10)), Put::kQuiet);
  Outgoing::Load load;
  queue.take(load);
  EXPECT_EQ(load.posts.size(), 4u);
  EXPECT_EQ(load.of(load.posts[2]).size(), kBatchBytes);
  EXPECT_EQ(queue.publish({}), Put::kWake);
}

TEST(Outgoing, Full_of_bytes_of_empty_messages_or_of_notices_it_refuses) {
  Outgoing bytes;
  size_t taken = 0;
  while (bytes.post(kTo, BusMessageClass::kNative, std::vector<uint8_t>(kBusMessageBytesMax)) != Put::kFull) ++taken;
  EXPECT_EQ(taken, kQueueBytesMax / (kBusMessageBytesMax + sizeof(Outgoing::Post)));

  Outgoing empty;
  taken = 0;
  while (empty.post(kTo, BusMessageClass::kNative, {}) != Put::kFull) ++taken;
  EXPECT_EQ(taken, kQueueBytesMax / sizeof(Outgoing::Post));

  Outgoing notices;
  for (size_t i = 0; i < kQueueNoticesMax; ++i) ASSERT_NE(notices.publish({}), Put::kFull);
  EXPECT_EQ(notices.publish({}), Put::kFull);
}

TEST(Outgoing, A_message_over_the_bound_is_refused_in_an_empty_queue) {
  Outgoing queue;
  EXPECT_EQ(queue.post(kTo, BusMessageClass::kNative, std::vector<uint8_t>(kBusMessageBytesMax + 1)), Put::kFull);
  EXPECT_EQ(queue.waiting_bytes(), 0u);
}

TEST(BackOff, The_ceiling_doubles_to_its_bound_and_starts_anew_after_success) {
  BackOff back_off;
  EXPECT_EQ(back_off.failed(kBackOffFirstMs - 1), kBackOffFirstMs);
  EXPECT_EQ(back_off.failed(2 * kBackOffFirstMs - 1), 2 * kBackOffFirstMs);
  for (int i = 0; i < 100; ++i) back_off.failed(0);
  EXPECT_EQ(back_off.failed(kBackOffMaxMs - 1), kBackOffMaxMs);
  EXPECT_EQ(back_off.failed(kBackOffMaxMs), 1) << "full jitter begins at once";
  back_off.succeeded();
  EXPECT_EQ(back_off.failed(kBackOffFirstMs), 1);
}

TEST(MemoryBackplane, One_node_nothing_leaves_and_a_post_to_nobody_is_counted) {
  MemoryBackplane alone(77);
  EXPECT_EQ(alone.node(), 77);
  alone.publish({});
  alone.attend();
  alone.draining();
  alone.post(kTo, BusMessageClass::kNative, {});
  const auto counters = alone.counters();
  EXPECT_TRUE(counters.is_connected);
  EXPECT_EQ(counters.nodes, 1u);
  EXPECT_EQ(counters.dropped, 1u);
  EXPECT_EQ(counters.operations, 0u);
}

}  // namespace
}  // namespace bazaar::tracker
