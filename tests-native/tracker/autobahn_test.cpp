// Autobahn's cases twice: over the reader alone, in pieces of every kind, and over a socket of an echoing loop.
// The suite itself needs a container engine; its cases are ours to run here (support/autobahn_cases.cpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tracker/support/autobahn_cases.hpp"
#include "tracker/support/loop_runner.hpp"
#include "tracker/support/test_client.hpp"

namespace bazaar::tracker::net {
namespace {

using testing::autobahn_cases;
using testing::AutobahnCase;
using testing::AutobahnEvent;
using testing::read_in_pieces;
using Kind = AutobahnEvent::Kind;

std::string describe(const std::vector<AutobahnEvent>& events) {
  std::string all;
  for (const AutobahnEvent& event : events) all += testing::describe(event) + "; ";
  return all;
}

class Autobahn : public ::testing::TestWithParam<AutobahnCase> {
 protected:
  static void SetUpTestSuite() {
    handler_ = std::make_unique<testing::RecordingHandler>();
    runner_ = std::make_unique<testing::LoopRunner>(*handler_, LoopOptions{});
    handler_->reads = [](const testing::RecordingHandler::Message& message) {
      runner_->loop().send(message.from, {reinterpret_cast<const uint8_t*>(message.bytes.data()), message.bytes.size()},
                           Importance::kMust);
    };
  }
  static void TearDownTestSuite() {
    runner_.reset();
    handler_.reset();
  }
  static inline std::unique_ptr<testing::RecordingHandler> handler_;
  static inline std::unique_ptr<testing::LoopRunner> runner_;
};

TEST_P(Autobahn, Reader) {
  const AutobahnCase& wanted = GetParam();
  std::vector<size_t> pieces{wanted.bytes.size(), wanted.piece == 0 ? 4096 : wanted.piece};
  if (wanted.bytes.size() < 2'000) pieces.insert(pieces.end(), {1, 2, 3, 5, 13});
  for (const size_t piece : pieces) {
    const auto events = read_in_pieces(wanted.bytes, {piece}, testing::kAutobahnCap);
    EXPECT_TRUE(events == wanted.events) << wanted.id << ", " << wanted.demand << ", in pieces of " << piece << ": "
                                         << describe(events) << "instead of " << describe(wanted.events);
  }
}

TEST_P(Autobahn, Socket) {
  const AutobahnCase& wanted = GetParam();
  SCOPED_TRACE(wanted.id + ": " + wanted.demand);
  testing::TestClient client(runner_->port());
  client.upgrade();
  try {
    client.send_slowly(wanted.bytes, wanted.piece == 0 ? wanted.bytes.size() : wanted.piece);
  } catch (const std::runtime_error&) {
    // The server may have ended before the last of what it refuses was sent.
  }
  for (const AutobahnEvent& event : wanted.events) {
    if (event.kind == Kind::kPong) continue;  // nothing is said to it
    const testing::ServerFrame frame = client.read_frame();
    switch (event.kind) {
      case Kind::kPing:
        EXPECT_EQ(frame.opcode, Opcode::kPong);
        EXPECT_EQ(frame.payload, event.payload);
        break;
      case Kind::kClose:
      case Kind::kFail:
        ASSERT_EQ(frame.opcode, Opcode::kClose);
        EXPECT_EQ(frame.close_code(), event.code);
        break;
      default:
        EXPECT_EQ(frame.opcode, Opcode::kText);  // this loop's dialect answers so
        EXPECT_TRUE(frame.payload == event.payload);
        break;
    }
  }
  EXPECT_TRUE(client.is_at_end());
}

INSTANTIATE_TEST_SUITE_P(Case, Autobahn, ::testing::ValuesIn(autobahn_cases()), [](const auto& test) {
  std::string name = test.param.id;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(AutobahnCases, Each_has_a_number_of_its_own) {
  std::set<std::string> ids;
  for (const AutobahnCase& one : autobahn_cases()) EXPECT_TRUE(ids.insert(one.id).second) << one.id;
  EXPECT_GE(ids.size(), 250u);
}

}  // namespace
}  // namespace bazaar::tracker::net
