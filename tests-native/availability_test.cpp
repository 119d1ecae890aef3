// What neighbours say of a segment: a letter a block for one neighbour (`H` has it, `c` gets it from the CDN, `p` from
// a peer), a digit a block for how many say so.
#include "availability.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/neighbour.hpp"
#include "tunables.hpp"

namespace bazaar::testing {
namespace {

void say(Availability& offers, size_t slot, std::string_view picture) {
  for (uint32_t block = 0; block < picture.size(); ++block) offers.set(slot, block, code_of(picture[block]));
}

std::string digits(const Availability& offers, PeerMask (Availability::*who)(uint32_t) const) {
  std::string counts;
  for (uint32_t block = 0; block < offers.size(); ++block) {
    counts += static_cast<char>('0' + std::popcount((offers.*who)(block)));
  }
  return counts;
}

Availability of_blocks(uint32_t count) {
  Availability offers;
  offers.resize(count);
  return offers;
}

TEST(Availability, Holders_fetchers_and_leechers_are_counted_apart) {
  Availability offers = of_blocks(4);
  say(offers, 0, "HHcp");
  say(offers, 1, "H.cp");
  EXPECT_EQ(digits(offers, &Availability::holders), "2100");
  EXPECT_EQ(digits(offers, &Availability::fetchers), "0020");
  EXPECT_EQ(digits(offers, &Availability::leechers), "0002");
}

TEST(Availability, A_neighbour_stands_in_one_mask_of_a_block_only) {
  Availability offers = of_blocks(1);
  for (const char letter : std::string("cpHcH.p")) {
    say(offers, 3, std::string_view(&letter, 1));
    EXPECT_EQ(std::popcount(offers.holders(0)) + std::popcount(offers.fetchers(0)) + std::popcount(offers.leechers(0)),
              letter == '.' ? 0 : 1);
  }
}

TEST(Availability, Saying_it_twice_counts_once) {
  Availability offers = of_blocks(2);
  say(offers, 5, "HH");
  say(offers, 5, "HH");
  EXPECT_EQ(digits(offers, &Availability::holders), "11");
}

TEST(Availability, Who_left_is_forgotten_and_nobody_else) {
  Availability offers = of_blocks(3);
  say(offers, 0, "Hcp");
  say(offers, 31, "HHH");
  offers.note_known(0);
  offers.note_known(31);
  offers.forget(0);
  EXPECT_EQ(digits(offers, &Availability::holders), "111");
  EXPECT_EQ(digits(offers, &Availability::fetchers), "000");
  EXPECT_EQ(offers.knowers(), mask_of(31));
  offers.forget(0);
  EXPECT_EQ(offers.knowers(), mask_of(31)) << "twice forgotten is once forgotten";
}

TEST(Availability, Every_slot_of_a_full_table_has_its_own_bit) {
  Availability offers = of_blocks(1);
  for (size_t slot = 0; slot < tunables::kPeerSlots; ++slot) say(offers, slot, "H");
  EXPECT_EQ(offers.holders(0), 0xffffffffu);
  for (size_t slot = 0; slot < tunables::kPeerSlots; slot += 2) offers.forget(slot);
  EXPECT_EQ(offers.holders(0), 0xaaaaaaaau);
}

TEST(Availability, A_segment_cut_shorter_keeps_what_was_said_of_the_rest) {
  Availability offers = of_blocks(4);
  say(offers, 1, "HHHH");
  offers.resize(2);
  EXPECT_EQ(digits(offers, &Availability::holders), "11");
  offers.resize(4);
  EXPECT_EQ(digits(offers, &Availability::holders), "1100");
}

TEST(Availability, Clearing_leaves_no_blocks_and_no_knowers) {
  Availability offers = of_blocks(2);
  say(offers, 1, "HH");
  offers.note_known(1);
  offers.clear();
  EXPECT_EQ(offers.size(), 0u);
  EXPECT_EQ(offers.knowers(), 0u);
}

}  // namespace
}  // namespace bazaar::testing
