// What an operator may write, what is said about mistakes, and that file, table and command line are one.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "options/command_line.hpp"
#include "options/file.hpp"
#include "options/table.hpp"

namespace bazaar::tracker {
namespace {

std::string problem_of(const std::string& text) {
  Options options;
  try {
    read_text(text, "tracker.toml", options);
  } catch (const OptionsError& problem) {
    return problem.what();
  }
  return "none";
}

Options read(const std::string& text) {
  Options options;
  read_text(text, "tracker.toml", options);
  return options;
}

CommandLine command(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tracker");
  return read_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string written(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << text;
  return path;
}

/// Every option's value as text: two Options are alike when these are.
std::string all_of(const Options& options) {
  std::string out;
  for (const OptionGroup& group : option_groups())
    for (const OptionRow& row : group.rows) out += std::string(row.key) + "=" + text_of(row, options) + "\n";
  return out;
}

TEST(Options, The_packaged_file_is_the_table) {
  EXPECT_EQ(slurp(BAZAAR_SOURCE_DIR "/tracker/packaging/tracker.toml"), default_file())
      << "renew it: build/tracker/tracker --default-config > tracker/packaging/tracker.toml";
}

TEST(Options, The_packaged_file_with_nothing_commented_out_says_the_defaults) {
  const std::string text = std::regex_replace(default_file(), std::regex("(^|\n)#(\\w+ = )"), "$1$2");
  EXPECT_NE(text.find("\nport = 8000\n"), std::string::npos);
  EXPECT_EQ(all_of(read(text)), all_of(Options{}));
  EXPECT_EQ(all_of(read(default_file())), all_of(Options{}));
}

TEST(Options, Every_member_has_a_row_and_every_row_says_something) {
  std::set<std::string> in_header;
  const std::string header = slurp(BAZAAR_SOURCE_DIR "/tracker/options/options.hpp");
  const std::regex member(R"(\n  (?:int64_t|bool|std::string|std::vector<std::string>) (\w+)(?: =|;))");
  for (auto it = std::sregex_iterator(header.begin(), header.end(), member); it != std::sregex_iterator(); ++it)
    in_header.insert((*it)[1]);
  std::set<std::string> in_table;
  for (const OptionGroup& group : option_groups()) {
    for (const OptionRow& row : group.rows) {
      EXPECT_TRUE(in_table.insert(std::string(row.key)).second) << row.key;
      EXPECT_TRUE(row.what.ends_with('.') || row.what.ends_with('"')) << row.key;
    }
  }
  EXPECT_EQ(in_table, in_header);
}

TEST(Options, Each_kind_of_value_is_read) {
  const Options options = read(
      "port = 443\nlog_json = true\norigins = [\"https://a.example.org\", \"https://*.b.example.org\"]\nhost = "
      "\"::\"\n");
  EXPECT_EQ(options.port, 443);
  EXPECT_TRUE(options.log_json);
  EXPECT_EQ(options.origins, (std::vector<std::string>{"https://a.example.org", "https://*.b.example.org"}));
  EXPECT_EQ(options.host, "::");
  EXPECT_EQ(options.workers, Options{}.workers);
}

TEST(Options, An_unknown_key_is_named_with_its_line_and_its_neighbour) {
  EXPECT_EQ(problem_of("port = 1\n\nconections_max = 5\n"),
            "tracker.toml, line 3: there is no option \"conections_max\", did you mean \"connections_max\"?");
  EXPECT_EQ(problem_of("frobnicate = 5\n"), "tracker.toml, line 1: there is no option \"frobnicate\"");
  EXPECT_EQ(problem_of("[listen]\nport = 5\n"), "tracker.toml, line 1: there is no option \"listen\"");
}

TEST(Options, A_wrong_type_or_range_says_what_was_expected) {
  EXPECT_EQ(problem_of("port = \"8000\"\n"),
            "tracker.toml, line 1: port: expected an integer from 0 to 65535, not \"8000\"");
  EXPECT_EQ(problem_of("port = 65536\n"), "tracker.toml, line 1: port: expected an integer from 0 to 65535, not 65536");
  EXPECT_EQ(problem_of("port = -1\n"), "tracker.toml, line 1: port: expected an integer from 0 to 65535, not -1");
  EXPECT_EQ(problem_of("port = 80.5\n"), "tracker.toml, line 1: port: expected an integer from 0 to 65535");
  EXPECT_EQ(problem_of("log_json = 1\n"), "tracker.toml, line 1: log_json: expected true or false, not 1");
  EXPECT_EQ(problem_of("origins = \"*\"\n"), "tracker.toml, line 1: origins: expected an array of strings, not \"*\"");
  EXPECT_EQ(problem_of("origins = [1]\n"), "tracker.toml, line 1: origins: expected an array of strings");
  EXPECT_EQ(problem_of("log_level = \"loud\"\n"),
            "tracker.toml, line 1: log_level: expected one of trace debug info warn error off, not \"loud\"");
}

TEST(Options, What_an_option_is_made_of_is_checked_too) {
  EXPECT_NE(problem_of("origins = [\"www.example.org\"]").find("origin \"www.example.org\": begin with"),
            std::string::npos);
  EXPECT_NE(problem_of("trusted_proxies = [\"10.0.0.0/40\"]").find("expected a network"), std::string::npos);
  EXPECT_NE(problem_of("backplane = \"http://redis\"").find("expected \"memory\" or redis://"), std::string::npos);
  EXPECT_NE(problem_of("backplane_prefix = \"a b\"").find("expected 1 … 64 of letters"), std::string::npos);
  EXPECT_NE(problem_of("host = \"\"").find("expected an address to listen on"), std::string::npos);
}

TEST(Options, Mistakes_in_secrets_do_not_show_them) {
  for (const char* text : {"resume_secret = \"hunter2\"", "token_keys = [\"hunter2\"]", "token_keys = \"hunter2\"",
                           "backplane = \"hunter2\"", "token_keys = [\"one:hmac-sha256:hunter2\"]"}) {
    EXPECT_NE(problem_of(text), "none") << text;
    EXPECT_EQ(problem_of(text).find("hunter2"), std::string::npos) << problem_of(text);
  }
}

TEST(Options, What_is_not_toml_is_said_with_its_line) {
  EXPECT_TRUE(problem_of("port = 1\nport = 2\n").starts_with("tracker.toml, line 2: "))
      << problem_of("port = 1\nport = 2\n");
  EXPECT_TRUE(problem_of("port = 1\nwhat\n").starts_with("tracker.toml, line ")) << problem_of("port = 1\nwhat\n");
}

TEST(CommandLine, Wins_over_the_file_which_wins_over_the_defaults) {
  const std::string path = written("wins.toml", "port = 1000\nworkers = 2\norigins = [\"https://a.example.org\"]\n");
  const CommandLine line = command({"--config", path.c_str(), "--port", "2000", "--origins", "https://b.example.org",
                                    "--origins", "https://c.example.org"});
  ASSERT_FALSE(line.ending) << line.ending->text;
  EXPECT_EQ(line.options.port, 2000);
  EXPECT_EQ(line.options.workers, 2);
  EXPECT_EQ(line.options.origins, (std::vector<std::string>{"https://b.example.org", "https://c.example.org"}));
  EXPECT_EQ(line.options.swarms_max, 10'000);
}

TEST(CommandLine, The_options_of_the_first_tracker_mean_what_they_meant) {
  const CommandLine line = command({"--port", "0", "--host", "::1", "--connections-max", "5", "--swarms-max", "6",
                                    "--swarm-size-max", "7", "--log-level", "off"});
  ASSERT_FALSE(line.ending) << line.ending->text;
  EXPECT_EQ(line.options.port, 0);
  EXPECT_EQ(line.options.host, "::1");
  EXPECT_EQ(line.options.connections_max, 5);
  EXPECT_EQ(line.options.swarms_max, 6);
  EXPECT_EQ(line.options.swarm_size_max, 7);
  EXPECT_EQ(line.options.log_level, "off");
}

TEST(CommandLine, Flags_go_both_ways) {
  EXPECT_TRUE(command({"--log-json"}).options.log_json);
  EXPECT_FALSE(command({"--no-webtorrent"}).options.webtorrent);
  const std::string path = written("flags.toml", "log_json = true\nwebtorrent = false\n");
  const CommandLine line = command({"--config", path.c_str(), "--no-log-json", "--webtorrent"});
  EXPECT_FALSE(line.options.log_json);
  EXPECT_TRUE(line.options.webtorrent);
}

TEST(CommandLine, Mistakes_end_with_code_2_and_a_sentence) {
  const std::string bad_file = written("bad.toml", "prot = 1\n");
  const std::vector<std::pair<std::vector<const char*>, std::string>> mistakes = {
      {{"--port", "many"}, "--port: expected an integer from 0 to 65535, not \"many\""},
      {{"--port", "70000"}, "--port: expected an integer from 0 to 65535, not 70000"},
      {{"--prot", "7"}, "--prot"},
      {{"--config", "/nonexistent/tracker.toml"}, "/nonexistent/tracker.toml cannot be read"},
      {{"--config", bad_file.c_str()}, "line 1: there is no option \"prot\", did you mean \"port\"?"},
      {{"--cert", "a.pem"}, "cert and key: one is set without the other"},
      {{"--queue-soft-bytes", "500000"}, "queue_soft_bytes is above queue_hard_bytes"},
      {{"--ping-after-ms", "50000"}, "ping_after_ms is not below hang_up_after_ms"},
      {{"--cell-size-min", "301"}, "cell_size_min is above cell_size_target"},
      {{"--cell-size-target", "501"}, "cell_size_target is above cell_size_max"},
      {{"--cell-size-min", "260"}, "could not be merged"},
      {{"--backplane", "redis://127.0.0.1"}, "resume_secret: nodes that share"},
      {{"--resume-secret", "@/nonexistent"}, "resume_secret: the file /nonexistent cannot be read"},
      {{"top"}, "url"},
      {{"top", "http://a", "--interval-s", "0"}, "interval-s"},
  };
  for (const auto& [arguments, sentence] : mistakes) {
    const CommandLine line = command(arguments);
    ASSERT_TRUE(line.ending) << sentence;
    EXPECT_EQ(line.ending->code, 2) << sentence;
    EXPECT_NE(line.ending->text.find(sentence), std::string::npos) << line.ending->text;
  }
}

TEST(CommandLine, Help_names_every_option_and_ends_with_code_0) {
  const CommandLine line = command({"--help"});
  ASSERT_TRUE(line.ending);
  EXPECT_EQ(line.ending->code, 0);
  for (const OptionGroup& group : option_groups()) {
    for (const OptionRow& row : group.rows) {
      std::string flag = "--" + std::string(row.key);
      std::replace(flag.begin(), flag.end(), '_', '-');
      EXPECT_NE(line.ending->text.find(flag), std::string::npos) << flag;
    }
  }
  EXPECT_NE(line.ending->text.find("top"), std::string::npos);
  EXPECT_EQ(command({"--default-config"}).ending->text, default_file());
  EXPECT_EQ(command({"--version"}).ending->text, "hls-bazaar tracker " BAZAAR_VERSION "\n");
}

TEST(CommandLine, Secrets_come_from_files_and_a_second_reading_sees_the_new_ones) {
  const std::string one = "one:hmac-sha256:MDEyMzQ1Njc4OWFiY2RlZg";
  const std::string two = "two:hmac-sha256:MDEyMzQ1Njc4OWFiY2RlZg";
  const std::string keys = written("keys", one + "\n\n");
  const std::string secret = written("secret", "sixteen characters and more\n");
  const std::string at_keys = "@" + keys;
  const std::string at_secret = "@" + secret;
  const std::vector<const char*> arguments = {"--token-keys", at_keys.c_str(), "--resume-secret", at_secret.c_str()};
  CommandLine line = command(arguments);
  ASSERT_FALSE(line.ending) << line.ending->text;
  EXPECT_EQ(line.options.token_keys, std::vector<std::string>{one});
  EXPECT_EQ(line.options.resume_secret, "sixteen characters and more");
  written("keys", one + "\n" + two + "\n");
  line = command(arguments);
  EXPECT_EQ(line.options.token_keys, (std::vector<std::string>{one, two}));
  written("keys", "nonsense\n");
  ASSERT_TRUE(command(arguments).ending);
  EXPECT_EQ(command(arguments).ending->text.find("nonsense"), std::string::npos);
  written("secret", "short\n");
  EXPECT_NE(command({"--resume-secret", at_secret.c_str()}).ending->text.find("16 characters"), std::string::npos);
}

TEST(CommandLine, Top_is_something_else_to_do) {
  const CommandLine line = command({"top", "http://127.0.0.1:8000", "--once", "--interval-s", "5"});
  ASSERT_FALSE(line.ending);
  ASSERT_TRUE(line.top);
  EXPECT_EQ(line.top->urls, std::vector<std::string>{"http://127.0.0.1:8000"});
  EXPECT_EQ(command({"top", "http://a", "http://b"}).top->urls.size(), 2u);
  EXPECT_TRUE(line.top->is_once);
  EXPECT_EQ(line.top->interval_s, 5);
  EXPECT_FALSE(command({}).top);
}

TEST(NearestOption, Finds_slips_and_leaves_strangers_alone) {
  EXPECT_EQ(nearest_option("swarm_max"), "swarms_max");
  EXPECT_EQ(nearest_option("orgins"), "origins");
  EXPECT_EQ(nearest_option("kubernetes"), "");
}

}  // namespace
}  // namespace bazaar::tracker
