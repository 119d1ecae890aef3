// Scenario files: what comes with the simulator loads, and a wrong file is told by line, key and what was expected.
#include "scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace bazaar::sim {
namespace {

std::string complaint(const std::string& text) {
  try {
    parse_scenario(text, "wrong.toml");
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "(nothing)";
}

TEST(Scenario, All_that_come_with_the_simulator_load_and_say_what_they_are_about) {
  size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(BAZAAR_SOURCE_DIR "/simulator/scenarios")) {
    const Scenario scenario = load_scenario(file.path().string());
    EXPECT_EQ(scenario.name, file.path().stem().string());
    EXPECT_TRUE(scenario.sentence.ends_with(".")) << scenario.name;
    EXPECT_FALSE(scenario.uplinks.empty()) << scenario.name;
    ++count;
  }
  EXPECT_EQ(count, 17u);
}

TEST(Scenario, Values_come_in_the_units_of_their_names) {
  const Scenario scenario = parse_scenario(R"(sentence = "A test."
[run]
seconds = 12.5
warm_up_seconds = 3
[audience]
viewers = 7
[stream]
bitrates_kbit = [500, 1000]
switch_mean_seconds = 2
[[uplink]]
share = 0.25
of_bitrate = 0.0
[[uplink]]
share = 0.75
of_bitrate = 3.0
)",
                                           "folder/test.toml");
  EXPECT_EQ(scenario.name, "test");
  EXPECT_EQ(scenario.duration_ms, 12'500);
  EXPECT_EQ(scenario.viewers, 7u);
  EXPECT_EQ(scenario.bitrates_kbit, (std::vector<double>{500, 1000}));
  ASSERT_EQ(scenario.uplinks.size(), 2u);
  EXPECT_EQ(scenario.uplinks[1].of_bitrate, 3.0);
}

TEST(Scenario, A_wrong_file_is_told_by_line_key_and_what_was_expected) {
  const std::string head = "sentence = \"A test.\"\n";
  EXPECT_EQ(complaint(head + "[audience]\nviewers = -5\n"),
            "wrong.toml:3: audience.viewers: expected a number from 1 to 100000, not -5");
  EXPECT_EQ(complaint(head + "[audience]\nviewers = 2.5\n"), "wrong.toml:3: audience.viewers: expected a whole number");
  EXPECT_EQ(complaint(head + "[audience]\nviewers = \"many\"\n"),
            "wrong.toml:3: audience.viewers: expected a number from 1 to 100000");
  EXPECT_EQ(complaint(head + "[links]\nloss = nan\n"),
            "wrong.toml:3: links.loss: expected a number from 0 to 0.2, not nan");
  EXPECT_EQ(complaint(head + "[run]\nminutes = 5\n"),
            "wrong.toml:3: run.minutes: expected one of seconds, warm_up_seconds");
  EXPECT_EQ(complaint(head + "[runs]\nseconds = 20\n"),
            "wrong.toml:2: runs: expected one of sentence, [[uplink]], [run], [audience], [stream], [links], "
            "[connecting], [cdn], [behaviour]");
  EXPECT_EQ(complaint(head + "\nrun = 7\n"), "wrong.toml:3: run: expected a section, [run]");
  EXPECT_EQ(complaint(head + "[stream]\nbitrates_kbit = []\n"),
            "wrong.toml:3: stream.bitrates_kbit: expected a list of one to eight numbers");
  EXPECT_EQ(complaint("[run]\nseconds = 20\n"),
            "wrong.toml:1: sentence: expected one sentence that says what the scenario is about");
}

TEST(Scenario, What_does_not_fit_together_is_told_at_the_line_that_is_wrong) {
  const std::string head = "sentence = \"A test.\"\n";
  EXPECT_EQ(complaint(head + "[run]\nseconds = 20\nwarm_up_seconds = 20\n"),
            "wrong.toml:4: run.warm_up_seconds: expected less than run.seconds");
  EXPECT_EQ(complaint(head + "[cdn]\noutage_from_seconds = 30\noutage_until_seconds = 20\n"),
            "wrong.toml:4: cdn.outage_until_seconds: expected no less than cdn.outage_from_seconds");
  EXPECT_EQ(complaint(head + "[stream]\nswitch_mean_seconds = 5\n"),
            "wrong.toml:3: stream.switch_mean_seconds: expected two or more stream.bitrates_kbit");
  EXPECT_EQ(complaint(head + "[[uplink]]\nshare = 0.4\n"),
            "wrong.toml:2: uplink: expected shares that sum to 1, not 0.4");
  EXPECT_EQ(complaint(head + "[[uplink]]\nshare = 1\nmbit = 4\n"),
            "wrong.toml:4: uplink.mbit: expected one of share, of_bitrate");
}

TEST(Scenario, Every_key_is_documented_as_it_is) {
  std::ifstream file(BAZAAR_SOURCE_DIR "/docs/simulator.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const std::string& row : scenario_key_rows()) {
    EXPECT_NE(text.str().find(row + "\n"), std::string::npos) << "`simulator keys` says: " << row;
  }
  EXPECT_EQ(scenario_key_rows().size(), 34u) << "a new key has a row, and this test has seen it";
}

TEST(Scenario, Wrong_types_are_told_apart_from_wrong_values) {
  const std::string head = "sentence = \"A test.\"\n";
  EXPECT_EQ(complaint("sentence = 5\n"), "wrong.toml:1: sentence: expected text in quotes");
  EXPECT_EQ(complaint(head + "[links]\nloss = true\n"), "wrong.toml:3: links.loss: expected a number from 0 to 0.2");
  EXPECT_EQ(complaint(head + "[stream]\nbitrates_kbit = [800, \"hd\"]\n"),
            "wrong.toml:3: stream.bitrates_kbit: expected a number from 50 to 100000");
  EXPECT_EQ(complaint(head + "[stream]\nbitrates_kbit = 800\n"),
            "wrong.toml:3: stream.bitrates_kbit: expected a list of one to eight numbers");
  EXPECT_EQ(complaint(head + "uplink = 3\n"),
            "wrong.toml:2: uplink: expected [[uplink]] tables with share and of_bitrate");
  EXPECT_EQ(complaint(head + "uplink = [3]\n"),
            "wrong.toml:2: uplink: expected a table, [[uplink]], with share and of_bitrate");
  EXPECT_EQ(complaint(head + "[[uplink]]\nshare = 1.5\n"),
            "wrong.toml:3: uplink.share: expected a number from 0 to 1, not 1.5");
}

TEST(Scenario, What_is_no_toml_or_no_file_is_said) {
  // The line itself is shown, as far as it is text and fits; what the parser says of it follows.
  const std::string expected = "`: expected [section] or key = value, a number, \"text\", true or false: ";
  const auto told = [&](const std::string& file, const std::string& start) {
    const std::string said = complaint(file);
    EXPECT_TRUE(said.starts_with("wrong.toml:" + start + expected)) << said;
    EXPECT_GT(said.size(), ("wrong.toml:" + start + expected).size());
  };
  told("sentence = \"A test.\"\n[run\n", "2: `[run");
  told("sentence = \"A test.\"\n[audience]\nviewers = many\n", "3: `viewers = many");
  told("run\tfast", "1: `run");
  told(std::string("PK\0rest", 7), "1: `PK");
  told(std::string(3000, 'x') + " = many\n", "1: `" + std::string(80, 'x'));
  try {
    load_scenario("not-there.toml");
    FAIL() << "no file, no error";
  } catch (const ScenarioError& error) {
    EXPECT_STREQ(error.what(), "not-there.toml: no such scenario file; `simulator list` names those that come with it");
  }
}

}  // namespace
}  // namespace bazaar::sim
