// Tokens that strangers bring: a join token of any bytes, and a resume token.
// Invariant asserted: nothing that was not signed here lets anybody in.
#include "admission/join_token.hpp"

#include <array>
#include <cstdlib>

#include "admission/resume_token.hpp"

using namespace bazaar::tracker;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const admission::KeyRing keys({"k1:hmac-sha256:c2VjcmV0LXNlY3JldC1zZWNyZXQ"});
  static const std::array<uint8_t, 32> secret{1, 2, 3};
  static const admission::ResumeSeal seal(secret);
  static const std::array<uint8_t, 16> stream{};
  const ClientAddress client;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (keys.check(text, {stream, client, 1'000}) == admission::TokenVerdict::kIn) std::abort();
  admission::Resume resume;
  if (seal.open({data, size}, 1'000, resume) == admission::ResumeVerdict::kIn) std::abort();
  return 0;
}
