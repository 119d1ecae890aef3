// A viewer in company, as the benchmarks need it: connected neighbours, a live window, a player some seconds from it.
// Owns an engine and what its outside would remember; refuses to measure. bench/wasm-scene.mjs sets the same scene in
// WebAssembly. Invariant: every frame comes out of the real codec, and every turn is drained.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine.hpp"
#include "support/neighbour.hpp"

namespace bazaar::bench {

class Scene {
 public:
  explicit Scene(uint32_t neighbours, uint32_t swarm_size) : engine_(1) {
    engine_.at(now_ = 1000);
    engine_.configure(Option::kPeersMax, tunables::kPeerSlots);
    engine_.configure(Option::kStoreBytesMax, 1e12);
    engine_.rendition_active(0, true);
    learn_that_the_cdn_is_fast();
    engine_.tracker_opened();
    turn();
    std::vector<uint32_t> ids;
    for (uint32_t i = 0; i < neighbours; ++i) ids.push_back(100 + i);
    const testing::Bytes frame = testing::welcome(1, ids, swarm_size);
    engine_.tracker_message(0, frame);
    while (peers_.size() < neighbours) {  // a burst, then one a second
      turn([&](const Action& action) {
        if (action.type == ActionType::kConnect) peers_.push_back(action.fields[0]);
      });
      engine_.at(now_ += 1000);
    }
    for (const Handle peer : peers_) {
      engine_.link_opened(peer);
      hear(peer, testing::hello());
    }
    turn();
  }

  Engine& engine() { return engine_; }
  const std::vector<Handle>& peers() const { return peers_; }
  TimeMs now() const { return now_; }

  /// Steps and drains until nothing is left, showing each action.
  template <typename Visit>
  void turn(Visit visit) {
    for (;;) {
      const size_t count = engine_.step();
      for (size_t i = 0; i < count; ++i) visit(engine_.actions()[i]);
      if (count < Actions::kDrainMax) return;
    }
  }
  void turn() {
    turn([](const Action&) {});
  }

  void hear(Handle peer, const testing::Bytes& bytes) { engine_.peer_message(peer, 0, bytes, bytes.size()); }
  /// Time goes on; every neighbour says a word, and the player stays `ahead_ms` before media time 100,000.
  void go_on(TimeMs ms, TimeMs ahead_ms) {
    engine_.at(now_ += ms);
    if (now_ >= next_words_ms_) {
      const testing::Bytes word = testing::heartbeat();
      for (const Handle peer : peers_) hear(peer, word);
      next_words_ms_ = now_ + 1000;
    }
    engine_.playhead(100'000 - ahead_ms, 100'000, 1);
  }

  /// A window of `segments` segments with `blocks` blocks each, from media time 100,000 on, of which each neighbour
  /// says what the picture says (support/neighbour.hpp).
  std::vector<Handle> window(uint32_t segments, uint32_t blocks, const std::string& picture) {
    std::vector<Handle> handles;
    for (uint32_t i = 0; i < segments; ++i) {
      const uint64_t key = 0xfeed'0000'0000'0000 + ++keys_;
      handles.push_back(engine_.segment_seen({key}, 0, 100'000 + 2000.0 * i, 2000));
      const testing::Bytes said = testing::status(key, picture, testing::bytes_of_blocks(blocks));
      for (const Handle peer : peers_) hear(peer, said);
    }
    return handles;
  }

 private:
  // Or the time for peers would be over before it began: large windows take a slow CDN long.
  void learn_that_the_cdn_is_fast() {
    const Handle clip = engine_.segment_seen({1}, 9, 0, 2000);
    engine_.segment_wanted(clip);
    Handle fetch = 0;
    turn([&](const Action& action) { fetch = action.type == ActionType::kFetch ? action.fields[0] : fetch; });
    engine_.at(now_ += 1);
    engine_.cdn_headers(fetch, kBlocksPerSegmentMax * kBlockBytes, false);
    engine_.at(now_ += 10);
    for (uint32_t block = 0; block < kBlocksPerSegmentMax; ++block) engine_.cdn_block(fetch, block);
    engine_.cdn_done(fetch, 0);
    turn();
  }

  Engine engine_;
  TimeMs now_ = 0;
  TimeMs next_words_ms_ = 0;
  uint64_t keys_ = 0;
  std::vector<Handle> peers_;
};

}  // namespace bazaar::bench
