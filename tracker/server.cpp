#include "server.hpp"

#include <libwebsockets.h>
#include <netdb.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <deque>
#include <stdexcept>
#include <unordered_map>

namespace bazaar::tracker {

namespace {

constexpr const char* kSubprotocol = "hls-bazaar.v1";
constexpr lws_usec_t kTickUs = 1'000'000;
// A viewer behind a sleeping radio answers pings late; one that is gone never does.
constexpr uint16_t kPingAfterS = 20;
constexpr uint16_t kHangUpAfterS = 50;

int64_t now_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::steady_clock;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

/// The numeric address to listen on, empty when this machine cannot listen there now. libwebsockets takes no names, and
/// waits for an address to appear instead of saying that it is not there.
std::string listenable(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  const int probe = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  const int yes = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool is_bound = probe >= 0 && bind(probe, found->ai_addr, found->ai_addrlen) == 0 && listen(probe, 1) == 0;
  if (probe >= 0) close(probe);
  std::array<char, NI_MAXHOST> numeric{};
  getnameinfo(found->ai_addr, found->ai_addrlen, numeric.data(), numeric.size(), nullptr, 0, NI_NUMERICHOST);
  freeaddrinfo(found);
  return is_bound ? std::string(numeric.data()) : std::string();
}

/// What libwebsockets hands back when the timer fires, and how the loop is found from it.
struct Ticker {
  lws_sorted_usec_list_t list;
  void* loop;
};

/// libwebsockets keeps this, zeroed, in each connection; the rest lives in Loop::connections.
struct PerSession {
  ConnectionId id;
};

}  // namespace

struct Server::Loop {
  struct Connection {
    lws* socket = nullptr;
    std::vector<uint8_t> incoming;           // a frame that arrives in pieces
    bool is_refused = false;                 // said so; nothing more of it is read
    std::deque<std::vector<uint8_t>> queue;  // each with LWS_PRE bytes in front
    size_t queued_bytes = 0;
    uint16_t close_code = 0;  // once the queue is empty
  };

  explicit Loop(ServerOptions given) : options(std::move(given)), hub(options.limits, options.seed) {}

  ServerOptions options;
  std::string address;  // numeric, of options.host
  Hub hub;
  std::unordered_map<ConnectionId, Connection> connections;
  ConnectionId last_id = 0;
  std::vector<Outgoing> outgoing;
  lws_context* context = nullptr;
  lws_vhost* vhost = nullptr;
  Ticker ticker{};
  volatile std::sig_atomic_t is_stopping = 0;
  std::array<lws_protocols, 3> protocols{};
  lws_retry_bo_t idle_policy{};

  void dispatch();
  void enqueue(ConnectionId id, Connection& connection, Outgoing& item);
  int write_one(ConnectionId id, lws* socket);
  int receive(ConnectionId id, lws* socket, const uint8_t* data, size_t length);
  int answer_http(lws* socket, const char* path);
  static int on_event(lws* socket, lws_callback_reasons reason, void* user, void* in, size_t length);
  static void on_tick(lws_sorted_usec_list_t* list);
};

void Server::Loop::enqueue(ConnectionId id, Connection& connection, Outgoing& item) {
  if (item.close_code != 0) {
    connection.close_code = item.close_code;
    connection.is_refused = true;
    return;
  }
  if (connection.close_code != 0) return;
  connection.queued_bytes += item.frame.size();
  if (connection.queued_bytes > options.queue_hard_bytes) {
    // It does not read: what waits is dropped, so that the close can follow what is in the kernel already.
    connection.queue.clear();
    connection.queued_bytes = 0;
    connection.close_code = static_cast<uint16_t>(tracker_wire::ErrorCode::kSlow);
    connection.is_refused = true;
    hub.disconnected(id);
    return;
  }
  const bool is_retryable =
      item.frame.size() > 1 && item.frame[1] == static_cast<uint8_t>(tracker_wire::Type::kRelayed);
  if (is_retryable && connection.queued_bytes > options.queue_soft_bytes) {
    connection.queued_bytes -= item.frame.size();
    return;
  }
  std::vector<uint8_t> padded(LWS_PRE + item.frame.size());
  std::copy(item.frame.begin(), item.frame.end(), padded.begin() + LWS_PRE);
  connection.queue.push_back(std::move(padded));
}

// Hands what the hub wants done to the connections, and asks for their turn to write.
void Server::Loop::dispatch() {
  for (Outgoing& item : outgoing) {
    const auto found = connections.find(item.connection);
    if (found == connections.end()) continue;
    enqueue(item.connection, found->second, item);
    lws_callback_on_writable(found->second.socket);
  }
  outgoing.clear();
}

int Server::Loop::write_one(ConnectionId id, lws* socket) {
  const auto found = connections.find(id);
  if (found == connections.end()) return -1;
  Connection& connection = found->second;
  if (!connection.queue.empty()) {
    std::vector<uint8_t>& frame = connection.queue.front();
    const size_t length = frame.size() - LWS_PRE;
    if (lws_write(socket, frame.data() + LWS_PRE, length, LWS_WRITE_BINARY) < static_cast<int>(length)) return -1;
    connection.queued_bytes -= length;
    connection.queue.pop_front();
  }
  if (!connection.queue.empty()) {
    lws_callback_on_writable(socket);
  } else if (connection.close_code != 0) {
    lws_close_reason(socket, static_cast<lws_close_status>(connection.close_code), nullptr, 0);
    return -1;
  }
  return 0;
}

int Server::Loop::receive(ConnectionId id, lws* socket, const uint8_t* data, size_t length) {
  const auto found = connections.find(id);
  if (found == connections.end()) return -1;
  Connection& connection = found->second;
  if (connection.is_refused) return 0;
  if (!lws_frame_is_binary(socket)) {
    hub.bad_frame(id, tracker_wire::ErrorCode::kBadFrame, outgoing);
  } else if (connection.incoming.size() + length > tracker_wire::kFrameBytesMax) {
    connection.incoming = {};
    hub.bad_frame(id, tracker_wire::ErrorCode::kOversize, outgoing);
  } else {
    const bool is_whole = lws_is_final_fragment(socket) && lws_remaining_packet_payload(socket) == 0;
    if (is_whole && connection.incoming.empty()) {
      hub.frame(id, {data, length}, now_ms(), outgoing);
    } else {
      connection.incoming.insert(connection.incoming.end(), data, data + length);
      if (is_whole) {
        hub.frame(id, connection.incoming, now_ms(), outgoing);
        connection.incoming = {};
      }
    }
  }
  dispatch();
  return 0;
}

int Server::Loop::answer_http(lws* socket, const char* path) {
  std::string body = "This is an hls-bazaar tracker: a WebSocket server. See /healthz.\n";
  unsigned status = HTTP_STATUS_NOT_FOUND;
  const char* type = "text/plain";
  if (std::string(path) == "/healthz") {
    const HubStats stats = hub.stats();
    status = HTTP_STATUS_OK;
    type = "application/json";
    body = "{\"status\":\"ok\",\"connections\":" + std::to_string(stats.connections) +
           ",\"swarms\":" + std::to_string(stats.swarms) + ",\"members\":" + std::to_string(stats.members) +
           ",\"relayed\":" + std::to_string(stats.relayed) + ",\"refused\":" + std::to_string(stats.refused) + "}\n";
  }
  std::array<uint8_t, LWS_PRE + 1024> buffer;
  uint8_t* const start = buffer.data() + LWS_PRE;
  uint8_t* at = start;
  uint8_t* const end = buffer.data() + buffer.size() - 1;
  if (lws_add_http_common_headers(socket, status, type, body.size(), &at, end) ||
      lws_finalize_write_http_header(socket, start, &at, end)) {
    return 1;
  }
  std::vector<uint8_t> padded(LWS_PRE + body.size());
  std::copy(body.begin(), body.end(), padded.begin() + LWS_PRE);
  if (lws_write(socket, padded.data() + LWS_PRE, body.size(), LWS_WRITE_HTTP_FINAL) < 0) return 1;
  return lws_http_transaction_completed(socket) ? -1 : 0;
}

int Server::Loop::on_event(lws* socket, lws_callback_reasons reason, void* user, void* in, size_t length) {
  auto* session = static_cast<PerSession*>(user);
  auto* loop = static_cast<Loop*>(lws_context_user(lws_get_context(socket)));
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      return loop->answer_http(socket, static_cast<const char*>(in));
    case LWS_CALLBACK_ESTABLISHED: {
      session->id = ++loop->last_id;
      loop->connections[session->id].socket = socket;
      loop->hub.connected(session->id, now_ms(), loop->outgoing);
      loop->dispatch();
      return 0;
    }
    case LWS_CALLBACK_RECEIVE:
      return loop->receive(session->id, socket, static_cast<const uint8_t*>(in), length);
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return loop->write_one(session->id, socket);
    case LWS_CALLBACK_CLOSED:
      loop->hub.disconnected(session->id);
      loop->connections.erase(session->id);
      return 0;
    default:
      return 0;
  }
}

void Server::Loop::on_tick(lws_sorted_usec_list_t* list) {
  Loop* loop = static_cast<Loop*>(lws_container_of(list, Ticker, list)->loop);
  loop->hub.tick(now_ms(), loop->outgoing);
  loop->dispatch();
  lws_sul_schedule(loop->context, 0, list, on_tick, kTickUs);
}

Server::Server(ServerOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {
  Loop& loop = *loop_;
  const std::string problem = "cannot listen on " + loop.options.host + ":" + std::to_string(loop.options.port) +
                              ": the port is in use, or the address is not one of this machine's. "
                              "Choose another with --port or --host.";
  loop.address = listenable(loop.options.host, loop.options.port);
  if (loop.address.empty()) throw std::runtime_error(problem);
  // Without the subprotocol a WebSocket finds no protocol to speak and is refused by the library: the first entry
  // serves HTTP.
  loop.protocols[0] = {"http-only",
                       [](lws* socket, lws_callback_reasons reason, void* user, void* in, size_t length) {
                         if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION) return -1;
                         if (reason == LWS_CALLBACK_HTTP) return Loop::on_event(socket, reason, user, in, length);
                         return lws_callback_http_dummy(socket, reason, user, in, length);
                       },
                       0,
                       0,
                       0,
                       nullptr,
                       0};
  loop.protocols[1] = {kSubprotocol, &Loop::on_event, sizeof(PerSession), 2048, 0, nullptr, 0};
  loop.idle_policy.secs_since_valid_ping = kPingAfterS;
  loop.idle_policy.secs_since_valid_hangup = kHangUpAfterS;

  lws_set_log_level(LLL_ERR, [](int, const char* line) {
    std::string text(line);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    spdlog::warn("libwebsockets: {}", text);
  });
  lws_context_creation_info info{};
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.user = &loop;
  info.gid = -1;
  info.uid = -1;
  loop.context = lws_create_context(&info);
  if (!loop.context) throw std::runtime_error("libwebsockets could not be started");

  lws_context_creation_info where{};
  where.port = loop.options.port;
  where.iface = loop.address == "0.0.0.0" ? nullptr : loop.address.c_str();
  where.protocols = loop.protocols.data();
  where.retry_and_idle_policy = &loop.idle_policy;
  where.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
  where.user = &loop;
  loop.vhost = lws_create_vhost(loop.context, &where);
  if (!loop.vhost || lws_get_vhost_listen_port(loop.vhost) <= 0) throw std::runtime_error(problem);
  loop.ticker.loop = &loop;
  lws_sul_schedule(loop.context, 0, &loop.ticker.list, &Loop::on_tick, kTickUs);
}

Server::~Server() {
  if (loop_->context) lws_context_destroy(loop_->context);
}

int Server::port() const { return lws_get_vhost_listen_port(loop_->vhost); }

void Server::run() {
  while (!loop_->is_stopping && lws_service(loop_->context, 0) >= 0) {
  }
}

void Server::stop() {
  loop_->is_stopping = 1;
  lws_cancel_service(loop_->context);
}

}  // namespace bazaar::tracker
