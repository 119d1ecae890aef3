// A worker's numbers, once a second, from where they are counted to where they are shown.
#include "worker.hpp"

namespace bazaar::tracker {

void Worker::report() {
  using metrics::Family;
  const net::Counters& net = loop_.counters();
  const native::Counters& native = native_.counters();
  const webtorrent::Counters webtorrent = webtorrent_.counters();
  constexpr auto kNative = net::Dialect::kNative;
  constexpr auto kWebTorrent = net::Dialect::kWebTorrent;

  metrics_.set(Family::kSockets, net.sockets.value());
  metrics_.set(Family::kHandshakes, net.handshakes.value());
  metrics_.set(Family::kConnections, kWebTorrent, webtorrent.connections);
  metrics_.set(Family::kConnections, kNative, net.open.value() - webtorrent.connections);
  metrics_.set(Family::kAccepted, net.accepted.value());
  metrics_.set(Family::kDoorRefusals, metrics::DoorRefusal::kDescriptors,
               net.refused_by(net::AcceptRefusal::kDescriptors).value());
  for (size_t cause = 0; cause < net::kHandshakeFailures; ++cause)
    metrics_.set(Family::kHandshakeFailures, cause, net.handshake_failures[cause].value());
  for (size_t cause = 0; cause < net::kCloseCauses; ++cause)
    metrics_.set(Family::kClosed, cause, net.closed[cause].value());
  metrics_.set(Family::kTlsHandshakes, net.tls_handshakes.value());
  metrics_.set(Family::kTlsResumed, net.tls_resumed.value());
  metrics_.set(Family::kHttpRequests, net.http_requests.value());
  metrics_.set(Family::kBytes, metrics::Direction::kIn, net.bytes_in.value());
  metrics_.set(Family::kBytes, metrics::Direction::kOut, net.bytes_out.value());
  metrics_.set(Family::kSentMessages, net.messages_out.value());
  metrics_.set(Family::kPings, net.pings.value());
  metrics_.set(Family::kAcceptPauses, net.accept_pauses.value());
  metrics_.set(Family::kTurns, net.turns.value());
  metrics_.set(Family::kBusySeconds, net.busy_us.value());

  const auto said = [&](metrics::MessageKind kind, uint64_t n) { metrics_.set(Family::kMessages, kind, n); };
  said(metrics::MessageKind::kJoin, native.joins + native.resumes);
  said(metrics::MessageKind::kSignal, native.signals);
  said(metrics::MessageKind::kMore, native.mores);
  said(metrics::MessageKind::kLeave, native.leaves);
  said(metrics::MessageKind::kStats, native.stats);
  said(metrics::MessageKind::kAnnounce, webtorrent.announces);
  said(metrics::MessageKind::kScrape, webtorrent.scrapes);
  for (size_t code = 0; code < metrics::kErrorCodes.size(); ++code)
    metrics_.set(Family::kErrors, code, native.refused_by[code]);

  metrics_.set(Family::kSessions, native_.sessions());
  metrics_.set(Family::kGhosts, native_.ghosts());
  metrics_.set(Family::kForwards, native_.forwards());
  metrics_.set(Family::kMembers, kNative, native_.keeper().members());
  metrics_.set(Family::kMembers, kWebTorrent, webtorrent.members);
  metrics_.set(Family::kStreams, kNative, native_.keeper().streams());
  metrics_.set(Family::kStreams, kWebTorrent, webtorrent.swarms);
  metrics_.set(Family::kCells, kNative, native_.keeper().cells());
  metrics_.set(Family::kCells, kWebTorrent, webtorrent.cells);
  metrics_.set(Family::kJoins, kNative, native.joins);
  metrics_.set(Family::kJoins, kWebTorrent, webtorrent.joins);
  metrics_.set(Family::kJoinRefusals, metrics::JoinRefusal::kStreamFull, native.stream_full);
  metrics_.set(Family::kJoinRefusals, metrics::JoinRefusal::kStreamsFull, native.streams_full);
  metrics_.set(Family::kJoinRefusals, metrics::JoinRefusal::kNoCell, native.no_cell);
  metrics_.set(Family::kPartings, metrics::Parting::kLeft, native.leaves);
  metrics_.set(Family::kPartings, metrics::Parting::kLost, native.ghosts_expired);
  metrics_.set(Family::kPartings, metrics::Parting::kMoved, native.moved_away);
  metrics_.set(Family::kResumes, metrics::ResumeOutcome::kResumed, native.resumes);
  metrics_.set(Family::kResumes, metrics::ResumeOutcome::kUnknown, native.resumes_unknown);
  metrics_.set(Family::kIntroduced, native.introduced);
  metrics_.set(Family::kRelays, kNative, native.relayed);
  metrics_.set(Family::kRelays, kWebTorrent, webtorrent.offers + webtorrent.answers);
  metrics_.set(Family::kRelayDrops, metrics::RelayDrop::kNotIntroduced, native.strangers);
  metrics_.set(Family::kRelayDrops, metrics::RelayDrop::kGone, native.gone);
  metrics_.set(Family::kRelayDrops, metrics::RelayDrop::kSlowReader, net.dropped.value());
  metrics_.set(Family::kMediaBytes, metrics::MediaBytes::kCdn, native.cdn_bytes);
  metrics_.set(Family::kMediaBytes, metrics::MediaBytes::kPeers, native.peer_bytes);
  metrics_.set(Family::kMediaBytes, metrics::MediaBytes::kUploaded, native.uploaded_bytes);
  metrics_.set(Family::kCellMerges, native_.keeper().merges());
  metrics_.set(Family::kCellMoves, native.moved_cells);
  for (size_t drop = 0; drop < webtorrent::kDrops; ++drop)
    metrics_.set(Family::kWebTorrentDrops, drop, webtorrent.drops[drop]);
  metrics_.set(Family::kBusDrops, metrics::BusDrop::kDamaged, native.bus_bad);
  metrics_.set(Family::kBusDrops, metrics::BusDrop::kMailboxFull, mailbox_.refused());
  metrics_.set(Family::kDirectoryCells, directory_.cells());
  metrics_.set(Family::kAudience, directory_.size_elsewhere() + native_.keeper().members() + webtorrent.members);
}

}  // namespace bazaar::tracker
