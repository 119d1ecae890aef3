#include "webtorrent/swarms.hpp"

namespace bazaar::tracker::webtorrent {

Address place_cell(Swarm& swarm, const std::vector<Directory::Entry>& elsewhere, uint32_t join_below) {
  // Half of it before the crowd counts as dispersed, so that one viewer's coming and going moves nobody.
  swarm.is_crowded = swarm.homes >= (swarm.is_crowded ? join_below / 2 : join_below);
  if (swarm.is_crowded || swarm.cell.size() >= join_below) return {};
  Address first = swarm.cell.size() > 0 ? swarm.address : Address();
  Address first_large;
  for (const Directory::Entry& entry : elsewhere) {
    if (!first || entry.cell < first) first = entry.cell;
    if (entry.size >= join_below && (!first_large || entry.cell < first_large)) first_large = entry.cell;
  }
  const Address keeper = first_large ? first_large : first;
  if (!keeper || keeper.is_same_worker(swarm.address)) return {};
  return {keeper.node(), keeper.worker(), 0, 1};
}

Swarm* Swarms::find(const Id& info_hash) {
  const auto at = slot_of_.find(info_hash);
  return at == slot_of_.end() ? nullptr : slots_[at->second].get();
}

Swarm& Swarms::open(const Id& info_hash) {
  const auto [at, is_new] = slot_of_.try_emplace(info_hash, 0);
  if (!is_new) return *slots_[at->second];
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  at->second = slot;
  generation_ = generation_ == UINT16_MAX ? uint16_t{1} : static_cast<uint16_t>(generation_ + 1);
  slots_[slot] = std::make_unique<Swarm>(info_hash, Address(self_.node(), self_.worker(), slot, generation_), hash_);
  return *slots_[slot];
}

void Swarms::close_if_unused(uint32_t slot) {
  const Swarm& swarm = *slots_[slot];
  if (swarm.homes > 0 || swarm.cell.size() > 0) return;
  slot_of_.erase(swarm.info_hash);
  slots_[slot].reset();
  free_slots_.push_back(slot);
}

}  // namespace bazaar::tracker::webtorrent
