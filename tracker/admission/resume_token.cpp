#include "admission/resume_token.hpp"

#include <algorithm>
#include <string_view>

#include "admission/signatures.hpp"

namespace bazaar::tracker::admission {

namespace {

constexpr size_t kSealBytes = 16;
constexpr size_t kSealedBytes = kResumeTokenBytes - kSealBytes;

template <typename Number>
uint8_t* put(uint8_t* at, Number value) {
  for (size_t i = sizeof value; i-- > 0;) *at++ = static_cast<uint8_t>(value >> (8 * i));
  return at;
}

template <typename Number>
const uint8_t* get(const uint8_t* at, Number& value) {
  value = 0;
  for (size_t i = 0; i < sizeof value; ++i) value = static_cast<Number>(value << 8 | *at++);
  return at;
}

}  // namespace

ResumeSeal::ResumeSeal(std::span<const uint8_t> secret) {
  // A key of our own, so that an operator's secret may serve elsewhere too.
  constexpr std::string_view kPurpose = "hls-bazaar resume 1";
  const auto key = hmac_sha256(secret, {reinterpret_cast<const uint8_t*>(kPurpose.data()), kPurpose.size()});
  key_.assign(key.begin(), key.end());
}

ResumeToken ResumeSeal::issue(const Resume& resume) const {
  ResumeToken token;
  uint8_t* at = put(token.data(), resume.home.value());
  at = put(at, resume.peer);
  at = std::copy(resume.stream.bytes.begin(), resume.stream.bytes.end(), at);
  at = put(at, resume.cell.value());
  at = put(at, resume.expires_s);
  const auto seal = hmac_sha256(key_, {token.data(), kSealedBytes});
  std::copy_n(seal.begin(), kSealBytes, at);
  return token;
}

ResumeVerdict ResumeSeal::open(std::span<const uint8_t> token, int64_t unix_s, Resume& out) const {
  if (token.size() != kResumeTokenBytes) return ResumeVerdict::kMalformed;
  const auto seal = hmac_sha256(key_, token.first(kSealedBytes));
  if (!is_equal_in_constant_time(std::span(seal).first(kSealBytes), token.subspan(kSealedBytes)))
    return ResumeVerdict::kBadSeal;
  Resume resume;
  uint64_t home = 0;
  uint64_t cell = 0;
  const uint8_t* at = get(token.data(), home);
  at = get(at, resume.peer);
  std::copy_n(at, resume.stream.bytes.size(), resume.stream.bytes.begin());
  at = get(at + resume.stream.bytes.size(), cell);
  get(at, resume.expires_s);
  if (resume.expires_s <= unix_s) return ResumeVerdict::kExpired;
  resume.home = Address(home);
  resume.cell = Address(cell);
  out = resume;
  return ResumeVerdict::kIn;
}

}  // namespace bazaar::tracker::admission
