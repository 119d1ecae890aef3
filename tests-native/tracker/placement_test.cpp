// Where a newcomer goes, and which small cell joins which: pure functions, over cells drawn as sizes.
#include "native/placement.hpp"

#include <gtest/gtest.h>

namespace bazaar::tracker::native {
namespace {

constexpr Address kSelf(1, 0, 0, 0);
const CellRules kRules = {.min = 50, .target = 300, .max = 500};

Address ours(uint32_t slot) { return {1, 0, slot, 1}; }
Address fellow(uint32_t slot) { return {1, 1, slot, 1}; }    // another worker of this node
Address stranger(uint32_t slot) { return {2, 0, slot, 1}; }  // another node

TEST(Placement, The_audience_decides_how_far_a_viewer_may_be_from_its_cell) {
  const Extent extent{.workers = 8, .nodes = 2};
  EXPECT_EQ(scope_of(0, kRules, extent), Scope::kCluster);
  EXPECT_EQ(scope_of(99, kRules, extent), Scope::kCluster);
  EXPECT_EQ(scope_of(100, kRules, extent), Scope::kNode);
  EXPECT_EQ(scope_of(399, kRules, extent), Scope::kNode);
  EXPECT_EQ(scope_of(400, kRules, extent), Scope::kWorker);
  EXPECT_EQ(scope_of(50, kRules, Extent{}), Scope::kWorker) << "one worker alone";
}

TEST(Placement, Cut_off_from_the_other_nodes_nobody_is_sent_there_however_small_the_audience) {
  const Extent extent{.workers = 8, .nodes = 2, .is_cut_off = true};
  EXPECT_EQ(scope_of(0, kRules, extent), Scope::kNode);
  EXPECT_EQ(scope_of(400, kRules, extent), Scope::kWorker);
  EXPECT_EQ(wider(Scope::kWorker, extent), Scope::kNode);
  EXPECT_EQ(wider(Scope::kNode, extent), Scope::kNode);
  EXPECT_EQ(wider(Scope::kNode, Extent{.workers = 8, .nodes = 2}), Scope::kCluster);
}

TEST(Placement, A_newcomer_goes_to_the_fullest_cell_in_scope_that_has_room) {
  const std::vector<Candidate> here = {{ours(1), 10}, {ours(2), 300}, {ours(3), 120}};
  const std::vector<Directory::Entry> elsewhere = {{fellow(1), 200, 0}, {stranger(1), 299, 0}, {stranger(2), 400, 0}};
  EXPECT_EQ(place(kSelf, here, elsewhere, Scope::kWorker, kRules), ours(3));
  EXPECT_EQ(place(kSelf, here, elsewhere, Scope::kNode, kRules), fellow(1));
  EXPECT_EQ(place(kSelf, here, elsewhere, Scope::kCluster, kRules), stranger(1));
  EXPECT_EQ(place(kSelf, here, elsewhere, Scope::kCluster, kRules, stranger(1)), fellow(1)) << "that one refused";
}

TEST(Placement, Of_equals_everybody_takes_the_lowest_address) {
  EXPECT_EQ(place(kSelf, {{ours(1), 10}}, {{stranger(1), 10, 0}}, Scope::kCluster, kRules), ours(1));
  EXPECT_EQ(place(Address(3, 0, 0, 0), {{Address(3, 0, 1, 1), 10}}, {{stranger(1), 10, 0}}, Scope::kCluster, kRules),
            stranger(1));
}

TEST(Placement, Where_all_are_full_a_new_cell_is_opened) {
  EXPECT_FALSE(place(kSelf, {{ours(1), 300}}, {{stranger(1), 500, 0}}, Scope::kCluster, kRules));
  EXPECT_FALSE(place(kSelf, {}, {}, Scope::kCluster, kRules));
}

TEST(Placement, A_small_cell_joins_the_greatest_that_takes_all_of_it) {
  const std::vector<Directory::Entry> elsewhere = {{fellow(1), 60, 0}, {stranger(1), 455, 0}, {stranger(2), 470, 0}};
  const Candidate small{ours(1), 45};
  EXPECT_EQ(company_for(small, {small}, elsewhere, Scope::kCluster, kRules), stranger(1)) << "470 + 45 are too many";
  EXPECT_EQ(company_for(small, {small}, elsewhere, Scope::kNode, kRules), fellow(1));
  EXPECT_FALSE(company_for(small, {small}, elsewhere, Scope::kWorker, kRules)) << "not itself";
}

TEST(Placement, Of_two_small_cells_both_owners_name_the_same_to_remain) {
  for (const auto& [a, b] : {std::pair{10u, 12u}, {12u, 10u}, {10u, 10u}}) {
    const Candidate one{ours(1), a}, two{stranger(1), b};
    const bool is_one_going = bool(company_for(one, {one}, {{two.cell, b, 0}}, Scope::kCluster, kRules));
    const bool is_two_going = bool(company_for(two, {two}, {{one.cell, a, 0}}, Scope::kCluster, kRules));
    EXPECT_NE(is_one_going, is_two_going) << a << " and " << b;
    EXPECT_EQ(is_two_going, a >= b);
  }
}

}  // namespace
}  // namespace bazaar::tracker::native
