#include "cluster.hpp"

#include <algorithm>
#include <fstream>

#include "backplane/redis_limits.hpp"
#include "backplane/redis_scripts.hpp"

namespace bazaar::bench {

using namespace tracker;  // NOLINT: everything here is of it
using tracker_wire::Message;
using tracker_wire::Type;

namespace {

constexpr int64_t kStepMs = 10;

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

}  // namespace

struct Cluster::Worker : Outbox, Bus, native::Gate {
  Worker(Cluster& its_cluster, uint32_t its_index, Address its_self)
      : cluster(its_cluster),
        index(its_index),
        self(its_self),
        desk(*this, *this, directory, *this, its_self, {}, limits(), its_cluster.plan_.seed * 1'000 + its_index) {}

  static native::Limits limits() {
    native::Limits limits;
    limits.streams_max = 1'000'000;
    limits.ghosts_max = 0;  // who leaves here leaves for good
    return limits;
  }

  bool send(ConnectionId to, std::span<const uint8_t> frame, Importance) override {
    Message message;
    if (tracker_wire::decode(frame, message) != tracker_wire::DecodeStatus::kOk) std::abort();
    if (message.type != Type::kWelcome) return true;
    ++welcomed;
    for (size_t i = 0; i < message.id_count; ++i) calls.push_back({to, message.ids[i]});
    return true;
  }
  void close(ConnectionId, uint16_t, std::string_view) override { ++closed; }
  void post(Address to, BusMessageClass, std::span<const uint8_t> message) override {
    if (to.node() != self.node()) {
      Traffic& traffic = cluster.between_nodes_[uint32_t{self.node()} << 16 | to.node()];
      ++traffic.messages;
      traffic.bytes += message.size();
    }
    cluster.posts_.push_back({to, {message.begin(), message.end()}});
  }
  void publish(const CellNotice& notice) override {
    cluster.notices_.emplace_back(index, notice);
    cluster.own_cells_[self.node()].put(notice, cluster.now_ms_);
  }
  std::optional<native::Refusal> check(const ClientAddress&, const tracker_wire::StreamKey&, std::span<const uint8_t>,
                                       int64_t) override {
    return std::nullopt;
  }
  bool is_signal(std::span<const uint8_t>, tracker_wire::SignalKind) override { return true; }
  size_t seal(const native::Place&, std::span<uint8_t>) override { return 0; }
  std::optional<native::Place> unseal(std::span<const uint8_t>) override { return std::nullopt; }

  ConnectionId free_connection() {
    if (free.empty()) return ++last;
    const ConnectionId connection = free.back();
    free.pop_back();
    return connection;
  }

  struct Call {
    ConnectionId from;
    native::PeerId to;
  };
  Cluster& cluster;
  uint32_t index;
  Address self;
  Directory directory;
  native::Desk desk;
  std::vector<Call> calls;
  std::vector<ConnectionId> free;
  ConnectionId last = 0;
  uint64_t welcomed = 0, closed = 0;
};

Cluster::Cluster(const ClusterPlan& plan)
    : plan_(plan), dice_(plan.seed), own_cells_(plan.nodes), told_ms_(plan.nodes) {
  for (uint32_t i = 0; i < plan.nodes * plan.workers_per_node; ++i) {
    const Address self(static_cast<uint16_t>(i / plan.workers_per_node),
                       static_cast<uint8_t>(i % plan.workers_per_node), 0, 0);
    workers_.push_back(std::make_unique<Worker>(*this, i, self));
    workers_.back()->desk.set_extent({plan.nodes * plan.workers_per_node, plan.nodes});
  }
  for (int64_t& told : told_ms_) told = dice_.below(kBeatMs);
}

Cluster::~Cluster() = default;

void Cluster::arrive() {
  const auto index = dice_.below(static_cast<uint32_t>(workers_.size()));
  Worker& worker = *workers_[index];
  const ConnectionId connection = worker.free_connection();
  alive_.push_back({index, connection});
  ClientAddress client;
  for (uint8_t& byte : client.bytes) byte = static_cast<uint8_t>(dice_.next());
  worker.desk.opened(connection, client, now_ms_);
  Message join;
  join.type = Type::kJoin;
  join.version = tracker_wire::kProtocolVersion;
  join.want = plan_.want;
  // Small streams are of unlike sizes: the square of a die favours the low numbers.
  const double roll = dice_.roll();
  const auto stream =
      dice_.roll() < plan_.hot_share ? 0u : 1 + static_cast<uint32_t>(roll * roll * plan_.small_streams);
  for (int i = 0; i < 4; ++i) join.stream[static_cast<size_t>(i)] = static_cast<uint8_t>(stream >> 8 * i);
  std::array<uint8_t, tracker_wire::kEncodedBytesMax> frame;
  worker.desk.message(connection, {frame.data(), tracker_wire::encode(join, frame)}, now_ms_);
}

void Cluster::depart() {
  if (alive_.empty()) return;
  Viewer& viewer = alive_[dice_.below(static_cast<uint32_t>(alive_.size()))];
  Worker& worker = *workers_[viewer.worker];
  worker.desk.closed(viewer.connection, now_ms_);
  worker.free.push_back(viewer.connection);
  viewer = alive_.back();
  alive_.pop_back();
}

// What desks told each other, until they are silent; every round is one way through Redis.
void Cluster::deliver() {
  std::array<uint8_t, 320> frame;
  while (!posts_.empty() || std::any_of(workers_.begin(), workers_.end(), [](auto& w) { return !w->calls.empty(); })) {
    for (auto& worker : workers_) {
      const auto calls = std::move(worker->calls);
      worker->calls.clear();
      for (const auto& call : calls) {
        const size_t header =
            tracker_wire::encode_signal_header(Type::kSignal, call.to, tracker_wire::SignalKind::kOffer, 300, frame);
        for (uint32_t i = 0; i < plan_.signals_per_peer; ++i)
          worker->desk.message(call.from, {frame.data(), header + 300}, now_ms_);
      }
    }
    const auto posts = std::move(posts_);
    posts_.clear();
    for (const Post& post : posts)
      workers_[post.to.node() * plan_.workers_per_node + post.to.worker()]->desk.delivered(post.bytes, now_ms_);
  }
  const auto notices = std::move(notices_);
  notices_.clear();
  for (const auto& [from, notice] : notices)
    for (auto& worker : workers_)
      if (worker->index != from) worker->directory.heard(notice, now_ms_);
}

// As RedisSession does: a bulletin each beat, at once (but no oftener than kUrgentMs) for new and ended cells; batches
// to each node, no oftener than kBatchPaceUs.
void Cluster::tell_redis() {
  // A node flushes at most so many batches that are not full in a step, to whichever nodes; full ones go at once.
  std::vector<uint64_t> messages_of(plan_.nodes);
  for (const auto& [pair, traffic] : between_nodes_) {
    messages_of[pair >> 16] += traffic.messages;
    redis_ += traffic.bytes / kBatchBytes;
  }
  for (const uint64_t messages : messages_of) redis_ += std::min<uint64_t>(messages, kStepMs * 1'000 / kBatchPaceUs);
  between_nodes_.clear();
  for (uint32_t node = 0; node < plan_.nodes; ++node) {
    OwnCells& cells = own_cells_[node];
    const int64_t since = now_ms_ - told_ms_[node];
    if (since < kBeatMs && !(cells.is_urgent() && since >= kUrgentMs)) continue;
    told_ms_[node] = now_ms_;
    cells.expire(now_ms_);
    const auto changes = cells.take();
    const auto is_ended = [](const auto& change) { return change.notice.size == 0; };
    const bool has_ended = std::any_of(changes.begin(), changes.end(), is_ended);
    const bool has_stored = std::any_of(changes.begin(), changes.end(),
                                        [&](const auto& change) { return !is_ended(change) && !change.is_stored; });
    redis_ += 1 + kTellOperations + (has_ended ? 1 : 0) + (has_stored ? 1 : 0);
  }
}

void Cluster::step() {
  now_ms_ += kStepMs;
  const bool is_arriving = now_ms_ <= 1'000 + plan_.arrival_ms;
  const double churn = static_cast<double>(plan_.viewers) * kStepMs / static_cast<double>(plan_.stay_ms);
  arrivals_due_ +=
      is_arriving ? static_cast<double>(plan_.viewers) * kStepMs / static_cast<double>(plan_.arrival_ms) : churn;
  departures_due_ += is_arriving ? 0 : churn;
  for (; arrivals_due_ >= 1; --arrivals_due_) arrive();
  for (; departures_due_ >= 1; --departures_due_) depart();
  for (auto& worker : workers_) {
    worker->desk.turn(now_ms_, now_ms_ / 1'000);
    if (now_ms_ % 1'000 == 0) worker->directory.expire(now_ms_);
  }
  deliver();
  tell_redis();
}

void Cluster::run_second(int64_t) {
  redis_ = 0;
  for (int64_t step_of_second = 0; step_of_second < 1'000 / kStepMs; ++step_of_second) step();
  redis_total_ += redis_;
  redis_max_ = std::max(redis_max_, redis_);
}

ClusterResult Cluster::result() {
  ClusterResult result;
  result.viewers = viewers();
  std::vector<double> of_worker, of_node(plan_.nodes);
  for (const auto& worker : workers_) {
    const native::Desk& desk = worker->desk;
    of_worker.push_back(static_cast<double>(desk.keeper().members()));
    of_node[worker->self.node()] += of_worker.back();
    result.cells += static_cast<uint32_t>(desk.keeper().cells());
    result.joins += static_cast<double>(desk.counters().joins);
    result.welcomed += static_cast<double>(worker->welcomed);
    result.relays += static_cast<double>(desk.counters().relayed);
    result.relays_between_workers += static_cast<double>(desk.counters().relayed_away);
  }
  const auto skew = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return *std::max_element(values.begin(), values.end()) * static_cast<double>(values.size()) / std::max(1.0, sum);
  };
  result.worker_skew = skew(of_worker);
  result.node_skew = skew(of_node);
  const double seconds = static_cast<double>(plan_.arrival_ms + plan_.steady_ms) / 1'000;
  result.redis_per_s_mean = static_cast<double>(redis_total_) / seconds;
  result.redis_per_s_max = static_cast<double>(redis_max_);
  result.bytes_per_viewer = static_cast<double>(resident_bytes()) / std::max(1u, result.viewers);
  return result;
}

}  // namespace bazaar::bench
