// The tracker's command line. Owns options, signals and the one line on stdout; refuses to serve (server.hpp does).
// Invariant: stdout carries exactly one line, once it listens; everything else is the log on stderr.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "server.hpp"

namespace {

bazaar::tracker::Server* running = nullptr;

void on_signal(int) {
  if (running) running->stop();
}

// Peer ids come from this seed; whoever guesses them could send signals to strangers.
uint64_t unguessable_seed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) throw std::runtime_error("the kernel gives no random numbers");
  return seed;
}

// Every viewer is a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"hls-bazaar tracker: introduces viewers of one live stream to each other"};
  bazaar::tracker::ServerOptions options;
  std::string level = "info";
  app.add_option("--port", options.port, "TCP port, 0 for any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--host", options.host, "address to listen on")->capture_default_str();
  app.add_option("--connections-max", options.limits.connections_max, "connections, then newcomers are refused (4006)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--swarms-max", options.limits.swarms_max, "streams at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--swarm-size-max", options.limits.swarm_size_max, "viewers of one stream")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--log-level", level, "trace, debug, info, warn, error, off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  spdlog::set_default_logger(spdlog::stderr_logger_st("tracker"));
  spdlog::set_level(spdlog::level::from_str(level));
  std::signal(SIGPIPE, SIG_IGN);
  try {
    raise_descriptor_limit();
    options.seed = unguessable_seed();
    bazaar::tracker::Server server(options);
    running = &server;
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    const bool is_v6 = options.host.find(':') != std::string::npos;  // an address with colons goes in brackets in a URL
    std::printf("hls-bazaar tracker listening on ws://%s:%d\n",
                (is_v6 ? "[" + options.host + "]" : options.host).c_str(), server.port());
    std::fflush(stdout);
    server.run();
    running = nullptr;
    spdlog::info("stopped");
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "tracker: %s\n", problem.what());
    return 1;
  }
}
