// What others have for a worker: messages of the bus, notices, orders. Filled by any thread, emptied by its own.
// Owns the bytes and the bound; refuses to understand them. Invariant: the order of arrival is kept, and what does not
// fit is refused and counted: a worker that stands still costs bounded memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "swarm/bus.hpp"

namespace bazaar::tracker {

struct Letter {
  enum class Kind : uint8_t {
    kNative,      ///< of another native desk
    kWebTorrent,  ///< of another WebTorrent desk
    kNotice,      ///< of a cell
    kNodeLost,    ///< `number` is the node
    kPublish,     ///< say all your cells again
    kDrain,
  };
  Kind kind = Kind::kNative;
  CellNotice notice;
  uint32_t number = 0;
  size_t offset = 0;  ///< of the bytes
  size_t length = 0;
};

/// Letters and the bytes that they point into.
struct Mail {
  std::vector<Letter> letters;
  std::vector<uint8_t> bytes;

  std::span<const uint8_t> bytes_of(const Letter& letter) const {
    return std::span(bytes).subspan(letter.offset, letter.length);
  }
  void clear() {
    letters.clear();
    bytes.clear();
  }
};

class Mailbox {
 public:
  /// A worker empties its box each turn; this much has piled up only when it stands still for seconds.
  static constexpr size_t kBytesMax = 32 * 1024 * 1024;
  static constexpr size_t kLettersMax = 200'000;

  /// Whether the box was empty, so that its worker must be woken. Orders are never refused, there are few.
  bool put(Letter letter, std::span<const uint8_t> bytes = {});
  /// Swaps everything out into `mail`, which must be clear.
  void take(Mail& mail);
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  Mail waiting_;
  std::atomic<uint64_t> refused_{0};
};

}  // namespace bazaar::tracker
