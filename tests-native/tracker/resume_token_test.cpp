// A place comes back exactly, and only from whoever has the secret.
#include "admission/resume_token.hpp"

#include <gtest/gtest.h>

namespace bazaar::tracker::admission {
namespace {

const std::vector<uint8_t> kSecret(32, 7);

Resume place() {
  Resume resume{
      Address(65'535, 255, Address::kSlotsMax - 1, 65'535), 0xfedcba98, {}, Address(1, 2, 3, 4), 2'000'000'000};
  for (size_t i = 0; i < resume.stream.bytes.size(); ++i) resume.stream.bytes[i] = static_cast<uint8_t>(200 + i);
  return resume;
}

TEST(ResumeToken, Every_field_comes_back_on_another_node_with_the_same_secret) {
  const ResumeToken token = ResumeSeal(kSecret).issue(place());
  static_assert(token.size() <= 64);
  Resume out;
  EXPECT_EQ(ResumeSeal(kSecret).open(token, 1'999'999'999, out), ResumeVerdict::kIn);
  EXPECT_EQ(out, place());
}

TEST(ResumeToken, Once_expired_it_opens_nothing) {
  const ResumeSeal seal(kSecret);
  Resume out;
  EXPECT_EQ(seal.open(seal.issue(place()), 2'000'000'000, out), ResumeVerdict::kExpired);
  EXPECT_EQ(out, Resume{});
}

TEST(ResumeToken, A_bit_changed_anywhere_breaks_the_seal) {
  const ResumeSeal seal(kSecret);
  const ResumeToken token = seal.issue(place());
  Resume out;
  for (size_t bit = 0; bit < token.size() * 8; ++bit) {
    ResumeToken damaged = token;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ASSERT_EQ(seal.open(damaged, 0, out), ResumeVerdict::kBadSeal) << bit;
  }
  EXPECT_EQ(out, Resume{});
}

TEST(ResumeToken, Another_secret_and_another_length_are_refused) {
  const ResumeToken token = ResumeSeal(kSecret).issue(place());
  Resume out;
  EXPECT_EQ(ResumeSeal(std::vector<uint8_t>(32, 8)).open(token, 0, out), ResumeVerdict::kBadSeal);
  EXPECT_EQ(ResumeSeal(kSecret).open(std::span(token).first(60), 0, out), ResumeVerdict::kMalformed);
  EXPECT_EQ(ResumeSeal(kSecret).open({}, 0, out), ResumeVerdict::kMalformed);
  std::vector<uint8_t> longer(token.begin(), token.end());
  longer.push_back(0);
  EXPECT_EQ(ResumeSeal(kSecret).open(longer, 0, out), ResumeVerdict::kMalformed);
}

}  // namespace
}  // namespace bazaar::tracker::admission
