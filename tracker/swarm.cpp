#include "swarm.hpp"

#include <algorithm>

namespace bazaar::tracker {

PeerId Swarm::add(ConnectionId connection, Dice& dice) {
  PeerId id = 0;
  while (id == 0 || position_.contains(id)) id = static_cast<PeerId>(dice.next() >> 32);
  position_.emplace(id, members_.size());
  members_.push_back({id, connection});
  return id;
}

void Swarm::remove(PeerId id) {
  const auto found = position_.find(id);
  if (found == position_.end()) return;
  const size_t hole = found->second;
  position_.erase(found);
  if (hole + 1 != members_.size()) {
    members_[hole] = members_.back();
    position_[members_[hole].id] = hole;
  }
  members_.pop_back();
}

ConnectionId Swarm::connection_of(PeerId id) const {
  const auto found = position_.find(id);
  return found == position_.end() ? 0 : members_[found->second].connection;
}

size_t Swarm::sample(PeerId self, size_t want, Dice& dice, PeerId* out) const {
  const size_t size = members_.size();
  const size_t others = size - (position_.contains(self) ? 1 : 0);
  want = std::min(want, others);
  size_t count = 0;
  if (want * 2 >= others) {
    // Most of the swarm: walk it from a random place and skip at random what is too many.
    const size_t begin = dice.below(static_cast<uint32_t>(size));
    size_t left = others;
    for (size_t i = 0; i < size && count < want; ++i) {
      const PeerId id = members_[(begin + i) % size].id;
      if (id == self) continue;
      if (dice.below(static_cast<uint32_t>(left)) < want - count) out[count++] = id;
      --left;
    }
    return count;
  }
  // A small part of it: draw until enough different ones came; fewer than half are taken, so two draws a member
  // suffice.
  while (count < want) {
    const PeerId id = members_[dice.below(static_cast<uint32_t>(size))].id;
    if (id == self || std::find(out, out + count, id) != out + count) continue;
    out[count++] = id;
  }
  return count;
}

}  // namespace bazaar::tracker
