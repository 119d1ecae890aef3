#include "native/cell_keeper.hpp"

#include <algorithm>

namespace bazaar::tracker::native {

namespace {

/// A cell's notices: as often when it changes, and anyway well within the directory's time to live.
constexpr int64_t kNoticeMs = 1'000;
constexpr int64_t kRenewMs = kCellTtlMs / 3;
/// A cell that stays small looks for company, and further away the longer it stays so.
constexpr int64_t kSmallPatienceMs = 5'000;
/// Homes on other workers speak for their viewers with each STATS (a minute at most apart); one not spoken for is gone,
/// its leave lost.
constexpr int64_t kUnspokenMs = 180'000;

}  // namespace

CellKeeper::Slot* CellKeeper::find(Address cell) {
  if (!cell.is_same_worker(self_) || cell.slot() >= cells_.size()) return nullptr;
  Slot& slot = cells_[cell.slot()];
  return slot.is_used && slot.address == cell ? &slot : nullptr;
}

std::vector<Candidate> CellKeeper::candidates(const StreamId& stream) const {
  std::vector<Candidate> found;
  const auto ours = streams_.find(stream);
  if (ours == streams_.end()) return found;
  for (const uint32_t index : ours->second) {
    const Slot& slot = cells_[index];
    found.push_back({slot.address, static_cast<uint32_t>(slot.cell.size())});
  }
  return found;
}

uint32_t CellKeeper::audience(const StreamId& stream) const {
  uint32_t sum = directory_.size_elsewhere(stream);
  const auto ours = streams_.find(stream);
  if (ours == streams_.end()) return sum;
  for (const uint32_t index : ours->second) sum += static_cast<uint32_t>(cells_[index].cell.size());
  return sum;
}

Address CellKeeper::place(const StreamId& stream, bool is_here, Address avoid, int64_t now_ms) {
  const Scope scope = is_here ? Scope::kWorker : scope_of(audience(stream), rules_, extent_);
  const Address found = native::place(self_, candidates(stream), directory_.cells_of(stream), scope, rules_, avoid);
  return found ? found : open(stream, now_ms);
}

Address CellKeeper::open(const StreamId& stream, int64_t now_ms) {
  uint32_t index = 0;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else {
    index = static_cast<uint32_t>(cells_.size());
    if (index >= Address::kSlotsMax) return {};
    cells_.emplace_back();
  }
  Slot& slot = cells_[index];
  const uint16_t last = slot.address.generation();
  slot = Slot{};
  slot.stream = stream;
  slot.address = {self_.node(), self_.worker(), index, static_cast<uint16_t>(last == UINT16_MAX ? 1 : last + 1)};
  slot.is_used = true;
  slot.small_since_ms = now_ms;
  streams_[stream].push_back(index);
  return slot.address;
}

void CellKeeper::close(Slot& slot) {
  members_ -= slot.cell.size();
  auto& ours = streams_.at(slot.stream);
  std::erase(ours, slot.address.slot());
  if (ours.empty()) streams_.erase(slot.stream);
  // A cell nobody heard of needs no end.
  if (slot.published_ms != 0) bus_.publish({slot.stream, slot.address, 0});
  slot.cell = {};
  slot.is_used = false;
  free_.push_back(slot.address.slot());
}

void CellKeeper::publish(Slot& slot, int64_t now_ms) {
  slot.published_ms = std::max<int64_t>(now_ms, 1);
  slot.published_size = slot.cell.size();
  slot.is_changed = false;
  if (!is_draining_) bus_.publish({slot.stream, slot.address, static_cast<uint32_t>(slot.cell.size())});
}

void CellKeeper::handle(const BusMessage& message, int64_t now_ms) {
  switch (message.kind) {
    case BusKind::kEnter:
      return enter(message, now_ms);
    case BusKind::kWant:
      return want(message);
    case BusKind::kProfile:
      return profile(message, now_ms);
    case BusKind::kLeave: {
      Slot* slot = find(message.to);
      if (!slot || !slot->cell.remove(message.peer, message.from)) return;
      --members_;
      slot->is_changed = true;
      if (slot->cell.size() == 0) close(*slot);
      return;
    }
    default:
      return;
  }
}

void CellKeeper::enter(const BusMessage& message, int64_t now_ms) {
  Slot* slot = find(message.to);
  const bool is_fit = slot && slot->stream == message.stream &&
                      (slot->cell.size() < rules_.max || slot->cell.find(message.peer) != nullptr) &&
                      (!is_draining_ || message.from.is_same_worker(self_));
  if (!is_fit) return refuse(message);
  const size_t before = slot->cell.size();
  slot->cell.put({message.peer, message.from, message.profile, message.subnet, 0, now_ms});
  members_ += slot->cell.size() - before;
  slot->is_changed = true;
  // At once when new, and when it has doubled: placement elsewhere is as good as its knowledge of a crowd that is
  // arriving.
  if (slot->published_ms == 0 || slot->cell.size() >= 2 * slot->published_size) publish(*slot, now_ms);
  BusMessage answer = answer_to(message, BusKind::kEntered);
  answer.cell = message.to;
  introduce(*slot, message, answer);
  teller_.tell(answer);
}

// Nobody of that id and home is in that cell: nullptr, and its home hears that it must look for another. So a viewer
// whose membership was lost on the way finds back with its next MORE or STATS.
const Member* CellKeeper::member(const BusMessage& message) {
  Slot* slot = find(message.to);
  const Member* member = slot ? slot->cell.find(message.peer) : nullptr;
  if (member && member->home == message.from) return member;
  refuse(message);
  return nullptr;
}

void CellKeeper::refuse(const BusMessage& message) {
  BusMessage answer = answer_to(message, BusKind::kNoCell);
  answer.cell = message.to;
  teller_.tell(answer);
}

void CellKeeper::profile(const BusMessage& message, int64_t now_ms) {
  const Member* known = member(message);
  if (known) find(message.to)->cell.put({known->id, known->home, message.profile, message.subnet, 0, now_ms});
}

void CellKeeper::want(const BusMessage& message) {
  const Member* known = member(message);
  if (!known) return;
  BusMessage answer = answer_to(message, BusKind::kChosen);
  BusMessage wish = message;
  wish.profile = known->profile;
  wish.subnet = known->subnet;
  introduce(*find(message.to), wish, answer);
  teller_.tell(answer);
}

void CellKeeper::introduce(Slot& slot, const BusMessage& wish, BusMessage& answer) {
  std::array<PeerId, tracker_wire::kPeersMax> leave_out;
  for (size_t i = 0; i < wish.list_size; ++i) leave_out[i] = wish.list[i].id;
  answer.audience = audience(slot.stream);
  Cell::Wish choice{wish.peer,   wish.profile,
                    wish.subnet, {leave_out.data(), wish.list_size},
                    0,           answer.audience >= rules_.subnet_audience_min ? rules_.subnet_peers_max : UINT32_MAX};
  chosen_.clear();
  // One in six comes of a sibling cell of this worker, so that blocks find their way between cells.
  const auto& ours = streams_.at(slot.stream);
  if (ours.size() > 1) {
    Slot* sibling = &cells_[ours[dice_.below(static_cast<uint32_t>(ours.size()))]];
    choice.want = wish.want / 6;
    if (sibling != &slot) sibling->cell.choose(choice, dice_, chosen_);
  }
  choice.want = wish.want - chosen_.size();
  slot.cell.choose(choice, dice_, chosen_);
  answer.list_size = chosen_.size();
  for (size_t i = 0; i < chosen_.size(); ++i) answer.list[i] = {chosen_[i].id, chosen_[i].home};
}

void CellKeeper::node_lost(uint16_t node) {
  for (Slot& slot : cells_) {
    if (!slot.is_used) continue;
    const size_t gone = slot.cell.remove_if([&](const Member& member) { return member.home.node() == node; });
    members_ -= gone;
    slot.is_changed |= gone > 0;
    if (slot.cell.size() == 0 && gone > 0) close(slot);
  }
}

void CellKeeper::tell_audience(Slot& slot, int64_t now_ms) {
  const uint32_t size = audience(slot.stream);
  const uint32_t apart = size > slot.told_audience ? size - slot.told_audience : slot.told_audience - size;
  if (now_ms - slot.told_ms < rules_.audience_ms || apart == 0 || apart < slot.told_audience / 16) return;
  slot.told_ms = now_ms;
  slot.told_audience = size;
  BusMessage message;
  message.kind = BusKind::kAudience;
  message.from = slot.address;
  message.audience = size;
  for (const Member& member : slot.cell.members()) {
    message.to = member.home;
    message.peer = member.id;
    teller_.tell(message);
  }
}

void CellKeeper::seek_company(Slot& slot, int64_t now_ms) {
  const auto size = static_cast<uint32_t>(slot.cell.size());
  if (size >= rules_.min) {
    slot.small_since_ms = now_ms;
    return;
  }
  Scope scope = scope_of(audience(slot.stream), rules_, extent_);
  for (int64_t waited = now_ms - slot.small_since_ms; waited >= kSmallPatienceMs; waited -= kSmallPatienceMs)
    scope = wider(scope, extent_);
  const Address into =
      company_for({slot.address, size}, candidates(slot.stream), directory_.cells_of(slot.stream), scope, rules_);
  if (!into) return;
  ++merges_;
  dissolve(slot, into);
}

void CellKeeper::dissolve(Slot& slot, Address into) {
  BusMessage message;
  message.kind = BusKind::kRehome;
  message.from = slot.address;
  message.cell = into;
  const std::vector<Member> members = slot.cell.members();
  close(slot);
  for (const Member& member : members) {
    message.to = member.home;
    message.peer = member.id;
    teller_.tell(message);
  }
}

void CellKeeper::turn(int64_t now_ms) {
  for (size_t index = 0; index < cells_.size(); ++index) {
    Slot& slot = cells_[index];
    if (!slot.is_used) continue;
    const size_t gone = slot.cell.remove_if([&](const Member& member) {
      return !member.home.is_same_worker(self_) && now_ms - member.heard_ms >= kUnspokenMs;
    });
    members_ -= gone;
    slot.is_changed |= gone > 0;
    if (slot.cell.size() == 0) {
      close(slot);  // opened for somebody who never came, or left by all
      continue;
    }
    const int64_t since = now_ms - slot.published_ms;
    if ((slot.is_changed && since >= kNoticeMs) || since >= kRenewMs) publish(slot, now_ms);
    tell_audience(slot, now_ms);
    if (!is_draining_) seek_company(slot, now_ms);
  }
}

void CellKeeper::publish_all() {
  if (is_draining_) return;
  for (Slot& slot : cells_)
    if (slot.is_used && slot.cell.size() > 0)
      bus_.publish({slot.stream, slot.address, static_cast<uint32_t>(slot.cell.size())});
}

void CellKeeper::drain() {
  if (is_draining_) return;
  is_draining_ = true;
  BusMessage message;
  message.kind = BusKind::kRehome;
  for (Slot& slot : cells_) {
    if (!slot.is_used) continue;
    message.from = slot.address;
    if (slot.published_ms != 0) bus_.publish({slot.stream, message.from, 0});
    std::vector<Member> away;
    slot.cell.remove_if([&](const Member& member) {
      if (member.home.is_same_worker(self_)) return false;
      away.push_back(member);
      return true;
    });
    members_ -= away.size();
    for (const Member& member : away) {
      message.to = member.home;
      message.peer = member.id;
      teller_.tell(message);
    }
  }
}

}  // namespace bazaar::tracker::native
