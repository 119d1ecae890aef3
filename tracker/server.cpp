#include "server.hpp"

#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <chrono>
#include <stdexcept>

#include "backplane/memory_backplane.hpp"
#include "backplane/redis_backplane.hpp"
#include "net/tls.hpp"

namespace bazaar::tracker {

namespace {

constexpr int64_t kSecondMs = 1'000;
/// After the last viewer of a drain: signals may be on their way here from where others have moved.
constexpr int64_t kForwardMs = 2'000;

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

template <typename Value>
Value unguessable() {
  Value value{};
  if (getrandom(&value, sizeof value, 0) != sizeof value)
    throw std::runtime_error("the kernel gives no random numbers");
  return value;
}

std::vector<uint8_t> resume_secret(const Options& options) {
  if (options.resume_secret.empty()) {
    const auto drawn = unguessable<std::array<uint8_t, 32>>();
    return {drawn.begin(), drawn.end()};
  }
  return {options.resume_secret.begin(), options.resume_secret.end()};
}

admission::AddressCaps address_caps(const Options& options) {
  const auto u32 = [](int64_t value) { return static_cast<uint32_t>(value); };
  admission::AddressCaps caps;
  caps.connections_max = static_cast<size_t>(options.connections_max);
  caps.connections_per_address_max = u32(options.connections_per_address_max);
  caps.connections_per_address = {u32(options.connections_per_address_per_second),
                                  u32(options.connections_per_address_burst)};
  caps.messages_per_address = {u32(options.messages_per_address_per_second), u32(options.messages_per_address_burst)};
  return caps;
}

net::Proxies proxies_of(const Options& options) {
  net::Proxies proxies;
  for (const std::string& text : options.trusted_proxies) {
    const auto network = net::Network::parse(text);
    if (!network) throw std::runtime_error("trusted_proxies: \"" + text + "\" is no network");
    proxies.trusted.push_back(*network);
  }
  if (options.proxy_header == "forwarded") proxies.header = net::ProxyHeader::kForwarded;
  if (options.proxy_header == "x-real-ip") proxies.header = net::ProxyHeader::kXRealIp;
  return proxies;
}

std::unique_ptr<Backplane> backplane_of(const Options& options) {
  if (options.backplane == "memory") return std::make_unique<MemoryBackplane>(unguessable<uint16_t>());
  RedisBackplaneOptions redis;
  redis.url = options.backplane;
  redis.prefix = options.backplane_prefix;
  return std::make_unique<RedisBackplane>(redis);
}

Options with_workers(Options options) {
  if (options.workers == 0) options.workers = std::max(1u, std::thread::hardware_concurrency());
  return options;
}

std::shared_ptr<const Door> door_of(const Options& options) {
  return std::make_shared<const Door>(Door{admission::OriginList(options.origins, options.allow_missing_origin),
                                           admission::KeyRing(options.token_keys)});
}

}  // namespace

Server::Server(const Options& options, std::string version)
    : options_(with_workers(options)),
      version_(std::move(version)),
      addresses_(address_caps(options), unguessable<admission::HashSeed>()),
      door_(door_of(options)),
      seal_(resume_secret(options)),
      proxies_(proxies_of(options)),
      metrics_(static_cast<size_t>(options_.workers)),
      pages_(options.metrics_allow),
      backplane_(backplane_of(options)),
      started_ms_(now_ms()) {
  if (options.cert.empty() != options.key.empty())
    throw std::runtime_error("cert and key belong together: name both files, or neither");
  if (!options.cert.empty()) tls_ = std::make_shared<net::TlsContext>(options.cert, options.key);
}

Server::~Server() {
  stop();
  backplane_.reset();  // calls us no more
}

void Server::start() {
  net::LoopOptions loop;
  loop.handshake_timeout_ms = options_.handshake_timeout_ms;
  loop.ping_after_ms = options_.ping_after_ms;
  loop.hang_up_after_ms = options_.hang_up_after_ms;
  loop.output_soft_bytes = static_cast<size_t>(options_.queue_soft_bytes);
  loop.output_hard_bytes = static_cast<size_t>(options_.queue_hard_bytes);
  loop.handshakes_max = static_cast<size_t>(std::max<int64_t>(1, options_.handshakes_max / options_.workers));
  loop.proxies = proxies_;
  loop.tls = tls_;

  backplane_->start(*this);
  node_ = backplane_->node();
  const auto hash_seed = unguessable<admission::HashSeed>();
  for (int64_t i = 0; i < options_.workers; ++i) {
    const Shared shared{options_, addresses_, door_, seal_, proxies_, hash_seed};
    workers_.push_back(std::make_unique<Worker>(static_cast<Node&>(*this), shared,
                                                Address(node_, static_cast<uint8_t>(i), 0, 0), loop,
                                                metrics_.worker(static_cast<size_t>(i)), unguessable<uint64_t>()));
    port_ = workers_.back()->loop().listen(options_.host, i == 0 ? static_cast<int>(options_.port) : port_,
                                           i == 0 ? net::Sharing::kFirst : net::Sharing::kFellow, is_tls());
  }
  is_listening_ = true;
  for (auto& worker : workers_) threads_.emplace_back([&loop = worker->loop()] { loop.run(); });
  backplane_->attend();
}

void Server::stop() {
  is_listening_ = false;
  for (auto& worker : workers_) worker->loop().stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Server::drain() {
  if (is_draining_.exchange(true)) return;
  draining_since_ms_ = now_ms();
  backplane_->draining();
  for (auto& worker : workers_) worker->loop().pause_accepting();
  tell_all({Letter::Kind::kDrain, {}, 0, 0, 0});
}

bool Server::is_drained() {
  if (!is_draining_) return false;
  const int64_t now = now_ms();
  if (now - draining_since_ms_ >= options_.drain_deadline_s * kSecondMs) return true;
  uint64_t open = 0;
  for (const auto& worker : workers_) open += worker->connections();
  if (open > 0) {
    empty_since_ms_.reset();
    return false;
  }
  if (!empty_since_ms_) empty_since_ms_ = now;
  return now - *empty_since_ms_ >= (nodes_ > 1 ? kForwardMs : 0);
}

void Server::reload(const Options& options) {
  if (tls_) {
    if (const auto problem = tls_->reload()) {
      spdlog::error("the old certificate stays: {}", *problem);
    } else {
      spdlog::info("certificate read again");
    }
  }
  try {
    door_ = door_of(options);
    spdlog::info("origins and token keys read again");
  } catch (const std::exception& problem) {
    spdlog::error("the old origins and token keys stay: {}", problem.what());
  }
}

void Server::tick() {
  nodes_ = std::max(1u, backplane_->counters().nodes);
  join_window_ms_ = next_join_window_ms();
}

// With more newcomers than the goal they are spread so far that their joins come at the goal's rate.
uint32_t Server::next_join_window_ms() {
  if (options_.join_window_ms >= 0) return static_cast<uint32_t>(options_.join_window_ms);
  uint64_t opened = 0;
  for (const auto& worker : workers_) opened += worker->loop().counters().upgraded.value();
  const uint64_t newcomers = opened - opened_before_;
  opened_before_ = opened;
  const auto goal = static_cast<uint64_t>(options_.joins_per_second_goal);
  if (newcomers <= goal) return join_window_ms_ / 2;  // calm comes back by halves
  const uint64_t window_ms = newcomers * 1'000 / goal + join_window_ms_ / 2;
  return static_cast<uint32_t>(std::min(window_ms, static_cast<uint64_t>(options_.join_window_max_ms)));
}

// Ways between workers.

native::Extent Server::extent() const {
  const uint32_t nodes = nodes_;
  return {nodes * static_cast<uint32_t>(workers_.size()), nodes, is_cut_off_};
}

void Server::post(Address to, BusMessageClass kind, std::span<const uint8_t> message) {
  if (to.node() != node_) return backplane_->post(to, kind, message);
  received(to.worker(), kind, message);
}

void Server::received(uint8_t worker, BusMessageClass kind, std::span<const uint8_t> message) {
  if (worker >= workers_.size()) return;
  Letter letter;
  letter.kind = kind == BusMessageClass::kNative ? Letter::Kind::kNative : Letter::Kind::kWebTorrent;
  workers_[worker]->put(letter, message);
}

void Server::publish(const CellNotice& notice, uint8_t from_worker) {
  Letter letter;
  letter.kind = Letter::Kind::kNotice;
  letter.notice = notice;
  for (size_t i = 0; i < workers_.size(); ++i)
    if (i != from_worker) workers_[i]->put(letter);
  backplane_->publish(notice);
}

void Server::heard(std::span<const CellNotice> notices) {
  Letter letter;
  letter.kind = Letter::Kind::kNotice;
  for (const CellNotice& notice : notices) {
    letter.notice = notice;
    tell_all(letter);
  }
}

void Server::node_lost(uint16_t node) {
  spdlog::warn("node {} is lost", node);
  Letter letter;
  letter.kind = Letter::Kind::kNodeLost;
  letter.number = node;
  tell_all(letter);
}

void Server::connected(bool is_connected) {
  spdlog::info("backplane {}", is_connected ? "connected" : "lost: newcomers stay on this node");
  is_cut_off_ = !is_connected;
  if (!is_connected) return;
  Letter letter;
  letter.kind = Letter::Kind::kPublish;
  tell_all(letter);
}

void Server::tell_all(const Letter& letter) {
  for (auto& worker : workers_) worker->put(letter);
}

// Pages.

void Server::renew_node_counters() {
  using metrics::Family;
  metrics::Counters& node = metrics_.node();
  metrics::measure_process(node);
  node.set(Family::kInfo, 1);
  node.set(Family::kUptimeSeconds, static_cast<uint64_t>((now_ms() - started_ms_) / kSecondMs));
  node.set(Family::kWorkers, workers_.size());
  node.set(Family::kDraining, is_draining_ ? 1 : 0);
  node.set(Family::kJoinWindowSeconds, join_window_ms_);
  node.set(Family::kAddresses, addresses_.addresses());
  const Backplane::Counters backplane = backplane_->counters();
  node.set(Family::kBackplaneConnected, backplane.is_connected ? 1 : 0);
  node.set(Family::kBackplaneNodes, std::max(1u, backplane.nodes));
  node.set(Family::kBackplaneMessages, metrics::Direction::kOut, backplane.posted);
  node.set(Family::kBackplaneMessages, metrics::Direction::kIn, backplane.received);
  node.set(Family::kBackplaneDropped, backplane.dropped);
  node.set(Family::kBackplaneRefused, backplane.refused);
  node.set(Family::kBackplaneReconnects, backplane.reconnects);
  node.set(Family::kBackplaneOperations, backplane.operations);
}

net::HttpAnswer Server::page(const net::Request& request) {
  const std::lock_guard lock(node_counters_);
  if (metrics::Pages::wants_numbers(request.target)) renew_node_counters();
  metrics::Health health;
  health.is_listening = is_listening_;
  health.is_draining = is_draining_;
  health.is_backplane_connected = backplane_->counters().is_connected;
  health.version = version_;
  return pages_.answer(request, metrics_, health);
}

}  // namespace bazaar::tracker
