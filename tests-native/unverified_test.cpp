// Who sent a block that turns out false. That its sender is closed and kept out is in engine_test.cpp.
#include "unverified.hpp"

#include <gtest/gtest.h>

namespace bazaar {
namespace {

TEST(Unverified, A_sender_is_remembered_until_the_verdict_and_not_longer) {
  Unverified blocks;
  blocks.note(7, 3, 42);
  EXPECT_EQ(blocks.take(7, 4), 0);
  EXPECT_EQ(blocks.take(8, 3), 0);
  EXPECT_EQ(blocks.take(7, 3), 42);
  EXPECT_EQ(blocks.take(7, 3), 0);
}

TEST(Unverified, The_last_sender_of_a_block_is_the_one_to_blame) {
  Unverified blocks;
  blocks.note(7, 3, 42);
  blocks.note(7, 3, 43);
  EXPECT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks.take(7, 3), 43);
}

TEST(Unverified, When_too_many_wait_the_oldest_is_forgotten) {
  Unverified blocks;
  for (uint32_t block = 0; block <= tunables::kUnverifiedMax; ++block) blocks.note(7, block, 42);
  EXPECT_EQ(blocks.size(), tunables::kUnverifiedMax);
  EXPECT_EQ(blocks.take(7, 0), 0);
  EXPECT_EQ(blocks.take(7, 1), 42);
}

}  // namespace
}  // namespace bazaar
