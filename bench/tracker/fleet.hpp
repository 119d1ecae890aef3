// A few thousand WebSocket clients on one epoll loop and one thread.
// Owns sockets, upgrades, frames in and out; refuses to know what frames mean or when to send them. Invariant: a client
// is told opened once, then messages, then closed once; what one client has not been able to send is bounded.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "client_frames.hpp"
#include "target.hpp"

namespace bazaar::load {

using ClientIndex = uint32_t;

/// Called from turn() only. May send and may ask for opens and closes.
class FleetListener {
 public:
  virtual ~FleetListener() = default;
  virtual void opened(ClientIndex who) = 0;
  /// A view into the fleet's buffer, for this call.
  virtual void message(ClientIndex who, std::span<const uint8_t> message) = 0;
  /// The close code when the server gave one, 1006 when it just hung up, 0 when it never let us in.
  virtual void closed(ClientIndex who, uint16_t code) = 0;
};

struct FleetSettings {
  Target target;
  std::string subprotocol;  ///< empty: none is offered
  uint32_t clients = 0;
  uint32_t sources =
      200;  ///< addresses 127.0.k.1 that clients come from in turn: ports last, limits per address don't bite
  size_t unsent_bytes_max = 1 << 20;
};

struct FleetCounts {
  uint64_t messages_in = 0;
  uint64_t messages_out = 0;
  uint64_t bytes_in = 0;
  uint64_t refused = 0;     ///< the connection or the upgrade failed
  uint64_t lost = 0;        ///< open, and then closed without our asking
  uint64_t overflowed = 0;  ///< frames not sent because the bound of what waits was reached
  uint64_t broken = 0;      ///< frames that a server must not send
};

class Fleet {
 public:
  Fleet(const FleetSettings& settings, FleetListener& listener);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  void open(ClientIndex who);
  /// Hangs up; a client told so by closed() may be opened again. With a close frame when `code` is not 0.
  void close(ClientIndex who, uint16_t code = 0);
  bool is_open(ClientIndex who) const;
  /// From now on this client reads nothing, and its kernel buffer is as small as it may be.
  void stop_reading(ClientIndex who);
  void aim_at(const Target& target) { settings_.target = target; }

  /// Appends the frame to what the client sends at the end of this turn, to be patched at once.
  /// Where the client cannot take it, the slot leads to a scratch frame and overflowed is counted.
  FrameSlot send(ClientIndex who, const FrameTemplate& frame);

  /// Sends what waits, handles what arrives until something did or `until_ns` has come, sends again.
  void turn(int64_t until_ns);

  const FleetCounts& counts() const { return counts_; }
  uint32_t open_now() const { return open_now_; }

 private:
  enum class State : uint8_t { kNone, kConnecting, kSecuring, kUpgrading, kOpen, kOver };
  struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  struct Client {
    int fd = -1;
    State state = State::kNone;
    bool is_dirty = false;
    bool waits_for_room = false;
    bool is_deaf = false;
    uint16_t close_code = 0;
    size_t sent = 0;  ///< of `out`
    std::unique_ptr<SSL, SslFree> ssl;
    std::vector<uint8_t> out;
    std::vector<uint8_t> partial;  ///< the start of a frame whose rest has not come
  };

  void connect(ClientIndex who);
  void connected(ClientIndex who);
  void secure(ClientIndex who);
  void ask_for_upgrade(ClientIndex who);
  void read(ClientIndex who);
  size_t take_upgrade(ClientIndex who, std::span<const uint8_t> bytes);
  void take_frames(ClientIndex who, std::span<const uint8_t> bytes);
  void flush(ClientIndex who);
  void flush_dirty();
  void touch(ClientIndex who);
  void watch(ClientIndex who, int operation) const;
  void end(ClientIndex who, uint16_t code);

  FleetSettings settings_;
  FleetListener& listener_;
  FleetCounts counts_;
  int epoll_ = -1;
  uint32_t open_now_ = 0;
  uint64_t dialled_ = 0;
  SSL_CTX* tls_ = nullptr;
  std::vector<Client> clients_;
  std::vector<ClientIndex> dirty_;
  std::vector<ClientIndex> over_;
  std::vector<ClientIndex> to_open_;
  std::vector<uint8_t> buffer_;
  std::vector<uint8_t> scratch_;
};

}  // namespace bazaar::load
