// The members of one swarm that this worker keeps, wherever their connections are, and the choice of whom an offer
// reaches.
// Owns membership and the counts of complete and incomplete; refuses to know JSON, connections or other cells.
// Invariant: a peer id has one member, and only the connection that brought it changes or removes it.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "dice.hpp"
#include "outbox.hpp"
#include "webtorrent/ids.hpp"
#include "webtorrent/limits.hpp"

namespace bazaar::tracker::webtorrent {

/// A connection anywhere: the worker that has it, and its name there.
struct Home {
  Address worker;
  ConnectionId connection = 0;
  friend bool operator==(const Home&, const Home&) = default;
};

class Cell {
 public:
  struct Member {
    Id peer;
    Home home;
    int64_t heard_ms = 0;
    bool is_complete = false;
  };

  explicit Cell(KeyedHash hash) : places_(0, Hash{hash}) {}

  /// Any event but a stop; whoever is not there yet joins. False: the peer id is another connection's.
  bool announce(const Id& peer, const Home& home, Event event, bool has_all, int64_t now_ms);
  /// False: no such member of that connection.
  bool leave(const Id& peer, const Home& home);
  /// Members not heard since `before_ms`; returns how many have gone.
  size_t expire(int64_t before_ms);
  /// All of one node that was lost.
  size_t lose(uint16_t node);
  void clear();

  /// Up to picks.size() different members other than `but`, each set of that size as likely as any other; how many.
  size_t pick(const Id& but, Dice& dice, std::span<uint32_t> picks) const;

  const std::vector<Member>& members() const { return members_; }
  uint32_t size() const { return static_cast<uint32_t>(members_.size()); }
  uint32_t complete() const { return complete_; }

 private:
  struct Hash {
    KeyedHash hash;
    size_t operator()(const Id& id) const { return hash(id); }
  };
  void remove(uint32_t place);

  std::vector<Member> members_;
  std::unordered_map<Id, uint32_t, Hash> places_;
  uint32_t complete_ = 0;
};

}  // namespace bazaar::tracker::webtorrent
