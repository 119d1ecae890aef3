// What a profile needs of a protocol: how a client gets in, what arrived, and for relays whom it may write to and how.
// Owns nothing; carrier.hpp, native.hpp and webtorrent.hpp are the protocols. Invariant: became_ready once a
// connection.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "dice.hpp"
#include "fleet.hpp"
#include "stamp.hpp"

namespace bazaar::load {

class Dialect {
 public:
  struct Taken {
    bool became_ready = false;
    bool is_failure = false;           ///< the server said that a signal could not be delivered, or complained
    std::span<const uint8_t> relayed;  ///< a signal's payload from its stamp on, empty for other messages
  };

  virtual ~Dialect() = default;
  virtual std::string subprotocol() const = 0;
  virtual void opened(Fleet& fleet, ClientIndex who) = 0;
  virtual Taken take(Fleet& fleet, ClientIndex who, std::span<const uint8_t> message) = 0;
  virtual void closed(ClientIndex who) = 0;
};

class RelayDialect : public Dialect {
 public:
  /// Somebody whom `from` may write to; nothing when there is nobody.
  virtual std::optional<ClientIndex> pick(ClientIndex from, Dice& dice) = 0;
  virtual void send(Fleet& fleet, ClientIndex from, ClientIndex to, const Stamp& stamp) = 0;
};

}  // namespace bazaar::load
