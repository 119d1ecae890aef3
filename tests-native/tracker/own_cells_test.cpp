// What the others still have to be told: coalesced, urgent or not, never a ghost.
#include "backplane/own_cells.hpp"

#include <gtest/gtest.h>

#include "backplane/redis_limits.hpp"
#include "swarm/directory.hpp"

namespace bazaar::tracker {
namespace {

CellNotice cell(uint32_t slot, uint32_t size) { return {{}, Address(1, 0, slot, 1), size}; }

TEST(OwnCells, A_new_cell_is_urgent_its_growth_is_not_its_end_is) {
  OwnCells cells;
  cells.put(cell(1, 1), 0);
  EXPECT_TRUE(cells.is_urgent());
  ASSERT_EQ(cells.take().size(), 1u);
  EXPECT_FALSE(cells.is_urgent());
  cells.put(cell(1, 2), 1'000);
  EXPECT_FALSE(cells.is_urgent());
  EXPECT_TRUE(cells.has_untold());
  cells.put(cell(1, 0), 1'001);
  EXPECT_TRUE(cells.is_urgent());
  const auto told = cells.take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].notice.size, 0u);
  EXPECT_EQ(cells.size(), 0u);
  EXPECT_FALSE(cells.is_urgent());
}

TEST(OwnCells, Many_notices_of_a_cell_become_one_with_the_last_size) {
  OwnCells cells;
  for (uint32_t size = 1; size <= 100; ++size) cells.put(cell(1, size), size);
  const auto told = cells.take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].notice.size, 100u);
  EXPECT_FALSE(told[0].is_stored);
  EXPECT_TRUE(cells.take().empty());
}

TEST(OwnCells, A_renewal_is_told_but_not_stored_again) {
  OwnCells cells;
  cells.put(cell(1, 5), 0);
  cells.take();
  cells.put(cell(1, 5), 5'000);
  const auto told = cells.take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].is_stored);
}

TEST(OwnCells, A_cell_that_comes_back_before_its_end_was_told_is_no_news) {
  OwnCells cells;
  cells.put(cell(1, 5), 0);
  cells.take();
  cells.put(cell(1, 0), 1);
  cells.put(cell(1, 5), 2);
  EXPECT_FALSE(cells.is_urgent());
  const auto told = cells.take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].notice.size, 5u);
}

TEST(OwnCells, One_whose_worker_is_silent_ends) {
  OwnCells cells;
  cells.put(cell(1, 5), 0);
  cells.put(cell(2, 5), 1'000);
  cells.take();
  cells.expire(kCellTtlMs);
  EXPECT_FALSE(cells.has_untold());
  cells.expire(kCellTtlMs + 1);
  const auto told = cells.take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].notice.cell, cell(1, 0).cell);
  EXPECT_EQ(told[0].notice.size, 0u);
}

TEST(OwnCells, The_end_of_an_unknown_cell_is_nothing) {
  OwnCells cells;
  EXPECT_TRUE(cells.put(cell(1, 0), 0));
  EXPECT_FALSE(cells.has_untold());
}

TEST(OwnCells, A_bulletins_worth_at_a_time_the_oldest_first) {
  OwnCells cells;
  for (uint32_t i = 0; i <= kNoticesPerBulletinMax; ++i) cells.put(cell(i, 1), 0);
  EXPECT_EQ(cells.take().size(), kNoticesPerBulletinMax);
  EXPECT_TRUE(cells.is_urgent());
  const auto rest = cells.take();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].notice.cell.slot(), kNoticesPerBulletinMax);
}

TEST(OwnCells, What_Redis_forgot_is_told_and_stored_again) {
  OwnCells cells;
  cells.put(cell(1, 5), 0);
  cells.take();
  cells.retell();
  EXPECT_TRUE(cells.is_urgent());
  const auto told = cells.take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_FALSE(told[0].is_stored);
}

TEST(OwnCells, One_cell_too_many_is_refused_and_the_known_ones_go_on) {
  OwnCells cells;
  for (uint32_t i = 0; i < kCellsPerNodeMax; ++i) ASSERT_TRUE(cells.put(cell(i, 1), 0));
  EXPECT_FALSE(cells.put(cell(kCellsPerNodeMax, 1), 0));
  EXPECT_TRUE(cells.put(cell(0, 2), 0));
}

}  // namespace
}  // namespace bazaar::tracker
