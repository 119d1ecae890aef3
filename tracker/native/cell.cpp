#include "native/cell.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace bazaar::tracker::native {

namespace {

/// Playheads this near each other play the same segments.
constexpr uint32_t kNearMs = 4'000;
/// The sample a choice is made from: enough to find likes in, little enough to cost nothing.
constexpr size_t kSamplePerWish = 4;
constexpr size_t kSampleMin = 16;

bool are_alike(uint32_t a, uint32_t b) { return a != 0 && a == b; }

// Greater is better. The order of the issue: rendition over region over upload over playhead; load and luck decide the
// rest.
double worth(const Cell::Wish& wish, const Member& member, Dice& dice) {
  const uint32_t apart = wish.profile.behind_ms > member.profile.behind_ms
                             ? wish.profile.behind_ms - member.profile.behind_ms
                             : member.profile.behind_ms - wish.profile.behind_ms;
  double score = 0;
  if (are_alike(wish.profile.rendition, member.profile.rendition)) score += 16;
  if (are_alike(wish.profile.region, member.profile.region)) score += 8;
  if (member.profile.upload_kbps > 0 && member.profile.free_slots > 0) score += 4;
  if (apart <= kNearMs) score += 2;
  return score - std::min<double>(member.introduced, 64) / 32 + dice.roll();
}

}  // namespace

void Cell::put(const Member& member) {
  for (Member& known : members_) {
    if (known.id != member.id) continue;
    const uint16_t introduced = known.introduced;
    known = member;
    known.introduced = introduced;
    return;
  }
  members_.push_back(member);
}

bool Cell::remove(PeerId id, Address home) {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.id == id && m.home == home; });
  if (found == members_.end()) return false;
  *found = members_.back();
  members_.pop_back();
  return true;
}

const Member* Cell::find(PeerId id) const {
  const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.id == id; });
  return found == members_.end() ? nullptr : &*found;
}

void Cell::choose(const Wish& wish, Dice& dice, std::vector<Member>& chosen) {
  const size_t before = chosen.size();
  order_.resize(members_.size());
  std::iota(order_.begin(), order_.end(), 0u);

  const auto is_allowed = [&](const Member& member) {
    const auto is_it = [&](const Member& other) { return other.id == member.id; };
    return member.id != wish.self &&
           std::find(wish.leave_out.begin(), wish.leave_out.end(), member.id) == wish.leave_out.end() &&
           std::none_of(chosen.begin(), chosen.end(), is_it);
  };
  const auto is_crowded = [&](const Member& member) {
    const auto is_near = [&](const Member& other) { return other.subnet == member.subnet; };
    return static_cast<size_t>(std::count_if(chosen.begin(), chosen.end(), is_near)) >= wish.subnet_peers_max;
  };

  // A random sample of those allowed, drawn to the front of `order_`.
  const size_t sample_max = std::max(kSampleMin, kSamplePerWish * wish.want);
  size_t sampled = 0;
  for (size_t drawn = 0; drawn < order_.size() && sampled < sample_max; ++drawn) {
    const size_t other = drawn + dice.below(static_cast<uint32_t>(order_.size() - drawn));
    std::swap(order_[drawn], order_[other]);
    if (is_allowed(members_[order_[drawn]])) std::swap(order_[sampled++], order_[drawn]);
  }
  order_.resize(sampled);

  // The last quarter of the wish is for anyone: taken from the sample's random order before the rest is ranked.
  const size_t anyone = std::min(sampled, wish.want / 4);
  std::vector<std::pair<double, uint32_t>> ranked;
  ranked.reserve(sampled);
  for (size_t i = anyone; i < sampled; ++i) ranked.emplace_back(worth(wish, members_[order_[i]], dice), order_[i]);
  std::sort(ranked.begin(), ranked.end(), std::greater<>());

  std::vector<uint32_t> crowded;
  const auto take = [&](uint32_t index) {
    if (chosen.size() - before >= wish.want) return;
    if (members_[index].introduced < UINT16_MAX) ++members_[index].introduced;
    chosen.push_back(members_[index]);
  };
  const auto consider = [&](uint32_t index) { is_crowded(members_[index]) ? crowded.push_back(index) : take(index); };
  for (size_t i = 0; i < anyone; ++i) consider(order_[i]);
  for (const auto& [score, index] : ranked) consider(index);
  // An audience behind one gateway: neighbours of one subnet are better than none.
  for (const uint32_t index : crowded) take(index);
}

}  // namespace bazaar::tracker::native
