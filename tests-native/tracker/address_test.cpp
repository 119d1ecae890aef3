// An address says where, and is never mistaken for another time's.
#include "swarm/address.hpp"

#include <gtest/gtest.h>

namespace bazaar::tracker {
namespace {

TEST(Address, Every_part_comes_back_at_its_greatest) {
  const Address address(0xffff, 0xff, Address::kSlotsMax - 1, 0xffff);
  EXPECT_EQ(address.node(), 0xffff);
  EXPECT_EQ(address.worker(), 0xff);
  EXPECT_EQ(address.slot(), Address::kSlotsMax - 1);
  EXPECT_EQ(address.generation(), 0xffff);
  EXPECT_EQ(Address(address.value()), address);
}

TEST(Address, A_slot_used_again_is_another_address_of_the_same_worker) {
  const Address before(3, 1, 77, 1);
  const Address after(3, 1, 77, 2);
  EXPECT_NE(before, after);
  EXPECT_TRUE(before.is_same_worker(after));
  EXPECT_FALSE(before.is_same_worker(Address(3, 2, 77, 1)));
  EXPECT_FALSE(before.is_same_worker(Address(4, 1, 77, 1)));
  EXPECT_FALSE(Address{});
}

}  // namespace
}  // namespace bazaar::tracker
