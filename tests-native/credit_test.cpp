// Upload never exceeds download, whatever happens between.
#include "credit.hpp"

#include <gtest/gtest.h>

#include "dice.hpp"

namespace bazaar::testing {
namespace {

TEST(Credit, Who_has_downloaded_nothing_uploads_nothing) {
  Credit credit;
  EXPECT_FALSE(credit.spend(1));
}

TEST(Credit, Upload_goes_up_to_download_and_not_a_byte_further) {
  Credit credit;
  credit.add_download(1000);
  EXPECT_TRUE(credit.spend(1000));
  EXPECT_EQ(credit.uploaded(), 1000);
  EXPECT_FALSE(credit.spend(1));
  EXPECT_EQ(credit.uploaded(), 1000) << "what was refused was not spent";
}

TEST(Credit, What_is_spent_is_gone_until_more_is_downloaded) {
  Credit credit;
  credit.add_download(1000);
  EXPECT_TRUE(credit.spend(600));
  EXPECT_EQ(credit.available(), 400);
  EXPECT_FALSE(credit.spend(600));
  credit.add_download(200);
  EXPECT_TRUE(credit.spend(600));
}

TEST(Credit, No_order_of_events_makes_upload_exceed_download) {
  Dice dice(5);
  Credit credit;
  uint32_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const uint32_t bytes = 1 + dice.below(61'440);
    if (dice.below(2) == 0) {
      credit.add_download(bytes);
    } else if (!credit.spend(bytes)) {
      ++refused;
    }
    ASSERT_GE(credit.available(), 0);
    ASSERT_LE(credit.uploaded(), credit.downloaded());
  }
  EXPECT_GT(credit.uploaded(), 0);
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace bazaar::testing
