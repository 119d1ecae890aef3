// Cells under anything that can happen: random joins, moves, leaves, losses on the bus, lost nodes; then what must
// hold.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tracker/support/town.hpp"

namespace bazaar::tracker::native {
namespace {

using testing::Bytes;
using testing::Town;
using tracker_wire::Type;

struct CellsProperty : ::testing::TestWithParam<int> {};

TEST_P(CellsProperty, After_any_life_every_viewer_is_in_one_cell_and_streams_have_gathered) {
  Dice dice(GetParam());
  Town::Options options;
  options.workers = 3;
  options.are_nodes = GetParam() % 2 == 0;
  options.rules = {5, 20, 40};
  options.limits.forward_ms = 100'000;  // ends within what is waited below
  options.seed = GetParam();
  Town town(options);
  const bool is_lossy = GetParam() % 3 == 0;
  town.loses = [&] { return is_lossy && dice.below(20) == 0; };

  struct Alive {
    Town::Viewer viewer;
    uint8_t stream;
  };
  std::vector<Alive> alive;
  for (int step = 0; step < 2'000; ++step) {
    const uint32_t act = dice.below(100);
    if (act < 45 || alive.empty()) {
      const auto stream = static_cast<uint8_t>(1 + dice.below(3));
      alive.push_back({town.connect(dice.below(3)), stream});
      town.join(alive.back().viewer, stream, dice.below(17));
    } else {
      Alive& one = alive[dice.below(alive.size())];
      if (act < 75) {
        town.disconnect(one.viewer);
        one = alive.back();
        alive.pop_back();
      } else if (act < 90) {
        // Comes back somewhere, sometimes before the old connection is known to be gone, sometimes with a place grown
        // cold.
        if (town.heard(one.viewer).count(Type::kWelcome) == 0) continue;
        const Bytes token = town.resume_token(one.viewer);
        if (dice.below(2) == 0) town.disconnect(one.viewer);
        if (dice.below(10) == 0) town.run(21'000);
        const Town::Viewer old = one.viewer;
        one.viewer = town.connect(dice.below(3));
        town.join(one.viewer, one.stream, 4, {}, token);
        town.run();
        town.disconnect(old);
      } else {
        town.run(dice.below(1'500));
      }
    }
  }
  town.loses = [] { return false; };
  std::erase_if(alive, [&](const Alive& one) { return !town.is_connected(one.viewer); });
  // Long enough for the members whose leave was lost to be given up, with the living spoken for.
  for (int round = 0; round < 5; ++round) {
    tracker_wire::Message stats;
    stats.type = Type::kStats;
    for (const Alive& one : alive) town.say(one.viewer, stats);
    town.run(50'000);
  }

  std::map<uint8_t, uint32_t> audience;
  for (const Alive& one : alive) ++audience[one.stream];
  size_t members = 0, cells = 0, sessions = 0;
  for (size_t worker = 0; worker < 3; ++worker) {
    members += town.desk(worker).keeper().members();
    cells += town.desk(worker).keeper().cells();
    sessions += town.desk(worker).sessions();
    EXPECT_EQ(town.desk(worker).ghosts(), 0u);
    for (const auto& [stream, size] : audience) {
      const StreamId id = stream_of(BusMessageClass::kNative, Bytes(16, stream));
      EXPECT_EQ(town.desk(worker).keeper().audience(id), size)
          << "stream " << int{stream} << " as worker " << worker << " sees it";
    }
  }
  EXPECT_EQ(members, alive.size());
  EXPECT_EQ(sessions, alive.size());
  EXPECT_LE(cells, alive.size() / options.rules.min + audience.size()) << "small cells have found company";
  // Everybody can still be introduced: MORE brings someone of the same stream, and nobody of another.
  std::map<uint8_t, std::set<PeerId>> of_stream;
  for (const Alive& one : alive) of_stream[one.stream].insert(town.id(one.viewer));
  for (const Alive& one : alive) {
    tracker_wire::Message more;
    more.type = Type::kMore;
    more.want = 3;
    town.say(one.viewer, more);
    town.run();
    const auto peers = town.heard(one.viewer).last(Type::kPeers);
    EXPECT_EQ(peers.id_count, std::min<size_t>(3, audience[one.stream] - 1));
    for (size_t i = 0; i < peers.id_count; ++i) {
      EXPECT_TRUE(of_stream[one.stream].contains(peers.ids[i]));
      EXPECT_NE(peers.ids[i], town.id(one.viewer));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CellsProperty, ::testing::Range(1, 13));

}  // namespace
}  // namespace bazaar::tracker::native
