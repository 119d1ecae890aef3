// The distinct types of the engine: handles, indices, sizes and the three clocks' unit.
// Owns nothing but types and the arithmetic of cutting a segment into blocks.
// Invariant: a Handle names one object for ever; a reused slot gets a new generation, so a stale handle finds nothing.
#pragma once

#include <cstdint>

namespace bazaar {

/// Milliseconds of the caller's monotonic clock (performance.now() in a browser, virtual time in the simulator).
using TimeMs = double;

/// A block is the unit of transfer: 60 KiB, the largest payload that every browser sends safely in one message.
inline constexpr uint32_t kBlockBytes = 60 * 1024;
/// 1,024 blocks = 60 MiB, four seconds at 120 Mbit/s. Larger segments are left to the CDN.
inline constexpr uint32_t kBlocksPerSegmentMax = 1024;
/// Every message on a data channel stays within 64 KiB (Firefox's and old Chromium's interoperable limit).
inline constexpr uint32_t kMessageBytesMax = 64 * 1024;

/// What names a segment between viewers: a hash of rendition, media sequence, discontinuity, path and byte range.
struct SegmentKey {
  uint64_t value = 0;
  friend bool operator==(SegmentKey, SegmentKey) = default;
};

/// Number of blocks of a segment of `bytes_total` bytes; the last block may be shorter than kBlockBytes.
constexpr uint32_t block_count_of(uint32_t bytes_total) {
  return bytes_total / kBlockBytes + (bytes_total % kBlockBytes != 0 ? 1 : 0);
}

/// Bytes of block `index` of a segment of `bytes_total` bytes; 0 beyond the end.
constexpr uint32_t block_bytes_of(uint32_t bytes_total, uint32_t index) {
  const uint64_t begin = static_cast<uint64_t>(index) * kBlockBytes;
  if (begin >= bytes_total) return 0;
  const uint64_t left = bytes_total - begin;
  return left < kBlockBytes ? static_cast<uint32_t>(left) : kBlockBytes;
}

/// Two bits a block on the wire. The public status API folds the two `downloading` codes into one.
enum class BlockCode : uint8_t {
  kNone = 0,             ///< not downloaded and not asked for: demand
  kDownloadingPeer = 1,  ///< asked for from a peer: demand being met
  kDownloadingCdn = 2,   ///< asked for from the CDN: supply soon
  kDownloaded = 3,       ///< verified and served on request: supply
};

}  // namespace bazaar
