#include "webtorrent/cell.hpp"

#include <algorithm>

namespace bazaar::tracker::webtorrent {

bool Cell::announce(const Id& peer, const Home& home, Event event, bool has_all, int64_t now_ms) {
  const auto [at, is_new] = places_.try_emplace(peer, size());
  if (is_new) {
    members_.push_back({peer, home, now_ms, has_all});
    complete_ += has_all ? 1 : 0;
    return true;
  }
  Member& member = members_[at->second];
  if (member.home != home) return false;
  member.heard_ms = now_ms;
  if (!member.is_complete && (has_all || event == Event::kCompleted)) {
    member.is_complete = true;
    ++complete_;
  }
  return true;
}

bool Cell::leave(const Id& peer, const Home& home) {
  const auto at = places_.find(peer);
  if (at == places_.end() || members_[at->second].home != home) return false;
  remove(at->second);
  return true;
}

size_t Cell::expire(int64_t before_ms) {
  size_t gone = 0;
  for (uint32_t i = size(); i-- > 0;) {
    if (members_[i].heard_ms >= before_ms) continue;
    remove(i);
    ++gone;
  }
  return gone;
}

size_t Cell::lose(uint16_t node) {
  size_t gone = 0;
  for (uint32_t i = size(); i-- > 0;) {
    if (members_[i].home.worker.node() != node) continue;
    remove(i);
    ++gone;
  }
  return gone;
}

void Cell::clear() {
  members_.clear();
  places_.clear();
  complete_ = 0;
}

// Floyd's sampling over the places without the sender's: as many steps as picks, however large the cell.
size_t Cell::pick(const Id& but, Dice& dice, std::span<uint32_t> picks) const {
  const auto own = places_.find(but);
  const uint32_t skipped = own == places_.end() ? size() : own->second;
  const uint32_t others = size() - (own == places_.end() ? 0 : 1);
  const auto count = static_cast<uint32_t>(std::min<size_t>(picks.size(), others));
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t last = others - count + i;
    const auto place = [skipped](uint32_t other) { return other < skipped ? other : other + 1; };
    const uint32_t rolled = place(dice.below(last + 1));
    const auto before = picks.first(i);
    picks[i] = std::find(before.begin(), before.end(), rolled) == before.end() ? rolled : place(last);
  }
  return count;
}

void Cell::remove(uint32_t place) {
  complete_ -= members_[place].is_complete ? 1 : 0;
  places_.erase(members_[place].peer);
  if (place + 1 != size()) {
    members_[place] = members_.back();
    places_[members_[place].peer] = place;
  }
  members_.pop_back();
}

}  // namespace bazaar::tracker::webtorrent
