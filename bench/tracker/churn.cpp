// Half an hour of coming and going at a steady number of viewers, with signals, and the server's memory and descriptors
// every few seconds. Owns lives and samples; refuses to judge. Invariant: samples are bounded, by doubling the distance
// between them when there are too many.
#include <cmath>

#include "native.hpp"
#include "relay_run.hpp"

namespace bazaar::load {
namespace {

constexpr double kLifeS = 60;  ///< mean

/// Least squares over what is at hand.
class Samples {
 public:
  void add(double minutes, int64_t memory_bytes, int64_t descriptors) {
    if (skipped_ + 1 < every_) {
      ++skipped_;
      return;
    }
    skipped_ = 0;
    all_.push_back({minutes, static_cast<double>(memory_bytes), descriptors});
    if (all_.size() < kMost) return;
    for (size_t i = 0; i < kMost / 2; ++i) all_[i] = all_[2 * i];
    all_.resize(kMost / 2);
    every_ *= 2;
  }

  void add_to(nlohmann::json& result) const {
    // The first third is a server that fills its pools.
    const size_t first = all_.size() / 3;
    double n = 0;
    double x = 0;
    double y = 0;
    double xx = 0;
    double xy = 0;
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (size_t i = first; i < all_.size(); ++i) {
      const Sample& sample = all_[i];
      n += 1;
      x += sample.minutes;
      y += sample.memory_bytes;
      xx += sample.minutes * sample.minutes;
      xy += sample.minutes * sample.memory_bytes;
      least = std::min(least, sample.descriptors);
      most = std::max(most, sample.descriptors);
    }
    const double spread = n * xx - x * x;
    result["samples"] = all_.size();
    result["memory_slope_bytes_per_minute"] = spread <= 0 ? 0.0 : (n * xy - x * y) / spread;
    result["memory_mean_bytes"] = n == 0 ? 0.0 : y / n;
    result["descriptors_least"] = n == 0 ? 0 : least;
    result["descriptors_most"] = most;
  }

 private:
  static constexpr size_t kMost = 1024;
  struct Sample {
    double minutes;
    double memory_bytes;
    int64_t descriptors;
  };
  std::vector<Sample> all_;
  size_t every_ = 1;
  size_t skipped_ = 0;
};

class ChurnRun final : public RelayRun {
 public:
  ChurnRun(const ProfileOptions& options, NativeDialect& dialect)
      : RelayRun(options, dialect), dialect_(dialect), dice_(options.seed + 1), clients_(options.fleet.clients) {}

  void closed(ClientIndex who, uint16_t code) override {
    RelayRun::closed(who, code);
    if (is_churning_) fleet().open(who);
  }

  /// Exponential lives: in every moment everybody's chance to go is the same.
  void each_turn(int64_t now) {
    is_churning_ = true;
    if (next_ns_ == 0) next_ns_ = now;
    while (next_ns_ <= now) {
      next_ns_ += static_cast<int64_t>(-std::log(1 - dice_.roll()) * kLifeS / clients_ * kNsPerSecond);
      const ClientIndex who = dice_.below(clients_);
      if (!dialect_.is_joined(who)) continue;
      ++lives_;
      if (dice_.roll() < 0.5) dialect_.leave(fleet(), who);
      fleet().close(who, dice_.roll() < 0.5 ? uint16_t{1001} : uint16_t{0});
    }
  }

  uint64_t lives() const { return lives_; }

 private:
  NativeDialect& dialect_;
  Dice dice_;
  uint32_t clients_;
  int64_t next_ns_ = 0;
  bool is_churning_ = false;
  uint64_t lives_ = 0;
};

}  // namespace

nlohmann::json run_churn(ProfileOptions options) {
  options.fleet.subprotocol = std::string(tracker_wire::kSubprotocol);
  NativeDialect dialect(options.fleet.clients, options.per_swarm, options.payload_bytes);
  ChurnRun run(options, dialect);
  nlohmann::json result;
  result["all_ready"] = run.open();
  Samples samples;
  const int64_t start_ns = now_ns();
  int64_t sample_ns = start_ns;
  run.run([&](int64_t now) {
    run.each_turn(now);
    if (now < sample_ns) return;
    sample_ns = now + 5 * kNsPerSecond;
    const ServerReading reading = read_server(options.server_pid);
    samples.add(static_cast<double>(now - start_ns) / (60.0 * kNsPerSecond), reading.memory_bytes, reading.descriptors);
  });
  run.add_to(result);
  samples.add_to(result);
  result["lives"] = run.lives();
  return result;
}

}  // namespace bazaar::load
