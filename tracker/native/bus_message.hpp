// What native desks of different workers say to each other: one MessagePack array, kind first.
// Owns the layout; refuses to act. Invariant: read() never trusts its input: another node's bytes came through a store
// that others may write to; lists are bounded, and views point into the message.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "swarm/bus.hpp"
#include "tracker_wire.hpp"

namespace bazaar::tracker::native {

using tracker_wire::PeerId;
using tracker_wire::Profile;

/// A peer, and where signals for it go.
struct Acquaintance {
  PeerId id = 0;
  Address home;
};

enum class BusKind : uint8_t {
  kEnter = 1,    ///< home → owner: take this viewer into `cell`, introduce it to `want` members not in `list`
  kEntered,      ///< owner → home: it is in; `list` are its introductions
  kNoCell,       ///< owner → home: that cell is no more, or full: place it elsewhere
  kWant,         ///< home → owner: more members, please
  kChosen,       ///< owner → home: these
  kLeave,        ///< home → owner: it left, or lost its connection
  kProfile,      ///< home → owner: its profile changed
  kAudience,     ///< owner → home: the stream's size, for its viewer
  kRehome,       ///< owner → home: the cell dissolves; enter `cell` instead, or, where that is 0, whichever you like
  kSignal,       ///< home → home
  kUndelivered,  ///< home → home: that signal's addressee is gone or does not read
  kMove,         ///< new home → old home: the viewer resumed here
  kMoved,        ///< old home → new home: its acquaintances; signals are sent after it from now on
  kNewHome,      ///< new home → homes of its acquaintances: signals for that peer of that stream go to `from` now
};

struct BusMessage {
  BusKind kind = BusKind::kEnter;
  Address to;    ///< a session, or a cell (kEnter, kWant, kLeave, kProfile)
  Address from;  ///< the session that speaks or is spoken of
  PeerId peer = 0;
  Address cell;
  StreamId stream;
  Profile profile;
  uint32_t subnet = 0;
  uint32_t want = 0;
  uint32_t audience = 0;
  tracker_wire::SignalKind signal = tracker_wire::SignalKind::kOffer;
  tracker_wire::GoneReason why = tracker_wire::GoneReason::kGone;
  size_t list_size = 0;
  std::array<Acquaintance, tracker_wire::kPeersMax> list{};
  std::span<const uint8_t> blob;
};

/// A message without what only its kind has.
inline BusMessage message_of(BusKind kind, Address to, Address from, PeerId peer) {
  BusMessage message;
  message.kind = kind;
  message.to = to;
  message.from = from;
  message.peer = peer;
  return message;
}

/// To whoever sent `question`, about the same peer.
inline BusMessage answer_to(const BusMessage& question, BusKind kind) {
  return message_of(kind, question.from, question.to, question.peer);
}

inline constexpr size_t kBusMessageBytesMax = tracker_wire::kFrameBytesMax + 2048;

/// False for anything that is not such a message.
[[nodiscard]] bool read(std::span<const uint8_t> bytes, BusMessage& out);
/// Returns the length; 0 when it does not fit.
size_t write(const BusMessage& message, std::span<uint8_t> out);

}  // namespace bazaar::tracker::native
