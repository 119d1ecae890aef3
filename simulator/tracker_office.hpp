// The real tracker's logic (tracker/hub.hpp) behind virtual sockets.
// Owns the hub and the way from connection to viewer; refuses to decide. Invariant: every frame is the hub's own.
#pragma once

#include <vector>

#include "hub.hpp"
#include "network.hpp"
#include "timeline.hpp"

namespace bazaar::sim {

class TrackerOffice : public Actor {
 public:
  TrackerOffice(const Network& network, uint64_t seed) : network_(network), hub_(limits(), seed) {}

  void handle(const Event& event, std::span<const uint8_t> bytes, Bus& bus) override {
    const auto now = static_cast<int64_t>(bus.now());
    const tracker::ConnectionId connection = event.from + 1;  // 0 is none
    out_.clear();
    switch (event.kind) {
      case Kind::kTrackerFrame:
        if (event.a == 1) hub_.connected(connection, now, out_);  // its first frame
        hub_.frame(connection, bytes, now, out_);
        break;
      case Kind::kTrackerGone:
        hub_.disconnected(connection);
        break;
      case Kind::kTrackerTick: {
        hub_.tick(now, out_);
        Event tick;
        tick.kind = Kind::kTrackerTick;
        bus.later(1'000, tick);
        break;
      }
      default:
        break;
    }
    for (const tracker::Outgoing& outgoing : out_) {
      if (outgoing.frame.empty()) continue;
      const auto viewer = static_cast<uint32_t>(outgoing.connection - 1);
      Event frame;
      frame.kind = Kind::kFrame;
      bus.post(viewer, network_.signal_ms(viewer), frame, outgoing.frame);
    }
  }

 private:
  static tracker::Limits limits() {
    tracker::Limits limits;
    limits.connections_max = 1'000'000;
    limits.swarm_size_max = 1'000'000;
    return limits;
  }

  const Network& network_;
  tracker::Hub hub_;
  std::vector<tracker::Outgoing> out_;
};

}  // namespace bazaar::sim
