// Who else is there: the other nodes, each with the life it is in, what it said last and when.
// Owns fencing and the verdict that a node is dead; refuses connections and clocks. Invariant: of one node only one
// life is heard, the newest, and of what it says only what is later than all before, so that bytes which a stopped
// Redis kept for minutes change nothing.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "backplane/node_messages.hpp"

namespace bazaar::tracker {

class KnownNodes {
 public:
  explicit KnownNodes(uint16_t self) : self_(self) {}

  enum class Verdict : uint8_t {
    kRefused,   ///< late, doubled, a former life, ourselves, or one node too many
    kKnown,     ///< go on
    kStranger,  ///< a bulletin of somebody unknown: look into Redis's record, which alone introduces
    kNew,       ///< introduced: read its cells
    kReplaced,  ///< as kNew, after its former life is told lost
  };
  /// A bulletin came: kRefused, kKnown or kStranger.
  Verdict heard(const Sender& sender, int64_t now_ms);
  /// Redis's record of a living node: kRefused, kKnown, kNew or kReplaced.
  Verdict introduce(const Sender& record, int64_t now_ms);
  /// A batch: only of a node that is known.
  bool admits(const Sender& sender);
  /// True the first time.
  bool mark_draining(uint16_t node);
  void mark_serving(uint16_t node);
  /// False: nobody knew it in this life.
  bool leave(const Sender& sender);
  /// Those silent for kLeaseMs; they are forgotten.
  std::vector<uint16_t> expire(int64_t now_ms);
  /// Nobody who is not heard from now on can be blamed for silence before `then_ms`: we were cut off, or stood still.
  void forgive(int64_t then_ms);

  bool knows(uint16_t node) const { return nodes_.contains(node); }
  size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    uint64_t boot = 0;
    uint64_t bulletin = 0;  ///< sequence of the last one
    uint64_t batch = 0;
    int64_t heard_ms = 0;
    bool is_draining = false;
  };
  uint16_t self_;
  std::map<uint16_t, Node> nodes_;
};

}  // namespace bazaar::tracker
