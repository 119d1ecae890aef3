#include "native/desk.hpp"

#include <algorithm>
#include <unordered_map>

namespace bazaar::tracker::native {

using tracker_wire::DecodeStatus;
using tracker_wire::ErrorCode;
using tracker_wire::GoneReason;
using tracker_wire::Message;
using tracker_wire::SignalKind;
using tracker_wire::Type;
using State = Session::State;

namespace {

constexpr int64_t kTurnMs = 1'000;
/// Introductions to a viewer whose cell joins another: it has its old neighbours still.
constexpr uint32_t kRehomeWant = 8;
/// Cells that refuse a viewer one after the other before it gets one of ours.
constexpr uint8_t kRefusalsMax = 2;
constexpr uint16_t kFirstErrorCode = 4000;
/// A resume token outlives the longest match; the place itself is kept for Limits::resume_ms after the connection.
constexpr int64_t kTokenLifeS = 24 * 3600;

}  // namespace

Desk::Desk(Outbox& outbox, Bus& bus, Directory& directory, Gate& gate, Address self, const CellRules& rules,
           const Limits& limits, uint64_t seed)
    : outbox_(outbox),
      bus_(bus),
      directory_(directory),
      gate_(gate),
      self_(self),
      limits_(limits),
      dice_(seed),
      sessions_(self),
      keeper_(*this, bus, directory, self, rules, dice_) {}

// What goes out.

void Desk::send(ConnectionId connection, const Message& message) {
  std::array<uint8_t, tracker_wire::kEncodedBytesMax> frame;
  const size_t length = tracker_wire::encode(message, frame);
  outbox_.send(connection, {frame.data(), length}, Importance::kMust);
}

void Desk::send_gone(ConnectionId connection, PeerId peer, GoneReason why) {
  ++(why == GoneReason::kGone ? counters_.gone : why == GoneReason::kBusy ? counters_.busy : counters_.strangers);
  Message gone;
  gone.type = Type::kGone;
  gone.peer = peer;
  gone.why = why;
  send(connection, gone);
}

void Desk::tell(const BusMessage& message) {
  if (message.to.is_same_worker(self_)) return handle(message);
  scratch_.resize(kBusMessageBytesMax);
  const size_t length = write(message, scratch_);
  bus_.post(message.to, BusMessageClass::kNative, {scratch_.data(), length});
}

void Desk::delivered(std::span<const uint8_t> bytes, int64_t now_ms) {
  now_ms_ = now_ms;
  BusMessage message;
  if (!read(bytes, message) || !message.to.is_same_worker(self_)) {
    ++counters_.bus_bad;
    return;
  }
  lost_nodes_.erase(message.from.node());
  handle(message);
}

void Desk::handle(const BusMessage& message) {
  switch (message.kind) {
    case BusKind::kEnter:
    case BusKind::kWant:
    case BusKind::kLeave:
    case BusKind::kProfile:
      return keeper_.handle(message, now_ms_);
    case BusKind::kEntered:
      return entered(message);
    case BusKind::kMove:
      return is_sent_after(message) ? void() : moved_away(message);
    case BusKind::kSignal:
      return is_sent_after(message) ? void() : deliver(message);
    case BusKind::kNewHome:
      return is_sent_after(message) ? void() : heard_of_new_home(message);
    case BusKind::kUndelivered:
      return undelivered(message);
    case BusKind::kMoved:
      return unpack(message);
    default:
      break;
  }
  Session* session = sessions_.at(message.to);
  if (!session || session->id != message.peer || !session->is_in()) return;
  switch (message.kind) {
    case BusKind::kNoCell:
      if (session->cell == message.cell) replace(*session, message.cell);
      return;
    case BusKind::kChosen:
      return acquaint(*session, message);
    case BusKind::kAudience:
      return session->cell == message.from ? acquaint(*session, message) : void();
    case BusKind::kRehome:
      if (session->cell != message.from) return;
      ++counters_.moved_cells;
      return message.cell ? enter(*session, message.cell, kRehomeWant) : replace(*session, message.from);
    default:
      return;
  }
}

// Viewers come and go.

void Desk::opened(ConnectionId connection, const ClientAddress& client, int64_t now_ms) {
  now_ms_ = now_ms;
  Session& session = sessions_.open(connection);
  session.client = client;
  await(session, State::kOpened, joins_due_, limits_.join_timeout_ms);
  Message first;
  first.type = is_draining_ ? Type::kGoAway : Type::kHello;
  first.wait_ms = is_draining_ ? drain_within_ms_ : limits_.join_window_ms;
  send(connection, first);
}

void Desk::closed(ConnectionId connection, int64_t now_ms) {
  now_ms_ = now_ms;
  Session* session = sessions_.of(connection);
  if (!session) return;
  const bool is_moving = session->state == State::kMoving;
  if (!session->is_in() && !is_moving) return sessions_.free(*session);
  if (!is_moving) leave_cell(*session);
  sessions_.rebind(*session, 0);
  keep_as_ghost(*session);
}

void Desk::await(Session& session, State state, std::deque<Due>& queue, int64_t for_ms) {
  session.state = state;
  session.due_ms = now_ms_ + for_ms;
  queue.push_back({session.due_ms, session.address});
}

void Desk::refuse(ConnectionId connection, ErrorCode code, std::string_view text, uint32_t retry_ms, int64_t now_ms) {
  now_ms_ = now_ms;
  Session* session = sessions_.of(connection);
  if (!session || session->state == State::kClosing) return;
  if (session->is_in()) leave_cell(*session);
  session->state = State::kClosing;
  ++counters_.refused;
  const size_t index = static_cast<uint16_t>(code) - kFirstErrorCode;
  if (index < counters_.refused_by.size()) ++counters_.refused_by[index];
  Message error;
  error.type = Type::kError;
  error.code = code;
  error.text = text;
  error.wait_ms = retry_ms;
  send(connection, error);
  outbox_.close(connection, static_cast<uint16_t>(code), text);
}

void Desk::message(ConnectionId connection, std::span<const uint8_t> frame, int64_t now_ms) {
  now_ms_ = now_ms;
  Session* session = sessions_.of(connection);
  if (!session || session->state == State::kClosing) return;
  const auto no = [&](ErrorCode code, const char* text) { refuse(connection, code, text, 0, now_ms); };
  Message message;
  switch (tracker_wire::decode(frame, message)) {
    case DecodeStatus::kOk:
      break;
    case DecodeStatus::kBadFrame:
      return no(ErrorCode::kBadFrame, "not a frame of this protocol");
    case DecodeStatus::kOversize:
      return no(ErrorCode::kOversize, "a frame is longer than 16384 bytes");
    case DecodeStatus::kUnknownType:
      return no(ErrorCode::kUnknownType, "a message of an unknown type");
  }
  if (!tracker_wire::is_of_viewer(message.type))
    return no(ErrorCode::kUnknownType, "a message that only a tracker sends");
  if (message.type == Type::kJoin) return join(*session, message);
  const bool is_moving = session->state == State::kMoving;
  if (!session->is_in() && !is_moving) return no(ErrorCode::kNotJoined, "JOIN comes first");
  if (is_moving && message.type != Type::kLeave) return;  // of a cell that it is not in yet
  switch (message.type) {
    case Type::kSignal:
      return signal(*session, message, frame);
    case Type::kMore:
      return more(*session, message);
    case Type::kStats:
      return stats(*session, message);
    case Type::kLeave:
      return leave(*session);
    default:
      return;
  }
}

void Desk::join(Session& session, const Message& message) {
  const auto no = [&](ErrorCode code, std::string_view text, uint32_t retry_ms) {
    refuse(session.connection, code, text, retry_ms, now_ms_);
  };
  if (message.version != tracker_wire::kProtocolVersion)
    return no(ErrorCode::kVersion, "this tracker speaks version 2", 0);
  if (session.state != State::kOpened) return no(ErrorCode::kAlreadyJoined, "this connection has joined a stream", 0);
  if (const auto refusal = gate_.check(session.client, message.stream, message.token, now_ms_))
    return no(refusal->code, refusal->text, refusal->retry_ms);
  session.stream = stream_of(BusMessageClass::kNative, message.stream);
  if (!keeper_.has_cells_of(session.stream) && directory_.cells_of(session.stream).empty() &&
      keeper_.streams() >= limits_.streams_max) {
    ++counters_.streams_full;
    return no(ErrorCode::kFull, "this tracker has as many streams as it takes; try again later", limits_.retry_ms);
  }
  if (keeper_.audience(session.stream) >= limits_.audience_max) {
    ++counters_.stream_full;
    return no(ErrorCode::kFull, "this stream has as many viewers as it may; try again later", limits_.retry_ms);
  }
  session.profile = message.profile;
  session.want = static_cast<uint8_t>(message.want);
  if (!message.resume.empty()) {
    if (resume(session, message)) return;
    ++counters_.resumes_unknown;
  }
  ++counters_.joins;
  session.id = fresh_id();
  enter(session, keeper_.place(session.stream, false, {}, now_ms_), session.want);
}

PeerId Desk::fresh_id() {
  PeerId id = 0;
  while (id == 0) id = static_cast<PeerId>(dice_.next() >> 32);
  return id;
}

void Desk::enter(Session& session, Address cell, uint32_t want) {
  session.state = State::kEntering;
  session.cell = cell;
  BusMessage message = message_of(BusKind::kEnter, cell, session.address, session.id);
  message.stream = session.stream;
  message.profile = session.profile;
  message.subnet = session.client.subnet();
  message.want = want;
  message.list_size = std::min(session.acquaintances.size(), message.list.size());
  std::copy_n(session.acquaintances.begin(), message.list_size, message.list.begin());
  tell(message);
  if (session.state == State::kEntering && session.cell == cell)
    await(session, State::kEntering, entries_due_, limits_.entering_ms);
}

void Desk::replace(Session& session, Address avoid) {
  const bool is_here = ++session.refusals > kRefusalsMax;
  if (session.refusals > 2 * kRefusalsMax) {
    ++counters_.no_cell;
    return refuse(session.connection, ErrorCode::kFull, "no cell would have this viewer; try again later",
                  limits_.retry_ms, now_ms_);
  }
  enter(session, keeper_.place(session.stream, is_here, avoid, now_ms_),
        session.is_welcomed ? kRehomeWant : session.want);
}

void Desk::entered(const BusMessage& message) {
  Session* session = sessions_.at(message.to);
  const bool is_its_cell = session && session->id == message.peer && session->is_in() && session->cell == message.cell;
  if (!is_its_cell) {
    // Too late: it is elsewhere, or gone.
    return tell(message_of(BusKind::kLeave, message.cell, message.to, message.peer));
  }
  session->state = State::kJoined;
  session->refusals = 0;
  if (session->is_welcomed) return acquaint(*session, message);
  session->is_welcomed = true;
  send_welcome(*session, message);
}

void Desk::send_welcome(Session& session, const BusMessage& message) {
  Message welcome;
  welcome.type = Type::kWelcome;
  welcome.peer = session.id;
  welcome.audience = message.audience;
  for (size_t i = 0; i < message.list_size; ++i) {
    session.acquaint(message.list[i]);
    welcome.ids[welcome.id_count++] = message.list[i].id;
  }
  counters_.introduced += message.list_size;
  std::array<uint8_t, tracker_wire::kResumeBytesMax> token;
  const size_t length =
      gate_.seal({session.address, session.cell, session.id, session.stream, unix_s_ + kTokenLifeS}, token);
  welcome.resume = {token.data(), length};
  welcome.is_resumed = session.is_resumed;
  welcome.stats_s = limits_.stats_s;
  send(session.connection, welcome);
}

void Desk::acquaint(Session& session, const BusMessage& message) {
  Message peers;
  peers.type = Type::kPeers;
  peers.audience = message.audience;
  for (size_t i = 0; i < message.list_size; ++i) {
    if (message.list[i].id == session.id) continue;
    session.acquaint(message.list[i]);
    peers.ids[peers.id_count++] = message.list[i].id;
  }
  counters_.introduced += peers.id_count;
  send(session.connection, peers);
}

void Desk::leave_cell(Session& session) {
  tell(message_of(BusKind::kLeave, session.cell, session.address, session.id));
}

void Desk::leave(Session& session) {
  ++counters_.leaves;
  leave_cell(session);
  session.acquaintances = {};
  session.id = 0;
  session.is_welcomed = session.is_resumed = false;
  await(session, State::kOpened, joins_due_, limits_.join_timeout_ms);  // as long again to come back
}

void Desk::more(Session& session, const Message& message) {
  ++counters_.mores;
  BusMessage want = message_of(BusKind::kWant, session.cell, session.address, session.id);
  want.want = message.want;
  want.list_size = message.id_count;
  for (size_t i = 0; i < message.id_count; ++i) want.list[i].id = message.ids[i];
  tell(want);
}

void Desk::stats(Session& session, const Message& message) {
  ++counters_.stats;
  counters_.cdn_bytes += message.traffic.cdn_bytes;
  counters_.peer_bytes += message.traffic.peer_bytes;
  counters_.uploaded_bytes += message.traffic.uploaded_bytes;
  session.profile = message.profile;
  tell_profile(session);
}

void Desk::tell_profile(const Session& session) {
  BusMessage profile = message_of(BusKind::kProfile, session.cell, session.address, session.id);
  profile.profile = session.profile;
  profile.subnet = session.client.subnet();
  tell(profile);
}

// Signals.

void Desk::signal(Session& session, const Message& message, std::span<const uint8_t> frame) {
  ++counters_.signals;
  const auto blob = frame.subspan(message.blob_offset, message.blob_bytes);
  if (!gate_.is_signal(blob, message.kind))
    return refuse(session.connection, ErrorCode::kBadFrame, "a signal that is no description or candidates", 0,
                  now_ms_);
  const Acquaintance* peer = session.acquaintance(message.peer);
  if (!peer) return send_gone(session.connection, message.peer, GoneReason::kStranger);
  BusMessage signal = message_of(BusKind::kSignal, peer->home, session.address, session.id);
  signal.signal = message.kind;
  signal.blob = blob;
  counters_.relayed_away += !signal.to.is_same_worker(self_);
  tell(signal);
}

void Desk::deliver(const BusMessage& message) {
  Session* session = sessions_.at(message.to);
  if (!session || !session->is_in()) return tell(answer_to(message, BusKind::kUndelivered));
  session->acquaint({message.peer, message.from});
  scratch_.resize(tracker_wire::kSignalHeaderBytesMax + message.blob.size());
  const size_t header = tracker_wire::encode_signal_header(Type::kRelayed, message.peer, message.signal,
                                                           static_cast<uint32_t>(message.blob.size()), scratch_);
  std::copy(message.blob.begin(), message.blob.end(), scratch_.begin() + static_cast<std::ptrdiff_t>(header));
  // A lost offer or candidate is tried again by its sender; a lost answer would leave the other side waiting.
  const bool may_drop = message.signal == SignalKind::kOffer || message.signal == SignalKind::kCandidates;
  const std::span<const uint8_t> frame{scratch_.data(), header + message.blob.size()};
  if (outbox_.send(session->connection, frame, may_drop ? Importance::kMayDrop : Importance::kMust)) {
    ++counters_.relayed;
    return;
  }
  BusMessage busy = answer_to(message, BusKind::kUndelivered);
  busy.why = GoneReason::kBusy;
  tell(busy);
}

void Desk::undelivered(const BusMessage& message) {
  Session* session = sessions_.at(message.to);
  if (!session || !session->is_in()) return;
  auto& known = session->acquaintances;
  const auto peer =
      std::find_if(known.begin(), known.end(), [&](const Acquaintance& a) { return a.home == message.from; });
  if (peer == known.end()) return;
  const PeerId id = peer->id;
  send_gone(session->connection, id, message.why);
  if (message.why != GoneReason::kGone) return;
  known.erase(peer);
  // Its leave was lost on the way, if it is still a member: nobody else is to be introduced to it.
  tell(message_of(BusKind::kLeave, session->cell, message.from, id));
}

// Time.

void Desk::fall_due(std::deque<Due>& queue, State state) {
  while (!queue.empty() && queue.front().at_ms <= now_ms_) {
    Session* session = sessions_.at(queue.front().session);
    queue.pop_front();
    if (!session || session->state != state || session->due_ms > now_ms_) continue;
    switch (state) {
      case State::kOpened:
        refuse(session->connection, ErrorCode::kTimeout, "no JOIN came in time", 0, now_ms_);
        break;
      case State::kMoving:
        move_in(*session);
        break;
      case State::kEntering:
        ++counters_.replaced_locally;
        leave_cell(*session);  // should its answer be on the way
        enter(*session, keeper_.place(session->stream, true, {}, now_ms_), session->want);
        break;
      default:
        end_of(*session);
    }
  }
}

int64_t Desk::turn(int64_t now_ms, int64_t unix_s) {
  now_ms_ = now_ms;
  unix_s_ = unix_s;
  fall_due(joins_due_, State::kOpened);
  fall_due(moves_due_, State::kMoving);
  fall_due(entries_due_, State::kEntering);
  fall_due(places_due_, State::kGhost);
  fall_due(forwards_due_, State::kForward);
  if (now_ms >= next_turn_ms_) {
    next_turn_ms_ = now_ms + kTurnMs;
    keeper_.turn(now_ms);
  }
  int64_t next = std::min(next_turn_ms_, to_drain_.turn(now_ms, [this](Address session) { send_goaway(session); }));
  for (const auto* queue : {&joins_due_, &moves_due_, &entries_due_, &places_due_, &forwards_due_})
    if (!queue->empty()) next = std::min(next, queue->front().at_ms);
  return next;
}

void Desk::node_lost(uint16_t node, int64_t now_ms) {
  now_ms_ = now_ms;
  directory_.node_lost(node);
  lost_nodes_.insert(node);
  keeper_.node_lost(node);
  // Who was there may have resumed here, and nobody passes signals on any more.
  std::unordered_map<PeerId, const Session*> here;
  sessions_.each([&](Session& session) {
    if (session.is_in()) here.emplace(session.id, &session);
  });
  sessions_.each([&](Session& session) {
    for (Acquaintance& known : session.acquaintances) {
      if (known.home.node() != node) continue;
      const auto found = here.find(known.id);
      if (found != here.end() && found->second->stream == session.stream) known.home = found->second->address;
    }
    if (session.is_in() && session.cell.node() == node && node != self_.node()) replace(session, {});
  });
}

// An owner that took us for lost has dropped our viewers; it answers their profile with kNoCell, and they find a cell.
void Desk::reconnected(int64_t now_ms) {
  now_ms_ = now_ms;
  keeper_.publish_all();
  sessions_.each([&](const Session& session) {
    if (session.state == State::kJoined && session.cell.node() != self_.node()) tell_profile(session);
  });
}

void Desk::drain(admission::Rate rate, uint32_t within_ms, int64_t now_ms) {
  if (is_draining_) return;
  now_ms_ = now_ms;
  is_draining_ = true;
  drain_within_ms_ = within_ms;
  to_drain_.set_rate(rate);
  keeper_.drain();
  sessions_.each([&](const Session& session) {
    if (session.connection != 0 && session.state != State::kClosing) to_drain_.push(session.address);
  });
  // No order of arrival: a cell's viewers do not all go at once.
  auto& all = to_drain_.items();
  for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[dice_.below(static_cast<uint32_t>(i))]);
}

void Desk::send_goaway(Address to) {
  const Session* session = sessions_.at(to);
  if (!session || session->connection == 0) return;
  Message away;
  away.type = Type::kGoAway;
  away.wait_ms = drain_within_ms_;
  send(session->connection, away);
}

}  // namespace bazaar::tracker::native
