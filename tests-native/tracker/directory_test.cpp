// What one worker knows of the others' cells.
#include "swarm/directory.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "dice.hpp"

namespace bazaar::tracker {
namespace {

StreamId stream(uint8_t number) {
  StreamId id;
  id.bytes[0] = number;
  return id;
}

Address cell(uint16_t node, uint32_t slot) { return {node, 0, slot, 1}; }

TEST(Directory, A_cell_is_known_by_its_last_notice_and_gone_with_size_zero) {
  Directory directory;
  directory.heard({stream(1), cell(2, 7), 30}, 0);
  directory.heard({stream(1), cell(3, 7), 12}, 0);
  directory.heard({stream(1), cell(2, 7), 31}, 10);
  EXPECT_EQ(directory.size_elsewhere(stream(1)), 43u);
  ASSERT_EQ(directory.cells_of(stream(1)).size(), 2u);
  EXPECT_EQ(directory.find(stream(1), cell(2, 7))->size, 31u);
  directory.heard({stream(1), cell(2, 7), 0}, 20);
  directory.heard({stream(1), cell(2, 7), 0}, 20);
  EXPECT_EQ(directory.size_elsewhere(stream(1)), 12u);
  EXPECT_EQ(directory.find(stream(1), cell(2, 7)), nullptr);
  directory.heard({stream(1), cell(3, 7), 0}, 20);
  EXPECT_EQ(directory.streams(), 0u);
}

TEST(Directory, An_entry_that_nobody_renews_is_gone_after_its_time_and_not_before) {
  Directory directory;
  directory.heard({stream(1), cell(2, 7), 30}, 0);
  directory.heard({stream(1), cell(2, 8), 30}, 1);
  directory.expire(kCellTtlMs);
  EXPECT_EQ(directory.find(stream(1), cell(2, 7)), nullptr);
  EXPECT_NE(directory.find(stream(1), cell(2, 8)), nullptr);
  EXPECT_EQ(directory.size_elsewhere(stream(1)), 30u);
}

TEST(Directory, A_lost_node_takes_its_cells_of_every_stream_with_it) {
  Directory directory;
  for (uint8_t number = 0; number < 10; ++number) {
    directory.heard({stream(number), cell(2, number), 5}, 0);
    directory.heard({stream(number), cell(3, number), 7}, 0);
  }
  directory.node_lost(2);
  EXPECT_EQ(directory.cells(), 10u);
  for (uint8_t number = 0; number < 10; ++number) EXPECT_EQ(directory.size_elsewhere(stream(number)), 7u);
}

TEST(Directory, When_full_it_ignores_new_cells_and_still_hears_of_those_it_knows) {
  Directory directory(2);
  directory.heard({stream(1), cell(2, 1), 5}, 0);
  directory.heard({stream(1), cell(2, 2), 5}, 0);
  directory.heard({stream(1), cell(2, 3), 5}, 0);
  directory.heard({stream(2), cell(2, 4), 5}, 0);
  EXPECT_EQ(directory.cells(), 2u);
  EXPECT_EQ(directory.streams(), 1u);
  directory.heard({stream(1), cell(2, 2), 9}, 0);
  EXPECT_EQ(directory.size_elsewhere(stream(1)), 14u);
  directory.heard({stream(1), cell(2, 1), 0}, 0);
  directory.heard({stream(1), cell(2, 3), 1}, 0);
  EXPECT_EQ(directory.size_elsewhere(stream(1)), 10u);
}

TEST(Directory, Sums_hold_after_any_order_of_notices) {
  Dice dice(5);
  Directory directory(40);
  for (int step = 0; step < 20'000; ++step) {
    const auto node = static_cast<uint16_t>(dice.below(4));
    if (dice.below(200) == 0) directory.node_lost(node);
    if (dice.below(50) == 0) directory.expire(step);
    directory.heard({stream(dice.below(3)), cell(node, dice.below(8)), dice.below(4) * 10}, step);
    size_t cells = 0;
    for (uint8_t number = 0; number < 3; ++number) {
      const auto& entries = directory.cells_of(stream(number));
      cells += entries.size();
      EXPECT_TRUE(std::is_sorted(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.cell < b.cell; }));
      EXPECT_EQ(
          directory.size_elsewhere(stream(number)),
          std::accumulate(entries.begin(), entries.end(), 0u, [](uint32_t sum, auto& e) { return sum + e.size; }));
    }
    ASSERT_EQ(cells, directory.cells());
    ASSERT_LE(cells, 40u);
  }
}

}  // namespace
}  // namespace bazaar::tracker
