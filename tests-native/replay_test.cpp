// A browser's trace, done again: the real one to the last bit, and every way in which a trace can be wrong.
#include "replay.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace bazaar::sim {
namespace {

using Lines = std::vector<std::string>;

std::ifstream open(const std::string& path) { return std::ifstream(std::string(BAZAAR_SOURCE_DIR) + "/" + path); }

/// The trace that docs/boundary.md prints: a session begins, a member is dialled and greeted.
const Lines& example() {
  static const Lines lines = [] {
    Lines found;
    std::ifstream document = open("docs/boundary.md");
    std::string line;
    while (std::getline(document, line) && line != "```jsonl") continue;
    while (std::getline(document, line) && line != "```") found.push_back(line);
    return found;
  }();
  return lines;
}

ReplayResult replay_of(const Lines& lines) {
  std::stringstream text;
  for (const std::string& line : lines) text << line << '\n';
  return replay(text);
}

/// The example's line that holds `old`, changed; fails the test when none does. Counts from 1.
struct Damaged {
  Lines lines = example();
  size_t line = 0;

  Damaged(const std::string& old, const std::string& now) {
    for (size_t i = 0; i < lines.size() && line == 0; ++i) {
      const size_t at = lines[i].find(old);
      if (at == std::string::npos) continue;
      lines[i].replace(at, old.size(), now);
      line = i + 1;
    }
    EXPECT_NE(line, 0u) << "docs/boundary.md has no line with " << old;
  }
};

/// What the replay says of a trace with that damage, when it says it of the damaged line.
std::string difference_of(const Damaged& damaged) {
  const ReplayResult result = replay_of(damaged.lines);
  if (!result.difference) return "no difference";
  EXPECT_EQ(result.difference->line, damaged.line) << result.difference->text;
  return result.difference->text;
}

/// "line: what was expected" of a trace that cannot be read.
std::string complaint_of(const Lines& lines) {
  try {
    replay_of(lines);
  } catch (const TraceError& error) {
    return std::to_string(error.line) + ": " + error.what();
  }
  return "none";
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(Replay, The_documents_example_is_done_again) {
  const ReplayResult result = replay_of(example());
  EXPECT_FALSE(result.difference) << result.difference->text;
  EXPECT_EQ(result.library, "0.1.0");
  EXPECT_EQ(result.calls, example().size() - 1);
  EXPECT_EQ(result.steps, 3u);
  EXPECT_EQ(result.actions, 3u);
}

TEST(Replay, A_session_of_three_real_browsers_is_done_again_bit_by_bit) {
  const std::string path = "tests-native/traces/three-viewers.jsonl";
  std::ifstream trace = open(path);
  const ReplayResult result = replay(trace);
  EXPECT_FALSE(result.difference) << path << ":" << result.difference->line << ": " << result.difference->text << "\n"
                                  << "If the engine was meant to decide otherwise than when this trace was recorded: "
                                     "`npm run trace` records another.";
  EXPECT_GT(result.steps, 500u);
  std::ifstream again = open(path);
  std::array<size_t, 18> count{};
  for (std::string line; std::getline(again, line);) {
    const auto read = read_trace_line(line, 1);
    const auto* told = std::get_if<TraceTold>(&read);
    if (!told) continue;
    for (const auto& action : told->answer.actions) ++count.at(static_cast<size_t>(action[0]));
  }
  for (const ActionType type : {ActionType::kSend, ActionType::kSendBlock, ActionType::kKeepBlock, ActionType::kFetch,
                                ActionType::kSegmentReady, ActionType::kSignal, ActionType::kSendTracker,
                                ActionType::kRole, ActionType::kPeerOpen}) {
    EXPECT_GT(count[static_cast<size_t>(type)], 0u) << "a trace without action " << static_cast<int>(type);
  }
}

TEST(Replay, A_damaged_action_is_told_by_line_and_by_what_both_did) {
  const std::string text = difference_of(Damaged(R"("actions":[[9,256,2]])", R"("actions":[[9,256,3]])"));
  EXPECT_SAYS(text, "step at 1020.5 ms: action 1");
  EXPECT_SAYS(text, "the browser's engine: CONNECT 256, 3, 0, 0, 0, 0, 0");
  EXPECT_SAYS(text, "the native engine:    CONNECT 256, 2, 0, 0, 0, 0, 0");
}

TEST(Replay, An_action_too_many_or_too_few_is_told) {
  EXPECT_SAYS(difference_of(Damaged("[9,256,2]", "[9,256,2],[11,256]")), "action 2\n");
  EXPECT_SAYS(difference_of(Damaged("[9,256,2]", "")), "the browser's engine: no more");
}

TEST(Replay, A_damaged_byte_is_told_by_its_place_in_its_message) {
  // JOIN says after the stream how many peers are wanted: 8, the first of the bytes in `CMQG`.
  const std::string text = difference_of(Damaged("BwcHCMQG", "BwcHCcQG"));
  EXPECT_SAYS(text, "byte 22 of action 1, SEND_TRACKER 8192, 38");
  EXPECT_SAYS(text, "the browser's engine: 09 c4");
  EXPECT_SAYS(text, "the native engine:    08 c4");
}

TEST(Replay, A_damaged_deadline_answer_or_signal_header_is_told) {
  EXPECT_SAYS(difference_of(Damaged(R"("next":2020.5)", R"("next":2020.5000000000005)")), "next deadline");
  EXPECT_SAYS(difference_of(Damaged(R"("args":[1,8],"is":true)", R"("args":[1,8],"is":false)")), "what it returned");
  EXPECT_SAYS(difference_of(Damaged("lAICAMRI", "lAICAMRJ")), "outgoing byte 6");
}

TEST(Replay, A_call_that_is_late_or_too_many_or_missing_shows_in_the_next_step) {
  Damaged late(R"({"call":"at","args":[1020.5]})", R"({"call":"at","args":[1020.6]})");
  late.line += 2;
  EXPECT_SAYS(difference_of(late), "next deadline");

  Damaged more(R"({"call":"at","args":[1300]})", R"({"call":"at","args":[1300]})");
  // The connection is lost and opens once more, and the tracker says HELLO once more.
  const auto opened = more.lines.begin() + 5;
  Lines again(opened, opened + 2);
  again.insert(again.begin(), R"({"call":"tracker_closed"})");
  more.lines.insert(more.lines.begin() + static_cast<std::ptrdiff_t>(more.line), again.begin(), again.end());
  more.line += 5;
  EXPECT_SAYS(difference_of(more), "the native engine:    SEND_TRACKER");

  Damaged missing(R"({"call":"link_opened")", R"({"call":"link_opened")");
  missing.lines.erase(missing.lines.begin() + static_cast<std::ptrdiff_t>(missing.line - 1));
  EXPECT_SAYS(difference_of(missing), "the native engine:    no more");
}

TEST(Replay, Another_seed_is_another_engine) {
  Damaged damaged(R"("seed":1})", R"("seed":4294967295})");
  EXPECT_FALSE(replay_of(damaged.lines).difference) << "no dice have been rolled here";
}

TEST(Replay, A_second_header_begins_a_second_engine) {
  Lines twice = example();
  twice.insert(twice.end(), example().begin(), example().end());
  const ReplayResult result = replay_of(twice);
  EXPECT_FALSE(result.difference);
  EXPECT_EQ(result.engines, 2u);
  EXPECT_EQ(result.steps, 6u);
}

TEST(Replay, A_trap_in_the_browser_that_the_native_engine_survives_is_a_difference) {
  Lines lines = example();
  lines.push_back(R"({"call":"link_closed","args":[256],"trap":"RuntimeError: unreachable"})");
  const ReplayResult result = replay_of(lines);
  ASSERT_TRUE(result.difference);
  EXPECT_SAYS(result.difference->text, "RuntimeError: unreachable");
}

TEST(Replay, A_signals_blob_is_put_back_as_zeros) {
  Lines lines = example();
  // RELAYED from 9, an offer of 300 bytes, of which the trace holds none.
  lines.push_back(R"({"call":"tracker_message","args":[3,307],"in":"lBMJAMUBLA=="})");
  lines.push_back(R"({"call":"step","actions":[[10,257,0,3,7,300,9]],"next":1})");
  const ReplayResult result = replay_of(lines);
  ASSERT_TRUE(result.difference);
  EXPECT_SAYS(result.difference->text, "next deadline") << "the actions were the same";
}

TEST(Replay, A_trace_without_its_header_or_of_another_version_is_refused) {
  EXPECT_SAYS(complaint_of({}), "1: expected a header");
  EXPECT_SAYS(complaint_of({example()[1]}), "1: expected a header first");
  EXPECT_SAYS(complaint_of({R"({"trace":2,"library":"9.0.0","seed":1})"}),
              "1: expected format version 1, and this trace has 2");
  EXPECT_SAYS(complaint_of({R"({"trace":1,"seed":1})"}), "1: expected \"library\"");
  EXPECT_SAYS(complaint_of({R"({"trace":1,"library":"0.1.0","seed":-1})"}), "1: expected \"seed\": a whole number");
}

TEST(Replay, A_line_cut_short_is_refused_by_number) {
  Lines lines = example();
  lines.back().resize(lines.back().size() / 2);
  EXPECT_EQ(complaint_of(lines), std::to_string(lines.size()) + ": expected a JSON object, whole and on one line");
}

TEST(Replay, Each_malformed_line_is_refused_with_what_was_expected) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "a JSON object"},
      {"step", "a JSON object"},
      {R"(["step"])", "a JSON object"},
      {R"({"actions":[]})", "\"call\": a name"},
      {R"({"call":"jump","args":[1]})", "a call of the engine, not \"jump\""},
      {R"({"call":7})", "a call of the engine, not 7"},
      {R"({"call":"at"})", "\"args\": an array"},
      {R"({"call":"at","args":[1,2]})", "at with 1 arguments"},
      {R"({"call":"at","args":["soon"]})", "at, argument 1: a number"},
      {R"({"call":"tracker_opened","args":[]})", "tracker_opened with 1 arguments"},
      {R"({"call":"tracker_opened","args":[3]})", "\"in\": base64"},
      {R"({"call":"link_opened","args":[1.5]})", "link_opened, argument 1: a whole number"},
      {R"({"call":"link_opened","args":[3000000000]})", "link_opened, argument 1: a whole number"},
      {R"({"call":"link_opened","args":["NaN"]})", "link_opened, argument 1: a whole number"},
      {R"({"call":"cdn_headers","args":[1,-1,0]})", "cdn_headers, argument 2: a whole number"},
      {R"({"call":"link_opened","args":[1],"when":3})", "no \"when\" here"},
      {R"({"call":"configure","args":[1,2]})", "\"is\": what the call returned"},
      {R"({"call":"set_swarm"})", "\"in\": base64"},
      {R"({"call":"set_swarm","in":"BwcH"})", "\"in\" with 16 bytes"},
      {R"({"call":"peer_message","args":[1,1,3,3],"in":"Bw=!"})", "\"in\": base64"},
      {R"({"call":"peer_message","args":[1,1,3,3],"in":"BwcHB"})", "\"in\": base64"},
      {R"({"call":"peer_message","args":[1,1,3,3],"in":"BwcHBwcH"})", "\"in\" with 3 bytes"},
      {R"({"call":"peer_message","args":[1,1,1e6,1e6],"in":"BwcH"})", "no more bytes than the inbox has"},
      {R"({"call":"step","next":1})", "\"actions\": an array of actions"},
      {R"({"call":"step","actions":{},"next":1})", "\"actions\": an array of actions"},
      {R"({"call":"step","actions":[[1,2,3,4,5,6,7,8,9]],"next":1})", "up to eight numbers"},
      {R"({"call":"step","actions":[["SEND"]],"next":1})", "a field of an action"},
      {R"({"call":"step","actions":[]})", "\"next\": a time"},
      {R"({"call":"step","actions":[],"next":null})", "\"next\": a number"},
      {R"({"call":"step","actions":[],"next":1,"out":5})", "\"out\": base64"},
  };
  for (const auto& [line, what] : wrong) {
    const std::string complaint = complaint_of({example()[0], line});
    EXPECT_SAYS(complaint, "2: expected ");
    EXPECT_SAYS(complaint, what);
  }
}

}  // namespace
}  // namespace bazaar::sim
