#include "max_flow.hpp"

#include <algorithm>
#include <limits>

namespace bazaar::sim {

void MaxFlow::add_edge(Node from, Node to, int64_t capacity) {
  if (capacity <= 0) return;
  edges_of_[from].push_back(static_cast<uint32_t>(edges_.size()));
  edges_.push_back({to, capacity});
  edges_of_[to].push_back(static_cast<uint32_t>(edges_.size()));
  edges_.push_back({from, 0});
}

int64_t MaxFlow::solve(Node source, Node sink) {
  int64_t flow = 0;
  while (find_levels(source, sink)) {
    std::fill(next_.begin(), next_.end(), 0);
    while (const int64_t more = push(source, sink, std::numeric_limits<int64_t>::max())) flow += more;
  }
  return flow;
}

bool MaxFlow::find_levels(Node source, Node sink) {
  std::fill(level_.begin(), level_.end(), -1);
  level_[source] = 0;
  std::vector<Node> queue{source};
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const uint32_t index : edges_of_[queue[i]]) {
      const Edge& edge = edges_[index];
      if (edge.left == 0 || level_[edge.to] >= 0) continue;
      level_[edge.to] = level_[queue[i]] + 1;
      queue.push_back(edge.to);
    }
  }
  return level_[sink] >= 0;
}

// Recursion is as deep as the shortest way is long: a few edges at first, tens at worst.
int64_t MaxFlow::push(Node node, Node sink, int64_t most) {
  if (node == sink) return most;
  for (uint32_t& i = next_[node]; i < edges_of_[node].size(); ++i) {
    const uint32_t index = edges_of_[node][i];
    Edge& edge = edges_[index];
    if (edge.left == 0 || level_[edge.to] != level_[node] + 1) continue;
    const int64_t sent = push(edge.to, sink, std::min(most, edge.left));
    if (sent == 0) continue;
    edge.left -= sent;
    edges_[index ^ 1].left += sent;
    return sent;
  }
  return 0;
}

}  // namespace bazaar::sim
