// The plain protocol on the tracker's own carrier (tracker/net): own_carrier PORT [CERT KEY]
#include <cstdlib>
#include <unordered_map>

#include "carry.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"

namespace {

using namespace bazaar::tracker;

class Carrier final : public net::Handler {
 public:
  net::Loop* loop = nullptr;

  bool on_accept(const ClientAddress&) override { return true; }
  net::HttpAnswer on_http(const net::Request&) override { return {}; }
  std::optional<net::HttpAnswer> on_upgrade(const net::Request&, net::Dialect) override { return {}; }
  void on_open(ConnectionId connection, net::Dialect, const ClientAddress&) override {
    const auto id = static_cast<uint32_t>(connections_.size());
    ids_[connection] = id;
    connections_.push_back(connection);
    loop->send(connection, bazaar::load::candidates::greeting(id), Importance::kMust);
  }
  void on_message(ConnectionId connection, bool, std::span<const uint8_t> message) override {
    scratch_.assign(message.begin(), message.end());
    bazaar::load::candidates::carry(ids_[connection], scratch_, [this](uint32_t to, std::span<const uint8_t> bytes) {
      if (to < connections_.size()) loop->send(connections_[to], bytes, Importance::kMust);
    });
  }
  void on_close(ConnectionId connection, net::CloseCause) override { ids_.erase(connection); }
  void on_gone(const ClientAddress&) override {}
  int64_t on_turn(int64_t now_ms) override { return now_ms + 1000; }

 private:
  std::vector<ConnectionId> connections_;
  std::unordered_map<ConnectionId, uint32_t> ids_;
  std::vector<uint8_t> scratch_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) return 2;
  Carrier carrier;
  net::LoopOptions options;
  if (argc == 4) options.tls = std::make_shared<net::TlsContext>(argv[2], argv[3]);
  net::Loop loop(carrier, options);
  carrier.loop = &loop;
  loop.listen("127.0.0.1", std::atoi(argv[1]), net::Sharing::kFirst, argc == 4);
  loop.run();
}
