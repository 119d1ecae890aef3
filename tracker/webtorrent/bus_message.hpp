// What desks of different workers say to each other.
// Owns the layout; refuses to route. Invariant: decode() believes nothing: lengths, enumerations and the sdp strings,
// which go to clients as they stand, are all checked.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "msgpack_tokens.hpp"
#include "webtorrent/cell.hpp"
#include "webtorrent/request.hpp"

namespace bazaar::tracker::webtorrent {

enum class BusType : uint8_t {
  kAnnounce = 1,  ///< a member's home → the owner of the cell: joins, renews, stops, offers
  kCounts = 2,    ///< the owner → a member's home: the outcome
  kOffer = 3,     ///< the owner → the home of the member that it chose
  kAnswer = 4,    ///< the answering member's home → the home of the one who offered
};

enum class Outcome : uint8_t {
  kServed,   ///< tell the client the counts
  kTaken,    ///< tell the client that its peer id is another's
  kAdopted,  ///< for the home alone: this owner has the member now
};

/// [type, info_hash, home worker, home connection, connection, peer, to_peer, event or outcome, has_all, is_quiet,
///  complete, incomplete, [[id, sdp], …]] for all types; fields that a type does not use are 0.
struct BusMessage {
  BusType type = BusType::kAnnounce;
  Id info_hash{};
  Home home;                    ///< ANNOUNCE: the member's; OFFER: of who offers; COUNTS: the owner's worker
  ConnectionId connection = 0;  ///< COUNTS, OFFER, ANSWER: whose this is at the receiving worker
  Id peer{};                    ///< ANNOUNCE, COUNTS: the member; OFFER, ANSWER: the sender
  Id to_peer{};                 ///< OFFER, ANSWER: the receiver
  Event event = Event::kUpdate;
  Outcome outcome = Outcome::kServed;
  bool has_all = false;
  bool is_quiet = false;  ///< ANNOUNCE: the client expects no reply
  uint64_t complete = 0;
  uint64_t incomplete = 0;
  std::span<const Description> descriptions;  ///< ANNOUNCE: offers; OFFER, ANSWER: one
};

class BusCodec {
 public:
  /// Lives until the next encode().
  std::span<const uint8_t> encode(const BusMessage& message);
  /// Views in the result point into `bytes` and into this codec, until the next decode().
  std::optional<BusMessage> decode(std::span<const uint8_t> bytes, const Limits& limits);

 private:
  std::vector<uint8_t> out_;
  MsgpackTokens tokens_;
  std::array<Description, kOffersReadMax> descriptions_;
};

}  // namespace bazaar::tracker::webtorrent
