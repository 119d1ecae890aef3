// One neighbour's messages, judged: well-formed, allowed now, and meant for us; then carried out.
// Owns the rules of the conversation (HELLO first, only asked-for blocks); refuses to decide what to ask for.
// Invariant: a message that breaks the protocol changes nothing but the peer that sent it, which is closed.
#pragma once

#include <span>

#include "custody.hpp"
#include "status_sender.hpp"
#include "uploader.hpp"
#include "wire.hpp"
#include "world.hpp"

namespace bazaar {

class PeerProtocol {
 public:
  PeerProtocol(World& world, Custody& custody, StatusSender& status, Uploader& uploader)
      : world_(world), custody_(custody), status_(status), uploader_(uploader) {}

  void opened(Handle peer);
  void received(Handle peer, int32_t token, std::span<const uint8_t> head, size_t total_bytes);
  /// Says BYE where it can be heard, and has the connection closed.
  void close(Handle peer, CloseReason reason);
  /// The connection is gone already.
  void gone(Handle peer);
  /// Our id changed (the tracker was joined anew): the neighbours should know us by the new one.
  void reintroduce();
  /// Closes the silent and the useless; returns when to call again.
  TimeMs sweep();

 private:
  void say_hello(Handle peer);
  bool hello(Handle handle, Peer& peer, const wire::Hello& hello);
  bool status(Handle handle, Peer& peer, const wire::Status& status);
  bool run(size_t slot, const wire::StatusRun& run, bool is_news);
  bool block(Handle handle, Peer& peer, int32_t token, const wire::Block& block);

  World& world_;
  Custody& custody_;
  StatusSender& status_;
  Uploader& uploader_;
  wire::Message message_;  // 2 KiB, kept off the stack
};

}  // namespace bazaar
