#include "cdn.hpp"

namespace bazaar::sim {

Cdn::Cdn(const Scenario& scenario, const Network& network, const Stream& stream, uint64_t seed)
    : scenario_(scenario), network_(network), stream_(stream), seed_(seed), dice_(mix(seed, 13)) {
  double mean_bitrate = 0;
  for (uint32_t i = 0; i < stream.renditions(); ++i) mean_bitrate += stream.bytes_per_ms(i) / stream.renditions();
  egress_bytes_per_ms_ = scenario.cdn_of_audience * scenario.viewers * mean_bitrate;
  by_second_.resize(static_cast<size_t>(scenario.duration_ms / 1000) + 2);
  copies_.resize(stream.blocks_of_run());
}

bool Cdn::is_out(uint32_t viewer, TimeMs now) const {
  return now >= scenario_.outage_from_ms && now < scenario_.outage_until_ms &&
         roll_of(seed_, viewer, 6) < scenario_.outage_share;
}

Cdn::Connection& Cdn::connection(uint32_t viewer) {
  if (viewer >= connections_.size()) connections_.resize(viewer + 1);
  return connections_[viewer];
}

void Cdn::handle(const Event& event, std::span<const uint8_t>, Bus& bus) {
  switch (event.kind) {
    case Kind::kPlaylistWanted:
      return playlist(event.from, bus);
    case Kind::kFetch:
      return fetch(event, bus);
    case Kind::kAbort:
      for (Flow& flow : flows_) {
        if (flow.is_used && flow.viewer == event.from && flow.fetch == event.a) flow.end = flow.next;
      }
      return;
    case Kind::kFlow: {
      const auto slot = static_cast<size_t>(event.a);
      const uint32_t viewer = flows_[slot].viewer;
      if (event.b == 1) connection(viewer).is_busy = false;
      connection(viewer).waiting.push_back(slot);
      return next_chunk(viewer, bus);
    }
    case Kind::kEgress:
      is_egress_busy_ = false;
      while (!queue_.empty() && !is_egress_busy_) {
        const size_t slot = queue_.front();
        queue_.pop_front();
        const uint32_t viewer = flows_[slot].viewer;
        if (!has_ended(slot)) {
          take_egress(slot, bus);
        } else {
          connection(viewer).is_busy = false;
          next_chunk(viewer, bus);
        }
      }
      return;
    default:
      return;
  }
}

void Cdn::playlist(uint32_t viewer, Bus& bus) {
  Event answer;
  answer.kind = Kind::kPlaylist;
  answer.a = is_out(viewer, bus.now()) ? -1 : static_cast<int32_t>(stream_.published(bus.now()));
  const TimeMs jitter = -network_.cdn_jitter_ms(viewer) * std::log1p(-dice_.roll());
  bus.post(viewer, network_.cdn_ms(viewer) + jitter, answer);
}

void Cdn::fetch(const Event& event, Bus& bus) {
  Event answer;
  answer.a = event.a;
  const TimeMs back = scenario_.cdn_answer_ms + network_.cdn_ms(event.from);
  const auto rendition = static_cast<uint32_t>(event.b);
  const auto sn = static_cast<uint32_t>(event.c);
  const uint32_t bytes_total = stream_.segment_bytes(rendition, sn);
  const uint32_t blocks = block_count_of(bytes_total);
  const uint32_t first = static_cast<uint32_t>(event.d) >> 16;
  const uint32_t count = static_cast<uint32_t>(event.d) & 0xffff;
  if (is_out(event.from, bus.now()) || first >= blocks) {
    answer.kind = Kind::kFailed;
    answer.b = is_out(event.from, bus.now()) ? 503 : 416;
    return bus.post(event.from, back, answer);
  }
  answer.kind = Kind::kHeaders;
  answer.b = static_cast<int32_t>(bytes_total);
  answer.c = count != 0 ? 1 : 0;
  bus.post(event.from, back, answer);

  if (free_.empty()) {
    free_.push_back(flows_.size());
    flows_.emplace_back();
  }
  const size_t slot = free_.back();
  free_.pop_back();
  Flow& flow = flows_[slot];
  flow = {};
  flow.is_used = true;
  flow.viewer = event.from;
  flow.fetch = event.a;
  flow.rendition = rendition;
  flow.sn = sn;
  flow.next = first;
  flow.end = count == 0 ? blocks : std::min(blocks, first + count);
  Event due;
  due.kind = Kind::kFlow;
  due.a = static_cast<int32_t>(slot);
  bus.later(scenario_.cdn_answer_ms, due);
}

// The viewer's downlink takes more: the next of its flows has its turn.
void Cdn::next_chunk(uint32_t viewer, Bus& bus) {
  Connection& to = connection(viewer);
  while (!to.is_busy && !to.waiting.empty()) {
    const size_t slot = to.waiting.front();
    to.waiting.pop_front();
    if (has_ended(slot)) continue;
    to.is_busy = true;
    if (egress_bytes_per_ms_ <= 0) return send_chunk(slot, 0, bus);
    if (!is_egress_busy_) return take_egress(slot, bus);
    queue_.push_back(slot);
  }
}

bool Cdn::has_ended(size_t slot) {
  Flow& flow = flows_[slot];
  if (flow.next < flow.end) return false;
  flow.is_used = false;
  free_.push_back(slot);
  return true;
}

void Cdn::take_egress(size_t slot, Bus& bus) {
  const Flow& flow = flows_[slot];
  const uint32_t bytes = block_bytes_of(stream_.segment_bytes(flow.rendition, flow.sn), flow.next);
  const TimeMs takes = bytes / egress_bytes_per_ms_;
  is_egress_busy_ = true;
  Event free;
  free.kind = Kind::kEgress;
  bus.later(takes, free);
  send_chunk(slot, takes, bus);
}

void Cdn::send_chunk(size_t slot, TimeMs delay_ms, Bus& bus) {
  Flow& flow = flows_[slot];
  Connection& to = connection(flow.viewer);
  const uint32_t bytes = block_bytes_of(stream_.segment_bytes(flow.rendition, flow.sn), flow.next);
  Event chunk;
  chunk.kind = Kind::kChunk;
  chunk.a = flow.fetch;
  chunk.b = static_cast<int32_t>(flow.next);
  chunk.c = static_cast<int32_t>(bytes);
  const size_t index = stream_.block_index(flow.rendition, flow.sn, flow.next);
  ++copies_[index];
  ++flow.next;
  chunk.d = flow.next >= flow.end ? 1 : 0;
  bytes_sent_ += bytes;
  if (bus.now() >= scenario_.warm_up_ms) bytes_measured_ += bytes;
  by_second_[static_cast<size_t>(bus.now() / 1000)] += bytes;

  // TCP delivers in order: what is late holds up what comes behind it. A viewer has the same luck with the same block
  // in every run of a seed, or what the CDN alone would have brought in time would be a matter of other dice.
  const TimeMs one_way = network_.cdn_ms(flow.viewer);
  Dice luck(mix(mix(seed_, 17), flow.viewer, index));
  const TimeMs extra =
      network_.extra_ms(bytes, one_way, network_.cdn_jitter_ms(flow.viewer), Network::tcp_timer_ms(one_way), luck);
  to.arrived_ms = std::max(to.arrived_ms, bus.now() + delay_ms + one_way + extra);
  bus.post(flow.viewer, to.arrived_ms - bus.now(), chunk);

  Event due;
  due.kind = Kind::kFlow;
  due.a = static_cast<int32_t>(slot);
  due.b = 1;
  bus.later(std::max(bytes / network_.downlink(), delay_ms), due);
}

}  // namespace bazaar::sim
