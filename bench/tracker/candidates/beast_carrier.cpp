// The plain protocol on Boost.Beast: beast_carrier PORT [CERT KEY]
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdlib>
#include <deque>
#include <memory>

#include "carry.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;

struct Peer {
  virtual ~Peer() = default;
  virtual void queue(std::span<const uint8_t> message) = 0;
};

std::vector<std::weak_ptr<Peer>> peers;

void send_to(uint32_t to, std::span<const uint8_t> message) {
  if (to >= peers.size()) return;
  if (const auto peer = peers[to].lock()) peer->queue(message);
}

// Compression is compiled out: it is what costs Beast most of its memory.
template <typename Next>
class Session final : public Peer, public std::enable_shared_from_this<Session<Next>> {
 public:
  template <typename... Args>
  explicit Session(Args&&... args) : stream_(std::forward<Args>(args)...) {}

  void run() {
    auto self = this->shared_from_this();
    if constexpr (!std::is_same_v<Next, Tcp::socket>) {
      stream_.next_layer().async_handshake(asio::ssl::stream_base::server, [self](beast::error_code error) {
        if (!error) self->upgrade();
      });
    } else {
      upgrade();
    }
  }

  void queue(std::span<const uint8_t> message) override {
    out_.emplace_back(message.begin(), message.end());
    if (out_.size() == 1) write();
  }

 private:
  void upgrade() {
    auto self = this->shared_from_this();
    stream_.binary(true);
    stream_.auto_fragment(false);
    stream_.async_accept([self](beast::error_code error) {
      if (error) return;
      self->id_ = static_cast<uint32_t>(peers.size());
      peers.push_back(self);
      self->queue(bazaar::load::candidates::greeting(self->id_));
      self->read();
    });
  }

  void read() {
    auto self = this->shared_from_this();
    stream_.async_read(in_, [self](beast::error_code error, size_t) {
      if (error) return;
      const auto data = self->in_.data();
      bazaar::load::candidates::carry(self->id_, {static_cast<uint8_t*>(data.data()), data.size()}, send_to);
      self->in_.clear();
      self->in_.shrink_to_fit();
      self->read();
    });
  }

  void write() {
    auto self = this->shared_from_this();
    stream_.async_write(asio::buffer(out_.front()), [self](beast::error_code error, size_t) {
      if (error) return;
      self->out_.pop_front();
      if (!self->out_.empty())
        self->write();
      else
        std::deque<std::vector<uint8_t>>().swap(self->out_);
    });
  }

  beast::websocket::stream<Next, false> stream_;
  beast::flat_buffer in_;
  std::deque<std::vector<uint8_t>> out_;
  uint32_t id_ = 0;
};

void accept_next(asio::io_context& loop, Tcp::acceptor& acceptor, asio::ssl::context* tls) {
  acceptor.async_accept([&loop, &acceptor, tls](beast::error_code error, Tcp::socket socket) {
    if (!error) {
      socket.set_option(Tcp::no_delay(true));
      if (tls != nullptr) {
        std::make_shared<Session<asio::ssl::stream<Tcp::socket>>>(std::move(socket), *tls)->run();
      } else {
        std::make_shared<Session<Tcp::socket>>(std::move(socket))->run();
      }
    }
    accept_next(loop, acceptor, tls);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) return 2;
  asio::io_context loop(1);
  asio::ssl::context tls(asio::ssl::context::tls_server);
  if (argc == 4) {
    tls.use_certificate_chain_file(argv[2]);
    tls.use_private_key_file(argv[3], asio::ssl::context::pem);
    SSL_CTX_set_mode(tls.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  }
  Tcp::acceptor acceptor(loop, {asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(std::atoi(argv[1]))});
  acceptor.listen(4096);
  accept_next(loop, acceptor, argc == 4 ? &tls : nullptr);
  loop.run();
}
