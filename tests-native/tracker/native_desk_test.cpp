// The native protocol between viewers and one or more workers: who is introduced, what crosses, what is kept, what is
// refused.
#include <gtest/gtest.h>

#include <set>

#include "native/desk.hpp"
#include "tracker/support/town.hpp"

namespace bazaar::tracker::native {
namespace {

using testing::Bytes;
using testing::Town;
using tracker_wire::ErrorCode;
using tracker_wire::GoneReason;
using tracker_wire::Message;
using tracker_wire::SignalKind;
using tracker_wire::Type;

std::set<PeerId> ids(const Message& message) {
  return {message.ids.begin(), message.ids.begin() + static_cast<std::ptrdiff_t>(message.id_count)};
}

Message of_type(Type type) {
  Message message;
  message.type = type;
  return message;
}

std::string blob(const testing::Heard& heard) {
  const Message relayed = heard.last(Type::kRelayed);
  const Bytes& frame = heard.frames.back();
  return {frame.begin() + relayed.blob_offset, frame.begin() + relayed.blob_offset + relayed.blob_bytes};
}

// Introductions.

TEST(NativeDesk, A_viewer_hears_of_the_join_window_first_and_of_the_others_when_it_joins) {
  Town::Options options;
  options.limits.join_window_ms = 3'000;
  Town town(options);
  const auto anna = town.connect(0);
  const auto ben = town.connect(0);
  EXPECT_EQ(town.heard(anna).last(Type::kHello).wait_ms, 3'000u);
  town.join(anna);
  town.join(ben);
  EXPECT_EQ(town.heard(anna).last(Type::kWelcome).audience, 1u);
  EXPECT_EQ(town.heard(anna).last(Type::kWelcome).id_count, 0u);
  const Message welcome = town.heard(ben).last(Type::kWelcome);
  EXPECT_EQ(welcome.audience, 2u);
  EXPECT_EQ(ids(welcome), std::set<PeerId>{town.id(anna)});
  EXPECT_EQ(welcome.stats_s, 60);
  EXPECT_FALSE(welcome.is_resumed);
}

TEST(NativeDesk, Viewers_of_different_streams_never_meet) {
  Town town;
  const auto anna = town.connect(0);
  const auto ben = town.connect(0);
  town.join(anna, 1);
  town.join(ben, 2);
  EXPECT_EQ(town.heard(ben).last(Type::kWelcome).id_count, 0u);
  town.signal(ben, town.id(anna), "hello");
  EXPECT_EQ(town.heard(anna).count(Type::kRelayed), 0u);
  EXPECT_EQ(town.heard(ben).last(Type::kGone).why, GoneReason::kStranger);
}

TEST(NativeDesk, Two_who_land_on_different_workers_at_the_same_moment_meet_within_two_seconds) {
  Town town(Town::nodes(2));
  // Neither notice has arrived when the other joins: both open a cell.
  bool is_slow = true;
  town.loses = [&] { return is_slow; };
  const auto anna = town.connect(0);
  const auto ben = town.connect(1);
  town.join(anna);
  town.join(ben);
  is_slow = false;
  EXPECT_EQ(town.heard(ben).last(Type::kWelcome).id_count, 0u);
  town.run(7'000);  // the lost notices are renewed after five seconds, then one cell joins the other
  const auto introduced = [&](Town::Viewer viewer, Town::Viewer other) {
    return town.heard(viewer).count(Type::kPeers) > 0 &&
           ids(town.heard(viewer).last(Type::kPeers)).contains(town.id(other));
  };
  EXPECT_TRUE(introduced(anna, ben) || introduced(ben, anna));
  EXPECT_EQ(town.desk(0).keeper().cells() + town.desk(1).keeper().cells(), 1u);
  EXPECT_EQ(town.desk(0).keeper().audience({}), 0u);
}

TEST(NativeDesk, A_small_stream_has_one_cell_whichever_workers_its_viewers_are_on) {
  Town::Options options;
  options.workers = 4;
  Town town(options);
  std::vector<Town::Viewer> viewers;
  for (int i = 0; i < 40; ++i) {
    viewers.push_back(town.connect(i % 4));
    town.join(viewers.back());
  }
  size_t cells = 0;
  for (int i = 0; i < 4; ++i) cells += town.desk(i).keeper().cells();
  EXPECT_EQ(cells, 1u);
  EXPECT_EQ(town.heard(viewers.back()).last(Type::kWelcome).audience, 40u);
  EXPECT_EQ(town.heard(viewers.back()).last(Type::kWelcome).id_count, 12u);
}

TEST(NativeDesk, A_large_stream_has_cells_on_every_worker_and_signals_stay_there) {
  Town::Options options;
  options.workers = 2;
  Town town(options);
  for (int i = 0; i < 3'000; ++i) {
    town.join(town.connect(i % 2));
    if (i % 75 == 0) town.run(100);
  }
  town.run(2'000);
  for (int i = 0; i < 2; ++i) {
    EXPECT_GE(town.desk(i).keeper().cells(), 4u);
    EXPECT_GE(town.desk(i).keeper().members(), 1'300u);
  }
  const auto last = town.connect(0);
  town.join(last);
  EXPECT_EQ(town.heard(last).last(Type::kWelcome).audience, 3'001u);
  const auto before = town.desk(0).counters().relayed_away;
  for (const PeerId peer : ids(town.heard(last).last(Type::kWelcome))) town.signal(last, peer, "offer");
  EXPECT_EQ(town.desk(0).counters().relayed_away, before);
}

TEST(NativeDesk, MORE_brings_others_and_leaves_out_whom_it_names) {
  Town town;
  std::vector<Town::Viewer> viewers;
  for (int i = 0; i < 10; ++i) {
    viewers.push_back(town.connect(0));
    town.join(viewers.back(), 7, 3);
  }
  const auto known = ids(town.heard(viewers[9]).last(Type::kWelcome));
  ASSERT_EQ(known.size(), 3u);
  Message more = of_type(Type::kMore);
  more.want = 64;
  for (const PeerId id : known) more.ids[more.id_count++] = id;
  town.say(viewers[9], more);
  const auto others = ids(town.heard(viewers[9]).last(Type::kPeers));
  EXPECT_EQ(others.size(), 6u);
  for (const PeerId id : known) EXPECT_FALSE(others.contains(id));
  EXPECT_FALSE(others.contains(town.id(viewers[9])));
}

TEST(NativeDesk, Members_hear_of_the_audience_at_most_every_five_seconds_and_only_when_it_changed) {
  Town town;
  const auto anna = town.connect(0);
  town.join(anna);
  town.run(6'000);
  const size_t before = town.heard(anna).count(Type::kPeers);
  for (int i = 0; i < 20; ++i) town.join(town.connect(0));
  town.run(11'000);
  EXPECT_LE(town.heard(anna).count(Type::kPeers) - before, 3u);
  EXPECT_EQ(town.heard(anna).last(Type::kPeers).audience, 21u);
  const size_t after = town.heard(anna).count(Type::kPeers);
  town.run(30'000);
  EXPECT_EQ(town.heard(anna).count(Type::kPeers), after);
}

// Signals.

class NativeSignals : public ::testing::TestWithParam<bool> {
 protected:
  NativeSignals() : town_(options()), anna_(town_.connect(0)), ben_(town_.connect(GetParam() ? 1 : 0)) {
    town_.join(anna_);
    town_.join(ben_);
  }
  static Town::Options options() {
    Town::Options options;
    options.workers = 2;
    return options;
  }
  Town town_;
  Town::Viewer anna_, ben_;
};

TEST_P(NativeSignals, Arrive_as_they_were_under_the_senders_own_id_and_may_be_answered) {
  const std::string offer(3'000, 'o');
  town_.signal(ben_, town_.id(anna_), offer);
  EXPECT_EQ(town_.heard(anna_).last(Type::kRelayed).peer, town_.id(ben_));
  EXPECT_EQ(town_.heard(anna_).last(Type::kRelayed).kind, SignalKind::kOffer);
  EXPECT_EQ(blob(town_.heard(anna_)), offer);
  // Anna was never introduced to Ben; that he spoke to her is enough.
  town_.signal(anna_, town_.id(ben_), "answer", SignalKind::kAnswer);
  EXPECT_EQ(town_.heard(ben_).last(Type::kRelayed).peer, town_.id(anna_));
  EXPECT_EQ(blob(town_.heard(ben_)), "answer");
}

TEST_P(NativeSignals, That_are_none_end_the_connection) {
  town_.signal(ben_, town_.id(anna_), "!");
  EXPECT_EQ(town_.heard(ben_).close_code, 4000);
  EXPECT_EQ(town_.heard(anna_).count(Type::kRelayed), 0u);
}

TEST_P(NativeSignals, Before_any_introduction_go_nowhere) {
  town_.signal(anna_, town_.id(ben_), "spray");
  EXPECT_EQ(town_.heard(ben_).count(Type::kRelayed), 0u);
  EXPECT_EQ(town_.heard(anna_).last(Type::kGone).why, GoneReason::kStranger);
  EXPECT_EQ(town_.heard(anna_).last(Type::kGone).peer, town_.id(ben_));
}

TEST_P(NativeSignals, To_one_who_left_are_answered_by_GONE_and_the_second_is_to_a_stranger) {
  town_.disconnect(anna_);
  town_.signal(ben_, town_.id(anna_), "offer");
  EXPECT_EQ(town_.heard(ben_).last(Type::kGone).why, GoneReason::kGone);
  town_.signal(ben_, town_.id(anna_), "offer");
  EXPECT_EQ(town_.heard(ben_).last(Type::kGone).why, GoneReason::kStranger);
}

TEST_P(NativeSignals, Follow_a_viewer_that_resumed_on_another_worker) {
  const PeerId id = town_.id(anna_);
  town_.disconnect(anna_);
  const auto again = town_.resume(anna_, 1 - (GetParam() ? 1 : 0));
  EXPECT_EQ(town_.id(again), id);
  town_.signal(ben_, id, "late");
  EXPECT_EQ(blob(town_.heard(again)), "late");
}

TEST_P(NativeSignals, To_a_slow_reader_are_answered_by_BUSY_where_they_may_be_tried_again) {
  town_.signal(anna_, town_.id(ben_), "first");  // a stranger's; Ben knows her, she does not know him
  town_.is_deaf = [&](Town::Viewer viewer) { return viewer == anna_; };
  town_.signal(ben_, town_.id(anna_), "offer");
  EXPECT_EQ(town_.heard(ben_).last(Type::kGone).why, GoneReason::kBusy);
  EXPECT_EQ(town_.heard(ben_).last(Type::kGone).peer, town_.id(anna_));
  EXPECT_EQ(town_.heard(anna_).count(Type::kRelayed), 0u);
  town_.signal(ben_, town_.id(anna_), "answer", SignalKind::kAnswer);
  EXPECT_EQ(blob(town_.heard(anna_)), "answer") << "one that its sender does not repeat";
  town_.is_deaf = [](Town::Viewer) { return false; };
  town_.signal(ben_, town_.id(anna_), "again");
  EXPECT_EQ(blob(town_.heard(anna_)), "again");
  EXPECT_EQ(town_.heard(ben_).count(Type::kGone), 1u);
}

INSTANTIATE_TEST_SUITE_P(Between, NativeSignals, ::testing::Bool(),
                         [](const auto& is_far) { return is_far.param ? "two_workers" : "viewers_of_one_worker"; });

// Resuming.

struct Resumed : ::testing::TestWithParam<int> {};

TEST_P(Resumed, A_viewer_keeps_its_id_and_its_acquaintances) {
  Town town(Town::nodes(3));
  const auto anna = town.connect(0);
  const auto ben = town.connect(2);
  town.join(anna);
  town.join(ben);
  town.signal(ben, town.id(anna), "offer");
  town.disconnect(anna);
  town.run(5'000);
  const auto again = town.resume(anna, GetParam());
  const Message welcome = town.heard(again).last(Type::kWelcome);
  EXPECT_TRUE(welcome.is_resumed);
  EXPECT_EQ(welcome.peer, town.id(anna));
  EXPECT_EQ(welcome.audience, 2u);
  town.run(100);
  town.signal(again, town.id(ben), "we know each other");
  EXPECT_EQ(blob(town.heard(ben)), "we know each other");
  EXPECT_EQ(town.desk(0).keeper().members() + town.desk(1).keeper().members() + town.desk(2).keeper().members(), 2u);
}

INSTANTIATE_TEST_SUITE_P(On, Resumed, ::testing::Values(0, 1, 2));

TEST(NativeDesk, A_place_is_kept_twenty_seconds_and_no_longer) {
  for (const int64_t away_ms : {19'900, 20'200}) {
    Town town;
    const auto anna = town.connect(0);
    town.join(anna);
    town.disconnect(anna);
    town.run(away_ms);
    const auto again = town.resume(anna, 0);
    EXPECT_EQ(town.heard(again).last(Type::kWelcome).is_resumed, away_ms < 20'000);
    EXPECT_EQ(town.id(again) == town.id(anna), away_ms < 20'000);
    EXPECT_EQ(town.desk(0).ghosts(), 0u);
  }
}

TEST(NativeDesk, Resuming_while_the_old_connection_still_seems_to_live_closes_it) {
  for (const size_t where : {0, 1}) {
    Town::Options options;
    options.workers = 2;
    Town town(options);
    const auto anna = town.connect(0);
    town.join(anna);
    const auto again = town.resume(anna, where);
    town.run();
    EXPECT_EQ(town.heard(anna).close_code, 4012);
    EXPECT_FALSE(town.is_connected(anna));
    EXPECT_TRUE(town.is_connected(again));
    EXPECT_EQ(town.heard(again).last(Type::kWelcome).audience, 1u) << "at worker " << where;
    EXPECT_EQ(town.desk(0).keeper().members() + town.desk(1).keeper().members(), 1u);
    // In the end nothing is left behind.
    town.run(options.limits.forward_ms + 1'000);
    EXPECT_EQ(town.desk(0).sessions() + town.desk(1).sessions(), 1u);
  }
}

TEST(NativeDesk, A_token_for_another_stream_or_of_nonsense_joins_afresh) {
  Town town;
  const auto anna = town.connect(0);
  town.join(anna, 1);
  for (Bytes token : {town.resume_token(anna), Bytes(64, 0xee), Bytes{1}}) {
    const auto ben = town.connect(0);
    town.join(ben, 2, 12, {}, token);
    EXPECT_FALSE(town.heard(ben).last(Type::kWelcome).is_resumed);
    EXPECT_NE(town.id(ben), town.id(anna));
  }
  EXPECT_EQ(town.desk(0).counters().resumes_unknown, 3u);
  EXPECT_TRUE(town.is_connected(anna));
}

TEST(NativeDesk, When_a_node_is_lost_its_viewers_resume_elsewhere_under_their_ids_and_the_rest_find_another_cell) {
  Town town(Town::nodes(3));
  std::vector<Town::Viewer> viewers;
  for (int i = 0; i < 30; ++i) {
    viewers.push_back(town.connect(i % 3));
    town.join(viewers.back());
  }
  ASSERT_EQ(town.desk(0).keeper().cells(), 1u);  // the first worker owns the stream's cell
  town.kill(0);
  town.run(3'000);
  for (int i = 0; i < 30; i += 3) {
    const PeerId id = town.id(viewers[i]);
    viewers[i] = town.resume(viewers[i], 1 + i % 2);
    EXPECT_EQ(town.id(viewers[i]), id);
    EXPECT_TRUE(town.heard(viewers[i]).last(Type::kWelcome).is_resumed);
  }
  town.run(7'000);
  EXPECT_EQ(town.desk(1).keeper().members() + town.desk(2).keeper().members(), 30u);
  EXPECT_EQ(town.desk(1).keeper().cells() + town.desk(2).keeper().cells(), 1u);
  for (const auto viewer : viewers) EXPECT_TRUE(town.is_connected(viewer));
}

TEST(NativeDesk, An_owner_that_does_not_answer_within_a_second_costs_its_viewer_that_second_only) {
  Town town(Town::nodes(2));
  town.join(town.connect(0));
  town.kill(0, false);  // nobody has noticed
  const auto ben = town.connect(1);
  town.join(ben);
  EXPECT_EQ(town.heard(ben).count(Type::kWelcome), 0u);
  town.run(1'100);
  EXPECT_EQ(town.heard(ben).count(Type::kWelcome), 1u);
  EXPECT_EQ(town.desk(1).counters().replaced_locally, 1u);
}

TEST(NativeDesk, While_other_nodes_cannot_be_reached_newcomers_meet_at_home_at_once_and_everybody_afterwards) {
  Town town(Town::nodes(2));
  for (int i = 0; i < 4; ++i) town.join(town.connect(i % 2));
  ASSERT_EQ(town.desk(0).keeper().members(), 4u);
  town.loses = [] { return true; };
  town.desk(1).set_extent({2, 2, true});
  const auto ben = town.connect(1);
  town.join(ben);
  EXPECT_EQ(town.heard(ben).count(Type::kWelcome), 1u) << "he need not wait for an owner that cannot answer";
  town.run(8'000);
  EXPECT_EQ(town.desk(1).keeper().members(), 1u) << "nor does his cell go where there is no way";

  town.loses = [] { return false; };
  for (int i = 0; i < 2; ++i) {
    town.desk(i).set_extent({2, 2, false});
    town.desk(i).reconnected(town.now_ms());
  }
  town.run(10'000);
  EXPECT_EQ(town.desk(0).keeper().members() + town.desk(1).keeper().members(), 5u);
  EXPECT_EQ(town.desk(0).keeper().cells() + town.desk(1).keeper().cells(), 1u);
}

TEST(NativeDesk, A_node_that_was_taken_for_lost_speaks_for_its_viewers_when_it_is_back) {
  Town town(Town::nodes(2));
  for (int i = 0; i < 10; ++i) town.join(town.connect(i % 2));
  ASSERT_EQ(town.desk(0).keeper().members(), 10u);
  town.desk(0).node_lost(2, town.now_ms());
  town.run(2'000);
  ASSERT_EQ(town.desk(0).keeper().members(), 5u);
  town.desk(1).reconnected(town.now_ms());
  town.run(10'000);
  EXPECT_EQ(town.desk(0).keeper().members() + town.desk(1).keeper().members(), 10u);
  EXPECT_EQ(town.desk(0).keeper().cells() + town.desk(1).keeper().cells(), 1u);
}

// Draining.

TEST(NativeDesk, A_draining_node_sends_its_viewers_away_at_its_pace_and_its_cells_at_once) {
  Town town(Town::nodes(2));
  std::vector<Town::Viewer> leaving, staying;
  for (int i = 0; i < 20; ++i) {
    leaving.push_back(town.connect(0));
    town.join(leaving.back());
    staying.push_back(town.connect(1));
    town.join(staying.back());
  }
  town.desk(0).drain({10, 1}, 500, town.now_ms());
  town.run(1'000);
  size_t told = 0;
  for (const auto viewer : leaving) told += town.heard(viewer).count(Type::kGoAway);
  EXPECT_GE(told, 9u);
  EXPECT_LE(told, 12u);
  EXPECT_EQ(town.desk(1).keeper().members(), 20u);
  town.run(1'500);
  for (const auto viewer : leaving) {
    ASSERT_EQ(town.heard(viewer).count(Type::kGoAway), 1u);
    EXPECT_EQ(town.heard(viewer).last(Type::kGoAway).wait_ms, 500u);
    const auto again = town.resume(viewer, 1);
    EXPECT_TRUE(town.heard(again).last(Type::kWelcome).is_resumed);
    EXPECT_EQ(town.heard(viewer).close_code, 4012);
  }
  EXPECT_EQ(town.desk(1).keeper().members(), 40u);
  const auto late = town.connect(0);
  EXPECT_EQ(town.heard(late).last(Type::kGoAway).wait_ms, 500u);
}

TEST(NativeDesk, When_the_old_node_has_stopped_signals_go_to_where_each_viewer_is_now) {
  Town town(Town::nodes(2));
  std::vector<Town::Viewer> viewers;
  for (int i = 0; i < 6; ++i) {
    viewers.push_back(town.connect(i % 3 == 0 ? 1 : 0));  // two at the node that stays
    town.join(viewers.back());
    // Some have signalled, some are only introduced: these are known to the newcomer alone.
    for (int other = 0; other < i; other += 2) town.signal(viewers.back(), town.id(viewers[other]), "hello");
  }
  town.desk(0).drain({100, 10}, 500, town.now_ms());
  town.run(1'000);
  for (const int i : {1, 2, 4, 5}) {
    viewers[i] = town.resume(viewers[i], 1);
  }
  town.run(100);
  town.kill(0);
  for (size_t from = viewers.size(); from-- > 0;) {  // whom a newcomer greets may answer
    for (const auto to : viewers) {
      if (viewers[from] == to) continue;
      const std::string words = std::to_string(viewers[from]) + " to " + std::to_string(to);
      town.signal(viewers[from], town.id(to), words);
      ASSERT_GT(town.heard(to).count(Type::kRelayed), 0u) << words;
      EXPECT_EQ(blob(town.heard(to)), words);
    }
  }
}

// Anna was there first: Ben was introduced to her, and she knows nothing of him. They move to different nodes.
struct Apart : ::testing::TestWithParam<bool> {};

TEST_P(Apart, One_who_was_introduced_finds_the_other_after_both_have_moved_and_the_old_node_has_stopped) {
  Town town(Town::nodes(3));
  auto anna = town.connect(0);
  town.join(anna);
  auto ben = town.connect(0);
  town.join(ben);
  const auto move = [&](Town::Viewer& viewer, size_t worker) { viewer = town.resume(viewer, worker); };
  const bool is_anna_first = GetParam();
  if (is_anna_first) move(anna, 2);
  if (!is_anna_first) move(ben, 1);
  town.run(60'000);  // long after the place of the one that moved would have ended
  if (is_anna_first) move(ben, 1);
  if (!is_anna_first) move(anna, 2);
  town.kill(0);
  town.signal(ben, town.id(anna), "still here?");
  ASSERT_EQ(town.heard(anna).count(Type::kRelayed), 1u);
  town.signal(anna, town.id(ben), "yes", SignalKind::kAnswer);
  EXPECT_EQ(blob(town.heard(ben)), "yes");
}

INSTANTIATE_TEST_SUITE_P(Moves, Apart, ::testing::Bool(),
                         [](const auto& is_anna_first) { return is_anna_first.param ? "anna_first" : "ben_first"; });

TEST(NativeDesk, Signals_are_sent_after_so_many_and_so_long_and_the_oldest_go_first) {
  Town::Options options = Town::nodes(2);
  options.limits.forwards_max = 2;
  Town town(options);
  std::vector<Town::Viewer> viewers;
  for (int i = 0; i < 4; ++i) {
    viewers.push_back(town.connect(0));
    town.join(viewers.back());
  }
  const auto ben = viewers.back();  // the last: introduced to the others, who do not know him
  for (int i = 0; i < 3; ++i) {
    viewers[i] = town.resume(viewers[i], 1);
  }
  town.signal(ben, town.id(viewers[0]), "first");
  EXPECT_EQ(town.heard(ben).last(Type::kGone).peer, town.id(viewers[0]));
  town.signal(ben, town.id(viewers[1]), "second");
  EXPECT_EQ(blob(town.heard(viewers[1])), "second");
  EXPECT_EQ(town.desk(0).sessions(), 3u);
  town.run(options.limits.forward_ms);
  EXPECT_EQ(town.desk(0).sessions(), 1u);
  town.signal(ben, town.id(viewers[1]), "he has heard where that is");
  EXPECT_EQ(blob(town.heard(viewers[1])), "he has heard where that is");
  town.signal(ben, town.id(viewers[2]), "too late");
  EXPECT_EQ(town.heard(ben).last(Type::kGone).peer, town.id(viewers[2]));
}

TEST(NativeDesk, WELCOME_waits_until_signals_are_sent_after_the_viewer) {
  Town town(Town::nodes(2));
  town.join(town.connect(1));  // the cell is where she will be: only the old home is far
  const auto ben = town.connect(0);
  town.join(ben);
  const auto anna = town.connect(0);
  town.join(anna);
  town.signal(anna, town.id(ben), "hello");
  town.disconnect(anna);
  town.is_bus_held = true;
  const auto again = town.resume(anna, 1);
  EXPECT_EQ(town.heard(again).count(Type::kWelcome), 0u) << "nobody would find it yet";
  town.say(again, of_type(Type::kStats));
  EXPECT_TRUE(town.is_connected(again)) << "it has said JOIN, and need not know what we wait for";
  town.is_bus_held = false;
  town.run();
  EXPECT_TRUE(town.heard(again).last(Type::kWelcome).is_resumed);
  town.signal(ben, town.id(anna), "answer", SignalKind::kAnswer);
  EXPECT_EQ(blob(town.heard(again)), "answer");
}

TEST(NativeDesk, An_old_home_that_does_not_answer_costs_a_third_of_a_second) {
  Town town(Town::nodes(2));
  const auto anna = town.connect(0);
  town.join(anna);
  town.kill(0, false);  // nobody has noticed
  const auto again = town.resume(anna, 1);
  EXPECT_EQ(town.heard(again).count(Type::kWelcome), 0u);
  town.run(300);
  // Its cell was there too, for all this worker knows: that is another second.
  town.run(1'000);
  EXPECT_EQ(town.heard(again).last(Type::kWelcome).peer, town.id(anna));
  EXPECT_TRUE(town.heard(again).last(Type::kWelcome).is_resumed);
}

// The only node there is has started anew under another number; or the others cannot be reached now.
TEST(NativeDesk, An_old_home_that_cannot_answer_is_not_waited_for) {
  for (const Extent extent : {Extent{1, 1, false}, Extent{2, 2, true}}) {
    Town town(Town::nodes(2));
    town.join(town.connect(1));
    const auto anna = town.connect(0);
    town.join(anna);
    town.kill(0, false);
    town.desk(1).set_extent(extent);
    const auto again = town.resume(anna, 1);
    EXPECT_EQ(town.id(again), town.id(anna));
  }
}

TEST(NativeDesk, An_old_home_that_has_forgotten_the_viewer_says_so_at_once) {
  Town::Options options = Town::nodes(2);
  options.limits.ghosts_max = 0;
  Town town(options);
  const auto anna = town.connect(0);
  town.join(anna);
  town.disconnect(anna);
  const auto again = town.resume(anna, 1);
  EXPECT_EQ(town.heard(again).last(Type::kWelcome).peer, town.id(anna));
}

// WELCOME may be lost with its connection: then the viewer has its old token still, and may go anywhere with it.
struct MovedTwice : ::testing::TestWithParam<size_t> {};

TEST_P(MovedTwice, With_the_same_token_a_viewer_is_found_where_it_is_now) {
  Town town(Town::nodes(3));
  const auto ben = town.connect(0);
  town.join(ben);
  const auto anna = town.connect(0);
  town.join(anna);
  town.signal(anna, town.id(ben), "hello");
  town.disconnect(anna);
  town.is_bus_held = true;
  const auto lost = town.resume(anna, 1);
  town.disconnect(lost);  // before it was welcomed
  town.is_bus_held = false;
  town.run();
  const auto again = town.resume(anna, GetParam());
  ASSERT_EQ(town.id(again), town.id(anna));
  town.signal(ben, town.id(anna), "found");
  EXPECT_EQ(blob(town.heard(again)), "found");
  town.signal(again, town.id(ben), "so I am", SignalKind::kAnswer);
  EXPECT_EQ(blob(town.heard(ben)), "so I am");
  size_t members = 0;
  for (size_t i = 0; i < 3; ++i) members += town.desk(i).keeper().members();
  EXPECT_EQ(members, 2u);
  town.run(25'000);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(town.desk(i).ghosts(), 0u);
  EXPECT_TRUE(town.is_connected(again));
}

INSTANTIATE_TEST_SUITE_P(To, MovedTwice, ::testing::Values(0, 1, 2),
                         [](const auto& worker) { return "worker_" + std::to_string(worker.param); });

TEST(NativeDesk, A_new_home_of_somebody_unknown_is_nobodys_business) {
  Town::Options options;
  options.workers = 2;
  Town town(options);
  const auto anna = town.connect(0);
  const auto ben = town.connect(1);
  town.join(anna, 1);
  town.join(ben, 2);
  BusMessage news;
  news.kind = BusKind::kNewHome;
  // Slots count from 0, generations from 1: the first sessions of both workers.
  news.to = Address(0, 0, 0, 1);
  news.from = Address(0, 1, 0, 1);
  news.peer = town.id(ben);
  Bytes bytes(kBusMessageBytesMax);
  bytes.resize(write(news, bytes));
  town.desk(0).delivered(bytes, town.now_ms());
  town.signal(anna, town.id(ben), "stranger");
  EXPECT_EQ(town.heard(anna).last(Type::kGone).why, GoneReason::kStranger);
  EXPECT_EQ(town.heard(ben).count(Type::kRelayed), 0u);
}

// Refusals.

TEST(NativeDesk, Who_says_nothing_for_ten_seconds_is_sent_away) {
  Town town;
  const auto anna = town.connect(0);
  town.run(9'900);
  EXPECT_TRUE(town.is_connected(anna));
  town.run(200);
  EXPECT_EQ(town.heard(anna).close_code, 4009);
  EXPECT_FALSE(town.is_connected(anna));
  EXPECT_EQ(town.desk(0).sessions(), 0u);
}

TEST(NativeDesk, What_is_wrong_is_told_apart_and_ends_the_connection) {
  Message old = of_type(Type::kJoin);
  old.version = 1;
  Bytes old_frame(200);
  old_frame.resize(tracker_wire::encode(old, old_frame));
  Bytes leave{0x91, 0x04};
  Bytes welcome(200);
  Message of_tracker = of_type(Type::kGone);
  of_tracker.peer = 5;
  welcome.resize(tracker_wire::encode(of_tracker, welcome));
  const std::vector<std::pair<Bytes, uint16_t>> wrong = {
      {{0xc1}, 4000},       {Bytes(tracker_wire::kFrameBytesMax + 1, 0x91), 4001},
      {{0x91, 0x63}, 4002}, {welcome, 4002},
      {old_frame, 4003},    {leave, 4004}};
  for (const auto& [frame, code] : wrong) {
    Town town;
    const auto anna = town.connect(0);
    town.say(anna, frame);
    EXPECT_EQ(town.heard(anna).close_code, code);
    EXPECT_EQ(static_cast<uint16_t>(town.heard(anna).last(Type::kError).code), code);
    EXPECT_FALSE(town.heard(anna).last(Type::kError).text.empty());
    EXPECT_EQ(town.desk(0).sessions(), 0u);
    EXPECT_EQ(town.desk(0).counters().refused, 1u);
  }
}

TEST(NativeDesk, A_second_JOIN_ends_the_connection_and_the_membership) {
  Town town;
  const auto anna = town.connect(0);
  town.join(anna);
  town.join(anna);
  EXPECT_EQ(town.heard(anna).close_code, 4005);
  EXPECT_EQ(town.desk(0).keeper().members(), 0u);
}

TEST(NativeDesk, The_gate_is_asked_before_anything_is_kept) {
  Town town;
  town.guard = [](std::span<const uint8_t>) { return Refusal{ErrorCode::kToken, "expired", 0}; };
  const auto anna = town.connect(0);
  town.join(anna);
  EXPECT_EQ(town.heard(anna).close_code, 4010);
  EXPECT_EQ(town.desk(0).keeper().streams(), 0u);
}

TEST(NativeDesk, Bounds_on_streams_and_viewers_say_when_to_come_back) {
  Town::Options options;
  options.limits.streams_max = 2;
  options.limits.audience_max = 3;
  Town town(options);
  for (int i = 0; i < 3; ++i) town.join(town.connect(0), 1);
  town.join(town.connect(0), 2);
  for (const uint8_t stream : {1, 3}) {
    const auto late = town.connect(0);
    town.join(late, stream);
    EXPECT_EQ(town.heard(late).close_code, 4006);
    EXPECT_EQ(town.heard(late).last(Type::kError).wait_ms, 5'000u);
  }
  EXPECT_EQ(town.desk(0).keeper().streams(), 2u);
  EXPECT_EQ(town.desk(0).keeper().members(), 4u);
}

TEST(NativeDesk, LEAVE_makes_room_at_once_and_the_connection_may_join_again) {
  Town town;
  const auto anna = town.connect(0);
  town.join(anna);
  const PeerId before = town.id(anna);
  town.say(anna, of_type(Type::kLeave));
  EXPECT_EQ(town.desk(0).keeper().members(), 0u);
  town.join(anna, 8);
  EXPECT_NE(town.id(anna), before);
  EXPECT_EQ(town.desk(0).keeper().members(), 1u);
}

TEST(NativeDesk, Only_so_many_places_are_kept_and_the_oldest_go_first) {
  Town::Options options;
  options.limits.ghosts_max = 5;
  Town town(options);
  std::vector<Town::Viewer> viewers;
  for (int i = 0; i < 8; ++i) {
    viewers.push_back(town.connect(0));
    town.join(viewers.back());
  }
  for (const auto viewer : viewers) town.disconnect(viewer);
  EXPECT_EQ(town.desk(0).ghosts(), 5u);
  EXPECT_EQ(town.desk(0).sessions(), 5u);
  for (const int i : {2, 3}) {
    const auto again = town.connect(0);
    town.join(again, 7, 12, {}, town.resume_token(viewers[i]));
    EXPECT_EQ(town.heard(again).last(Type::kWelcome).is_resumed, i == 3);
  }
}

TEST(NativeDesk, Nothing_that_comes_over_the_bus_is_trusted) {
  Town town;
  const auto anna = town.connect(0);
  town.join(anna);
  Dice dice(9);
  BusMessage enter;
  enter.kind = BusKind::kEnter;
  enter.stream.bytes.fill(7);
  enter.list_size = 3;
  BusMessage signal;
  signal.kind = BusKind::kSignal;
  const Bytes payload(40, 1);
  signal.blob = payload;
  BusMessage moved;
  moved.kind = BusKind::kMoved;
  moved.list_size = 64;
  for (const BusMessage& message : {enter, signal, moved}) {
    Bytes bytes(kBusMessageBytesMax);
    bytes.resize(write(message, bytes));
    ASSERT_FALSE(bytes.empty());
    for (int i = 0; i < 20'000; ++i) {
      Bytes damaged = bytes;
      for (uint32_t n = 1 + dice.below(4); n > 0; --n) damaged[dice.below(damaged.size())] = dice.next();
      if (dice.below(3) == 0) damaged.resize(dice.below(damaged.size()));
      town.desk(0).delivered(damaged, town.now_ms());
    }
  }
  EXPECT_GT(town.desk(0).counters().bus_bad, 10'000u);
  town.run(2'000);
  EXPECT_TRUE(town.is_connected(anna));
}

}  // namespace
}  // namespace bazaar::tracker::native
