// The CDN: answers playlists and (ranges of) segments, paced to each viewer's downlink, over an egress link of its own.
// Owns flows and the egress queue; refuses to know who trades with whom. Invariant: bytes counted as sent are bytes
// that left it, wanted or not.
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

 private:
  struct Flow {
    bool is_used = false;
    bool is_queued = false;  ///< waits for the egress
    uint32_t viewer = 0;
    int32_t fetch = 0;
    uint32_t rendition = 0;
    uint32_t sn = 0;
    uint32_t next = 0;
    uint32_t end = 0;
    TimeMs paced_ms = 0;  ///< not before this: the viewer's downlink takes no more
  };

  void fetch(const Event& event, Bus& bus);
  void flow_due(size_t slot, Bus& bus);
  void send_chunk(size_t slot, TimeMs delay_ms, Bus& bus);
  bool is_out(uint32_t viewer, TimeMs now) const;

  const Scenario& scenario_;
  const Network& network_;
  const Stream& stream_;
  uint64_t seed_;
  double egress_bytes_per_ms_;  ///< 0: no limit
  TimeMs egress_free_ms_ = 0;
  bool is_egress_busy_ = false;
  std::vector<Flow> flows_;
  std::vector<size_t> free_;
  std::deque<size_t> queue_;  ///< flows with a chunk due, in turn
  double bytes_sent_ = 0;
  double bytes_measured_ = 0;
  std::vector<double> by_second_;
};

}  // namespace bazaar::sim
