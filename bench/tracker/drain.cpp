// A node stops under load: SIGTERM, then viewers move as GOAWAY says, and as the protocol says when they are just hung
// up. Owns each viewer's move; refuses to choose where to. Invariant: a viewer moves once, and is resumed, a newcomer,
// or lost; a signal counts as lost among the rest only if neither end was moving while it was on its way.
#include <signal.h>

#include <queue>

#include "native.hpp"
#include "relay_run.hpp"

namespace bazaar::load {
namespace {

constexpr int64_t kOnItsWayNs = 2 * kNsPerSecond;
constexpr size_t kExamplesMax = 20;

class DrainRun final : public RelayRun {
 public:
  DrainRun(const ProfileOptions& options, NativeDialect& dialect)
      : RelayRun(options, dialect), dialect_(dialect), dice_(options.seed + 1), moves_(options.fleet.clients) {}

  /// From here on viewers are to move.
  void begin(const Target& next, int64_t now) {
    began_ns_ = now;
    fleet().aim_at(next);
    dialect_.keep_tokens();
  }

  void message(ClientIndex who, std::span<const uint8_t> message) override {
    RelayRun::message(who, message);
    if (began_ns_ == 0) return;
    if (const std::optional<uint32_t> within_ms = dialect_.take_goaway(who)) {
      ++told_;
      const double wait_ms = dice_.roll() * *within_ms;
      due_.push({now_ns() + static_cast<int64_t>(wait_ms * static_cast<double>(kNsPerMs)), who});
    }
  }

  void closed(ClientIndex who, uint16_t code) override {
    RelayRun::closed(who, code);
    if (began_ns_ == 0) return;
    Move& move = moves_[who];
    const int64_t now = now_ns();
    if (move.left_ns == 0) {
      move.left_ns = now;
      if (!move.is_planned) ++hung_up_;
    }
    // By plan at once; hung up, or refused where it went: after a random part of 0.2–1 s, doubled each time.
    const double wait_s =
        move.is_planned && move.tries == 0 ? 0 : (0.2 + 0.8 * dice_.roll()) * (1 << std::min(move.tries, 4));
    ++move.tries;
    due_.push({now + ns_of(wait_s), who});
  }

  void became_ready(ClientIndex who) override {
    Move& move = moves_[who];
    if (began_ns_ == 0 || move.left_ns == 0 || move.back_ns != 0) return;
    move.back_ns = now_ns();
    away_.add(move.back_ns - move.left_ns);
    ++(dialect_.was_resumed(who) ? resumed_ : newcomers_);
  }

  void each_turn(int64_t now) {
    while (!due_.empty() && due_.top().at_ns <= now) {
      const ClientIndex who = due_.top().who;
      due_.pop();
      if (moves_[who].left_ns != 0) {
        fleet().open(who);
      } else {
        moves_[who].is_planned = true;
        fleet().close(who, 1000);
      }
    }
  }

  void add_moves_to(nlohmann::json& result) const {
    uint64_t lost = 0;
    auto examples = nlohmann::json::array();
    std::vector<uint64_t> lost_in_second;
    for (uint64_t number = 0; number < ledger().sent(); ++number) {
      if (ledger().has_arrived(number)) continue;
      const Sent& one = sent(number);
      if (is_moving(one.from, one.due_ns) || is_moving(one.to, one.due_ns)) continue;
      ++lost;
      if (examples.size() < kExamplesMax)
        examples.push_back({{"sent_s", since(one.due_ns)}, {"from", in_words(one.from)}, {"to", in_words(one.to)}});
      const auto second = static_cast<size_t>(std::max<int64_t>(0, one.due_ns - began_ns_) / kNsPerSecond);
      if (lost_in_second.size() <= second) lost_in_second.resize(second + 1);
      ++lost_in_second[second];
    }
    uint64_t within_10_s = 0;
    for (const Move& move : moves_) {
      if (move.back_ns != 0 && move.back_ns - move.left_ns <= 10 * kNsPerSecond) ++within_10_s;
    }
    result["lost_among_the_rest"] = lost;
    result["lost_in_each_second_since"] = lost_in_second;
    result["examples_of_lost"] = examples;
    result["gone_busy_stranger"] = dialect_.gone();
    result["told_to_go"] = told_;
    result["hung_up_without_being_told"] = hung_up_;
    result["resumed"] = resumed_;
    result["newcomers"] = newcomers_;
    result["back_within_10_s"] = within_10_s;
    result["away"] = load::in_words(away_);
  }

 private:
  struct Move {
    int64_t left_ns = 0;
    int64_t back_ns = 0;
    bool is_planned = false;
    int tries = 0;
  };
  struct Due {
    int64_t at_ns;
    ClientIndex who;
    friend bool operator<(const Due& a, const Due& b) { return a.at_ns > b.at_ns; }
  };

  bool is_moving(ClientIndex who, int64_t at_ns) const {
    const Move& move = moves_[who];
    return move.left_ns != 0 && at_ns + kOnItsWayNs >= move.left_ns && (move.back_ns == 0 || at_ns <= move.back_ns);
  }

  /// Seconds since the drain began; 0 for never.
  double since(int64_t at_ns) const { return at_ns == 0 ? 0 : static_cast<double>(at_ns - began_ns_) / kNsPerSecond; }
  nlohmann::json in_words(ClientIndex who) const {
    return {{"left_s", since(moves_[who].left_ns)}, {"back_s", since(moves_[who].back_ns)}};
  }

  NativeDialect& dialect_;
  Dice dice_;
  std::vector<Move> moves_;
  std::priority_queue<Due> due_;
  Histogram away_;
  int64_t began_ns_ = 0;
  uint64_t told_ = 0;
  uint64_t hung_up_ = 0;
  uint64_t resumed_ = 0;
  uint64_t newcomers_ = 0;
};

}  // namespace

nlohmann::json run_drain(ProfileOptions options) {
  options.fleet.subprotocol = std::string(tracker_wire::kSubprotocol);
  NativeDialect dialect(options.fleet.clients, options.per_swarm, options.payload_bytes);
  const int pid = options.server_pid;
  options.server_pid = 0;  // it ends inside the window
  DrainRun run(options, dialect);
  nlohmann::json result;
  result["all_ready"] = run.open();
  const int64_t stop_ns = now_ns() + ns_of(options.warm_up_s);
  bool is_stopped = false;
  run.run([&](int64_t now) {
    if (!is_stopped && now >= stop_ns) {
      is_stopped = true;
      run.begin(options.next, now);
      kill(pid, SIGTERM);
    }
    run.each_turn(now);
  });
  run.add_to(result);
  run.add_moves_to(result);
  return result;
}

}  // namespace bazaar::load
