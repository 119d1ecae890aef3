#include "options/command_line.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>

#include "options/file.hpp"
#include "options/table.hpp"

namespace bazaar::tracker {

namespace {

constexpr int kBadUsage = 2;

std::string flag_of(std::string_view key) {
  std::string flag = "--" + std::string(key);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string help_of(const OptionRow& row) {
  std::string help(row.what);
  if (!row.unit.empty()) help.append(" [").append(row.unit).append("]");
  const std::string value = text_of(row, Options{});
  return help + " (" + value + ")";
}

/// What was given for a row, as text; the row says what it must be.
OptionValue value_of(const OptionRow& row, const std::vector<std::string>& given) {
  if (std::holds_alternative<ListOption>(row.kind)) return given;
  const std::string& last = given.back();
  if (std::holds_alternative<TextOption>(row.kind)) return last;
  if (last == "true") return true;
  if (last == "false") return false;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), number);
  if (error == std::errc{} && end == last.data() + last.size()) return number;
  return last;
}

struct Parser {
  CLI::App app{"hls-bazaar tracker: introduces viewers of one live stream to each other"};
  std::map<std::string_view, std::vector<std::string>> given;
  std::string config;
  bool wants_default_config = false;
  bool wants_version = false;
  CommandLine::Top top;
  CLI::App* top_command = nullptr;

  Parser() {
    app.name("tracker");
    app.add_option("--config", config, "TOML file with any of the options below; the command line wins");
    app.add_flag("--default-config", wants_default_config, "print that file with every option explained");
    app.add_flag("--version", wants_version, "print the version");
    for (const OptionGroup& group : option_groups()) {
      for (const OptionRow& row : group.rows) {
        CLI::Option* option = nullptr;
        if (std::holds_alternative<FlagOption>(row.kind)) {
          const std::string flag = flag_of(row.key);
          option = app.add_flag(flag + ",!--no-" + flag.substr(2), given[row.key], help_of(row));
        } else {
          option = app.add_option(flag_of(row.key), given[row.key], help_of(row));
          option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
          option->type_name(std::holds_alternative<NumberOption>(row.kind) ? "NUMBER" : "TEXT");
        }
        option->group(std::string(group.title));
      }
    }
    top_command = app.add_subcommand("top", "watch running trackers");
    top_command
        ->add_option("url", top.urls, "of a tracker, such as http://127.0.0.1:8000; of each node if there are several")
        ->required();
    top_command->add_flag("--once", top.is_once, "print one table and exit, for pipes and scripts");
    top_command->add_option("--interval-s", top.interval_s, "seconds between two looks")
        ->check(CLI::Range(1, 3'600))
        ->capture_default_str();
  }
};

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv) {
  CommandLine out;
  Parser parser;
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    std::ostringstream said;
    std::ostringstream wrong;
    const int code = parser.app.exit(problem, said, wrong);
    out.ending = {code == 0 ? 0 : kBadUsage, said.str() + wrong.str()};
    return out;
  }
  if (parser.wants_version) {
    out.ending = {0, "hls-bazaar tracker " BAZAAR_VERSION "\n"};
    return out;
  }
  if (parser.wants_default_config) {
    out.ending = {0, default_file()};
    return out;
  }
  if (parser.top_command->parsed()) {
    out.top = parser.top;
    return out;
  }
  try {
    if (!parser.config.empty()) read_file(parser.config, out.options);
    for (const auto& [key, given] : parser.given) {
      if (given.empty()) continue;
      const OptionRow& row = *find_option(key);
      set_option(row, value_of(row, given), flag_of(key) + ": ", out.options);
    }
    check_together(out.options);
    read_secrets(out.options);
  } catch (const OptionsError& problem) {
    out.ending = {kBadUsage, std::string("tracker: ") + problem.what() + "\n"};
  }
  return out;
}

}  // namespace bazaar::tracker
