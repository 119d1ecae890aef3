// Remote ids that are left alone for a while, so that nobody dials a closed door all day.
#include "avoided.hpp"

#include <gtest/gtest.h>

namespace bazaar::testing {
namespace {

TEST(Avoided, An_id_is_left_alone_for_its_time_and_no_longer) {
  Avoided avoided;
  avoided.add(7, 1000);
  EXPECT_TRUE(avoided.contains(7, 1000 + tunables::kRedialMs - 1));
  EXPECT_FALSE(avoided.contains(7, 1000 + tunables::kRedialMs));
  EXPECT_FALSE(avoided.contains(8, 1000));
}

TEST(Avoided, Of_too_many_ids_the_oldest_is_forgotten) {
  Avoided avoided;
  for (uint32_t id = 1; id <= tunables::kCandidateIdsMax + 1; ++id) avoided.add(id, 0);
  EXPECT_EQ(avoided.size(), tunables::kCandidateIdsMax);
  EXPECT_FALSE(avoided.contains(1, 1));
  EXPECT_TRUE(avoided.contains(2, 1));
}

TEST(Avoided, Twice_avoided_takes_one_place_and_the_later_time) {
  Avoided avoided;
  avoided.add(7, 0);
  avoided.add(7, 5000);
  EXPECT_EQ(avoided.size(), 1u);
  EXPECT_TRUE(avoided.contains(7, tunables::kRedialMs));
}

TEST(Avoided, A_ban_outlives_every_later_reason) {
  Avoided avoided;
  avoided.add(7, 0, tunables::kBanMs);
  EXPECT_TRUE(avoided.is_banned(7, 1));
  avoided.add(7, 5);
  EXPECT_TRUE(avoided.is_banned(7, 2 * tunables::kRedialMs));
  EXPECT_FALSE(avoided.contains(7, tunables::kBanMs));
  avoided.add(8, 0);
  EXPECT_FALSE(avoided.is_banned(8, 0)) << "a failed dial is no proof";
}

TEST(Avoided, The_id_0_names_nobody) {
  Avoided avoided;
  avoided.add(0, 0);
  EXPECT_EQ(avoided.size(), 0u);
}

}  // namespace
}  // namespace bazaar::testing
