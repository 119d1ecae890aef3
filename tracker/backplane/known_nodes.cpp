#include "backplane/known_nodes.hpp"

#include <algorithm>

#include "backplane/redis_limits.hpp"

namespace bazaar::tracker {

KnownNodes::Verdict KnownNodes::heard(const Sender& sender, int64_t now_ms) {
  if (sender.node == self_) return Verdict::kRefused;
  const auto found = nodes_.find(sender.node);
  if (found == nodes_.end()) return Verdict::kStranger;
  Node& node = found->second;
  if (sender.boot > node.boot) return Verdict::kStranger;
  if (sender.boot < node.boot || sender.sequence <= node.bulletin) return Verdict::kRefused;
  node.bulletin = sender.sequence;
  node.heard_ms = now_ms;
  return Verdict::kKnown;
}

KnownNodes::Verdict KnownNodes::introduce(const Sender& record, int64_t now_ms) {
  if (record.node == self_) return Verdict::kRefused;
  const auto found = nodes_.find(record.node);
  if (found == nodes_.end() && nodes_.size() >= kNodesMax) return Verdict::kRefused;
  if (found != nodes_.end() && found->second.boot == record.boot) {
    found->second.heard_ms = now_ms;
    return Verdict::kKnown;
  }
  nodes_[record.node] = {record.boot, record.sequence, record.sequence, now_ms, false};
  return found == nodes_.end() ? Verdict::kNew : Verdict::kReplaced;
}

bool KnownNodes::admits(const Sender& sender) {
  const auto found = nodes_.find(sender.node);
  if (found == nodes_.end() || found->second.boot != sender.boot || sender.sequence <= found->second.batch)
    return false;
  found->second.batch = sender.sequence;
  return true;
}

bool KnownNodes::mark_draining(uint16_t node) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || found->second.is_draining) return false;
  found->second.is_draining = true;
  return true;
}

void KnownNodes::mark_serving(uint16_t node) {
  if (const auto found = nodes_.find(node); found != nodes_.end()) found->second.is_draining = false;
}

bool KnownNodes::leave(const Sender& sender) {
  const auto found = nodes_.find(sender.node);
  if (found == nodes_.end() || found->second.boot != sender.boot || sender.sequence <= found->second.bulletin)
    return false;
  nodes_.erase(found);
  return true;
}

std::vector<uint16_t> KnownNodes::expire(int64_t now_ms) {
  std::vector<uint16_t> lost;
  for (const auto& [number, node] : nodes_) {
    if (now_ms - node.heard_ms > kLeaseMs) lost.push_back(number);
  }
  for (const uint16_t number : lost) nodes_.erase(number);
  return lost;
}

void KnownNodes::forgive(int64_t then_ms) {
  for (auto& [number, node] : nodes_) node.heard_ms = std::max(node.heard_ms, then_ms);
}

}  // namespace bazaar::tracker
