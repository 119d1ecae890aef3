// The command line: run a scenario, list them, replay a browser's trace.
// Owns options and exit codes (0 well, 1 a promise was broken, 2 wrong use); refuses to simulate.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <thread>

#include "lateness_checker.hpp"
#include "replay.hpp"
#include "report.hpp"
#include "simulation.hpp"
#include "sweep.hpp"

namespace {

namespace fs = std::filesystem;
using namespace bazaar::sim;

/// A name of a scenario that comes with us, or a path.
std::string path_of(const std::string& scenario) {
  const fs::path own = fs::path(BAZAAR_SCENARIOS) / (scenario + ".toml");
  return fs::exists(own) ? own.string() : scenario;
}

struct RunOptions {
  std::string scenario;
  uint32_t viewers = 0;
  uint64_t seed = 1;
  uint32_t threads = std::max(1u, std::min(8u, std::thread::hardware_concurrency()));
  bool is_json = false;
  bool is_ours_only = false;
  bool has_coin = true;
};

std::function<void(double)> progress_of(const std::string& what) {
  return [what, last = -1](double share) mutable {
    const int tenth = static_cast<int>(share * 20);
    if (tenth == last) return;
    last = tenth;
    std::cerr << '\r' << what << ": " << tenth * 5 << " %   " << std::flush;
  };
}

int run_scenario(const RunOptions& options) {
  Scenario scenario = load_scenario(path_of(options.scenario));
  if (options.viewers > 0) scenario.viewers = options.viewers;
  if (!options.is_json) {
    std::cout << scenario.name << " (seed " << options.seed << ", " << scenario.viewers << " viewers, "
              << options.threads << " threads): " << scenario.sentence << "\n";
  }
  const bool is_terminal = !options.is_json;
  const auto go = [&](Mode mode, const char* what) {
    RunResult result = run(scenario, mode, options.seed, options.threads,
                           is_terminal ? progress_of(what) : std::function<void(double)>{});
    if (is_terminal) std::cerr << "\r                              \r";
    return result;
  };
  const RunResult ours = go(Mode::kOurs, "ours");
  RunResult alone;
  RunResult coin;
  std::vector<Column> columns{{"ours", &ours}};
  if (!options.is_ours_only) {
    alone = go(Mode::kCdnOnly, "CDN only");
    if (options.has_coin) {
      coin = go(Mode::kCoin, "coin");
      columns.push_back({"coin", &coin});
    }
    columns.push_back({"CDN only", &alone});
  }
  LatenessChecker lateness(alone.plays);
  if (!options.is_ours_only) lateness.check_all(ours.plays);
  const Complaints& late = lateness.complaints();
  if (options.is_json) {
    nlohmann::ordered_json json{{"scenario", scenario.name}, {"viewers", scenario.viewers}, {"seed", options.seed}};
    for (const Column& column : columns) json[column.name] = json_of(*column.result);
    if (!options.is_ours_only) {
      json["late_that_cdn_only_had"] = late.count();
      json["late_samples"] = late.kept();
    }
    std::cout << json.dump() << "\n";
  } else {
    print_table(std::cout, columns);
    print_limits(std::cout, ours);
    if (!options.is_ours_only) {
      std::cout << "segments late that the CDN alone would have had in time: " << late.count() << "\n";
    }
    for (const std::string& sentence : late.kept()) std::cout << "BROKEN: " << sentence << "\n";
    for (const std::string& sentence : ours.complaint_samples) std::cout << "BROKEN: " << sentence << "\n";
  }
  return ours.complaints > 0 || late.count() > 0 ? 1 : 0;
}

struct PlotOptions {
  std::string scenario;
  std::string out;
  std::vector<uint32_t> viewers;
  uint64_t seed = 1;
  uint32_t threads = std::max(1u, std::min(8u, std::thread::hardware_concurrency()));
};

int plot_scenario(const PlotOptions& options) {
  Scenario scenario = load_scenario(path_of(options.scenario));
  const auto progress = [](const std::string& what) { std::cerr << "\r" << what << " …        " << std::flush; };
  const bool is_sweep = options.viewers.size() > 1;
  if (options.viewers.size() == 1) scenario.viewers = options.viewers.front();
  const Plot plot = is_sweep ? plot_over_viewers(scenario, options.viewers, options.seed, options.threads, progress)
                             : plot_over_time(scenario, options.seed, options.threads, progress);
  std::cerr << "\r                        \r";
  const fs::path path =
      fs::path(options.out) / ("offload-" + std::string(is_sweep ? "viewers-" : "time-") + scenario.name + ".svg");
  std::ofstream file(path);
  draw(file, plot);
  if (!file.flush()) {
    std::cerr << path.string() << ": cannot be written\n";
    return 2;
  }
  std::cout << path.string() << "\n";
  return 0;
}

int list_scenarios() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(BAZAAR_SCENARIOS)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    const Scenario scenario = load_scenario(path.string());
    std::cout << std::left << std::setw(20) << scenario.name << scenario.sentence << "\n";
  }
  return 0;
}

int replay_trace(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    std::cerr << path << ": cannot be read\n";
    return 2;
  }
  try {
    const ReplayResult result = replay(file);
    if (result.difference) {
      std::cerr << path << ":" << result.difference->line << ": " << result.difference->text << "\n";
      std::cerr << "The same until there: ";
    }
    (result.difference ? std::cerr : std::cout)
        << result.calls << " calls, " << result.steps << " steps, " << result.actions
        << " actions, recorded by hls-bazaar " << result.library << "\n";
    return result.difference ? 1 : 0;
  } catch (const TraceError& error) {
    std::cerr << path << ":" << error.line << ": " << error.what() << "\n";
    return 2;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Many viewers of one live stream on a virtual network, each with the engine that the browser runs."};
  app.require_subcommand(1);

  RunOptions options;
  CLI::App* run_command = app.add_subcommand("run", "Run a scenario beside CDN only and a coin, and print the figures");
  run_command->add_option("scenario", options.scenario, "name (see list) or path of a TOML file")->required();
  run_command->add_option("--viewers", options.viewers, "instead of the scenario's number")
      ->check(CLI::Range(1, 100'000));
  run_command->add_option("--seed", options.seed, "the same seed gives the same run, bit for bit");
  run_command->add_option("--threads", options.threads, "does not change the result")->check(CLI::Range(1, 64));
  run_command->add_flag("--json", options.is_json, "one JSON object on stdout");
  run_command->add_flag("!--no-coin", options.has_coin, "without the coin's run");
  run_command->add_flag("--ours-only", options.is_ours_only, "without the runs to compare with");

  PlotOptions plot_options;
  CLI::App* plot_command = app.add_subcommand("plot", "Draw offload over time, or over the number of viewers, as SVG");
  plot_command->add_option("scenario", plot_options.scenario, "name (see list) or path of a TOML file")->required();
  plot_command->add_option("--viewers", plot_options.viewers, "one number, or several for a sweep: 50,100,200")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000));
  plot_command->add_option("--out", plot_options.out, "folder for the picture")->required();
  plot_command->add_option("--seed", plot_options.seed);
  plot_command->add_option("--threads", plot_options.threads)->check(CLI::Range(1, 64));

  CLI::App* list_command = app.add_subcommand("list", "Scenarios that come with the simulator");
  CLI::App* keys_command = app.add_subcommand("keys", "Keys of a scenario file, as rows of Markdown");
  std::string trace;
  CLI::App* replay_command =
      app.add_subcommand("replay", "Feed a browser's trace to the native engine: the same actions must come");
  replay_command->add_option("trace", trace, "JSON lines, as the option `trace` of the library gives them")->required();

  CLI11_PARSE(app, argc, argv);
  try {
    if (*run_command) return run_scenario(options);
    if (*plot_command) return plot_scenario(plot_options);
    if (*keys_command) {
      for (const std::string& row : scenario_key_rows()) std::cout << row << "\n";
      return 0;
    }
    if (*list_command) return list_scenarios();
    if (*replay_command) return replay_trace(trace);
  } catch (const ScenarioError& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
  return 2;
}
