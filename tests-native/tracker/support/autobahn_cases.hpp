// The conformance cases of the Autobahn test suite for an echoing server, as data: groups 1–7, 9 and 10.
// Owns what is sent and what must come of it; refuses to run anything. Groups 12 and 13 are permessage-deflate, which
// this server does not negotiate; in group 9 what is beyond the server's cap must be refused with 1009 instead.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bazaar::tracker::net::testing {

struct AutobahnEvent {
  enum class Kind : uint8_t { kText, kBinary, kPing, kPong, kClose, kFail };
  Kind kind = Kind::kText;
  std::string payload;  ///< of messages and pings
  uint16_t code = 0;    ///< of kClose (0: none) and kFail: what the server's Close says

  friend bool operator==(const AutobahnEvent&, const AutobahnEvent&) = default;
};
std::string describe(const AutobahnEvent& event);

struct AutobahnCase {
  std::string id;      ///< "6.4.1"
  std::string demand;  ///< in our words
  std::string bytes;   ///< frames, masked
  size_t piece = 0;    ///< sent in pieces of so many bytes; 0: at once
  std::vector<AutobahnEvent> events;
};

/// What a reader makes of bytes that come in pieces of these sizes, round and round; what is not understood yet is
/// kept, as the loop keeps it. Ends with the first Close or violation.
std::vector<AutobahnEvent> read_in_pieces(std::string_view bytes, const std::vector<size_t>& pieces, size_t cap);

inline constexpr size_t kAutobahnCap = 64 * 1024;
const std::vector<AutobahnCase>& autobahn_cases();

}  // namespace bazaar::tracker::net::testing
