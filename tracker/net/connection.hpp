// One accepted socket, from accept to the end, in as few bytes as it can be.
// Owns its stream and what waits for it; refuses to decide (loop.hpp). Invariant: an idle session owns no buffer.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "net/buffers.hpp"
#include "net/handler.hpp"
#include "net/message_reader.hpp"
#include "net/stream.hpp"

namespace bazaar::tracker::net {

enum class Phase : uint8_t {
  kFree,
  kTls,        ///< shaking hands
  kHead,       ///< until the request's head is whole
  kOpen,       ///< a session
  kClosing,    ///< our Close is said; theirs is waited for
  kLingering,  ///< what waits goes out, then our end; theirs is waited for, so that ours is not lost to a reset
};

struct Connection {
  Stream stream;
  Buffers::Buffer input;   ///< an incomplete head or frame
  Buffers::Buffer output;  ///< from `output_sent` on not yet with the kernel
  MessageReader reader;
  ClientAddress client;  ///< the socket's
  int64_t heard_ms = 0;  ///< the last whole message or control frame
  uint32_t generation = 1;
  uint32_t output_sent = 0;
  uint32_t interest = 0;  ///< what epoll was told last
  Phase phase = Phase::kFree;
  Dialect dialect = Dialect::kWebTorrent;
  CloseCause cause = CloseCause::kNetwork;
  bool is_session : 1 = false;        ///< on_open was called, on_close not yet
  bool is_handshake : 1 = false;      ///< counts among the unfinished ones
  bool is_admitted : 1 = false;       ///< on_accept said yes: on_gone is owed
  bool is_watched : 1 = false;        ///< epoll knows it
  bool is_listed : 1 = false;         ///< in the list to flush
  bool is_pinged : 1 = false;         ///< its deadline is the hang-up, until something is heard
  bool is_full : 1 = false;           ///< the kernel takes no more until it says so
  bool is_paused : 1 = false;         ///< not read until it has read
  bool is_writing_over : 1 = false;   ///< our end is said
  bool has_ended : 1 = false;         ///< their end is seen
  bool read_wants_write : 1 = false;  ///< TLS must write before it can read on

  size_t waiting_bytes() const { return output ? output->size() - output_sent : 0; }
};

}  // namespace bazaar::tracker::net
