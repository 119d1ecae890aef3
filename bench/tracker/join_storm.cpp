// The premiere: everybody is dialled by the plan of options.open_rate, and joins one stream as soon as it can.
// Owns the plan of dialling; refuses to signal. Invariant: a client's wait is counted from when it should have been
// dialled, and a client that was never welcomed is in the result.
#include "native.hpp"
#include "pacer.hpp"

namespace bazaar::load {
namespace {

class StormRun final : public FleetListener {
 public:
  explicit StormRun(const ProfileOptions& options)
      : options_(options),
        dialect_(options.fleet.clients, options.per_swarm, options.payload_bytes),
        fleet_(options.fleet, *this),
        due_ns_(options.fleet.clients) {}

  void opened(ClientIndex who) override {
    connected_.add(now_ns() - due_ns_[who]);
    dialect_.opened(fleet_, who);
  }
  void closed(ClientIndex who, uint16_t) override { dialect_.closed(who); }
  void message(ClientIndex who, std::span<const uint8_t> message) override {
    const Dialect::Taken taken = dialect_.take(fleet_, who, message);
    if (taken.is_failure) ++failures_;
    if (taken.became_ready) welcomed_.add(now_ns() - due_ns_[who]);
  }

  nlohmann::json run() {
    Window window;
    window.begin(options_.server_pid, fleet_.counts());
    const int64_t start_ns = now_ns();
    const double storm_s = options_.fleet.clients / options_.open_rate;
    const int64_t end_ns = start_ns + ns_of(storm_s + kPatienceS);
    Pacer pacer(start_ns, options_.open_rate);
    for (int64_t now = start_ns; now < end_ns && welcomed_.total() < options_.fleet.clients; now = now_ns()) {
      int64_t due_ns = 0;
      while (pacer.fired() < options_.fleet.clients && pacer.take(now, due_ns)) {
        due_ns_[pacer.fired() - 1] = due_ns;
        fleet_.open(static_cast<ClientIndex>(pacer.fired() - 1));
      }
      fleet_.turn(now);
      sleep_until(now + kTurnNs);
    }
    window.end(fleet_.counts());
    nlohmann::json result;
    window.add_to(result);
    add_counts(fleet_.counts(), result);
    result["welcomed"] = welcomed_.total();
    result["never_welcomed"] = options_.fleet.clients - welcomed_.total();
    result["failures"] = failures_;
    result["last_error"] = dialect_.last_error();
    result["joins_per_s"] = options_.open_rate;
    result["connected"] = in_words(connected_);
    result["latency"] = in_words(welcomed_);
    return result;
  }

 private:
  static constexpr double kPatienceS = 10;

  ProfileOptions options_;
  NativeDialect dialect_;
  Fleet fleet_;
  std::vector<int64_t> due_ns_;
  Histogram connected_;
  Histogram welcomed_;
  uint64_t failures_ = 0;
};

}  // namespace

nlohmann::json run_join_storm(ProfileOptions options) {
  options.per_swarm = options.fleet.clients;
  options.fleet.subprotocol = std::string(tracker_wire::kSubprotocol);
  return StormRun(options).run();
}

}  // namespace bazaar::load
