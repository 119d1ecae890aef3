// How workers reach each other, in this process and on other nodes.
// Refuses to know what is in a message. Invariant: at most once, and in order between any two workers; a lost message
// is the world's nature, and nobody waits for an answer without a bound.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "swarm/address.hpp"

namespace bazaar::tracker {

/// Whose a message on the bus is, and whose a stream.
enum class BusMessageClass : uint8_t { kNative = 1, kWebTorrent = 2 };

/// The stream a viewer names at JOIN (native: 16 bytes of a hash) or an info_hash (WebTorrent: 20 bytes), with which of
/// both in the last byte: the two kinds never meet in one cell.
struct StreamId {
  std::array<uint8_t, 21> bytes{};
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the operator's 0 for a pointer
  friend auto operator<=>(const StreamId&, const StreamId&) = default;
};

/// `name` is at most 20 bytes.
inline StreamId stream_of(BusMessageClass kind, std::span<const uint8_t> name) {
  StreamId stream;
  std::copy(name.begin(), name.end(), stream.bytes.begin());
  stream.bytes.back() = static_cast<uint8_t>(kind);
  return stream;
}

/// What a cell's owner tells the world, at most once a second a cell, and at once for a new or an ended one.
struct CellNotice {
  StreamId stream;
  Address cell;       ///< the owner's node and worker, the cell's slot there
  uint32_t size = 0;  ///< members; 0: this cell is no more
};

class Bus {
 public:
  virtual ~Bus() = default;
  /// To the worker that `to` names; never to the caller itself.
  virtual void post(Address to, BusMessageClass kind, std::span<const uint8_t> message) = 0;
  /// To the directory of every other worker of every node.
  virtual void publish(const CellNotice& notice) = 0;
};

}  // namespace bazaar::tracker
