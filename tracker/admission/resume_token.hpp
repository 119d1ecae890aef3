// A viewer's place, given to the viewer to bring back: who it was and which cell it was in, under the cluster's seal.
//
//   home 8 | peer 4 | stream 21 | cell 8 | expires 4 | HMAC-SHA256 of these, 16 bytes     big endian, 61 bytes
//
// Owns the secret; refuses to know whether the place is still free. Invariant: nobody without the secret can make one
// or change a bit of one; what is in it is no secret.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "swarm/address.hpp"
#include "swarm/bus.hpp"

namespace bazaar::tracker::admission {

struct Resume {
  Address home;
  uint32_t peer = 0;
  StreamId stream;
  Address cell;
  uint32_t expires_s = 0;  ///< unix time: another node may open it
  friend bool operator==(const Resume&, const Resume&) = default;
};

inline constexpr size_t kResumeTokenBytes = 61;
using ResumeToken = std::array<uint8_t, kResumeTokenBytes>;

enum class ResumeVerdict : uint8_t { kIn, kMalformed, kBadSeal, kExpired };

class ResumeSeal {
 public:
  /// The same on all nodes, or places do not outlive a change of node; random bytes when only one is there.
  explicit ResumeSeal(std::span<const uint8_t> secret);

  ResumeToken issue(const Resume& resume) const;
  /// Fills `out` for kIn only.
  ResumeVerdict open(std::span<const uint8_t> token, int64_t unix_s, Resume& out) const;

 private:
  std::vector<uint8_t> key_;
};

}  // namespace bazaar::tracker::admission
