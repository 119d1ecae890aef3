// One viewer's parts, wired as engine.hpp wires them, each within a test's reach: a world built by hand.
// Owns the world and the virtual clock; refuses to take turns by itself. Invariant: what a picture says is here is also
// counted in store_bytes, so the rig never starts from a state that the core could not reach.
#pragma once

#include <string>
#include <string_view>

#include "cdn_desk.hpp"
#include "introductions.hpp"
#include "neighbour.hpp"
#include "requests.hpp"
#include "said.hpp"
#include "trader.hpp"

namespace bazaar::testing {

struct Rig {
  explicit Rig(uint64_t seed = 1) : world(seed) {
    world.now = 1000;
    world.renditions = {0};
  }

  World world;
  Custody custody{world};
  StatusSender status{world};
  Uploader uploader{world};
  PeerProtocol protocol{world, custody, status, uploader};
  Introductions introductions{world, protocol};
  CdnDesk desk{world, custody};
  Trader trader{world, custody};
  Requests requests{world};

  void wait(TimeMs ms) { world.now += ms; }
  Record said() { return drain(world.actions); }

  /// A neighbour that trades: connected, greeted, nothing said yet.
  Handle neighbour(uint32_t remote_id = 0) {
    const Handle handle = world.peers.add(remote_id, PeerState::kTrading, world.now);
    if (Peer* peer = world.peers.get(handle)) {
      peer->told_ms = world.now;
      peer->spare = 10;
      peer->bytes_in = 1;  // it has delivered before
    }
    return handle;
  }
  Peer& peer(Handle handle) { return *world.peers.get(handle); }

  /// A segment of ours whose blocks stand as in the picture (block_map.hpp); an empty picture: its size is unknown.
  /// It begins `ahead_ms` after media time 0 and is two seconds long.
  Handle segment(uint64_t key, std::string_view picture = "", TimeMs start_ms = 10'000) {
    const Handle handle = world.window.see({key}, 0, start_ms, 2000, world.now);
    Segment* segment = world.window.get(handle);
    if (!picture.empty()) {
      SegmentWindow::set_size(*segment, bytes_of_blocks(static_cast<uint32_t>(picture.size())), false);
      segment->blocks = BlockMap::from_picture(picture);
      world.store_bytes += SegmentWindow::stored_bytes(*segment);
    }
    return handle;
  }
  Segment& at(Handle handle) { return *world.window.get(handle); }
  std::string picture(Handle handle) { return at(handle).blocks.picture(); }
  bool knows(Handle segment_handle) { return world.window.get(segment_handle) != nullptr; }

  /// The neighbour says what it has of the segment: `H` has it, `c` gets it from the CDN, `p` from a peer.
  void offer(Handle neighbour, Handle segment, std::string_view picture) {
    Availability& offers = at(segment).offers;
    if (offers.size() < picture.size()) offers.resize(static_cast<uint32_t>(picture.size()));
    offers.note_known(Slots<Peer>::slot_of(neighbour));
    for (uint32_t i = 0; i < picture.size(); ++i) offers.set(Slots<Peer>::slot_of(neighbour), i, code_of(picture[i]));
  }

  void receive(Handle neighbour, const Bytes& bytes) { protocol.received(neighbour, 7, bytes, bytes.size()); }
  /// A BLOCK as the glue reports it: the head, and how long the whole was.
  void receive_block(Handle neighbour, uint32_t id, uint32_t payload_bytes = kBlockBytes) {
    const Bytes head = block(id, payload_bytes);
    protocol.received(neighbour, 7, head, head.size() + payload_bytes);
  }
  void receive_tracker(const Bytes& bytes) { introductions.received(9, bytes); }

  /// The player plays at media time `position_ms` with `buffer_ms` ahead of it.
  void play(TimeMs position_ms, TimeMs buffer_ms, double rate = 1) {
    world.playhead = {true, position_ms, position_ms + buffer_ms, rate, world.now};
  }

  /// Five seconds before the segments of this rig: time enough for neighbours.
  void play_with_time() { play(5'000, 4'500); }
  /// The time for neighbours is over, the player not yet out of media.
  void play_at_the_deadline() { play(9'500, 400); }

  /// The CDN has answered many times, each time as expected: a first byte after 50 ms, then 10 Mbit/s.
  void know_the_cdn() {
    for (int i = 0; i < 40; ++i) {
      Fetch fetch;
      fetch.began_ms = world.now;
      world.cdn.note_headers(fetch, world.now + 50);
      fetch.bytes = kBlockBytes;
      world.cdn.note_done(fetch, world.now + 50 + kBlockBytes / 1'250.0);
    }
  }

  /// Asks the neighbour for a block and returns the request's id.
  uint32_t ask(Handle neighbour, Handle segment, uint32_t block, TimeMs slack_ms = 3000) {
    Requests::Asked asked(at(segment).key, slack_ms);
    requests.ask(asked, neighbour, segment, block);
    requests.tell(asked);
    return world.ledger.requests().back().id;
  }
};

}  // namespace bazaar::testing
