#include "virtual_swarm.hpp"

#include <cstring>

#include "tracker_wire.hpp"

namespace bazaar::testing {

namespace tw = tracker_wire;

uint32_t VirtualSwarm::join(TimeMs when) {
  const auto i = static_cast<uint32_t>(viewers_.size());
  viewers_.push_back(std::make_unique<Viewer>(static_cast<uint32_t>(dice_.next())));
  Viewer& v = *viewers_[i];
  v.id = i;
  v.remote_id = 1000 + i;
  v.poll_phase_ms = dice_.roll() * settings_.poll_spread_ms;
  const TimeMs delay = std::max(0.0, when - now_);
  after(delay, [this, i] {
    turn(i, [&](Engine& engine) {
      engine.rendition_active(0, true);
      engine.tracker_opened();
    });
    tw::Message hello;
    hello.type = tw::Type::kHello;
    std::vector<uint8_t> bytes(tw::kEncodedBytesMax);
    bytes.resize(tw::encode(hello, bytes));
    turn(i, [&](Engine& e) { e.tracker_message(0, bytes); });
    poll_playlist(i);
    tick_player(i);
  });
  return i;
}

void VirtualSwarm::run_until(TimeMs when) {
  while (!events_.empty() && events_.top().at <= when) {
    Event event = events_.top();
    events_.pop();
    now_ = event.at;
    event.act();
  }
  now_ = when;
}

void VirtualSwarm::turn(uint32_t i, const std::function<void(Engine&)>& tell) {
  Viewer& v = *viewers_[i];
  if (!v.is_alive) return;
  v.engine.at(now_);
  tell(v.engine);
  for (;;) {
    const size_t count = v.engine.step();
    const std::vector<Action> actions(v.engine.actions(), v.engine.actions() + count);
    for (const Action& action : actions) perform(i, action);
    if (count < Actions::kDrainMax) break;
  }
  const TimeMs next = v.engine.next_deadline();
  if (next < 1e200 && (v.timer_ms < now_ || next < v.timer_ms)) {
    v.timer_ms = next;
    after(std::max(0.0, next - now_), [this, i, next] {
      Viewer& viewer = *viewers_[i];
      if (viewer.timer_ms != next) return;
      viewer.timer_ms = -1;
      turn(i, [](Engine&) {});
    });
  }
}

void VirtualSwarm::perform(uint32_t i, const Action& action) {
  Viewer& v = *viewers_[i];
  const auto& f = action.fields;
  const uint8_t* outbox = v.engine.outbox();
  switch (action.type) {
    case ActionType::kSend:
    case ActionType::kSendBlock: {
      const auto link = v.links.find(f[0]);
      if (link == v.links.end()) return;
      const bool is_block = action.type == ActionType::kSendBlock;
      std::vector<uint8_t> head(outbox + f[1], outbox + f[1] + f[2]);
      const size_t total = head.size() + (is_block ? static_cast<size_t>(f[5]) : 0);
      if (is_block) {
        v.bytes_sent += f[5];
        if (!v.store.contains({f[3], static_cast<uint32_t>(f[4])})) v.failed_segments += 1000;  // would send garbage
        const Handle peer = f[0];
        after(settings_.link_ms, [this, i, peer] { turn(i, [&](Engine& e) { e.peer_writable(peer); }); });
      }
      if (v.bytes_sent > v.bytes_got) v.upload_exceeded_download = true;
      const auto [other, handle] = link->second;
      after(settings_.link_ms, [this, other = other, handle = handle, head, total, is_block] {
        Viewer& to = *viewers_[other];
        if (!to.links.contains(handle)) return;
        if (is_block) to.bytes_got += static_cast<double>(total - head.size());
        turn(other, [&](Engine& e) { e.peer_message(handle, 0, head, total); });
      });
      return;
    }
    case ActionType::kKeepBlock:
      v.store.insert({f[3], static_cast<uint32_t>(f[4])});
      return;
    case ActionType::kFetch:
      return fetch(i, action);
    case ActionType::kAbortFetch:
      v.fetches.erase(f[0]);
      return;
    case ActionType::kDropSegment:
      std::erase_if(v.store, [&](const auto& entry) { return entry.first == f[0]; });
      v.by_sn.erase(v.sn_of[f[0]]);
      v.sn_of.erase(f[0]);
      return;
    case ActionType::kDropBlock:
      v.store.erase({f[0], static_cast<uint32_t>(f[1])});
      return;
    case ActionType::kSegmentReady:
    case ActionType::kSegmentFailed: {
      if (action.type == ActionType::kSegmentFailed) ++v.failed_segments;
      if (action.type == ActionType::kSegmentReady) ++v.ready_segments;
      const uint32_t sn = v.sn_of[f[0]];
      const bool is_ready = action.type == ActionType::kSegmentReady;
      after(is_ready ? 5 : 1000, [this, i, sn, is_ready] {
        Viewer& viewer = *viewers_[i];
        viewer.loading = 0;
        const bool stock_loader_has_it = now_ < fault_from_ || now_ >= fault_until_;
        if (is_ready || stock_loader_has_it) {
          viewer.buffered_end_ms = (sn + 1) * settings_.segment_ms;
          viewer.next_sn = sn + 1;
        }
        want_next(i);
      });
      return;
    }
    case ActionType::kConnect: {
      v.dialled[f[0]] = static_cast<uint32_t>(f[1]) - 1000;
      signal(i, f[0], 0);
      return;
    }
    case ActionType::kSignal: {
      const Handle peer = f[0];
      const uint32_t other = static_cast<uint32_t>(f[5]) - 1000;
      if (f[1] == 0) {
        v.dialled[peer] = other;
        signal(i, peer, 1);
      } else if (f[1] == 1) {
        after(settings_.connect_ms, [this, i, peer, other] {
          Viewer& to = *viewers_[other];
          Viewer& me = *viewers_[i];
          Handle theirs = 0;
          for (const auto& [handle, index] : to.dialled) {
            if (index == i) theirs = handle;
          }
          if (theirs == 0 || !to.is_alive || !me.is_alive) return;
          me.links[peer] = {other, theirs};
          to.links[theirs] = {i, peer};
          turn(i, [&](Engine& e) { e.link_opened(peer); });
          turn(other, [&](Engine& e) { e.link_opened(theirs); });
        });
      }
      return;
    }
    case ActionType::kClosePeer: {
      v.closes.push_back(f[1]);
      const auto link = v.links.find(f[0]);
      v.dialled.erase(f[0]);
      if (link == v.links.end()) return;
      const auto [other, handle] = link->second;
      v.links.erase(link);
      after(settings_.link_ms, [this, other = other, handle = handle] {
        viewers_[other]->links.erase(handle);
        viewers_[other]->dialled.erase(handle);
        turn(other, [&](Engine& e) { e.link_closed(handle); });
      });
      return;
    }
    case ActionType::kSendTracker: {
      std::vector<uint8_t> frame(outbox + f[0], outbox + f[0] + f[1]);
      after(settings_.signal_ms, [this, i, frame] { relay(i, frame); });
      return;
    }
    case ActionType::kRole:
    case ActionType::kPeerOpen:
    case ActionType::kNotice:
    case ActionType::kReconnect:
      return;
  }
}

void VirtualSwarm::signal(uint32_t i, Handle peer, int32_t kind) {
  Viewer& v = *viewers_[i];
  const size_t length = v.engine.encode_signal(peer, kind, 1);
  if (length == 0) return;
  std::vector<uint8_t> frame(v.engine.outbox(), v.engine.outbox() + length);
  frame.push_back('x');
  after(settings_.signal_ms, [this, i, frame] { relay(i, frame); });
}

void VirtualSwarm::relay(uint32_t from, std::vector<uint8_t> frame) {
  tw::Message message;
  if (tw::decode(frame, message) != tw::DecodeStatus::kOk) return;
  const auto deliver = [this](uint32_t to, std::vector<uint8_t> bytes) {
    after(settings_.signal_ms, [this, to, bytes] { turn(to, [&](Engine& e) { e.tracker_message(0, bytes); }); });
  };
  std::vector<uint8_t> out(tw::kFrameBytesMax);
  if (message.type == tw::Type::kJoin || message.type == tw::Type::kMore) {
    tw::Message reply;
    reply.type = message.type == tw::Type::kJoin ? tw::Type::kWelcome : tw::Type::kPeers;
    reply.peer = 1000 + from;
    for (const uint32_t member : members_) {
      if (member != from && reply.id_count < message.want) reply.ids[reply.id_count++] = 1000 + member;
    }
    if (message.type == tw::Type::kJoin) members_.push_back(from);
    reply.audience = static_cast<uint32_t>(members_.size());
    out.resize(tw::encode(reply, out));
    deliver(from, out);
    if (message.type == tw::Type::kJoin) {
      tw::Message size;
      size.type = tw::Type::kPeers;
      size.audience = reply.audience;
      std::vector<uint8_t> bytes(64);
      bytes.resize(tw::encode(size, bytes));
      for (const uint32_t member : members_) deliver(member, bytes);
    }
  } else if (message.type == tw::Type::kSignal) {
    const size_t length =
        tw::encode_signal_header(tw::Type::kRelayed, 1000 + from, message.kind, message.blob_bytes, out);
    out.resize(length);
    out.insert(out.end(), frame.begin() + message.blob_offset, frame.end());
    deliver(message.peer - 1000, out);
  }
}

void VirtualSwarm::fetch(uint32_t i, const Action& action) {
  Viewer& v = *viewers_[i];
  const Handle id = action.fields[0];
  const Handle segment = action.fields[1];
  const bool is_ranged = action.fields[3] != 0 && settings_.cdn_has_ranges;
  const uint32_t blocks = block_count_of(settings_.segment_bytes);
  const uint32_t first = is_ranged ? static_cast<uint32_t>(action.fields[2]) : 0;
  const uint32_t end = is_ranged ? std::min(blocks, first + static_cast<uint32_t>(action.fields[3])) : blocks;
  v.fetches.insert(id);
  const auto is_live = [this, i, id] { return viewers_[i]->is_alive && viewers_[i]->fetches.contains(id); };
  const bool is_fault = fault_status_ != 0 && now_ >= fault_from_ && now_ < fault_until_;
  if (is_fault || first >= blocks) {
    const int32_t status = is_fault ? fault_status_ : 416;
    after(settings_.cdn_rtt_ms, [this, i, id, status, is_live] {
      if (!is_live()) return;
      viewers_[i]->fetches.erase(id);
      turn(i, [&](Engine& e) { e.cdn_failed(id, status, 0); });
    });
    return;
  }
  after(settings_.cdn_rtt_ms, [this, i, id, is_ranged, is_live] {
    if (is_live()) turn(i, [&](Engine& e) { e.cdn_headers(id, settings_.segment_bytes, is_ranged); });
  });
  TimeMs delay = settings_.cdn_rtt_ms;
  for (uint32_t block = first; block < end; ++block) {
    const uint32_t bytes = block_bytes_of(settings_.segment_bytes, block);
    delay += bytes / settings_.cdn_bytes_per_ms;
    after(delay, [this, i, id, segment, block, bytes, is_live] {
      if (!is_live()) return;
      viewers_[i]->cdn_bytes += bytes;
      viewers_[i]->bytes_got += bytes;
      viewers_[i]->store.insert({segment, block});
      turn(i, [&](Engine& e) { e.cdn_block(id, block); });
    });
  }
  after(delay + 0.1, [this, i, id, is_live] {
    if (!is_live()) return;
    viewers_[i]->fetches.erase(id);
    turn(i, [&](Engine& e) { e.cdn_done(id, 0); });
  });
}

void VirtualSwarm::poll_playlist(uint32_t i) {
  Viewer& v = *viewers_[i];
  if (!v.is_alive) return;
  const auto published = static_cast<uint32_t>(std::max(0.0, (now_ - v.poll_phase_ms) / settings_.segment_ms));
  const uint32_t first = published > 10 ? published - 10 : 0;
  if (!v.is_started && published >= 4) {
    v.is_started = true;
    v.next_sn = published - static_cast<uint32_t>(settings_.behind_live_ms / settings_.segment_ms);
    v.position_ms = v.next_sn * settings_.segment_ms;
    v.buffered_end_ms = v.position_ms;
  }
  turn(i, [&](Engine& engine) {
    for (auto it = v.by_sn.begin(); it != v.by_sn.end() && it->first < first; ++it) engine.segment_gone(it->second);
    for (uint32_t sn = first; sn < published; ++sn) {
      const Handle handle = engine.segment_seen({0xabc000 + sn}, 0, sn * settings_.segment_ms, settings_.segment_ms);
      if (handle == 0) continue;
      v.by_sn[sn] = handle;
      v.sn_of[handle] = sn;
    }
  });
  want_next(i);
  const TimeMs next = (published + 1) * settings_.segment_ms + v.poll_phase_ms;
  after(std::max(1.0, next - now_ + 0.5), [this, i] { poll_playlist(i); });
}

void VirtualSwarm::want_next(uint32_t i) {
  Viewer& v = *viewers_[i];
  if (!v.is_started || v.loading != 0 || !v.is_alive) return;
  const auto found = v.by_sn.find(v.next_sn);
  if (found == v.by_sn.end()) return;
  v.loading = found->second;
  turn(i, [&](Engine& e) { e.segment_wanted(v.loading); });
}

void VirtualSwarm::tick_player(uint32_t i) {
  Viewer& v = *viewers_[i];
  if (!v.is_alive) return;
  const TimeMs at = position(v);
  if (v.is_playing && at >= v.buffered_end_ms) {
    v.position_ms = v.buffered_end_ms;
    v.is_playing = false;
    ++v.stalls;
  } else if (v.is_started && !v.is_playing && v.buffered_end_ms - at >= 1000) {
    v.position_ms = at;
    v.position_at_ms = now_;
    v.is_playing = true;
  }
  if (v.is_started) {
    turn(i, [&](Engine& e) { e.playhead(position(v), v.buffered_end_ms, v.is_playing ? 1 : 0); });
  }
  after(50, [this, i] { tick_player(i); });
}

}  // namespace bazaar::testing
