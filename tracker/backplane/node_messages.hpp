// What nodes write to each other, byte for byte: batches into one node's inbox, bulletins to all, cells in a hash.
// Owns layout and the check at the door; refuses to judge who may say it (known_nodes.hpp). Invariant: a reader gives
// the whole message or nothing, and nothing in it lies outside the bounds of redis_limits.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "swarm/bus.hpp"

namespace bazaar::tracker {

/// Who speaks, in which of its lives, and a number that only grows within one.
struct Sender {
  uint16_t node = 0;
  uint64_t boot = 0;
  uint64_t sequence = 0;
  friend bool operator==(const Sender&, const Sender&) = default;
};

// All numbers big-endian. Head of both: type 1, node 2, boot 8, sequence 8.
// Batch: the head with type b1, then for each message: worker 1, class 1, length 4, bytes.
//   b1 0102 0000000000000007 0000000000000009 03 01 00000002 aabb
//   node 258 in its life 7 says as its ninth: to worker 3, native, two bytes.
// Bulletin: the head with type b2, state 1, count 2, then for each cell: stream 21, cell 8, members 4.

class BatchWriter {
 public:
  BatchWriter();
  void add(uint8_t worker, BusMessageClass kind, std::span<const uint8_t> message);
  size_t messages() const { return messages_; }
  size_t bytes() const { return out_.size(); }
  /// Seals it. The view lives until the next call of clear().
  std::string_view seal(const Sender& sender);
  void clear();

 private:
  std::string out_;
  size_t messages_ = 0;
};

struct Batch {
  struct Message {
    uint8_t worker = 0;
    BusMessageClass kind{};
    std::span<const uint8_t> bytes;  ///< into what was read
  };
  Sender sender;
  std::vector<Message> messages;
};
std::optional<Batch> read_batch(std::span<const uint8_t> bytes);

enum class NodeState : uint8_t { kServing = 0, kDraining = 1, kLeaving = 2 };

struct Bulletin {
  Sender sender;
  NodeState state = NodeState::kServing;
  std::vector<CellNotice> notices;  ///< of the sender's own cells only
};
std::string write_bulletin(const Bulletin& bulletin);
std::optional<Bulletin> read_bulletin(std::span<const uint8_t> bytes);

/// A field of a node's hash and its value: cell 8; stream 21, members 4.
std::string write_cell_field(Address cell);
std::string write_cell_value(const CellNotice& notice);
/// Only a living cell of `node`.
std::optional<CellNotice> read_cell(uint16_t node, std::string_view field, std::string_view value);

}  // namespace bazaar::tracker
