#include "cdn.hpp"

namespace bazaar::sim {

Cdn::Cdn(const Scenario& scenario, const Network& network, const Stream& stream, uint64_t seed)
    : scenario_(scenario), network_(network), stream_(stream), seed_(seed) {
  double mean_bitrate = 0;
  for (uint32_t i = 0; i < stream.renditions(); ++i) mean_bitrate += stream.bytes_per_ms(i) / stream.renditions();
  egress_bytes_per_ms_ = scenario.cdn_of_audience * scenario.viewers * mean_bitrate;
  by_second_.resize(static_cast<size_t>(scenario.duration_ms / 1000) + 2);
}

bool Cdn::is_out(uint32_t viewer, TimeMs now) const {
  return now >= scenario_.outage_from_ms && now < scenario_.outage_until_ms &&
         roll_of(seed_, viewer, 6) < scenario_.outage_share;
}

void Cdn::handle(const Event& event, std::span<const uint8_t>, Bus& bus) {
  switch (event.kind) {
    case Kind::kPlaylistWanted: {
      Event answer;
      answer.kind = Kind::kPlaylist;
      answer.a = static_cast<int32_t>(stream_.published(bus.now()));
      return bus.post(event.from, network_.cdn_ms(event.from), answer);
    }
    case Kind::kFetch:
      return fetch(event, bus);
    case Kind::kAbort:
      for (Flow& flow : flows_) {
        if (flow.is_used && flow.viewer == event.from && flow.fetch == event.a) flow.end = flow.next;
      }
      return;
    case Kind::kFlow:
      return flow_due(static_cast<size_t>(event.a), bus);
    case Kind::kEgress: {
      is_egress_busy_ = false;
      while (!queue_.empty() && !is_egress_busy_) {
        const size_t slot = queue_.front();
        queue_.pop_front();
        flow_due(slot, bus);
      }
      return;
    }
    default:
      return;
  }
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
  flow.paced_ms = bus.now() + scenario_.cdn_answer_ms;
  Event due;
  due.kind = Kind::kFlow;
  due.a = static_cast<int32_t>(slot);
  bus.later(scenario_.cdn_answer_ms, due);
}

void Cdn::flow_due(size_t slot, Bus& bus) {
  Flow& flow = flows_[slot];
  if (flow.next >= flow.end) {
    flow.is_used = false;
    free_.push_back(slot);
    return;
  }
  if (egress_bytes_per_ms_ > 0) {
    if (is_egress_busy_) {
      queue_.push_back(slot);
      return;
    }
    const uint32_t bytes = block_bytes_of(stream_.segment_bytes(flow.rendition, flow.sn), flow.next);
    const TimeMs takes = bytes / egress_bytes_per_ms_;
    is_egress_busy_ = true;
    Event free;
    free.kind = Kind::kEgress;
    bus.later(takes, free);
    return send_chunk(slot, takes, bus);
  }
  send_chunk(slot, 0, bus);
}

void Cdn::send_chunk(size_t slot, TimeMs delay_ms, Bus& bus) {
  Flow& flow = flows_[slot];
  const uint32_t bytes = block_bytes_of(stream_.segment_bytes(flow.rendition, flow.sn), flow.next);
  Event chunk;
  chunk.kind = Kind::kChunk;
  chunk.a = flow.fetch;
  chunk.b = static_cast<int32_t>(flow.next);
  chunk.c = static_cast<int32_t>(bytes);
  ++flow.next;
  chunk.d = flow.next >= flow.end ? 1 : 0;
  bus.post(flow.viewer, delay_ms + network_.cdn_ms(flow.viewer), chunk);
  bytes_sent_ += bytes;
  if (bus.now() >= scenario_.warm_up_ms) bytes_measured_ += bytes;
  by_second_[static_cast<size_t>(bus.now() / 1000)] += bytes;

  const TimeMs pace = bytes / network_.downlink();
  flow.paced_ms = std::max(flow.paced_ms, bus.now()) + pace;
  Event due;
  due.kind = Kind::kFlow;
  due.a = static_cast<int32_t>(slot);
  bus.later(std::max(pace, delay_ms), due);
}

}  // namespace bazaar::sim
