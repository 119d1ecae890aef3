// Several workers' native desks on a bus in memory, and viewers that talk to them: what a test of the native protocol
// needs. Owns time (virtual) and everything said; refuses to judge. Invariant: nothing happens but by run(), which
// delivers what is on the bus and turns every desk once a simulated second or when it asks.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "native/desk.hpp"

namespace bazaar::tracker::native::testing {

using Bytes = std::vector<uint8_t>;

struct Heard {
  std::vector<Bytes> frames;
  uint16_t close_code = 0;

  std::vector<tracker_wire::Message> messages() const;
  /// The last of that type; fails the test when there is none.
  tracker_wire::Message last(tracker_wire::Type type) const;
  size_t count(tracker_wire::Type type) const;
};

class Town {
 public:
  struct Options {
    size_t workers = 1;  ///< each is a node of its own when `are_nodes`
    bool are_nodes = false;
    CellRules rules;
    Limits limits;
    uint64_t seed = 1;
  };
  /// So many nodes of one worker each.
  static Options nodes(size_t count);
  explicit Town(Options options);
  Town() : Town(Options{}) {}
  ~Town();

  /// A viewer at a worker, and what it has heard. Handles are dense and never used again.
  using Viewer = size_t;
  Viewer connect(size_t worker);
  void say(Viewer viewer, const tracker_wire::Message& message);
  void say(Viewer viewer, const Bytes& frame);
  void join(Viewer viewer, uint8_t stream = 7, uint32_t want = 12, const Profile& profile = {},
            const Bytes& resume = {});
  /// The same viewer on a new connection at that worker, with its last resume token.
  Viewer resume(Viewer viewer, size_t worker);
  void signal(Viewer viewer, PeerId to, const std::string& blob,
              tracker_wire::SignalKind kind = tracker_wire::SignalKind::kOffer);
  void disconnect(Viewer viewer);

  const Heard& heard(Viewer viewer) const { return viewers_.at(viewer).heard; }
  PeerId id(Viewer viewer) const;
  Bytes resume_token(Viewer viewer) const;
  bool is_connected(Viewer viewer) const { return viewers_.at(viewer).is_connected; }

  /// Delivers everything on the bus, then lets that much time pass, and delivers again.
  void run(int64_t ms = 0);
  int64_t now_ms() const { return now_ms_; }
  Desk& desk(size_t worker);
  /// The worker's process is gone: nothing reaches it, its viewers' connections end, and others hear of a lost node
  /// when `is_noticed`.
  void kill(size_t worker, bool is_noticed = true);
  /// Which messages and notices on the bus are lost.
  std::function<bool()> loses = [] { return false; };
  /// Whether the bus keeps what it has.
  bool is_bus_held = false;
  /// Who reads so slowly that what may be dropped is.
  std::function<bool(Viewer)> is_deaf = [](Viewer) { return false; };
  /// What joins must pass, when set.
  std::function<std::optional<Refusal>(std::span<const uint8_t> token)> guard;

 private:
  struct Worker;
  struct Guest {
    size_t worker = 0;
    bool is_connected = true;
    Heard heard;
  };
  void deliver_all();

  Options options_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Guest> viewers_;
  std::deque<std::function<void()>> bus_;
  int64_t now_ms_ = 1'000;
};

}  // namespace bazaar::tracker::native::testing
