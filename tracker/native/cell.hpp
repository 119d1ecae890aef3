// A few hundred viewers of one stream: who they are, where they live, and whom of them a viewer is introduced to.
// Owns membership and the choice; refuses to send anything. Invariant: ids are unique in the cell; a choice never holds
// the viewer itself, nobody twice, and nobody that was to be left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dice.hpp"
#include "swarm/address.hpp"
#include "tracker_wire.hpp"

namespace bazaar::tracker::native {

using tracker_wire::PeerId;
using tracker_wire::Profile;

struct Member {
  PeerId id = 0;
  Address home;  ///< the session's: where signals for it go
  Profile profile;
  uint32_t subnet = 0;      ///< ClientAddress::subnet()
  uint16_t introduced = 0;  ///< how often this member was given to others
  int64_t heard_ms = 0;     ///< when its home last spoke for it
};

class Cell {
 public:
  /// Adds a member, or takes the new home and profile of one that is there already.
  void put(const Member& member);
  /// Only when that member lives there: a late leave of an old home must not remove who has moved.
  bool remove(PeerId id, Address home);
  template <typename IsGone>
  size_t remove_if(IsGone is_gone) {
    return std::erase_if(members_, is_gone);
  }

  size_t size() const { return members_.size(); }
  /// Valid until the next change.
  const Member* find(PeerId id) const;
  const std::vector<Member>& members() const { return members_; }

  struct Wish {
    PeerId self = 0;
    Profile profile;
    uint32_t subnet = 0;
    std::span<const PeerId> leave_out;
    size_t want = 0;
    uint32_t subnet_peers_max = UINT32_MAX;  ///< of one subnet, as long as there are others
  };
  /// Appends up to `wish.want` members to `chosen`, which may hold some already (of a sibling cell). Three in four are
  /// the best of a random sample (same rendition, then same region, then free upload, then a playhead nearby, and
  /// whoever was introduced least); one in four is anyone, so that the mesh of a whole cell hangs together.
  void choose(const Wish& wish, Dice& dice, std::vector<Member>& chosen);

 private:
  std::vector<Member> members_;
  std::vector<uint32_t> order_;  // scratch of choose(): a permutation, as far as it was drawn
};

}  // namespace bazaar::tracker::native
