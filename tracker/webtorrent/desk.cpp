#include "webtorrent/desk.hpp"

#include <algorithm>
#include <limits>

namespace bazaar::tracker::webtorrent {

namespace {

/// Every swarm is looked after once a second; in steps, so that a hundred thousand of them hold nobody up.
constexpr int64_t kSweepStepMs = 50;
constexpr size_t kSweepSteps = 20;
constexpr int64_t kNoticeMs = 1'000;
constexpr int64_t kNoticeRenewMs = kCellTtlMs / 3;

Address worker_of(Address address) { return {address.node(), address.worker(), 0, 1}; }

std::string_view reason_of(Drop drop) {
  switch (drop) {
    case Drop::kMessageTooLarge:
      return "message too large";
    case Drop::kBadJson:
      return "not a JSON object";
    case Drop::kBadAction:
      return "invalid action";
    case Drop::kBadInfoHash:
      return "invalid info_hash";
    case Drop::kBadPeerId:
      return "invalid peer_id";
    case Drop::kBadToPeerId:
      return "invalid to_peer_id";
    case Drop::kBadEvent:
      return "invalid event";
    case Drop::kBadAnswer:
      return "invalid answer";
    case Drop::kScrapeAll:
      return "scraping all swarms is not offered";
    case Drop::kScrapeTooMany:
      return "too many swarms in one scrape";
    case Drop::kPeerIdTaken:
      return "peer_id in use by another connection";
    case Drop::kSwarmsPerConnection:
      return "too many swarms on one connection";
    case Drop::kSwarms:
      return "tracker is full";
    default:
      return "refused";
  }
}

std::string_view action_of(Drop drop) {
  switch (drop) {
    case Drop::kMessageTooLarge:
    case Drop::kBadJson:
    case Drop::kBadAction:
      return {};
    case Drop::kScrapeAll:
    case Drop::kScrapeTooMany:
      return "scrape";
    default:
      return "announce";
  }
}

}  // namespace

Desk::Desk(Outbox& outbox, Bus& bus, const Directory& directory, Address self, const Limits& limits, uint64_t seed)
    : outbox_(outbox),
      bus_(bus),
      directory_(directory),
      self_(worker_of(self)),
      limits_(limits),
      dice_(seed),
      hash_(dice_.next()),
      reader_(limits),
      swarms_(self_, hash_) {}

void Desk::opened(ConnectionId connection) { connections_.try_emplace(connection); }

void Desk::closed(ConnectionId connection) {
  const auto at = connections_.find(connection);
  if (at == connections_.end()) return;
  const Connection gone = std::move(at->second);
  connections_.erase(at);
  for (const Membership& held : gone.memberships) leave(connection, held);
}

void Desk::message(ConnectionId id, std::span<const uint8_t> bytes, int64_t now_ms) {
  const auto at = connections_.find(id);
  if (at == connections_.end()) return;
  now_ms_ = now_ms;
  ++counters_.messages_in;
  const Request& request = request_;
  if (const auto bad = reader_.read(bytes, request_)) {
    const bool is_scrape = request.kind == Request::Kind::kScrape && *bad == Drop::kBadInfoHash;
    refuse(id, *bad, is_scrape ? "scrape" : action_of(*bad), request.has_info_hash ? &request.info_hash : nullptr);
    return;
  }
  drop(Drop::kBadOffer, request.offers_bad);
  drop(Drop::kOffersTooMany, request.offers_beyond);
  switch (request.kind) {
    case Request::Kind::kScrape:
      return scrape(id, request);
    case Request::Kind::kAnswer:
      return answer(at->second, request);
    case Request::Kind::kAnnounce:
      if (request.event == Event::kStopped) return stop(id, at->second, request);
      return announce(id, at->second, request);
  }
}

void Desk::refuse(ConnectionId id, Drop why, std::string_view action, const Id* info_hash) {
  drop(why);
  ++counters_.failures;
  outbox_.send(id, writer_.failure(action, info_hash, reason_of(why)), Importance::kMust);
}

Desk::Membership* Desk::membership(Connection& connection, const Id& info_hash, const Id& peer) {
  for (Membership& held : connection.memberships) {
    if (held.peer == peer && swarms_.at(held.slot).info_hash == info_hash) return &held;
  }
  return nullptr;
}

Desk::Membership* Desk::enter(ConnectionId id, Connection& connection, const Request& request) {
  auto& held = connection.memberships;
  if (held.size() >= limits_.swarms_per_connection_max) {
    // A page may have gone from swarms without a word; the connection lives on in others.
    const auto silent = std::find_if(held.begin(), held.end(), [&](const Membership& each) {
      return each.heard_ms < now_ms_ - limits_.peer_timeout_ms;
    });
    if (silent == held.end()) {
      refuse(id, Drop::kSwarmsPerConnection, "announce", &request.info_hash);
      return nullptr;
    }
    const Membership gone = *silent;
    held.erase(silent);
    leave(id, gone);
  }
  if (swarms_.find(request.info_hash) == nullptr && swarms_.size() >= limits_.swarms_max) {
    refuse(id, Drop::kSwarms, "announce", &request.info_hash);
    return nullptr;
  }
  Swarm& swarm = swarms_.open(request.info_hash);
  ++swarm.homes;
  ++counters_.memberships;
  ++counters_.joins;
  held.push_back({swarm.address.slot(), request.peer, {}, now_ms_});
  return &held.back();
}

/// The connection's record of it is gone already.
void Desk::leave(ConnectionId id, const Membership& gone, bool is_quiet) {
  Swarm& swarm = swarms_.at(gone.slot);
  --swarm.homes;
  --counters_.memberships;
  const Home home{self_, id};
  if (gone.owner) {
    BusMessage stopped;
    stopped.info_hash = swarm.info_hash;
    stopped.home = home;
    stopped.peer = gone.peer;
    stopped.event = Event::kStopped;
    stopped.is_quiet = is_quiet;
    post(gone.owner, stopped);
  } else {
    const uint32_t before = swarm.cell.size();
    swarm.cell.leave(gone.peer, home);
    publish_change(swarm, before);
  }
  swarms_.close_if_unused(gone.slot);
}

/// The owner says that it was never a member.
void Desk::forget(Connection& connection, const Membership& refused) {
  const uint32_t slot = refused.slot;
  --swarms_.at(slot).homes;
  --counters_.memberships;
  connection.memberships.erase(connection.memberships.begin() + (&refused - connection.memberships.data()));
  swarms_.close_if_unused(slot);
}

void Desk::announce(ConnectionId id, Connection& connection, const Request& request) {
  Membership* held = membership(connection, request.info_hash, request.peer);
  if (held == nullptr) held = enter(id, connection, request);
  if (held == nullptr) return;
  ++counters_.announces;
  held->heard_ms = now_ms_;
  Swarm& swarm = swarms_.at(held->slot);
  const Home home{self_, id};
  const size_t wanted = std::min<size_t>(request.offer_count, request.numwant);
  drop(Drop::kNumwant, request.offer_count - wanted);
  const std::span offers(request.offers.data(), wanted);

  const Address owner = place(swarm);
  if (owner != held->owner) {
    // The swarm must not close under us while the member is nowhere.
    const Membership before = *held;
    ++swarm.homes;
    ++counters_.memberships;
    leave(id, before);
    held->owner = owner;
  }
  if (owner) {
    BusMessage joins;
    joins.info_hash = request.info_hash;
    joins.home = home;
    joins.peer = request.peer;
    joins.event = request.event;
    joins.has_all = request.has_all;
    joins.descriptions = offers;
    post(owner, joins);
    return;
  }
  const uint32_t before = swarm.cell.size();
  if (!swarm.cell.announce(request.peer, home, request.event, request.has_all, now_ms_)) {
    forget(connection, *held);
    refuse(id, Drop::kPeerIdTaken, "announce", &request.info_hash);
    return;
  }
  publish_change(swarm, before);
  outbox_.send(id, writer_.counts(request.info_hash, swarm.cell.complete(), incomplete(swarm), limits_.interval_s),
               Importance::kMust);
  pass_offers(swarm, home, request.peer, offers);
}

void Desk::stop(ConnectionId id, Connection& connection, const Request& request) {
  ++counters_.stops;
  if (const Membership* held = membership(connection, request.info_hash, request.peer)) {
    const Membership gone = *held;
    connection.memberships.erase(connection.memberships.begin() + (held - connection.memberships.data()));
    leave(id, gone, false);
    if (gone.owner) return;  // who knows the counts, and replies
  }
  // Also to one who was no member: its stop came twice, or after its time was over.
  const Swarm* swarm = swarms_.find(request.info_hash);
  const uint64_t complete = swarm == nullptr ? 0 : swarm->cell.complete();
  const uint64_t others =
      swarm == nullptr ? directory_.size_elsewhere(stream_of(request.info_hash)) : incomplete(*swarm);
  outbox_.send(id, writer_.counts(request.info_hash, complete, others, limits_.interval_s), Importance::kMust);
}

void Desk::answer(Connection& connection, const Request& request) {
  if (membership(connection, request.info_hash, request.peer) == nullptr) return drop(Drop::kAnswerFromStranger);
  auto& open = connection.open_offers;
  const uint64_t key = pair_key(request.info_hash, request.to_peer, request.peer, request.answer.id);
  const auto asked = std::find_if(open.begin(), open.end(), [&](const OpenOffer& each) { return each.key == key; });
  if (asked == open.end() || asked->at_ms < now_ms_ - limits_.offer_ttl_ms) return drop(Drop::kAnswerUnasked);
  const Home to = asked->from;
  open.erase(asked);
  if (to.worker == self_) {
    hand_answer(request.info_hash, request.peer, to.connection, request.to_peer, request.answer);
    return;
  }
  BusMessage message;
  message.type = BusType::kAnswer;
  message.info_hash = request.info_hash;
  message.connection = to.connection;
  message.peer = request.peer;
  message.to_peer = request.to_peer;
  message.descriptions = {&request.answer, 1};
  post(to.worker, message);
}

void Desk::scrape(ConnectionId id, const Request& request) {
  ++counters_.scrapes;
  writer_.scrape_begin();
  for (const Id& info_hash : request.scraped) {
    const Swarm* swarm = swarms_.find(info_hash);
    const uint32_t complete = swarm == nullptr ? 0 : swarm->cell.complete();
    const uint64_t others = swarm == nullptr ? directory_.size_elsewhere(stream_of(info_hash)) : incomplete(*swarm);
    writer_.scrape_file(info_hash, complete, others);
  }
  outbox_.send(id, writer_.scrape_end(limits_.interval_s), Importance::kMust);
}

uint64_t Desk::incomplete(const Swarm& swarm) const {
  // What other cells hold is known by number only; a viewer of a live stream is incomplete.
  return swarm.cell.size() - swarm.cell.complete() + uint64_t{directory_.size_elsewhere(stream_of(swarm.info_hash))};
}

void Desk::pass_offers(Swarm& swarm, const Home& from, const Id& peer, std::span<const Description> offers) {
  std::array<uint32_t, kOffersReadMax> picks;
  const size_t count = swarm.cell.pick(peer, dice_, std::span(picks).first(offers.size()));
  for (size_t i = 0; i < count; ++i) {
    const Cell::Member& to = swarm.cell.members()[picks[i]];
    if (to.home.worker == self_) {
      hand_offer(swarm.info_hash, from, peer, to.home.connection, to.peer, offers[i]);
      continue;
    }
    BusMessage message;
    message.type = BusType::kOffer;
    message.info_hash = swarm.info_hash;
    message.home = from;
    message.connection = to.home.connection;
    message.peer = peer;
    message.to_peer = to.peer;
    message.descriptions = offers.subspan(i, 1);
    post(to.home.worker, message);
  }
}

void Desk::hand_offer(const Id& info_hash, const Home& from, const Id& peer, ConnectionId to, const Id& to_peer,
                      const Description& offer) {
  const auto at = connections_.find(to);
  if (at == connections_.end()) return;
  auto& open = at->second.open_offers;
  const auto is_over = [&](const OpenOffer& each) { return each.at_ms < now_ms_ - limits_.offer_ttl_ms; };
  if (!open.empty() && is_over(open.front()))
    open.erase(open.begin(), std::find_if_not(open.begin(), open.end(), is_over));
  if (open.size() >= limits_.open_offers_max) open.erase(open.begin());
  open.push_back({pair_key(info_hash, peer, to_peer, offer.id), from, now_ms_});
  ++counters_.offers;
  outbox_.send(to, writer_.offer(info_hash, peer, offer), Importance::kMayDrop);
}

void Desk::hand_answer(const Id& info_hash, const Id& peer, ConnectionId to, const Id& to_peer,
                       const Description& answer) {
  const auto at = connections_.find(to);
  if (at == connections_.end() || membership(at->second, info_hash, to_peer) == nullptr) return drop(Drop::kAnswerLate);
  ++counters_.answers;
  outbox_.send(to, writer_.answer(info_hash, peer, answer), Importance::kMust);
}

uint64_t Desk::pair_key(const Id& info_hash, const Id& offers, const Id& answers, std::string_view offer_id) const {
  uint64_t key = hash_.add(hash_.add(hash_(info_hash), offers), answers);
  return hash_.add(key, {reinterpret_cast<const uint8_t*>(offer_id.data()), offer_id.size()});
}

void Desk::post(Address to, const BusMessage& message) {
  ++counters_.bus_out;
  bus_.post(to, BusMessageClass::kWebTorrent, codec_out_.encode(message));
}

void Desk::delivered(std::span<const uint8_t> bytes, int64_t now_ms) {
  now_ms_ = now_ms;
  ++counters_.bus_in;
  const auto message = codec_in_.decode(bytes, limits_);
  if (!message) return drop(Drop::kBadBusMessage);
  switch (message->type) {
    case BusType::kAnnounce:
      return on_announce(*message);
    case BusType::kCounts:
      return on_counts(*message);
    case BusType::kOffer:
      return on_offer(*message);
    case BusType::kAnswer:
      return hand_answer(message->info_hash, message->peer, message->connection, message->to_peer,
                         message->descriptions.front());
  }
}

void Desk::on_announce(const BusMessage& message) {
  BusMessage reply;
  reply.type = BusType::kCounts;
  reply.info_hash = message.info_hash;
  reply.home.worker = self_;
  reply.connection = message.home.connection;
  reply.peer = message.peer;
  if (message.event == Event::kStopped) {
    if (Swarm* swarm = swarms_.find(message.info_hash)) {
      const uint32_t before = swarm->cell.size();
      swarm->cell.leave(message.peer, message.home);
      publish_change(*swarm, before);
      reply.complete = swarm->cell.complete();
      reply.incomplete = incomplete(*swarm);
      swarms_.close_if_unused(swarm->address.slot());
    }
    if (!message.is_quiet) post(message.home.worker, reply);
    return;
  }
  if (swarms_.find(message.info_hash) == nullptr && swarms_.size() >= limits_.swarms_max) return drop(Drop::kSwarms);
  Swarm& swarm = swarms_.open(message.info_hash);
  const uint32_t before = swarm.cell.size();
  const bool is_ours = swarm.cell.announce(message.peer, message.home, message.event, message.has_all, now_ms_);
  publish_change(swarm, before);
  if (message.is_quiet) {
    reply.outcome = Outcome::kAdopted;
  } else {
    reply.outcome = is_ours ? Outcome::kServed : Outcome::kTaken;
  }
  reply.complete = swarm.cell.complete();
  reply.incomplete = incomplete(swarm);
  if (!is_ours && message.is_quiet) return;
  if (message.home.worker == self_) {
    on_counts(reply);
  } else {
    post(message.home.worker, reply);
  }
  if (is_ours) pass_offers(swarm, message.home, message.peer, message.descriptions);
}

void Desk::on_counts(const BusMessage& message) {
  const Address owner = message.home.worker == self_ ? Address() : worker_of(message.home.worker);
  const auto at = connections_.find(message.connection);
  Membership* held = at == connections_.end() ? nullptr : membership(at->second, message.info_hash, message.peer);
  switch (message.outcome) {
    case Outcome::kServed:
      if (at == connections_.end()) return;
      outbox_.send(message.connection,
                   writer_.counts(message.info_hash, message.complete, message.incomplete, limits_.interval_s),
                   Importance::kMust);
      return;
    case Outcome::kTaken:
      if (held == nullptr || held->owner != owner) return;
      forget(at->second, *held);
      refuse(message.connection, Drop::kPeerIdTaken, "announce", &message.info_hash);
      return;
    case Outcome::kAdopted:
      if (held != nullptr) {
        held->owner = owner;
      } else if (owner) {
        // Left while the cell moved: the old owner got the stop.
        BusMessage stopped;
        stopped.info_hash = message.info_hash;
        stopped.home = {self_, message.connection};
        stopped.peer = message.peer;
        stopped.event = Event::kStopped;
        stopped.is_quiet = true;
        post(owner, stopped);
      }
      return;
  }
}

void Desk::on_offer(const BusMessage& message) {
  const auto at = connections_.find(message.connection);
  const bool is_member =
      at != connections_.end() && membership(at->second, message.info_hash, message.to_peer) != nullptr;
  if (!is_member) return drop(Drop::kOfferLate);
  hand_offer(message.info_hash, message.home, message.peer, message.connection, message.to_peer,
             message.descriptions.front());
}

Address Desk::place(Swarm& swarm) const {
  return place_cell(swarm, directory_.cells_of(stream_of(swarm.info_hash)), limits_.cell_join_below);
}

/// At once rather than at each member's next announce: until then newcomers would not meet them.
void Desk::hand_over(Swarm& swarm, Address owner) {
  for (const Cell::Member& member : swarm.cell.members()) {
    BusMessage moves;
    moves.info_hash = swarm.info_hash;
    moves.home = member.home;
    moves.peer = member.peer;
    moves.has_all = member.is_complete;
    moves.is_quiet = true;
    post(owner, moves);
    if (member.home.worker != self_) continue;
    const auto at = connections_.find(member.home.connection);
    if (at == connections_.end()) continue;
    if (Membership* held = membership(at->second, swarm.info_hash, member.peer)) held->owner = owner;
  }
  const uint32_t before = swarm.cell.size();
  swarm.cell.clear();
  publish_change(swarm, before);
}

void Desk::publish_change(Swarm& swarm, uint32_t size_before) {
  if ((size_before == 0) != (swarm.cell.size() == 0)) publish(swarm);
}

void Desk::publish(Swarm& swarm) {
  swarm.noticed = swarm.cell.size();
  swarm.noticed_ms = now_ms_;
  bus_.publish({stream_of(swarm.info_hash), swarm.address, swarm.noticed});
}

void Desk::look_after(Swarm& swarm) {
  const uint32_t before = swarm.cell.size();
  if (before == 0) return;
  if (now_ms_ >= swarm.expire_at_ms) {
    swarm.expire_at_ms = now_ms_ + limits_.peer_timeout_ms / 8;
    counters_.expired += swarm.cell.expire(now_ms_ - limits_.peer_timeout_ms);
    publish_change(swarm, before);
  }
  const Address owner = place(swarm);
  if (owner && swarm.cell.size() > 0) hand_over(swarm, owner);
  const int64_t pause_ms = swarm.cell.size() != swarm.noticed ? kNoticeMs : kNoticeRenewMs;
  if (swarm.cell.size() > 0 && now_ms_ >= swarm.noticed_ms + pause_ms) publish(swarm);
}

void Desk::node_lost(uint16_t node) {
  swarms_.visit(swarms_.slots(), [&](Swarm& swarm) {
    const uint32_t before = swarm.cell.size();
    swarm.cell.lose(node);
    publish_change(swarm, before);
  });
}

int64_t Desk::turn(int64_t now_ms) {
  if (swarms_.size() == 0) return std::numeric_limits<int64_t>::max();
  if (now_ms < next_sweep_ms_) return next_sweep_ms_;
  now_ms_ = now_ms;
  next_sweep_ms_ = now_ms + kSweepStepMs;
  swarms_.visit(swarms_.slots() / kSweepSteps + 1, [&](Swarm& swarm) { look_after(swarm); });
  return next_sweep_ms_;
}

Counters Desk::counters() const {
  Counters out = counters_;
  out.connections = connections_.size();
  out.swarms = swarms_.size();
  swarms_.each([&](const Swarm& swarm) {
    out.cells += swarm.cell.size() > 0 ? 1 : 0;
    out.members += swarm.cell.size();
  });
  return out;
}

}  // namespace bazaar::tracker::webtorrent
