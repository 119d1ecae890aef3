// Bytes as text in the alphabet that URLs and headers carry unchanged (RFC 4648 §5), without padding.
// Refuses white space, padding and bits that no byte owns. Invariant: one text for one run of bytes, so that a token
// cannot be written in two ways.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bazaar::tracker::admission {

std::string base64url(std::span<const uint8_t> bytes);
std::optional<std::vector<uint8_t>> from_base64url(std::string_view text);

}  // namespace bazaar::tracker::admission
