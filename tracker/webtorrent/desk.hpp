// WebTorrent's tracker protocol on one worker: announces, offers to random members, answers back, scrapes.
// Owns its connections' memberships, the swarms that it keeps a cell of, and every bound; refuses sockets, clocks and
// threads. Members of small swarms on several workers share one cell, kept by one of them (`place`).
// Invariant: an offer reaches only members of the same swarm, and an answer only the one who made the offer it answers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dice.hpp"
#include "outbox.hpp"
#include "swarm/bus.hpp"
#include "swarm/directory.hpp"
#include "webtorrent/bus_message.hpp"
#include "webtorrent/cell.hpp"
#include "webtorrent/limits.hpp"
#include "webtorrent/reply_writer.hpp"
#include "webtorrent/request_reader.hpp"
#include "webtorrent/swarms.hpp"

namespace bazaar::tracker::webtorrent {

class Desk {
 public:
  /// Of `self`, node and worker count. `seed` must be unguessable in production: it keys the hashes of ids that clients
  /// choose.
  Desk(Outbox& outbox, Bus& bus, const Directory& directory, Address self, const Limits& limits, uint64_t seed);

  // Events. Times are monotonic milliseconds.
  void opened(ConnectionId connection);
  void message(ConnectionId connection, std::span<const uint8_t> bytes, int64_t now_ms);
  void closed(ConnectionId connection);
  /// A message that another worker's desk posted, as it was posted.
  void delivered(std::span<const uint8_t> bytes, int64_t now_ms);
  /// Its viewers are elsewhere by now, or nowhere.
  void node_lost(uint16_t node);
  /// Expiry, hand-overs and notices; when it wants to be called again.
  int64_t turn(int64_t now_ms);

  Counters counters() const;

 private:
  struct Membership {
    uint32_t slot = 0;  ///< of the swarm
    Id peer{};
    Address owner;  ///< who keeps the cell; nobody: this worker
    int64_t heard_ms = 0;
  };
  /// An offer that was sent to a connection, by the keyed hash of all that an answer must repeat.
  struct OpenOffer {
    uint64_t key = 0;
    Home from;
    int64_t at_ms = 0;
  };
  struct Connection {
    std::vector<Membership> memberships;
    std::vector<OpenOffer> open_offers;  ///< oldest first
  };

  // Requests.
  void announce(ConnectionId id, Connection& connection, const Request& request);
  void stop(ConnectionId id, Connection& connection, const Request& request);
  void answer(Connection& connection, const Request& request);
  void scrape(ConnectionId id, const Request& request);
  void refuse(ConnectionId id, Drop drop, std::string_view action, const Id* info_hash);

  // Membership, seen from the home.
  Membership* membership(Connection& connection, const Id& info_hash, const Id& peer);
  Membership* enter(ConnectionId id, Connection& connection, const Request& request);
  void leave(ConnectionId id, const Membership& membership, bool is_quiet = true);
  void forget(Connection& connection, const Membership& membership);

  // Offers and answers, seen from the cell and from the receiver's home.
  void pass_offers(Swarm& swarm, const Home& from, const Id& peer, std::span<const Description> offers);
  void hand_offer(const Id& info_hash, const Home& from, const Id& peer, ConnectionId to, const Id& to_peer,
                  const Description& offer);
  void hand_answer(const Id& info_hash, const Id& peer, ConnectionId to, const Id& to_peer, const Description& answer);
  uint64_t pair_key(const Id& info_hash, const Id& offers, const Id& answers, std::string_view offer_id) const;

  // Messages of other desks.
  void on_announce(const BusMessage& message);
  void on_counts(const BusMessage& message);
  void on_offer(const BusMessage& message);
  void post(Address to, const BusMessage& message);

  // Swarms.
  Address place(Swarm& swarm) const;
  void hand_over(Swarm& swarm, Address owner);
  void look_after(Swarm& swarm);
  void publish_change(Swarm& swarm, uint32_t size_before);
  void publish(Swarm& swarm);
  uint64_t incomplete(const Swarm& swarm) const;
  void drop(Drop why, uint64_t count = 1) { counters_.drops[static_cast<size_t>(why)] += count; }

  Outbox& outbox_;
  Bus& bus_;
  const Directory& directory_;
  const Address self_;
  const Limits limits_;
  Dice dice_;
  const KeyedHash hash_;
  RequestReader reader_;
  ReplyWriter writer_;
  BusCodec codec_in_;
  BusCodec codec_out_;
  Request request_;
  Counters counters_;
  std::unordered_map<ConnectionId, Connection> connections_;
  Swarms swarms_;
  int64_t now_ms_ = 0;  ///< of the last event
  int64_t next_sweep_ms_ = 0;
};

}  // namespace bazaar::tracker::webtorrent
