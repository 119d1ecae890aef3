// One stream's viewers: ids, and random samples of them in time proportional to the sample.
// Owns membership; refuses to know connections' bytes or sockets. Invariant: ids are unique in the swarm and never 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "dice.hpp"
#include "tracker_wire.hpp"

namespace bazaar::tracker {

using ConnectionId = uint64_t;
using tracker_wire::PeerId;

class Swarm {
 public:
  /// Gives the connection a fresh random id.
  PeerId add(ConnectionId connection, Dice& dice);
  void remove(PeerId id);

  /// The connection behind an id, 0 when it is not a member.
  ConnectionId connection_of(PeerId id) const;
  size_t size() const { return members_.size(); }

  /// Up to `want` distinct members other than `self`, uniformly at random, into `out`; returns how many.
  size_t sample(PeerId self, size_t want, Dice& dice, PeerId* out) const;

  /// The size that members were last told; 0 at first.
  size_t told_size = 0;

  template <typename Visit>
  void each(Visit visit) const {
    for (const Member& member : members_) visit(member.connection, member.id);
  }

 private:
  struct Member {
    PeerId id;
    ConnectionId connection;
  };
  std::vector<Member> members_;                  // dense, so that a random index is a random member
  std::unordered_map<PeerId, size_t> position_;  // id → index
};

}  // namespace bazaar::tracker
