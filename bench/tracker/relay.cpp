#include "relay.hpp"

#include "relay_run.hpp"

namespace bazaar::load {
namespace {

class IdleRun final : public FleetListener {
 public:
  IdleRun(const ProfileOptions& options, Dialect& dialect) : dialect_(dialect), fleet_(options.fleet, *this) {}

  void opened(ClientIndex who) override { dialect_.opened(fleet_, who); }
  void closed(ClientIndex who, uint16_t) override { dialect_.closed(who); }
  void message(ClientIndex who, std::span<const uint8_t> message) override {
    if (dialect_.take(fleet_, who, message).became_ready) ++ready_;
  }

  Fleet& fleet() { return fleet_; }
  uint64_t ready() const { return ready_; }

 private:
  Dialect& dialect_;
  Fleet fleet_;
  uint64_t ready_ = 0;
};

}  // namespace

nlohmann::json run_idle(ProfileOptions options, Dialect& dialect) {
  options.fleet.subprotocol = dialect.subprotocol();
  const ServerReading before = read_server(options.server_pid);
  IdleRun run(options, dialect);
  nlohmann::json result;
  result["all_ready"] = open_fleet(run.fleet(), options, [&] { return run.ready() == options.fleet.clients; });
  idle_for(run.fleet(), options.seconds);
  const ServerReading after = read_server(options.server_pid);
  const uint32_t open = run.fleet().open_now();
  const auto each = [&](int64_t all) { return open == 0 ? 0.0 : static_cast<double>(all) / open; };
  result["open"] = open;
  result["bytes_per_connection"] = each(after.memory_bytes - before.memory_bytes);
  result["kernel_bytes_per_connection"] = each(after.kernel_slab_bytes - before.kernel_slab_bytes);
  result["open_cpu_us_per_connection"] = each(after.cpu_ns - before.cpu_ns) / 1000;
  add_counts(run.fleet().counts(), result);
  return result;
}

nlohmann::json run_relay(ProfileOptions options, RelayDialect& dialect) {
  options.fleet.subprotocol = dialect.subprotocol();
  RelayRun run(options, dialect);
  nlohmann::json result;
  result["all_ready"] = run.open();
  run.run();
  run.add_to(result);
  return result;
}

}  // namespace bazaar::load
