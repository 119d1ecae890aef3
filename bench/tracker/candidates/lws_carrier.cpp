// The plain protocol on libwebsockets: lws_carrier PORT poll|uv|ev RX_BUFFER_BYTES [CERT KEY]
#include <libwebsockets.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "carry.hpp"

namespace {

struct Connection {
  uint32_t id;
  std::vector<uint8_t>* out;   // whole messages one after another, each behind its length
  std::vector<uint8_t>* part;  // a message of which more is to come
};

std::vector<lws*> sockets;

void queue(uint32_t to, std::span<const uint8_t> message) {
  if (to >= sockets.size() || sockets[to] == nullptr) return;
  auto* connection = static_cast<Connection*>(lws_wsi_user(sockets[to]));
  if (connection->out == nullptr) connection->out = new std::vector<uint8_t>;
  const auto size = static_cast<uint32_t>(message.size());
  const auto* head = reinterpret_cast<const uint8_t*>(&size);
  connection->out->insert(connection->out->end(), head, head + sizeof size);
  connection->out->insert(connection->out->end(), message.begin(), message.end());
  lws_callback_on_writable(sockets[to]);
}

void write_all(lws* wsi, Connection& connection) {
  if (connection.out == nullptr) return;
  static std::vector<uint8_t> frame;
  size_t at = 0;
  while (at < connection.out->size() && lws_send_pipe_choked(wsi) == 0) {
    uint32_t size = 0;
    std::memcpy(&size, connection.out->data() + at, sizeof size);
    frame.resize(LWS_PRE + size);
    std::memcpy(frame.data() + LWS_PRE, connection.out->data() + at + sizeof size, size);
    lws_write(wsi, frame.data() + LWS_PRE, size, LWS_WRITE_BINARY);
    at += sizeof size + size;
  }
  if (at == connection.out->size()) {
    delete connection.out;
    connection.out = nullptr;
  } else {
    connection.out->erase(connection.out->begin(), connection.out->begin() + static_cast<ptrdiff_t>(at));
    lws_callback_on_writable(wsi);
  }
}

int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size) {
  auto* connection = static_cast<Connection*>(user);
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      connection->id = static_cast<uint32_t>(sockets.size());
      connection->out = nullptr;
      connection->part = nullptr;
      sockets.push_back(wsi);
      queue(connection->id, bazaar::load::candidates::greeting(connection->id));
      break;
    case LWS_CALLBACK_RECEIVE: {
      auto* bytes = static_cast<uint8_t*>(in);
      const bool is_whole = lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0;
      if (!is_whole || connection->part != nullptr) {
        if (connection->part == nullptr) connection->part = new std::vector<uint8_t>;
        connection->part->insert(connection->part->end(), bytes, bytes + size);
        if (!is_whole) break;
        bazaar::load::candidates::carry(connection->id, *connection->part, queue);
        delete connection->part;
        connection->part = nullptr;
      } else {
        bazaar::load::candidates::carry(connection->id, {bytes, size}, queue);
      }
      break;
    }
    case LWS_CALLBACK_SERVER_WRITEABLE:
      write_all(wsi, *connection);
      break;
    case LWS_CALLBACK_CLOSED:
      sockets[connection->id] = nullptr;
      delete connection->out;
      delete connection->part;
      break;
    default:
      break;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 6) return 2;
  const std::string_view loop = argv[2];
  lws_set_log_level(LLL_ERR, nullptr);
  lws_protocols protocols[] = {
      {"plain", callback, sizeof(Connection), static_cast<size_t>(std::atoi(argv[3])), 0, nullptr, 0},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  lws_context_creation_info info{};
  info.port = std::atoi(argv[1]);
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
  if (loop == "uv") info.options |= LWS_SERVER_OPTION_LIBUV;
  if (loop == "ev") info.options |= LWS_SERVER_OPTION_LIBEV;
  info.fd_limit_per_thread = 20'000;
  info.pt_serv_buf_size = 32 * 1024;
  if (argc == 6) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.ssl_cert_filepath = argv[4];
    info.ssl_private_key_filepath = argv[5];
    info.ssl_options_set = 0;
  }
  lws_context* context = lws_create_context(&info);
  if (context == nullptr) return 1;
  while (lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  return 0;
}
