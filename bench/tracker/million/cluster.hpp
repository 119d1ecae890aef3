// A whole cluster without sockets: the tracker's real desks and directories, nodes that talk as through Redis, viewers
// that join, signal and leave. Owns virtual time, the bus and the count of what Redis would have done; refuses to
// judge. Invariant: everything a desk says is delivered at the next step, in order, and Redis's work is counted by the
// backplane's own rules (batches, bulletins, scripts).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "backplane/own_cells.hpp"
#include "dice.hpp"
#include "native/desk.hpp"

namespace bazaar::bench {

struct ClusterPlan {
  uint32_t nodes = 9;
  uint32_t workers_per_node = 8;
  uint32_t viewers = 1'000'000;
  double hot_share = 0.8;  ///< of the viewers watch one stream; the others one of `small_streams`
  uint32_t small_streams = 20'000;
  int64_t arrival_ms = 60'000;  ///< all join evenly within this
  int64_t steady_ms = 60'000;   ///< then as many leave as come, each staying `stay_ms` on average
  int64_t stay_ms = 360'000;
  uint32_t want = 8;
  uint32_t signals_per_peer = 5;  ///< offer, answer and three batches of candidates
  uint64_t seed = 1;
};

struct ClusterResult {
  uint32_t viewers = 0, cells = 0;
  double worker_skew = 0, node_skew = 0;  ///< most over mean, of members of cells
  double redis_per_s_mean = 0, redis_per_s_max = 0;
  double relays = 0, relays_between_workers = 0;
  double joins = 0, welcomed = 0;
  double bytes_per_viewer = 0;  ///< of this process
};

class Cluster {
 public:
  explicit Cluster(const ClusterPlan& plan);
  ~Cluster();
  /// Runs the plan to its end; `each_second` may print.
  template <typename EachSecond>
  ClusterResult run(EachSecond each_second) {
    for (int64_t second = 0; second * 1'000 < plan_.arrival_ms + plan_.steady_ms; ++second) {
      run_second(second);
      each_second(second, *this);
    }
    return result();
  }
  uint32_t viewers() const { return static_cast<uint32_t>(alive_.size()); }

 private:
  struct Worker;
  struct Post {
    tracker::Address to;
    std::vector<uint8_t> bytes;
  };
  struct Viewer {
    uint32_t worker = 0;
    tracker::ConnectionId connection = 0;
  };

  void run_second(int64_t second);
  void step();
  void arrive();
  void depart();
  void deliver();
  void tell_redis();
  ClusterResult result();

  ClusterPlan plan_;
  Dice dice_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Viewer> alive_;
  std::vector<tracker::OwnCells> own_cells_;  // of each node
  std::vector<int64_t> told_ms_;
  std::vector<Post> posts_;
  std::vector<std::pair<uint32_t, tracker::CellNotice>> notices_;  // from worker
  struct Traffic {
    uint64_t messages = 0;
    uint64_t bytes = 0;
  };
  std::map<uint32_t, Traffic> between_nodes_;  // from node << 16 | to node → messages of this step
  int64_t now_ms_ = 1'000;
  double arrivals_due_ = 0, departures_due_ = 0;
  uint64_t redis_ = 0, redis_total_ = 0, redis_max_ = 0;
};

}  // namespace bazaar::bench
