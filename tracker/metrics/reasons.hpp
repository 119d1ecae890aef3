// Why the tracker refused or dropped something, and what kinds of things it counts: the label values of its metrics.
// Owns enumerations and their names, in the same order; refuses to count. Invariant: a name, once released, stays:
// boards and alerts are written against it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "admission/join_token.hpp"
#include "webtorrent/limits.hpp"

namespace bazaar::tracker::metrics {

using Name = std::string_view;

/// As net::Dialect.
inline constexpr std::array kDialects = {Name("native"), Name("webtorrent")};

/// A newcomer turned away at the socket.
enum class DoorRefusal : uint8_t {
  kServerFull,      ///< connections_max
  kAddressFull,     ///< connections_per_address_max
  kAddressTooFast,  ///< connections_per_address_per_second
  kNodeTooFast,     ///< accepts_per_second
  kDraining,
  kDescriptors,  ///< the process or the system has none left
};
inline constexpr std::array kDoorRefusals = {Name("server_full"),   Name("address_full"), Name("address_too_fast"),
                                             Name("node_too_fast"), Name("draining"),     Name("descriptors")};

/// As net::HandshakeFailure: ended before it was a session.
inline constexpr std::array kHandshakeFailures = {
    Name("timeout"), Name("tls"), Name("malformed"), Name("too_long"), Name("protocol"), Name("refused"), Name("gone")};

/// An upgrade answered with a status instead: handshake failure "refused", seen from this side.
enum class UpgradeRefusal : uint8_t { kOrigin, kOriginMissing, kDraining, kWebTorrentOff };
inline constexpr std::array kUpgradeRefusals = {Name("origin"), Name("origin_missing"), Name("draining"),
                                                Name("webtorrent_off")};

/// As net::CloseCause.
inline constexpr std::array kCloseCauses = {Name("client"),   Name("server"),  Name("timeout"), Name("slow"),
                                            Name("protocol"), Name("network"), Name("shutdown")};

enum class MessageKind : uint8_t { kJoin, kSignal, kMore, kLeave, kStats, kAnnounce, kScrape };
inline constexpr std::array kMessageKinds = {Name("join"),  Name("signal"),   Name("more"),  Name("leave"),
                                             Name("stats"), Name("announce"), Name("scrape")};

/// A JOIN that was not served. The first nine are admission::TokenVerdict's refusals, in its order.
enum class JoinRefusal : uint8_t {
  kTokenMissing,
  kTokenMalformed,
  kTokenUnknownKey,
  kTokenBadSignature,
  kTokenBadClaims,
  kTokenExpired,
  kTokenNotYet,
  kTokenWrongStream,
  kTokenWrongAddress,
  kStreamFull,   ///< swarm_size_max
  kStreamsFull,  ///< swarms_max
  kNoCell,       ///< every cell that was asked refused
  kTooFast,      ///< joins_per_stream_per_second
};
inline constexpr std::array kJoinRefusals = {
    Name("token_missing"),    Name("token_malformed"), Name("token_unknown_key"), Name("token_bad_signature"),
    Name("token_bad_claims"), Name("token_expired"),   Name("token_not_yet"),     Name("token_wrong_stream"),
    Name("token_wrong_net"),  Name("stream_full"),     Name("streams_full"),      Name("no_cell"),
    Name("too_fast")};

constexpr JoinRefusal join_refusal_of(admission::TokenVerdict verdict) {
  return static_cast<JoinRefusal>(static_cast<uint8_t>(verdict) -
                                  static_cast<uint8_t>(admission::TokenVerdict::kMissing));
}

/// How a member's time ended.
enum class Parting : uint8_t {
  kLeft,   ///< it said LEAVE, or closed its connection as one does
  kLost,   ///< its connection was lost and it did not come back in time
  kMoved,  ///< it resumed on another connection or node
};
inline constexpr std::array kPartings = {Name("left"), Name("lost"), Name("moved")};

/// What became of a resume token.
enum class ResumeOutcome : uint8_t {
  kResumed,
  kMalformed,
  kBadSeal,
  kExpired,
  kUnknown,  ///< its place is gone, or the token was used before
};
inline constexpr std::array kResumeOutcomes = {Name("resumed"), Name("malformed"), Name("bad_seal"), Name("expired"),
                                               Name("unknown")};

/// A signal that did not arrive.
enum class RelayDrop : uint8_t {
  kNotIntroduced,
  kGone,        ///< the receiver has left
  kSlowReader,  ///< the receiver does not read
};
inline constexpr std::array kRelayDrops = {Name("not_introduced"), Name("gone"), Name("slow_reader")};

/// A message beyond a rate.
enum class Throttle : uint8_t { kConnectionMessages, kConnectionBytes, kAddressMessages };
inline constexpr std::array kThrottles = {Name("connection_messages"), Name("connection_bytes"),
                                          Name("address_messages")};

/// Codes of ERROR, from 4000 on: docs/tracker-protocol.md.
inline constexpr std::array kErrorCodes = {Name("4000"), Name("4001"), Name("4002"), Name("4003"), Name("4004"),
                                           Name("4005"), Name("4006"), Name("4007"), Name("4008"), Name("4009"),
                                           Name("4010"), Name("4011"), Name("4012")};

enum class Direction : uint8_t { kIn, kOut };
inline constexpr std::array kDirections = {Name("in"), Name("out")};

/// A message between workers or nodes that was not used.
enum class BusDrop : uint8_t { kDamaged, kMailboxFull };
inline constexpr std::array kBusDrops = {Name("damaged"), Name("mailbox_full")};

/// Where viewers' bytes came from, as their STATS say.
enum class MediaBytes : uint8_t { kCdn, kPeers, kUploaded };
inline constexpr std::array kMediaBytes = {Name("cdn"), Name("peers"), Name("uploaded")};

/// As webtorrent::Drop, whose names are its own.
inline constexpr auto kWebTorrentDrops = [] {
  std::array<Name, webtorrent::kDrops> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = webtorrent::name_of(static_cast<webtorrent::Drop>(i));
  return names;
}();

}  // namespace bazaar::tracker::metrics
