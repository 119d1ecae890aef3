// One viewer: a real engine, and around it what the glue, the browser and hls.js would be.
// Owns the engine, the player, the store's index and the access link's queues; refuses to decide what the engine
// decides. Invariant: every message it sends is one that the engine encoded; every block it serves is one it stored.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "checkers.hpp"
#include "engine.hpp"
#include "network.hpp"
#include "player.hpp"
#include "tally.hpp"
#include "timeline.hpp"
#include "wire.hpp"

namespace bazaar::sim {

enum class Mode { kOurs, kCoin, kCdnOnly };

/// A promise that is broken on purpose, to see that a checker notices.
enum class Sabotage {
  kNone,
  kFreeCredit,      ///< the engine is told of downloads that never were
  kNoVerification,  ///< blocks of neighbours count at once
  kPhantomBlocks,   ///< the engine is told of blocks that were not stored
  kLostEndings,     ///< CANCEL and REJECT never leave
  kLateFetches,     ///< the engine's fetches go out four seconds late
  kLostFetches,     ///< the engine's fetches never go out
};

/// What kind of message a frame is; BYE when it is none.
inline wire::Type type_of(std::span<const uint8_t> frame) {
  return frame.size() > 1 ? static_cast<wire::Type>(frame[1]) : wire::Type::kBye;
}

/// What all viewers share, read-only but for the tally of their thread.
struct Setting {
  const Scenario& scenario;
  const Network& network;
  const Stream& stream;
  Mode mode;
  uint64_t seed;
  uint32_t cdn = 0;
  uint32_t tracker = 0;
  Sabotage sabotage = Sabotage::kNone;
};

class Viewer : public Actor {
 public:
  Viewer(const Setting& setting, uint32_t index, SharedTally& shared);

  void handle(const Event& event, std::span<const uint8_t> bytes, Bus& bus) override;
  /// The run is over: what is still open is counted.
  void finish(TimeMs now);

  const Tally& tally() const { return tally_; }
  const Engine* engine() const { return engine_.get(); }
  uint32_t index() const { return index_; }
  double uplink() const { return uplink_bytes_per_ms_; }
  bool is_giving() const { return !is_free_rider_ && !is_liar_; }
  /// Data channels that were open, in the order of their opening.
  const std::vector<Met>& met() const { return met_; }
  /// What it got after the warm-up.
  const BlockSet& got() const { return got_measured_; }
  const BlockSet& got_at_all() const { return got_; }
  const PlayRecord& play_record() const { return play_record_; }

 private:
  struct Link {
    Handle handle = 0;  ///< 0: free
    Handle theirs = 0;  ///< 0 until the channel is open
    uint32_t other = 0;
    TimeMs one_way_ms = 0;
    TimeMs jitter_ms = 0;
    size_t met = 0;            ///< of met_, once it is open
    TimeMs busy_until_ms = 0;  ///< its last message leaves the uplink then
    uint32_t blocks_out = 0;   ///< handed to the uplink and not through it
    Handle remote_offer = 0;   ///< their handle, from the offer or answer
  };
  struct Stored {
    Handle handle = 0;
    uint32_t rendition = 0;
    uint32_t sn = 0;
    std::vector<uint8_t> hops;  ///< kAbsent, or hops of the copy; kFalse set for false bytes
  };
  struct OpenFetch {
    int32_t id = 0;      ///< the engine's handle, or kStockFetch
    Handle segment = 0;  ///< the engine's; 0 for the stock loader
    uint32_t rendition = 0;
    uint32_t sn = 0;
    uint32_t first = 0;
    uint32_t count = 0;  ///< 0: the whole segment
    bool is_urgent = false;

    bool covers(uint32_t block) const { return count == 0 || (block >= first && block < first + count); }
  };
  static constexpr TimeMs kTickMs = 250;  ///< as the glue's observer of the playhead
  static constexpr uint8_t kAbsent = 0x7f;
  static constexpr uint8_t kFalse = 0x80;
  static constexpr int32_t kStockFetch = 0x7fffffff;

  bool is_here() const { return tally_.joined_ms >= 0 && tally_.left_ms < 0; }
  bool has_engine() const { return engine_ != nullptr; }
  void join(Bus& bus);
  void leave(bool is_silent, Bus& bus);

  // The glue's part.
  template <typename Tell>
  void turn(Bus& bus, Tell tell);
  void drain(Bus& bus);
  void perform(const Action& action, Bus& bus);
  void arm(Bus& bus);
  void send(Handle peer, std::span<const uint8_t> frame, Bus& bus);
  void send_block(const Action& action, Bus& bus);
  void keep_block(const Action& action, Bus& bus);
  void signal(Handle peer, int32_t kind, Bus& bus);
  void signalled(const Action& action, Bus& bus);
  void message(const Event& event, std::span<const uint8_t> bytes, Bus& bus);
  void meet(Link& link, uint32_t other);
  void link_ended(Link& link, TimeMs now);
  void link_up(Link& link, Handle theirs, Bus& bus);
  void link_down(Handle handle, Bus& bus);
  Link* link_of(Handle handle);
  Stored* stored(Handle segment);
  Stored* store_unlisted(Handle segment, TimeMs now);
  void drop_segment(Handle segment);

  // The CDN's answers.
  void fetch(int32_t id, Handle segment, uint32_t rendition, uint32_t sn, uint32_t first, uint32_t count, Bus& bus);
  void chunk(const Event& event, Bus& bus);
  OpenFetch* open_fetch(int32_t id);
  void close_fetch(int32_t id);

  // The player's part.
  void poll(Bus& bus);
  void playlist(uint32_t published, Bus& bus);
  void load_next(Bus& bus);
  void load_over(uint32_t sn, bool is_ready, Bus& bus);
  void tick(Bus& bus);
  std::optional<uint32_t> unsought(TimeMs now) const;
  void switch_rendition(Bus& bus);
  void tell_playhead(Engine& engine, TimeMs now);

  bool count_block(uint32_t rendition, uint32_t sn, uint32_t block, double bytes, uint8_t hops, TimeMs now);
  void uncount(const Stored& segment, TimeMs now);
  void count(double Flows::*what, double bytes, TimeMs now);
  void count_message(std::span<const uint8_t> frame, TimeMs now);
  void complain(const std::optional<std::string>& sentence, TimeMs now) {
    if (sentence) tally_.complaints.add(now, index_, *sentence);
  }
  const Setting& setting_;
  uint32_t index_;
  SharedTally& shared_;
  Dice dice_;
  Dice switch_dice_;  ///< of its own, so that CDN only and ours switch at the same times
  Tally tally_;
  Player player_;
  std::unique_ptr<Engine> engine_;
  std::array<Link, tunables::kPeerSlots> links_;
  std::vector<Stored> store_;
  std::vector<OpenFetch> fetches_;
  std::vector<Met> met_;
  BlockSet got_;
  BlockSet got_measured_;
  PlayRecord play_record_;
  double uplink_bytes_per_ms_;
  Pipe uplink_;
  Pipe downlink_;
  uint32_t rendition_ = 0;
  uint32_t listed_from_ = 0;  ///< of the playlist as last seen
  uint32_t listed_ = 0;
  Handle loading_ = 0;  ///< the engine's segment that the player waits for
  uint32_t loading_rendition_ = 0;
  TimeMs timer_ms_ = -1;
  TimeMs next_poll_ms_ = 0;
  TimeMs cdn_failed_ms_ = -1;
  bool is_free_rider_ = false;
  bool is_liar_ = false;
  bool is_slow_ = false;
  // Of the message being handled: what a KEEP_BLOCK means.
  uint8_t incoming_hops_ = 0;
  bool incoming_is_useful_ = false;
  std::span<const uint8_t> incoming_;
  CreditChecker credit_;
  RequestChecker requests_;
  NeglectChecker neglect_;
};

template <typename Tell>
void Viewer::turn(Bus& bus, Tell tell) {
  if (!has_engine()) return;
  engine_->at(bus.now());
  tell(*engine_);
  drain(bus);
  arm(bus);
}

}  // namespace bazaar::sim
