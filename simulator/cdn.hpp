// The CDN: answers playlists and (ranges of) segments, paced to each viewer's downlink, over an egress link of its own.
// Owns flows and the egress queue; refuses to know who trades with whom. Invariant: bytes counted as sent are bytes
// that left it, wanted or not; a viewer's bytes leave and arrive in order, never faster than its downlink.
#pragma once

#include <deque>
#include <vector>

#include "network.hpp"
#include "timeline.hpp"

namespace bazaar::sim {

class Cdn : public Actor {
 public:
  Cdn(const Scenario& scenario, const Network& network, const Stream& stream, uint64_t seed);

  void handle(const Event& event, std::span<const uint8_t> bytes, Bus& bus) override;

  double bytes_sent() const { return bytes_sent_; }
  /// After the warm-up.
  double bytes_sent_measured() const { return bytes_measured_; }
  /// Bytes sent in each second of virtual time.
  const std::vector<double>& bytes_by_second() const { return by_second_; }
  /// Copies sent of each block, by Stream::block_index.
  const std::vector<uint32_t>& copies() const { return copies_; }

 private:
  struct Flow {
    bool is_used = false;
    uint32_t viewer = 0;
    int32_t fetch = 0;
    uint32_t rendition = 0;
    uint32_t sn = 0;
    uint32_t next = 0;
    uint32_t end = 0;
  };
  /// All flows of a viewer share one connection, chunk by chunk in turn, as HTTP/2 does.
  struct Connection {
    bool is_busy = false;        ///< sends a chunk, or waits for the egress with one
    std::deque<size_t> waiting;  ///< flows, in turn
    TimeMs arrived_ms = 0;       ///< its last byte is there
  };

  void playlist(uint32_t viewer, Bus& bus);
  void fetch(const Event& event, Bus& bus);
  void next_chunk(uint32_t viewer, Bus& bus);
  bool has_ended(size_t slot);
  void take_egress(size_t slot, Bus& bus);
  void send_chunk(size_t slot, TimeMs delay_ms, Bus& bus);
  bool is_out(uint32_t viewer, TimeMs now) const;
  Connection& connection(uint32_t viewer);

  const Scenario& scenario_;
  const Network& network_;
  const Stream& stream_;
  uint64_t seed_;
  Dice dice_;
  double egress_bytes_per_ms_;  ///< 0: no limit
  bool is_egress_busy_ = false;
  std::vector<Flow> flows_;
  std::vector<size_t> free_;
  std::vector<Connection> connections_;  ///< by viewer
  std::deque<size_t> queue_;             ///< flows that wait for the egress, one a connection
  double bytes_sent_ = 0;
  double bytes_measured_ = 0;
  std::vector<double> by_second_;
  std::vector<uint32_t> copies_;
};

}  // namespace bazaar::sim
