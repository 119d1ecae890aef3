// The largest flow from one node to another through edges with capacities: Dinic's algorithm.
// Owns the graph; refuses to know what flows. Invariant: flow into a node equals flow out of it, but for the two ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bazaar::sim {

class MaxFlow {
 public:
  using Node = uint32_t;

  explicit MaxFlow(size_t nodes) : edges_of_(nodes), level_(nodes), next_(nodes) {}

  /// An edge of no capacity is none.
  void add_edge(Node from, Node to, int64_t capacity);
  /// Call once.
  int64_t solve(Node source, Node sink);

 private:
  struct Edge {
    Node to;
    int64_t left;
  };
  bool find_levels(Node source, Node sink);
  int64_t push(Node node, Node sink, int64_t most);

  std::vector<Edge> edges_;  ///< the reverse of edge i is i ^ 1
  std::vector<std::vector<uint32_t>> edges_of_;
  std::vector<int32_t> level_;
  std::vector<uint32_t> next_;  ///< the first edge of a node that may still lead on
};

}  // namespace bazaar::sim
