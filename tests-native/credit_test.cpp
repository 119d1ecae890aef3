// Upload never exceeds download: at accept, at send, and whatever happens between.
#include "credit.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "dice.hpp"

namespace bazaar::testing {
namespace {

TEST(Credit, Who_has_downloaded_nothing_uploads_nothing) {
  Credit credit;
  EXPECT_FALSE(credit.reserve(1));
}

TEST(Credit, Upload_goes_up_to_download_and_not_a_byte_further) {
  Credit credit;
  credit.add_download(1000);
  EXPECT_TRUE(credit.reserve(1000));
  EXPECT_TRUE(credit.spend(1000));
  EXPECT_EQ(credit.uploaded(), 1000);
  EXPECT_FALSE(credit.reserve(1));
}

TEST(Credit, What_is_set_aside_cannot_be_set_aside_again) {
  Credit credit;
  credit.add_download(1000);
  EXPECT_TRUE(credit.reserve(600));
  EXPECT_FALSE(credit.reserve(600));
  EXPECT_EQ(credit.available(), 400);
}

TEST(Credit, What_is_released_may_be_set_aside_again) {
  Credit credit;
  credit.add_download(1000);
  ASSERT_TRUE(credit.reserve(600));
  credit.release(600);
  EXPECT_TRUE(credit.reserve(1000));
}

TEST(Credit, Sending_is_checked_again_whatever_accept_thought) {
  Credit credit;
  credit.add_download(1000);
  ASSERT_TRUE(credit.reserve(1000));
  credit.add_download(-500);  // nothing in the core does this; the check at send does not rely on that
  EXPECT_FALSE(credit.spend(1000));
  EXPECT_EQ(credit.uploaded(), 0);
  EXPECT_EQ(credit.available(), 500) << "the reservation is gone all the same";
}

TEST(Credit, No_order_of_events_makes_upload_exceed_download) {
  Dice dice(5);
  Credit credit;
  std::vector<uint32_t> reserved;
  for (int i = 0; i < 20'000; ++i) {
    const uint32_t bytes = 1 + dice.below(61'440);
    switch (dice.below(4)) {
      case 0:
        credit.add_download(bytes);
        break;
      case 1:
        if (credit.reserve(bytes)) reserved.push_back(bytes);
        break;
      default:
        if (reserved.empty()) break;
        if (dice.below(3) == 0) {
          credit.release(reserved.back());
        } else {
          EXPECT_TRUE(credit.spend(reserved.back()));
        }
        reserved.pop_back();
    }
    ASSERT_GE(credit.available(), 0);
    ASSERT_LE(credit.uploaded(), credit.downloaded());
  }
  EXPECT_GT(credit.uploaded(), 0);
}

}  // namespace
}  // namespace bazaar::testing
