// The published vectors, so that tokens of any other implementation hold here: RFC 4231, RFC 8032, RFC 4648.
#include "admission/signatures.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "admission/base64url.hpp"

namespace bazaar::tracker::admission {
namespace {

std::vector<uint8_t> hex(const std::string& text) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return out;
}
std::vector<uint8_t> bytes(const std::string& text) { return {text.begin(), text.end()}; }
std::vector<uint8_t> mac(const std::vector<uint8_t>& key, const std::string& message) {
  const auto out = hmac_sha256(key, bytes(message));
  return {out.begin(), out.end()};
}

TEST(Signatures, Hmac_is_that_of_rfc_4231) {
  EXPECT_EQ(mac(std::vector<uint8_t>(20, 0x0b), "Hi There"),
            hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
  EXPECT_EQ(mac(bytes("Jefe"), "what do ya want for nothing?"),
            hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  EXPECT_EQ(mac(std::vector<uint8_t>(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
            hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

TEST(Signatures, Ed25519_is_that_of_rfc_8032_and_one_bit_less_is_not) {
  struct Vector {
    const char *key, *message, *signature;
  };
  for (const Vector& vector : {Vector{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                                      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                                      "c61e39701cf9b46bd25bf5f0595bbe24655141438e"
                                      "7a100b"},
                               Vector{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                                      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                                      "458f3613d0f11d8c387b2eaeb4302aeeb00d291612"
                                      "bb0c00"}}) {
    const auto key = Ed25519Key::from_public(hex(vector.key)).value();
    std::vector<uint8_t> message = hex(vector.message);
    std::vector<uint8_t> signature = hex(vector.signature);
    EXPECT_TRUE(key.is_signed(message, signature));
    signature[7] ^= 1;
    EXPECT_FALSE(key.is_signed(message, signature));
    signature[7] ^= 1;
    message.push_back(0);
    EXPECT_FALSE(key.is_signed(message, signature));
    message.pop_back();
    signature.pop_back();
    EXPECT_FALSE(key.is_signed(message, signature));
  }
}

TEST(Signatures, A_key_of_another_length_is_none) {
  EXPECT_FALSE(Ed25519Key::from_public(std::vector<uint8_t>(31, 1)));
  EXPECT_FALSE(Ed25519Key::from_public(std::vector<uint8_t>(33, 1)));
}

TEST(Signatures, Unlike_lengths_are_unlike) {
  EXPECT_TRUE(is_equal_in_constant_time(bytes("abc"), bytes("abc")));
  EXPECT_FALSE(is_equal_in_constant_time(bytes("abc"), bytes("abd")));
  EXPECT_FALSE(is_equal_in_constant_time(bytes("abc"), bytes("ab")));
}

TEST(Base64Url, Goes_there_and_back_for_every_length) {
  EXPECT_EQ(base64url(bytes("")), "");
  EXPECT_EQ(base64url(bytes("f")), "Zg");
  EXPECT_EQ(base64url(bytes("fo")), "Zm8");
  EXPECT_EQ(base64url(bytes("foo")), "Zm9v");
  EXPECT_EQ(base64url(hex("fbff")), "-_8");
  std::vector<uint8_t> all;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(from_base64url(base64url(all)), all);
    all.push_back(static_cast<uint8_t>(i * 37));
  }
}

TEST(Base64Url, One_text_for_one_run_of_bytes) {
  for (const char* text : {"Z", "Zh", "Zm9", "Zg==", "Zm 8", "Zm+8", "Zm/8", "Zm9vY", "\xc3\xa4"})
    EXPECT_FALSE(from_base64url(text)) << text;
}

}  // namespace
}  // namespace bazaar::tracker::admission
