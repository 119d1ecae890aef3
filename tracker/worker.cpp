#include "worker.hpp"

#include <algorithm>
#include <ctime>

#include "ice_description.hpp"

namespace bazaar::tracker {

using net::Dialect;
using tracker_wire::ErrorCode;

namespace {

uint32_t u32(int64_t value) { return static_cast<uint32_t>(value); }
admission::Rate rate(int64_t per_second, int64_t burst) { return {u32(per_second), u32(burst)}; }
size_t index_of(ConnectionId connection) { return static_cast<uint32_t>(connection); }

uint32_t workers_of(const Options& options) { return u32(std::max<int64_t>(1, options.workers)); }

native::CellRules cell_rules(const Options& options) {
  native::CellRules rules;
  rules.min = u32(options.cell_size_min);
  rules.target = u32(options.cell_size_target);
  rules.max = u32(options.cell_size_max);
  rules.subnet_peers_max = u32(options.subnet_peers_max);
  rules.subnet_audience_min = u32(options.subnet_audience_min);
  rules.audience_ms = options.size_notice_ms;
  return rules;
}

native::Limits native_limits(const Options& options) {
  native::Limits limits;
  limits.streams_max = static_cast<size_t>(options.swarms_max);
  limits.audience_max = static_cast<size_t>(options.swarm_size_max);
  limits.ghosts_max = static_cast<size_t>(options.connections_max / workers_of(options));
  limits.forwards_max = limits.ghosts_max;
  limits.join_timeout_ms = options.first_message_timeout_ms;
  limits.resume_ms = options.resume_window_ms;
  limits.join_window_ms = u32(std::max<int64_t>(0, options.join_window_ms));
  limits.stats_s = static_cast<uint16_t>(options.stats_interval_s);
  return limits;
}

webtorrent::Limits webtorrent_limits(const Options& options) {
  webtorrent::Limits limits;
  limits.offers_max = static_cast<size_t>(options.webtorrent_offers_max);
  limits.swarms_per_connection_max = static_cast<size_t>(options.swarms_per_connection_max);
  limits.swarms_max = static_cast<size_t>(options.swarms_max);
  limits.interval_s = u32(options.webtorrent_interval_s);
  limits.cell_join_below = u32(options.cell_size_min);
  return limits;
}

}  // namespace

Worker::Worker(Node& node, const Shared& shared, Address self, const net::LoopOptions& loop, metrics::Counters& metrics,
               uint64_t seed)
    : node_(node),
      shared_(shared),
      self_(self),
      metrics_(metrics),
      rates_{rate(shared.options.messages_per_second, shared.options.messages_burst),
             rate(shared.options.bytes_per_second, shared.options.bytes_burst)},
      accepts_(admission::share_of(rate(shared.options.accepts_per_second, shared.options.accepts_per_second),
                                   workers_of(shared.options))),
      stream_joins_(
          admission::share_of(rate(shared.options.joins_per_stream_per_second, shared.options.joins_per_stream_burst),
                              workers_of(shared.options)),
          static_cast<size_t>(shared.options.swarms_max), shared.hash_seed),
      loop_(*this, loop),
      native_(loop_, *this, directory_, *this, self, cell_rules(shared.options), native_limits(shared.options), seed),
      webtorrent_(loop_, *this, directory_, self, webtorrent_limits(shared.options), seed ^ 0x5bd1e995u) {}

// Who comes in.

bool Worker::on_accept(const ClientAddress& client) {
  const auto refuse = [&](metrics::DoorRefusal reason) {
    metrics_.count(metrics::Family::kDoorRefusals, reason);
    return false;
  };
  if (node_.is_draining()) return refuse(metrics::DoorRefusal::kDraining);
  if (!accepted_.take(accepts_, 1, loop_.now_ms())) return refuse(metrics::DoorRefusal::kNodeTooFast);
  // A proxy's connections are counted by whom they carry, once their request has said so.
  if (shared_.proxies.is_trusted(client)) return true;
  switch (shared_.addresses.enter(client.limit_key(), loop_.now_ms())) {
    case admission::AddressLimits::Verdict::kIn:
      return true;
    case admission::AddressLimits::Verdict::kServerFull:
      return refuse(metrics::DoorRefusal::kServerFull);
    case admission::AddressLimits::Verdict::kAddressFull:
      return refuse(metrics::DoorRefusal::kAddressFull);
    case admission::AddressLimits::Verdict::kAddressTooFast:
      return refuse(metrics::DoorRefusal::kAddressTooFast);
  }
  return false;
}

void Worker::on_gone(const ClientAddress& client) {
  if (!shared_.proxies.is_trusted(client)) shared_.addresses.leave(client.limit_key());
}

net::HttpAnswer Worker::on_http(const net::Request& request) { return node_.page(request); }

std::optional<net::HttpAnswer> Worker::on_upgrade(const net::Request& request, Dialect dialect) {
  using metrics::UpgradeRefusal;
  const auto refuse = [&](UpgradeRefusal reason, int status, const char* sentence, int retry_after_s = 0) {
    metrics_.count(metrics::Family::kUpgradeRefusals, reason);
    return net::HttpAnswer{status, "text/plain; charset=utf-8", sentence, retry_after_s};
  };
  if (node_.is_draining())
    return refuse(UpgradeRefusal::kDraining, 503, "This node is being taken out of service: try another.\n", 1);
  if (dialect == Dialect::kWebTorrent && !shared_.options.webtorrent)
    return refuse(UpgradeRefusal::kWebTorrentOff, 403, "WebTorrent's protocol is switched off here.\n");
  const std::shared_ptr<const Door> door = shared_.door;
  if (dialect == Dialect::kWebTorrent && !door->keys.is_empty())
    return refuse(UpgradeRefusal::kWebTorrentOff, 403,
                  "This tracker asks for join tokens, which WebTorrent's protocol cannot carry.\n");
  switch (door->origins.check(request.header("Origin"))) {
    case admission::OriginList::Verdict::kIn:
      break;
    case admission::OriginList::Verdict::kMissing:
      return refuse(UpgradeRefusal::kOriginMissing, 403, "This tracker serves web pages only: no Origin was sent.\n");
    case admission::OriginList::Verdict::kRefused:
      return refuse(UpgradeRefusal::kOrigin, 403, "Pages of this origin are not served by this tracker.\n");
  }
  is_next_proxied_ = request.is_proxied;
  if (request.is_proxied &&
      shared_.addresses.enter(request.client.limit_key(), loop_.now_ms()) != admission::AddressLimits::Verdict::kIn) {
    metrics_.count(metrics::Family::kDoorRefusals, metrics::DoorRefusal::kAddressFull);
    return net::HttpAnswer{503, "text/plain; charset=utf-8",
                           "Too many connections, from this address or in all: come back later.\n", 5};
  }
  return std::nullopt;
}

void Worker::on_open(ConnectionId connection, Dialect dialect, const ClientAddress& client) {
  if (index_of(connection) >= guests_.size()) guests_.resize(index_of(connection) + 1);
  const uint64_t key = client.limit_key();
  guests_[index_of(connection)] = {connection, dialect, is_next_proxied_, key, &shared_.addresses.entry_of(key), {}};
  metrics_.add(metrics::Family::kOpened, dialect, 1);
  if (dialect == Dialect::kNative) return native_.opened(connection, client, loop_.now_ms());
  webtorrent_.opened(connection);
  if (is_draining_) webtorrent_to_close_.push(connection);
}

void Worker::on_close(ConnectionId connection, net::CloseCause) {
  Guest& guest = guests_[index_of(connection)];
  if (guest.is_proxied) shared_.addresses.leave(guest.address);
  guest.connection = 0;
  if (guest.dialect == Dialect::kNative) {
    native_.closed(connection, loop_.now_ms());
  } else {
    webtorrent_.closed(connection);
  }
}

// What they say.

bool Worker::is_within_rates(Guest& guest, size_t bytes) {
  using Verdict = admission::ConnectionBudget::Verdict;
  const int64_t now_ms = loop_.now_ms();
  const auto throttle = [&](metrics::Throttle reason) {
    metrics_.count(metrics::Family::kThrottled, reason);
    return false;
  };
  switch (guest.budget.take(rates_, static_cast<uint32_t>(bytes), now_ms)) {
    case Verdict::kIn:
      break;
    case Verdict::kTooManyMessages:
      return throttle(metrics::Throttle::kConnectionMessages);
    case Verdict::kTooManyBytes:
      return throttle(metrics::Throttle::kConnectionBytes);
  }
  return shared_.addresses.take_message(*guest.entry, now_ms) || throttle(metrics::Throttle::kAddressMessages);
}

void Worker::on_message(ConnectionId connection, bool is_text, std::span<const uint8_t> message) {
  Guest& guest = guests_[index_of(connection)];
  const bool is_calm = is_within_rates(guest, message.size());
  if (guest.dialect == Dialect::kWebTorrent) {
    if (is_calm) return webtorrent_.message(connection, message, loop_.now_ms());
    return loop_.close(connection, 1008, "too many messages; slow down and reconnect");
  }
  if (!is_calm) {
    return native_.refuse(connection, ErrorCode::kRate, "too many messages; slow down and reconnect", 5'000,
                          loop_.now_ms());
  }
  if (is_text)
    return native_.refuse(connection, ErrorCode::kBadFrame, "text is no frame of this protocol", 0, loop_.now_ms());
  native_.message(connection, message, loop_.now_ms());
}

std::optional<native::Refusal> Worker::check(const ClientAddress& client, const tracker_wire::StreamKey& stream,
                                             std::span<const uint8_t> token, int64_t now_ms) {
  const StreamId id = stream_of(BusMessageClass::kNative, stream);
  if (!stream_joins_.take(id, now_ms)) {
    metrics_.count(metrics::Family::kJoinRefusals, metrics::JoinRefusal::kTooFast);
    return native::Refusal{ErrorCode::kFull, "many join this stream at this moment; try again shortly",
                           u32(std::max<int64_t>(1'000, stream_joins_.wait_ms(id, now_ms)))};
  }
  const std::shared_ptr<const Door> door = shared_.door;
  if (door->keys.is_empty()) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(token.data()), token.size());
  const auto verdict = door->keys.check(text, {stream, client, std::time(nullptr)});
  if (verdict == admission::TokenVerdict::kIn) return std::nullopt;
  metrics_.count(metrics::Family::kJoinRefusals, metrics::join_refusal_of(verdict));
  return native::Refusal{ErrorCode::kToken, admission::sentence_of(verdict), 0};
}

bool Worker::is_signal(std::span<const uint8_t> blob, tracker_wire::SignalKind kind) {
  return ice_description::check(blob, kind);
}

size_t Worker::seal(const native::Place& place, std::span<uint8_t> out) {
  const admission::ResumeToken token =
      shared_.seal.issue({place.home, place.peer, place.stream, place.cell, u32(place.expires_s)});
  std::copy(token.begin(), token.end(), out.begin());
  return token.size();
}

std::optional<native::Place> Worker::unseal(std::span<const uint8_t> token) {
  admission::Resume resume;
  const auto verdict = shared_.seal.open(token, std::time(nullptr), resume);
  if (verdict == admission::ResumeVerdict::kIn)
    return native::Place{resume.home, resume.cell, resume.peer, resume.stream, resume.expires_s};
  metrics_.count(metrics::Family::kResumes,
                 verdict == admission::ResumeVerdict::kExpired   ? metrics::ResumeOutcome::kExpired
                 : verdict == admission::ResumeVerdict::kBadSeal ? metrics::ResumeOutcome::kBadSeal
                                                                 : metrics::ResumeOutcome::kMalformed);
  return std::nullopt;
}

// Other workers.

void Worker::put(const Letter& letter, std::span<const uint8_t> bytes) {
  if (mailbox_.put(letter, bytes)) loop_.wake();
}

void Worker::post(Address to, BusMessageClass kind, std::span<const uint8_t> message) {
  metrics_.add(metrics::Family::kBusMessages, metrics::Direction::kOut, 1);
  node_.post(to, kind, message);
}

void Worker::publish(const CellNotice& notice) { node_.publish(notice, self_.worker()); }

// A worker tells the others of a cell before it welcomes the cell's first viewer, and they read that before they read
// anything of their own viewers: who comes after that welcome finds the cell, at whichever worker of this node.
void Worker::before_events(int64_t now_ms) {
  mail_.clear();
  mailbox_.take(mail_);
  for (const Letter& letter : mail_.letters) {
    switch (letter.kind) {
      case Letter::Kind::kNative:
        metrics_.add(metrics::Family::kBusMessages, metrics::Direction::kIn, 1);
        native_.delivered(mail_.bytes_of(letter), now_ms);
        break;
      case Letter::Kind::kWebTorrent:
        metrics_.add(metrics::Family::kBusMessages, metrics::Direction::kIn, 1);
        webtorrent_.delivered(mail_.bytes_of(letter), now_ms);
        break;
      case Letter::Kind::kNotice:
        directory_.heard(letter.notice, now_ms);
        break;
      case Letter::Kind::kNodeLost:
        native_.node_lost(static_cast<uint16_t>(letter.number), now_ms);
        webtorrent_.node_lost(static_cast<uint16_t>(letter.number));
        break;
      case Letter::Kind::kPublish:
        native_.reconnected(now_ms);
        break;
      case Letter::Kind::kDrain:
        drain();
        break;
    }
  }
}

// Time.

int64_t Worker::on_turn(int64_t now_ms) {
  int64_t next_ms = std::min(native_.turn(now_ms, std::time(nullptr)), webtorrent_.turn(now_ms));
  // WebTorrent's protocol knows no word for a drain: a client whose connection ends comes back by itself.
  next_ms = std::min(next_ms, webtorrent_to_close_.turn(now_ms, [&](ConnectionId connection) {
    loop_.close(connection, 1012, "this node is being taken out of service");
  }));
  if (now_ms >= next_second_ms_) {
    next_second_ms_ = now_ms + 1'000;
    directory_.expire(now_ms);
    native_.set_extent(node_.extent());
    native_.set_join_window(node_.join_window_ms());
    report();
  }
  return std::min(next_ms, next_second_ms_);
}

void Worker::drain() {
  if (is_draining_) return;
  is_draining_ = true;
  const auto rate_for = [&](size_t viewers) {
    const int64_t share = static_cast<int64_t>(viewers) * shared_.options.drain_percent_per_second / 100;
    // A tenth of a second's worth at once: a turn that comes late makes up for it.
    return rate(std::max<int64_t>(1, share), std::max<int64_t>(1, share / 10));
  };
  native_.drain(rate_for(native_.sessions()), kGoAwayWithinMs, loop_.now_ms());
  for (const Guest& guest : guests_)
    if (guest.connection != 0 && guest.dialect == Dialect::kWebTorrent) webtorrent_to_close_.push(guest.connection);
  webtorrent_to_close_.set_rate(rate_for(webtorrent_to_close_.items().size()));
}

}  // namespace bazaar::tracker
