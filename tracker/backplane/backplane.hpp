// What nodes share: an inbox for each, and a directory of their cells. Behind it nothing (one node) or Redis.
// Refuses to understand messages. Invariant: losing it disconnects nobody: post() and publish() never wait and never
// throw; what cannot be sent is dropped and counted, and on return the listener is asked to say everything again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "swarm/bus.hpp"

namespace bazaar::tracker {

class BackplaneListener {
 public:
  virtual ~BackplaneListener() = default;
  // All on the backplane's own thread, after attend().
  virtual void received(uint8_t worker, BusMessageClass kind, std::span<const uint8_t> message) = 0;
  virtual void heard(std::span<const CellNotice> notices) = 0;
  virtual void node_lost(uint16_t node) = 0;
  /// It serves whom it has and wants no newcomers. Once for each time that it begins.
  virtual void node_draining(uint16_t /*node*/) {}
  /// The connection is there (again): every worker publishes all its cells. Or it is lost: newcomers stay local.
  virtual void connected(bool is_connected) = 0;
};

class Backplane {
 public:
  virtual ~Backplane() = default;
  /// Takes this node's number. Throws std::runtime_error with a sentence for an operator. The listener is not called
  /// yet.
  virtual void start(BackplaneListener& listener) = 0;
  /// This node's number, leased for as long as it runs; 0 … 65535. Valid after start().
  virtual uint16_t node() const = 0;
  /// There are workers now, with addresses of this node: from here on the listener is called, connected(true) first.
  virtual void attend() = 0;
  // From any thread:
  virtual void post(Address to, BusMessageClass kind, std::span<const uint8_t> message) = 0;
  virtual void publish(const CellNotice& notice) = 0;
  /// Tells the others that this node takes no newcomers any more (drain).
  virtual void draining() = 0;
  struct Counters {
    uint64_t posted = 0, received = 0, dropped = 0, reconnects = 0, operations = 0;
    uint64_t refused = 0;  ///< arrived, but damaged, late, doubled, of a stranger or of a node's former life
    bool is_connected = false;
    uint32_t nodes = 0;  ///< this one included
  };
  virtual Counters counters() const = 0;
};

}  // namespace bazaar::tracker
