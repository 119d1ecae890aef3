#include "native/session.hpp"

#include <algorithm>
#include <cassert>

namespace bazaar::tracker::native {

namespace {

size_t index_of(ConnectionId connection) { return static_cast<uint32_t>(connection); }

}  // namespace

const Acquaintance* Session::acquaintance(PeerId peer) const {
  const auto found =
      std::find_if(acquaintances.begin(), acquaintances.end(), [&](const Acquaintance& a) { return a.id == peer; });
  return found == acquaintances.end() ? nullptr : &*found;
}

void Session::acquaint(const Acquaintance& peer) {
  for (Acquaintance& known : acquaintances) {
    if (known.id != peer.id) continue;
    known.home = peer.home;
    return;
  }
  if (acquaintances.size() >= kAcquaintancesMax) acquaintances.erase(acquaintances.begin());
  acquaintances.push_back(peer);
}

Session& SessionTable::open(ConnectionId connection) {
  uint32_t slot = 0;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  }
  Session& session = slots_[slot];
  const uint16_t last = session.address.generation();
  session = Session{};
  session.address = {self_.node(), self_.worker(), slot, static_cast<uint16_t>(last == UINT16_MAX ? 1 : last + 1)};
  session.state = Session::State::kOpened;
  rebind(session, connection);
  return session;
}

void SessionTable::rebind(Session& session, ConnectionId connection) {
  if (of(session.connection) == &session) by_connection_[index_of(session.connection)] = 0;
  session.connection = connection;
  if (connection == 0) return;
  if (index_of(connection) >= by_connection_.size()) by_connection_.resize(index_of(connection) + 1);
  by_connection_[index_of(connection)] = session.address.slot() + 1;
}

void SessionTable::free(Session& session) {
  assert(session.state != Session::State::kFree);
  rebind(session, 0);
  session.state = Session::State::kFree;
  session.acquaintances = {};
  free_.push_back(session.address.slot());
}

Session* SessionTable::of(ConnectionId connection) {
  if (connection == 0 || index_of(connection) >= by_connection_.size()) return nullptr;
  const uint32_t slot = by_connection_[index_of(connection)];
  if (slot == 0 || slots_[slot - 1].connection != connection) return nullptr;
  return &slots_[slot - 1];
}

Session* SessionTable::at(Address address) {
  if (!address.is_same_worker(self_) || address.slot() >= slots_.size()) return nullptr;
  Session& session = slots_[address.slot()];
  return session.state != Session::State::kFree && session.address == address ? &session : nullptr;
}

}  // namespace bazaar::tracker::native
