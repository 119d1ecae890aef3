// The model of a large cluster on the command line: prints one line of JSON; progress goes to stderr.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cluster.hpp"

int main(int argc, char** argv) {
  bazaar::bench::ClusterPlan plan;
  CLI::App app{"the tracker's desks and directories for a whole cluster, without sockets"};
  const auto number = [&](const char* name, auto& value, const char* what) {
    app.add_option(name, value, what)->check(CLI::PositiveNumber)->capture_default_str();
  };
  number("--viewers", plan.viewers, "viewers after the arrival");
  number("--nodes", plan.nodes, "tracker nodes");
  number("--workers", plan.workers_per_node, "workers of each");
  number("--small-streams", plan.small_streams, "streams that share the viewers who do not watch the large one");
  number("--arrival-ms", plan.arrival_ms, "all arrive evenly within this");
  number("--steady-ms", plan.steady_ms, "and then as many leave as come");
  app.add_option("--hot-share", plan.hot_share, "of the viewers watch one stream")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  number("--seed", plan.seed, "of everything random");
  CLI11_PARSE(app, argc, argv);

  bazaar::bench::Cluster cluster(plan);
  const auto result = cluster.run([](int64_t second, const bazaar::bench::Cluster& so_far) {
    if (second % 10 == 9) std::fprintf(stderr, "%ld s: %u viewers\n", static_cast<long>(second + 1), so_far.viewers());
  });
  const nlohmann::json json = {{"viewers", result.viewers},
                               {"cells", result.cells},
                               {"joins", result.joins},
                               {"welcomed", result.welcomed},
                               {"worker_skew", result.worker_skew},
                               {"node_skew", result.node_skew},
                               {"redis_per_s_mean", result.redis_per_s_mean},
                               {"redis_per_s_max", result.redis_per_s_max},
                               {"relays", result.relays},
                               {"relays_between_workers", result.relays_between_workers},
                               {"bytes_per_viewer", result.bytes_per_viewer}};
  std::puts(json.dump().c_str());
}
