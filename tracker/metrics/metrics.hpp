// All numbers of a process, and the three ways to show them: Prometheus' text, JSON for `tracker top`, sums for logs.
// Owns the counters of every worker and of the node; refuses to know who writes them. Invariant: reading never waits
// for a worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "metrics/counters.hpp"

namespace bazaar::tracker::metrics {

class Metrics {
 public:
  explicit Metrics(size_t workers);

  Counters& worker(size_t index) { return *workers_[index]; }
  /// Written by whoever answers a request for a page, just before: under one thread at a time.
  Counters& node() { return node_; }
  size_t workers() const { return workers_.size(); }

  /// Over all workers.
  uint64_t sum(Family family, size_t value = 0) const;

  std::string prometheus_text() const;
  /// {"version": …, "node": {name: number}, "workers": [{name: number}, …]}; names without the prefix, "name.value" for
  /// each of a label's values.
  std::string json(const std::string& version) const;

 private:
  std::vector<std::unique_ptr<Counters>> workers_;
  Counters node_;
};

/// Memory, processor time and descriptors of this process, into the node's counters.
void measure_process(Counters& node);

}  // namespace bazaar::tracker::metrics
