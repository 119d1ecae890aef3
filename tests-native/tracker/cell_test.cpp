// Whom of a cell a viewer is introduced to. Members are drawn as letters: what they have in common with who asks.
#include "native/cell.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace bazaar::tracker::native {
namespace {

constexpr uint32_t kRendition = 7, kRegion = 3;

/// Members by letter: 'r' same rendition, 'g' same region, 'u' free upload, 'p' a playhead nearby, '.' nothing of all
/// this. Ids are positions + 1; every member is in a subnet of its own.
Cell cell_of(const std::string& letters) {
  Cell cell;
  for (size_t i = 0; i < letters.size(); ++i) {
    Member member;
    member.id = i + 1;
    member.home = Address(1, 0, i, 1);
    member.subnet = 1'000 + i;
    member.profile.rendition = letters[i] == 'r' ? kRendition : kRendition + 1;
    member.profile.region = letters[i] == 'g' ? kRegion : 0;
    member.profile.upload_kbps = letters[i] == 'u' ? 4'000 : 0;
    member.profile.free_slots = 3;
    member.profile.behind_ms = letters[i] == 'p' ? 6'000 : 60'000;
    cell.put(member);
  }
  return cell;
}

Cell::Wish wish_for(size_t want) {
  Cell::Wish wish;
  wish.self = 9'999;
  wish.profile = {kRendition, kRegion, 0, 3, 6'000};
  wish.want = want;
  return wish;
}

/// The letters of those chosen, in order; `anyone` of them are not by merit and are left out.
std::string chosen_letters(const std::string& letters, size_t want, uint64_t seed = 1) {
  Cell cell = cell_of(letters);
  Dice dice(seed);
  std::vector<Member> chosen;
  cell.choose(wish_for(want), dice, chosen);
  std::string by_merit;
  for (size_t i = want / 4; i < chosen.size(); ++i) by_merit += letters[chosen[i].id - 1];
  return by_merit;
}

TEST(Cell, The_same_rendition_comes_before_the_region_before_free_upload_before_a_playhead_nearby) {
  for (uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(chosen_letters("p.ugr.", 3, seed), "rgu") << "seed " << seed;
  EXPECT_EQ(chosen_letters("..p...", 3).front(), 'p');
}

TEST(Cell, One_in_four_is_anyone_so_that_a_cell_does_not_fall_apart_into_likes) {
  const std::string letters = std::string(8, 'r') + std::string(24, '.');
  size_t others = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Cell cell = cell_of(letters);
    Dice dice(seed);
    std::vector<Member> chosen;
    cell.choose(wish_for(8), dice, chosen);
    ASSERT_EQ(chosen.size(), 8u);
    for (const Member& member : chosen) others += letters[member.id - 1] == '.';
  }
  // Two of eight are drawn blindly from 32, of whom 24 are unlike.
  EXPECT_NEAR(others / 200.0, 1.5, 0.4);
}

TEST(Cell, Nobody_is_chosen_twice_or_oneself_or_who_was_to_be_left_out) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Cell cell = cell_of(std::string(30, 'r'));
    Dice dice(seed);
    const std::vector<PeerId> known = {3, 4, 5};
    Cell::Wish wish = wish_for(64);
    wish.self = 1;
    wish.leave_out = known;
    std::vector<Member> chosen = {*cell.find(2)};  // of a sibling cell before
    cell.choose(wish, dice, chosen);
    std::set<PeerId> ids;
    for (const Member& member : chosen) EXPECT_TRUE(ids.insert(member.id).second);
    EXPECT_EQ(ids.size(), 26u);
    for (const PeerId id : {1, 3, 4, 5}) EXPECT_FALSE(ids.contains(id));
  }
}

TEST(Cell, At_most_two_of_a_subnet_as_long_as_there_are_others) {
  Cell cell;
  for (uint32_t i = 0; i < 40; ++i) {
    Member member;
    member.id = i + 1;
    member.subnet = i < 30 ? 1 : i;                      // three in four are behind one gateway
    member.profile.rendition = i < 30 ? kRendition : 0;  // and the best otherwise
    cell.put(member);
  }
  const auto of_gateway = [&](size_t want) {
    Dice dice(want);
    Cell::Wish wish = wish_for(want);
    wish.subnet_peers_max = 2;
    std::vector<Member> chosen;
    cell.choose(wish, dice, chosen);
    EXPECT_EQ(chosen.size(), want);
    return std::count_if(chosen.begin(), chosen.end(), [](const Member& m) { return m.subnet == 1; });
  };
  EXPECT_EQ(of_gateway(10), 2);
  EXPECT_EQ(of_gateway(40), 30) << "rather neighbours of one subnet than none";
}

TEST(Cell, Introductions_spread_evenly_over_equals) {
  Cell cell = cell_of(std::string(60, 'r'));
  Dice dice(4);
  std::map<PeerId, int> introduced;
  for (int newcomer = 0; newcomer < 600; ++newcomer) {
    std::vector<Member> chosen;
    cell.choose(wish_for(8), dice, chosen);
    for (const Member& member : chosen) ++introduced[member.id];
  }
  ASSERT_EQ(introduced.size(), 60u);
  for (const auto& [id, times] : introduced) EXPECT_NEAR(times, 80, 40) << "member " << id;
}

TEST(Cell, A_member_that_moves_keeps_its_place_and_only_its_present_home_may_take_it_out) {
  Cell cell = cell_of("rr");
  Member moved = *cell.find(1);
  const Address old_home = moved.home;
  moved.home = Address(2, 0, 5, 1);
  cell.put(moved);
  EXPECT_EQ(cell.size(), 2u);
  EXPECT_FALSE(cell.remove(1, old_home)) << "a late leave";
  EXPECT_TRUE(cell.remove(1, moved.home));
  EXPECT_FALSE(cell.remove(1, moved.home)) << "twice";
  EXPECT_EQ(cell.size(), 1u);
  EXPECT_EQ(cell.find(1), nullptr);
}

TEST(Cell, An_empty_cell_and_a_wish_for_nobody_choose_nobody) {
  Cell empty;
  Cell full = cell_of("rrr");
  Dice dice(1);
  std::vector<Member> chosen;
  empty.choose(wish_for(8), dice, chosen);
  full.choose(wish_for(0), dice, chosen);
  EXPECT_TRUE(chosen.empty());
}

}  // namespace
}  // namespace bazaar::tracker::native
