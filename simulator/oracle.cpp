#include "oracle.hpp"

#include <numeric>

#include "max_flow.hpp"

namespace bazaar::sim {

Oracle::Oracle(const Scenario& scenario, const Stream& stream, const Viewers& viewers)
    : scenario_(scenario), stream_(stream), viewers_(viewers) {
  std::vector<uint32_t> root(viewers.size());
  std::iota(root.begin(), root.end(), 0u);
  const auto find = [&](uint32_t i) {
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
  };
  for (const auto& viewer : viewers) {
    for (const Met& met : viewer->met()) root[find(viewer->index())] = find(met.other);
  }
  constexpr uint32_t kNone = 0xffffffff;
  std::vector<uint32_t> number(viewers.size(), kNone);
  for (const auto& viewer : viewers) {
    if (viewer->tally().joined_ms < 0) continue;
    uint32_t& component = number[find(viewer->index())];
    if (component == kNone) {
      component = static_cast<uint32_t>(members_.size());
      members_.emplace_back();
    }
    members_[component].push_back(viewer->index());
  }
}

double Oracle::distinct_of(const std::vector<uint32_t>& members, std::vector<uint32_t>& stamps, uint32_t stamp) const {
  double bytes = 0;
  for (const uint32_t member : members) {
    const BlockSet& measured = viewers_[member]->got();
    viewers_[member]->got_at_all().each([&](size_t block) {
      if (!measured.contains(block)) stamps[block] = stamp;  // was here before
    });
  }
  for (const uint32_t member : members) {
    viewers_[member]->got().each([&](size_t block) {
      if (stamps[block] == stamp) return;
      stamps[block] = stamp;
      bytes += stream_.block_bytes_at(block);
    });
  }
  return bytes;
}

double Oracle::distinct_bytes() const {
  std::vector<uint32_t> stamps(stream_.blocks_of_run());
  double bytes = 0;
  uint32_t stamp = 0;
  for (const auto& members : members_) bytes += distinct_of(members, stamps, ++stamp);
  return bytes;
}

double Oracle::upload_max(const Viewer& viewer) const {
  if (!viewer.is_giving()) return 0;
  const Flows& total = viewer.tally().total;
  const Flows& measured = viewer.tally().measured;
  const double earlier = total.downloaded() - measured.downloaded() - (total.uploaded - measured.uploaded);
  return std::min(viewer.uplink() * measured.viewer_ms, measured.downloaded() + std::max(0.0, earlier));
}

double Oracle::flow_bytes() const {
  const auto count = static_cast<uint32_t>(viewers_.size());
  const uint32_t source = 2 * count + components();
  const uint32_t sink = source + 1;
  MaxFlow graph(sink + 1);
  std::vector<uint32_t> stamps(stream_.blocks_of_run());
  for (uint32_t component = 0; component < components(); ++component) {
    double wanted = 0;
    for (const uint32_t index : members_[component]) {
      const Viewer& viewer = *viewers_[index];
      const Flows& measured = viewer.tally().measured;
      const double wants = measured.useful() - measured.starting;
      wanted += measured.useful();
      graph.add_edge(source, index, static_cast<int64_t>(upload_max(viewer)));
      graph.add_edge(count + index, 2 * count + component, static_cast<int64_t>(wants));
      for (const Met& met : viewer.met()) {
        const TimeMs until = met.until_ms < 0 ? scenario_.duration_ms : met.until_ms;
        const TimeMs together = until - std::max(met.from_ms, scenario_.warm_up_ms);
        if (!viewer.is_giving() || together <= 0) continue;
        graph.add_edge(index, count + met.other, static_cast<int64_t>(viewer.uplink() * together));
      }
    }
    const double first_copies = distinct_of(members_[component], stamps, component + 1);
    graph.add_edge(2 * count + component, sink, static_cast<int64_t>(wanted - first_copies));
  }
  return static_cast<double>(graph.solve(source, sink));
}

}  // namespace bazaar::sim
