// The cells that this worker owns: who enters, whom a member hears of, what the world is told, when cells join.
// Owns cells and their place in streams; refuses to know connections. Invariant: every answer goes through `Teller`,
// whether its addressee is of this worker or of another; a cell's last member takes the cell with it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "native/bus_message.hpp"
#include "native/cell.hpp"
#include "native/placement.hpp"
#include "swarm/bus.hpp"
#include "swarm/directory.hpp"

namespace bazaar::tracker::native {

/// Takes a message to whom it names, near or far.
class Teller {
 public:
  virtual ~Teller() = default;
  virtual void tell(const BusMessage& message) = 0;
};

class CellKeeper {
 public:
  CellKeeper(Teller& teller, Bus& bus, Directory& directory, Address self, CellRules rules, Dice& dice)
      : teller_(teller), bus_(bus), directory_(directory), self_(self), rules_(rules), dice_(dice) {}

  /// Where a newcomer of the stream is to go; opens a cell of ours when there is none for it. `is_here`: a cell of ours
  /// in any case.
  Address place(const StreamId& stream, bool is_here, Address avoid, int64_t now_ms);
  /// kEnter, kWant, kLeave, kProfile: what viewers' homes ask of an owner.
  void handle(const BusMessage& message, int64_t now_ms);

  bool owns(Address cell) const { return find(cell) != nullptr; }
  bool has_cells_of(const StreamId& stream) const { return streams_.contains(stream); }
  /// Members of all cells of the stream, everywhere.
  uint32_t audience(const StreamId& stream) const;
  size_t cells() const { return cells_.size() - free_.size(); }
  size_t streams() const { return streams_.size(); }
  uint64_t members() const { return members_; }
  uint64_t merges() const { return merges_; }

  void set_extent(const Extent& extent) { extent_ = extent; }
  const Extent& extent() const { return extent_; }
  void node_lost(uint16_t node);
  /// About once a second: notices, rules to members, cells that join, members nobody speaks for.
  void turn(int64_t now_ms);
  /// Tells the world of every cell again.
  void publish_all();
  /// Takes no newcomers from now on, and sends members that live elsewhere to other cells.
  void drain();

 private:
  struct Slot {
    Cell cell;
    StreamId stream;
    Address address;  ///< its generation outlives the cell
    bool is_used = false;
    bool is_changed = false;  ///< since the last notice
    int64_t published_ms = 0;
    size_t published_size = 0;
    int64_t told_ms = 0;  ///< members of the audience
    uint32_t told_audience = 0;
    int64_t small_since_ms = 0;
  };

  Slot* find(Address cell);
  const Slot* find(Address cell) const { return const_cast<CellKeeper*>(this)->find(cell); }
  std::vector<Candidate> candidates(const StreamId& stream) const;
  Address open(const StreamId& stream, int64_t now_ms);
  void close(Slot& slot);
  void publish(Slot& slot, int64_t now_ms);
  void enter(const BusMessage& message, int64_t now_ms);
  void want(const BusMessage& message);
  void profile(const BusMessage& message, int64_t now_ms);
  const Member* member(const BusMessage& message);
  void refuse(const BusMessage& message);
  void introduce(Slot& slot, const BusMessage& message, BusMessage& answer);
  void tell_audience(Slot& slot, int64_t now_ms);
  void seek_company(Slot& slot, int64_t now_ms);
  void dissolve(Slot& slot, Address into);

  Teller& teller_;
  Bus& bus_;
  Directory& directory_;
  Address self_;
  CellRules rules_;
  Dice& dice_;
  Extent extent_;
  std::deque<Slot> cells_;  // references to slots outlive the opening of others
  std::vector<uint32_t> free_;
  std::map<StreamId, std::vector<uint32_t>> streams_;  // slots of our cells
  std::vector<Member> chosen_;                         // scratch
  uint64_t members_ = 0;
  uint64_t merges_ = 0;
  bool is_draining_ = false;
};

}  // namespace bazaar::tracker::native
