// Viewers that lose their connection or move: places kept for them, resuming here or elsewhere, and signals sent after.
#include <algorithm>

#include "native/desk.hpp"

namespace bazaar::tracker::native {

using tracker_wire::Message;
using State = Session::State;

namespace {

constexpr auto kSuperseded = static_cast<uint16_t>(tracker_wire::ErrorCode::kSuperseded);
constexpr std::string_view kSupersededText = "resumed on another connection";

BusMessage new_home(const Session& session, Address home) {
  BusMessage news = message_of(BusKind::kNewHome, {}, home, session.id);
  news.stream = session.stream;
  return news;
}

}  // namespace

// Places.

void Desk::keep_as_ghost(Session& session) {
  while (ghosts_ >= limits_.ghosts_max && !places_due_.empty()) {
    Session* oldest = sessions_.at(places_due_.front().session);
    places_due_.pop_front();
    if (oldest && oldest->state == State::kGhost) end_of(*oldest);
  }
  if (limits_.ghosts_max == 0) return sessions_.free(session);
  ++ghosts_;
  await(session, State::kGhost, places_due_, limits_.resume_ms);
}

// Longer than a place: who was introduced to it may have its old home until they signal or move themselves.
void Desk::keep_as_forward(Session& session, Address to) {
  if (limits_.forwards_max == 0) return sessions_.free(session);
  if (forwards_due_.size() >= limits_.forwards_max) {
    if (Session* oldest = sessions_.at(forwards_due_.front().session)) end_of(*oldest);
    forwards_due_.pop_front();
  }
  session.acquaintances = {};
  session.cell = to;
  await(session, State::kForward, forwards_due_, limits_.forward_ms);
}

void Desk::end_of(Session& session) {
  if (session.state == State::kGhost) {
    --ghosts_;
    ++counters_.ghosts_expired;
  }
  sessions_.free(session);
}

// Coming back.

bool Desk::resume(Session& session, const Message& message) {
  const auto place = gate_.unseal(message.resume);
  if (!place || place->stream != session.stream || place->peer == 0 || place->expires_s < unix_s_) return false;
  const bool is_of_here = place->home.is_same_worker(self_);
  Session* known = is_of_here ? sessions_.at(place->home) : nullptr;
  if (known && known->id != place->peer) known = nullptr;
  if (known && (known->is_in() || known->state == State::kGhost)) {
    ++counters_.resumes;
    take_over(*known, session);
    return true;
  }
  const bool has_moved = known && known->state == State::kForward;
  if (is_of_here && !has_moved) return false;
  ++counters_.resumes;
  session.id = place->peer;
  session.cell = place->cell;
  session.is_resumed = true;
  // Its old home first, so that signals follow it from the moment it hears WELCOME.
  await(session, State::kMoving, moves_due_, limits_.moving_ms);
  tell(message_of(BusKind::kMove, place->home, session.address, place->peer));
  if (!is_reachable(place->home.node())) move_in(session);
  return true;
}

/// Whether an answer may come from there, for all that is known.
bool Desk::is_reachable(uint16_t node) const {
  const Extent& extent = keeper_.extent();
  return node == self_.node() || (extent.nodes > 1 && !extent.is_cut_off && !lost_nodes_.contains(node));
}

/// The place of `session`, which is kept here still, for the connection of `fresh`.
void Desk::take_over(Session& session, Session& fresh) {
  if (session.state == State::kGhost) --ghosts_;
  // The old connection may not know yet that it is dead.
  if (const ConnectionId stale = session.connection) outbox_.close(stale, kSuperseded, kSupersededText);
  const ConnectionId connection = fresh.connection;
  session.client = fresh.client;
  session.profile = fresh.profile;
  session.want = fresh.want;
  sessions_.free(fresh);
  sessions_.rebind(session, connection);
  session.is_resumed = true;
  session.is_welcomed = false;
  move_in(session);
}

/// Into the cell it was in, where that is known still.
void Desk::move_in(Session& session) {
  const bool is_there = keeper_.owns(session.cell) || directory_.find(session.stream, session.cell) != nullptr;
  enter(session, is_there ? session.cell : keeper_.place(session.stream, false, {}, now_ms_), session.want);
}

// From the old home to the new one.

void Desk::moved_away(const BusMessage& message) {
  Session* session = sessions_.at(message.to);
  BusMessage luggage = answer_to(message, BusKind::kMoved);
  if (!session || session->id != message.peer || !(session->is_in() || session->state == State::kGhost))
    return tell(luggage);  // empty: nothing is kept here, and nobody need wait for it
  luggage.list_size = std::min(session->acquaintances.size(), luggage.list.size());
  for (size_t i = 0; i < luggage.list_size; ++i) {
    Acquaintance known = session->acquaintances[i];
    // Where each is now: this node may be gone before anybody asks it.
    const Session* other = sessions_.at(known.home);
    if (other && other->state == State::kForward) known.home = other->cell;
    luggage.list[i] = known;
  }
  if (session->state == State::kGhost) {
    --ghosts_;
  } else {
    leave_cell(*session);
    outbox_.close(session->connection, kSuperseded, kSupersededText);
    sessions_.rebind(*session, 0);
  }
  ++counters_.moved_away;
  keep_as_forward(*session, message.from);
  tell(luggage);
}

void Desk::unpack(const BusMessage& luggage) {
  Session* session = sessions_.at(luggage.to);
  if (!session || session->id != luggage.peer) return;
  const bool is_moving = session->state == State::kMoving;
  if (!is_moving && !session->is_in() && session->state != State::kGhost) return;
  // The old home passes signals on as long as it keeps the place, and not after its node has stopped: its
  // acquaintances are told where to send.
  BusMessage news = new_home(*session, session->address);
  for (size_t i = 0; i < luggage.list_size; ++i) {
    session->acquaint(luggage.list[i]);
    news.to = luggage.list[i].home;
    tell(news);
  }
  if (is_moving) move_in(*session);
}

// Of its acquaintances, or of one who was introduced to it and has said nothing yet: known to both from now on, so that
// each hears when the other moves.
void Desk::heard_of_new_home(const BusMessage& message) {
  Session* session = sessions_.at(message.to);
  if (!session || session->stream != message.stream) return;
  if (session->id != message.peer) session->acquaint({message.peer, message.from});
}

/// What comes for a viewer that resumed elsewhere goes on to where it is. Who signals hears of it; who asks for the
/// viewer is where it goes from now on.
bool Desk::is_sent_after(const BusMessage& message) {
  Session* session = sessions_.at(message.to);
  if (!session || session->state != State::kForward || session->cell == message.to) return false;
  BusMessage forwarded = message;
  forwarded.to = session->cell;
  tell(forwarded);
  if (message.kind == BusKind::kSignal) {
    BusMessage news = new_home(*session, session->cell);
    news.to = message.from;
    tell(news);
  }
  if (message.kind == BusKind::kMove && session->id == message.peer) session->cell = message.from;
  return true;
}

}  // namespace bazaar::tracker::native
