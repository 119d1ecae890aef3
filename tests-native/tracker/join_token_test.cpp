// A back end's tokens: the good one, and every way to be refused.
#include "admission/join_token.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <set>
#include <stdexcept>

#include "admission/base64url.hpp"

namespace bazaar::tracker::admission {
namespace {

using Verdict = TokenVerdict;

constexpr int64_t kNow = 1'790'000'000;
const std::string kSecret = "0123456789abcdef0123456789abcdef";
const std::vector<uint8_t> kStream = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
const std::string kStreamHex = "000102030405060708090a0b0c0d0eff";

std::vector<uint8_t> bytes(const std::string& text) { return {text.begin(), text.end()}; }

ClientAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
}

std::string said(const std::string& kid, const std::string& payload) { return kid + "." + base64url(bytes(payload)); }

std::string by_hmac(const std::string& payload, const std::string& kid = "one", const std::string& secret = kSecret) {
  const std::string signed_part = said(kid, payload);
  return signed_part + "." + base64url(hmac_sha256(bytes(secret), bytes(signed_part)));
}

std::string claims(int64_t exp, const std::string& more = "", const std::string& stream = kStreamHex) {
  return R"({"stream":")" + stream + R"(","exp":)" + std::to_string(exp) + more + "}";
}

KeyRing ring() { return KeyRing({"one:hmac-sha256:" + base64url(bytes(kSecret))}); }

Verdict check(const std::string& token, const ClientAddress& client = v4(192, 0, 2, 7), int64_t now_s = kNow) {
  return ring().check(token, {kStream, client, now_s});
}

TEST(JoinToken, A_good_one_gets_in_until_it_expires) {
  const std::string token = by_hmac(claims(kNow + 60));
  EXPECT_EQ(check(token), Verdict::kIn);
  EXPECT_EQ(check(token), Verdict::kIn) << "a reconnect shows the same token";
  EXPECT_EQ(check(token, v4(192, 0, 2, 7), kNow + 64), Verdict::kIn) << "clocks differ";
  EXPECT_EQ(check(token, v4(192, 0, 2, 7), kNow + 65), Verdict::kExpired);
}

TEST(JoinToken, Not_before_its_time) {
  const std::string token = by_hmac(claims(kNow + 600, R"(,"nbf":)" + std::to_string(kNow + 100)));
  EXPECT_EQ(check(token), Verdict::kNotYet);
  EXPECT_EQ(check(token, v4(192, 0, 2, 7), kNow + 95), Verdict::kIn);
}

TEST(JoinToken, For_its_stream_only_in_either_case_of_letters) {
  EXPECT_EQ(check(by_hmac(claims(kNow + 60, "", "000102030405060708090A0B0C0D0EFF"))), Verdict::kIn);
  EXPECT_EQ(check(by_hmac(claims(kNow + 60, "", "010102030405060708090a0b0c0d0eff"))), Verdict::kWrongStream);
  EXPECT_EQ(check(by_hmac(claims(kNow + 60, "", kStreamHex + "00"))), Verdict::kWrongStream);
  EXPECT_EQ(check(by_hmac(claims(kNow + 60, "", ""))), Verdict::kWrongStream);
}

TEST(JoinToken, For_its_network_only_where_it_names_one) {
  const std::string token = by_hmac(claims(kNow + 60, R"(,"net":"192.0.2.0/24")"));
  EXPECT_EQ(check(token), Verdict::kIn);
  EXPECT_EQ(check(token, v4(192, 0, 3, 7)), Verdict::kWrongAddress);
}

TEST(JoinToken, A_damaged_one_does_not_hold_wherever_it_is_damaged) {
  const std::string token = by_hmac(claims(kNow + 60));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string damaged = token;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(check(damaged), Verdict::kIn) << i;
    EXPECT_NE(check(token.substr(0, i)), Verdict::kIn) << i;
  }
  EXPECT_NE(check(token + "A"), Verdict::kIn);
}

TEST(JoinToken, Each_refusal_has_its_verdict) {
  EXPECT_EQ(check(""), Verdict::kMissing);
  EXPECT_EQ(check("one"), Verdict::kMalformed);
  EXPECT_EQ(check("one.abcd"), Verdict::kMalformed);
  EXPECT_EQ(check("one.!.abcd"), Verdict::kMalformed);
  EXPECT_EQ(check("one.abcd.!"), Verdict::kMalformed);
  EXPECT_EQ(check("o ne.abcd.abcd"), Verdict::kMalformed);
  EXPECT_EQ(check("one.abcd.abcd.abcd"), Verdict::kMalformed);
  EXPECT_EQ(check(std::string(kJoinTokenBytesMax + 1, 'a')), Verdict::kMalformed);
  EXPECT_EQ(check(by_hmac(claims(kNow + 60), "two")), Verdict::kUnknownKey);
  EXPECT_EQ(check(by_hmac(claims(kNow + 60), "one", "another secret of 32 bytes.......")), Verdict::kBadSignature);
  EXPECT_EQ(check("one.abcd."), Verdict::kBadSignature);
}

TEST(JoinToken, A_signed_payload_that_says_nothing_is_refused) {
  for (const char* payload :
       {"", "[]", "7", "{", R"({"exp":1800000000})", R"({"stream":"00"})", R"({"stream":7,"exp":1800000000})",
        R"({"stream":"00","exp":"soon"})", R"({"stream":"00","exp":1.5})",
        R"({"stream":"00","exp":1800000000,"nbf":"x"})", R"({"stream":"00","exp":1800000000,"net":"nowhere"})",
        R"({"stream":"00","exp":1800000000,"net":7})"})
    EXPECT_EQ(check(by_hmac(payload)), Verdict::kBadClaims) << payload;
  EXPECT_EQ(check(by_hmac(R"({"stream":"00","exp":-9223372036854775808})")), Verdict::kExpired);
}

TEST(JoinToken, A_longest_payload_passes_with_members_for_others) {
  EXPECT_EQ(check(by_hmac(claims(kNow + 60, R"(,"user":")" + std::string(500, 'u') + "\""))), Verdict::kIn);
}

struct Signer {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{nullptr, EVP_PKEY_free};
  Signer() {
    std::array<uint8_t, 32> seed{};
    seed.fill(42);
    key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  }
  std::string public_text() const {
    std::vector<uint8_t> raw(32);
    size_t length = raw.size();
    EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &length);
    return base64url(raw);
  }
  std::string token(const std::string& kid, const std::string& payload) const {
    const std::string message = said(kid, payload);
    std::vector<uint8_t> signature(64);
    size_t length = signature.size();
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get());
    EVP_DigestSign(context.get(), signature.data(), &length, bytes(message).data(), message.size());
    return message + "." + base64url(signature);
  }
};

TEST(JoinToken, Keys_of_both_kinds_stand_side_by_side_while_they_rotate) {
  const Signer signer;
  const KeyRing both({"old:hmac-sha256:" + base64url(bytes(kSecret)), "new:ed25519:" + signer.public_text()});
  const ClientAddress client = v4(192, 0, 2, 7);
  const KeyRing::Joiner joiner{kStream, client, kNow};
  EXPECT_EQ(both.check(by_hmac(claims(kNow + 60), "old"), joiner), Verdict::kIn);
  EXPECT_EQ(both.check(signer.token("new", claims(kNow + 60)), joiner), Verdict::kIn);
  EXPECT_EQ(both.check(signer.token("old", claims(kNow + 60)), joiner), Verdict::kBadSignature);
  const KeyRing later({"new:ed25519:" + signer.public_text()});
  EXPECT_EQ(later.check(by_hmac(claims(kNow + 60), "old"), joiner), Verdict::kUnknownKey);
}

TEST(JoinToken, A_public_key_is_no_secret_to_sign_with) {
  const Signer signer;
  const KeyRing keys({"new:ed25519:" + signer.public_text()});
  const auto raw = from_base64url(signer.public_text()).value();
  const ClientAddress client = v4(192, 0, 2, 7);
  const std::string forged = by_hmac(claims(kNow + 60), "new", std::string(raw.begin(), raw.end()));
  EXPECT_EQ(keys.check(forged, {kStream, client, kNow}), Verdict::kBadSignature);
}

TEST(KeyRing, Malformed_entries_are_refused_by_name_and_show_no_key) {
  const std::string secret = base64url(bytes(kSecret));
  const std::vector<std::string> entries = {"justasecret",
                                            "one:" + secret,
                                            "one:hmac-sha256:short",
                                            "one:hmac-sha256:" + secret + "=",
                                            "one:rsa:" + secret,
                                            "one:ed25519:" + base64url(bytes("31 bytes, one too few for a key")),
                                            "o ne:hmac-sha256:" + secret,
                                            ":hmac-sha256:" + secret,
                                            std::string(33, 'k') + ":hmac-sha256:" + secret};
  for (const std::string& entry : entries) {
    try {
      KeyRing({entry});
      ADD_FAILURE() << entry;
    } catch (const std::invalid_argument& problem) {
      EXPECT_EQ(std::string(problem.what()).find(secret), std::string::npos) << problem.what();
    }
  }
  EXPECT_THROW(KeyRing({"one:hmac-sha256:" + secret, "one:hmac-sha256:" + secret}), std::invalid_argument);
  EXPECT_TRUE(KeyRing({}).is_empty());
}

TEST(TokenVerdict, Each_has_a_sentence_of_its_own) {
  std::set<std::string> sentences;
  for (int i = 0; i <= static_cast<int>(Verdict::kWrongAddress); ++i)
    sentences.insert(sentence_of(static_cast<Verdict>(i)));
  EXPECT_EQ(sentences.size(), 10u);
  EXPECT_FALSE(sentences.contains(""));
}

}  // namespace
}  // namespace bazaar::tracker::admission
