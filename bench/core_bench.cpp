// What the core costs, natively: a block received, a scheduling step, a message encoded and decoded. The same work is
// measured in WebAssembly by wasm-bench.mjs; names agree, so that run.mjs can put them side by side.
// Owns the measurements; refuses to judge them (goals stand in report.mjs). Invariant: set-up is never inside a timing.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "scene.hpp"

namespace bazaar::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr uint32_t kNeighbours = 12;
constexpr TimeMs kAheadMs = 20'000;

/// Times of the measured parts. The median, not the mean, is reported (`each`, in seconds): a machine that does other
/// things too adds to some samples and never takes away.
class Samples {
 public:
  template <typename Work>
  double take(size_t items, Work work) {
    const auto began = Clock::now();
    work();
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    each_.push_back(seconds / static_cast<double>(items));
    return seconds;
  }
  void report(benchmark::State& state) {
    const auto middle = each_.begin() + static_cast<std::ptrdiff_t>(each_.size() / 2);
    std::nth_element(each_.begin(), middle, each_.end());
    state.counters["each"] = *middle;
  }

 private:
  std::vector<double> each_;
};

struct Asked {
  Handle peer;
  testing::Bytes head;
  size_t total;
};

/// Requests of one turn, turned into the BLOCK heads that answer them.
std::vector<Asked> answers_to(Scene& scene, uint32_t bytes_total) {
  std::vector<Asked> asked;
  scene.turn([&](const Action& action) {
    if (action.type != ActionType::kSend) return;
    wire::Message message;
    const std::span<const uint8_t> bytes(scene.engine().outbox() + action.fields[1],
                                         static_cast<size_t>(action.fields[2]));
    if (wire::decode(bytes, bytes.size(), message) != wire::DecodeStatus::kOk || message.type != wire::Type::kRequest)
      return;
    const uint32_t payload = block_bytes_of(bytes_total, message.request.block);
    testing::Bytes head = testing::block(message.request.id, payload);
    const size_t total = head.size() + payload;
    asked.push_back({action.fields[0], std::move(head), total});
  });
  return asked;
}

/// A segment of 1,024 blocks that every neighbour holds; a new one, in a new viewer, when it is complete.
class Stream {
 public:
  /// Answers to the requests of the turn that ends now, at most kRequestsMax.
  std::vector<Asked> next() {
    for (;;) {
      if (scene_) {
        scene_->go_on(20, kAheadMs);
        std::vector<Asked> asked = answers_to(*scene_, testing::bytes_of_blocks(kBlocksPerSegmentMax));
        if (!asked.empty()) return asked;
      }
      scene_ = std::make_unique<Scene>(kNeighbours, 1000);
      scene_->engine().at(scene_->now());
      scene_->window(1, kBlocksPerSegmentMax, std::string(kBlocksPerSegmentMax, 'H'));
    }
  }
  Engine& engine() { return scene_->engine(); }

 private:
  std::unique_ptr<Scene> scene_;
};

// An iteration is a batch of blocks, for a clock cannot see one.
constexpr int64_t kBatches = 4000;
constexpr int64_t kSteps = 20'000;

// Message in → actions queued: decoded, matched with its request, counted, kept.
void block_received(benchmark::State& state) {
  Stream stream;
  Samples samples;
  for (auto _ : state) {
    const std::vector<Asked> asked = stream.next();
    state.SetIterationTime(samples.take(asked.size(), [&] {
      for (const Asked& one : asked) stream.engine().peer_message(one.peer, 0, one.head, one.total);
    }));
  }
  samples.report(state);
}
BENCHMARK(block_received)->UseManualTime()->Iterations(kBatches);

// The same with the turn that a block alone in its task causes: message, step, actions drained.
void block_turn(benchmark::State& state) {
  Stream stream;
  Samples samples;
  for (auto _ : state) {
    const std::vector<Asked> asked = stream.next();
    state.SetIterationTime(samples.take(asked.size(), [&] {
      for (const Asked& one : asked) {
        stream.engine().peer_message(one.peer, 0, one.head, one.total);
        benchmark::DoNotOptimize(stream.engine().step());
      }
    }));
  }
  samples.report(state);
}
BENCHMARK(block_turn)->UseManualTime()->Iterations(kBatches);

void run_steps(benchmark::State& state, const std::string& picture, TimeMs step_ms, uint32_t swarm_size) {
  Scene scene(kNeighbours, swarm_size);
  scene.window(10, 20, picture);
  scene.go_on(100, kAheadMs);
  scene.turn();
  Samples samples;
  for (auto _ : state) {
    scene.go_on(step_ms, kAheadMs);
    state.SetIterationTime(samples.take(1, [&] { benchmark::DoNotOptimize(scene.engine().step()); }));
  }
  samples.report(state);
}

// 200 blocks that nobody has: the dice roll for each of them at every step. A large swarm keeps them from falling.
void step_rolling(benchmark::State& state) { run_steps(state, "....................", 60, 100'000'000); }
BENCHMARK(step_rolling)->UseManualTime()->Iterations(kSteps);

// 200 blocks that all 12 neighbours hold, and every request that may be open is: nothing to do, much to look at.
void step_waiting(benchmark::State& state) { run_steps(state, "HHHHHHHHHHHHHHHHHHHH", 0.01, 1000); }
BENCHMARK(step_waiting)->UseManualTime()->Iterations(kSteps);

// 200 blocks that neighbours are getting: no request, no dice.
void step_watching(benchmark::State& state) { run_steps(state, "cpcpcpcpcpcpcpcpcpcp", 60, 1000); }
BENCHMARK(step_watching)->UseManualTime()->Iterations(kSteps);

// --- The codec ---

const testing::Bytes& status_bytes() {
  static const testing::Bytes kBytes = [] {
    std::array<uint8_t, 5> packed{0xff, 0x1b, 0x55, 0xaa, 0x03};
    wire::Status status;
    status.spare = 12;
    status.run_count = 8;
    for (size_t i = 0; i < status.run_count; ++i) {
      status.runs[i] = {{0xfeed'0000'0000'0001 + i}, false, 625'000, 0, 20, packed.data()};
    }
    return testing::encoded(status);
  }();
  return kBytes;
}
const testing::Bytes kRequest = testing::request(70'000, 0xfeed'0000'0000'0001, 7, 3000);

void decode(benchmark::State& state, const testing::Bytes& bytes, size_t total) {
  wire::Message message;
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::decode(bytes, total, message));
    benchmark::ClobberMemory();
  }
}
void decode_status(benchmark::State& state) { decode(state, status_bytes(), status_bytes().size()); }
void decode_request(benchmark::State& state) { decode(state, kRequest, kRequest.size()); }
void decode_block(benchmark::State& state) {
  const testing::Bytes head = testing::block(70'000, kBlockBytes);
  decode(state, head, head.size() + kBlockBytes);
}
BENCHMARK(decode_status);
BENCHMARK(decode_request);
BENCHMARK(decode_block);

void encode_status(benchmark::State& state) {
  wire::Message message;
  if (wire::decode(status_bytes(), status_bytes().size(), message) != wire::DecodeStatus::kOk)
    state.SkipWithError("bad");
  testing::Bytes out(kMessageBytesMax);
  for (auto _ : state) benchmark::DoNotOptimize(wire::encode(message.status, out));
}
void encode_request(benchmark::State& state) {
  testing::Bytes out(64);
  const wire::Request request{70'000, {0xfeed'0000'0000'0001}, 7, 3000};
  for (auto _ : state) benchmark::DoNotOptimize(wire::encode(request, out));
}
void encode_block(benchmark::State& state) {
  testing::Bytes out(64);
  for (auto _ : state) benchmark::DoNotOptimize(wire::encode_block_header(70'000, kBlockBytes, out));
}
BENCHMARK(encode_status);
BENCHMARK(encode_request);
BENCHMARK(encode_block);

}  // namespace
}  // namespace bazaar::bench

BENCHMARK_MAIN();
