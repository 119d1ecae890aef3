// The real tracker's logic (tracker/native/desk.hpp) behind virtual sockets: one worker of one node.
// Owns the desk and the way from connection to viewer; refuses to decide. Invariant: every frame is the desk's own.
#pragma once

#include <vector>

#include "ice_description.hpp"
#include "native/desk.hpp"
#include "network.hpp"
#include "timeline.hpp"

namespace bazaar::sim {

class TrackerOffice : public Actor, tracker::Outbox, tracker::Bus, tracker::native::Gate {
 public:
  TrackerOffice(const Network& network, uint64_t seed)
      : network_(network), desk_(*this, *this, directory_, *this, {}, {}, limits(), seed) {}

  void handle(const Event& event, std::span<const uint8_t> bytes, sim::Bus& bus) override {
    const auto now = static_cast<int64_t>(bus.now());
    const tracker::ConnectionId connection = event.from + 1;  // 0 is none
    out_ = &bus;
    switch (event.kind) {
      case Kind::kTrackerOpened:
        return desk_.opened(connection, client_of(event.from), now);
      case Kind::kTrackerFrame:
        return desk_.message(connection, bytes, now);
      case Kind::kTrackerGone:
        return desk_.closed(connection, now);
      case Kind::kTrackerTick: {
        desk_.turn(now, now / 1'000);
        Event tick;
        tick.kind = Kind::kTrackerTick;
        return bus.later(1'000, tick);
      }
      default:
        return;
    }
  }

 private:
  static tracker::native::Limits limits() {
    tracker::native::Limits limits;
    limits.ghosts_max = 0;  // nobody resumes in the simulator
    limits.stats_s = 0;     // and nobody reads statistics
    return limits;
  }
  // Each viewer is in a network of its own.
  static tracker::ClientAddress client_of(uint32_t viewer) {
    tracker::ClientAddress client;
    client.bytes = {0x20,
                    0x01,
                    0x0d,
                    0xb8,
                    static_cast<uint8_t>(viewer >> 8),
                    static_cast<uint8_t>(viewer),
                    static_cast<uint8_t>(viewer >> 16)};
    return client;
  }

  bool send(tracker::ConnectionId to, std::span<const uint8_t> frame, tracker::Importance) override {
    const auto viewer = static_cast<uint32_t>(to - 1);
    Event event;
    event.kind = Kind::kFrame;
    out_->post(viewer, network_.signal_ms(viewer), event, frame);
    return true;
  }
  void close(tracker::ConnectionId, uint16_t, std::string_view) override {}
  void post(tracker::Address, tracker::BusMessageClass, std::span<const uint8_t>) override {}
  void publish(const tracker::CellNotice&) override {}
  std::optional<tracker::native::Refusal> check(const tracker::ClientAddress&, const tracker_wire::StreamKey&,
                                                std::span<const uint8_t>, int64_t) override {
    return std::nullopt;
  }
  bool is_signal(std::span<const uint8_t> blob, tracker_wire::SignalKind kind) override {
    return ice_description::check(blob, kind);
  }
  size_t seal(const tracker::native::Place&, std::span<uint8_t>) override { return 0; }
  std::optional<tracker::native::Place> unseal(std::span<const uint8_t>) override { return std::nullopt; }

  const Network& network_;
  tracker::Directory directory_;
  sim::Bus* out_ = nullptr;
  tracker::native::Desk desk_;
};

}  // namespace bazaar::sim
