// The tracker's process: command line, log, signals, the one line on stdout.
// Refuses to serve (server.hpp does). Invariant: stdout carries exactly one line, once it listens; everything else is
// the log on stderr.
//   SIGTERM drains, and a second one stops; SIGINT stops; SIGHUP reads certificates, keys and origins again.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "logging.hpp"
#include "options/command_line.hpp"
#include "server.hpp"
#include "top/top.hpp"

namespace {

using bazaar::tracker::CommandLine;
using bazaar::tracker::Options;

// Every viewer is a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Threads inherit it: signals come to nobody but the one who waits for them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

void say_where(const Options& options, const bazaar::tracker::Server& server) {
  const bool is_v6 = options.host.find(':') != std::string::npos;  // an address with colons goes in brackets in a URL
  std::printf("hls-bazaar tracker listening on %s://%s:%d\n", server.is_tls() ? "wss" : "ws",
              (is_v6 ? "[" + options.host + "]" : options.host).c_str(), server.port());
  std::fflush(stdout);
}

void serve(bazaar::tracker::Server& server, const sigset_t& signals, int argc, char** argv) {
  for (;;) {
    const timespec second{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &second);
    if (signal == SIGINT || (signal == SIGTERM && server.is_draining())) return;
    if (signal == SIGTERM) {
      spdlog::info("draining: no newcomers, and viewers are sent to other nodes");
      server.drain();
    }
    if (signal == SIGHUP) {
      const CommandLine again = bazaar::tracker::read_command_line(argc, argv);
      if (again.ending) {
        spdlog::error("the old options stay: {}", again.ending->text);
      } else {
        bazaar::tracker::set_log(again.options);
        server.reload(again.options);
      }
    }
    server.tick();
    if (server.is_drained()) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const CommandLine line = bazaar::tracker::read_command_line(argc, argv);
  if (line.ending) {
    std::fputs(line.ending->text.c_str(), line.ending->code == 0 ? stdout : stderr);
    return line.ending->code;
  }
  if (line.top) return bazaar::tracker::top::run(*line.top);
  const sigset_t signals = block_signals();
  spdlog::set_default_logger(spdlog::stderr_logger_mt("tracker"));
  bazaar::tracker::set_log(line.options);
  try {
    raise_descriptor_limit();
    bazaar::tracker::Server server(line.options, BAZAAR_VERSION);
    server.start();
    say_where(line.options, server);
    serve(server, signals, argc, argv);
    server.stop();
    spdlog::info("stopped");
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "tracker: %s\n", problem.what());
    return 1;
  }
}
