// tracker_load: one profile against one server on this machine, its figures as JSON on the standard output.
// Owns the command line; refuses any target that is not loopback. Invariant: exit code 0 says that the profile ran, not
// that the server did well.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <map>

#include "carrier.hpp"
#include "native.hpp"
#include "relay.hpp"
#include "webtorrent.hpp"

namespace bazaar::load {
namespace {

using Profile = std::function<nlohmann::json(const ProfileOptions&)>;

const std::map<std::string, Profile>& profiles() {
  static const std::map<std::string, Profile> all{
      {"carrier-idle",
       [](const ProfileOptions& options) {
         CarrierDialect dialect(options.fleet.clients, options.payload_bytes);
         return run_idle(options, dialect);
       }},
      {"carrier-relay",
       [](const ProfileOptions& options) {
         CarrierDialect dialect(options.fleet.clients, options.payload_bytes);
         return run_relay(options, dialect);
       }},
      {"native-idle",
       [](const ProfileOptions& options) {
         NativeDialect dialect(options.fleet.clients, options.per_swarm, options.payload_bytes);
         return run_idle(options, dialect);
       }},
      {"native-relay",
       [](const ProfileOptions& options) {
         NativeDialect dialect(options.fleet.clients, options.per_swarm, options.payload_bytes);
         return run_relay(options, dialect);
       }},
      {"join-storm", [](const ProfileOptions& options) { return run_join_storm(options); }},
      {"drain", [](const ProfileOptions& options) { return run_drain(options); }},
      {"churn", [](const ProfileOptions& options) { return run_churn(options); }},
      {"webtorrent-idle",
       [](const ProfileOptions& options) {
         WebTorrentDialect dialect(options.per_swarm);
         return run_idle(options, dialect);
       }},
      {"webtorrent", [](const ProfileOptions& options) { return run_webtorrent(options); }},
      {"carrier-fan-out", [](const ProfileOptions& options) { return run_carrier_fan_out(options); }},
  };
  return all;
}

/// Up to the hard limit, and no further.
void raise_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string names() {
  std::string all;
  for (const auto& [name, run] : profiles()) all += (all.empty() ? "" : ", ") + name;
  return all;
}

int run(int argc, char** argv) {
  CLI::App app{"Load for the tracker's bench, on loopback only."};
  ProfileOptions options;
  std::string profile;
  std::string url;
  std::string next_url;
  app.add_option("profile", profile, "one of " + names())->required();
  app.add_option("--target", url, "ws://127.0.0.1:PORT/path or wss://…")->required();
  app.add_option("--next", next_url, "drain: where clients go when --target stops; the same when empty");
  app.add_option("--pid", options.server_pid, "the server's process, to measure what it costs");
  app.add_option("--clients", options.fleet.clients, "connections")->required()->check(CLI::Range(2, 60'000));
  app.add_option("--sources", options.fleet.sources, "addresses 127.x.y.1 that they come from")
      ->check(CLI::Range(1, 60'000));
  app.add_option("--per-swarm", options.per_swarm, "clients of one stream")->check(CLI::Range(2, 60'000));
  app.add_option("--rate", options.rate, "arrivals a second")->check(CLI::Range(0.1, 1e6));
  app.add_option("--open-rate", options.open_rate, "new connections a second")->check(CLI::Range(1.0, 1e5));
  app.add_option("--warm-up", options.warm_up_s, "seconds before measuring")->check(CLI::Range(0.0, 60.0));
  app.add_option("--seconds", options.seconds, "of measuring")->check(CLI::Range(0.1, 7200.0));
  app.add_option("--payload", options.payload_bytes, "bytes of a signal")->check(CLI::Range(130, 576));
  app.add_option("--deaf", options.deaf_share, "share of clients that never read")->check(CLI::Range(0.0, 0.5));
  app.add_option("--seed", options.seed, "of all choices");
  CLI11_PARSE(app, argc, argv);

  const auto found = profiles().find(profile);
  if (found == profiles().end()) {
    std::cerr << "There is no profile " << profile << ": choose one of " << names() << ".\n";
    return 2;
  }
  const std::optional<Target> target = Target::parse(url);
  if (!target) {
    std::cerr << "The target must be ws:// or wss:// with an address of 127.0.0.0/8 and a port: this tool loads no "
                 "other machine.\n";
    return 2;
  }
  const std::optional<Target> next = next_url.empty() ? target : Target::parse(next_url);
  if (!next || next->is_tls != target->is_tls) {
    std::cerr << "--next must be loopback, too, and of the same scheme.\n";
    return 2;
  }
  if (profile == "drain" && options.server_pid == 0) {
    std::cerr << "drain needs --pid: whom to tell to stop.\n";
    return 2;
  }
  options.fleet.target = *target;
  options.next = *next;
  raise_descriptors();
  nlohmann::json result = found->second(options);
  result["profile"] = profile;
  result["clients"] = options.fleet.clients;
  std::cout << result.dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace bazaar::load

int main(int argc, char** argv) { return bazaar::load::run(argc, argv); }
