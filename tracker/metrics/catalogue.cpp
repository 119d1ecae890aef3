#include "metrics/catalogue.hpp"

#include <array>

#include "metrics/reasons.hpp"

namespace bazaar::tracker::metrics {

namespace {

constexpr auto kCounter = Kind::kCounter;
constexpr auto kGauge = Kind::kGauge;
constexpr auto kWorker = Scope::kWorker;
constexpr auto kNode = Scope::kNode;
constexpr std::span<const std::string_view> kOne;

constexpr std::array<FamilyRow, kFamilies> kRows = {{
    {Family::kSockets, "sockets", kGauge, kWorker, "", kOne,
     "Accepted connections that are not closed yet, sessions or not."},
    {Family::kHandshakes, "handshakes", kGauge, kWorker, "", kOne,
     "Accepted connections whose request is not finished."},
    {Family::kConnections, "connections", kGauge, kWorker, "dialect", kDialects, "WebSocket sessions."},
    {Family::kAccepted, "accepted_total", kCounter, kWorker, "", kOne, "Connections taken from the kernel."},
    {Family::kDoorRefusals, "refused_connections_total", kCounter, kWorker, "reason", kDoorRefusals,
     "Connections turned away before their request."},
    {Family::kHandshakeFailures, "failed_handshakes_total", kCounter, kWorker, "reason", kHandshakeFailures,
     "Connections that ended before they were a session."},
    {Family::kUpgradeRefusals, "refused_upgrades_total", kCounter, kWorker, "reason", kUpgradeRefusals,
     "Requests for a session answered with a status instead."},
    {Family::kOpened, "opened_total", kCounter, kWorker, "dialect", kDialects, "Sessions begun."},
    {Family::kClosed, "closed_total", kCounter, kWorker, "cause", kCloseCauses, "Sessions ended."},
    {Family::kTlsHandshakes, "tls_handshakes_total", kCounter, kWorker, "", kOne, "TLS handshakes finished."},
    {Family::kTlsResumed, "tls_resumed_total", kCounter, kWorker, "", kOne, "Of these, with a session ticket."},
    {Family::kHttpRequests, "http_requests_total", kCounter, kWorker, "", kOne,
     "Pages asked for: health, metrics, status."},
    {Family::kBytes, "bytes_total", kCounter, kWorker, "direction", kDirections,
     "WebSocket and HTTP bytes, before TLS."},
    {Family::kSentMessages, "sent_messages_total", kCounter, kWorker, "", kOne, "Messages sent to sessions."},
    {Family::kPings, "pings_total", kCounter, kWorker, "", kOne, "Pings sent to silent sessions."},
    {Family::kAcceptPauses, "accept_pauses_total", kCounter, kWorker, "", kOne,
     "Times that newcomers were left in the kernel's queue for the sake of those who are in."},
    {Family::kTurns, "turns_total", kCounter, kWorker, "", kOne, "Turns of the event loop."},
    {Family::kBusySeconds, "busy_seconds_total", kCounter, kWorker, "", kOne,
     "Time that the event loop worked: its rate is the share of a processor.", 1e-6},
    {Family::kMessages, "messages_total", kCounter, kWorker, "type", kMessageKinds, "Messages received."},
    {Family::kThrottled, "throttled_total", kCounter, kWorker, "reason", kThrottles, "Messages beyond a rate."},
    {Family::kErrors, "errors_total", kCounter, kWorker, "code", kErrorCodes,
     "ERRORs sent, after which a session is closed."},
    {Family::kSessions, "sessions", kGauge, kWorker, "", kOne,
     "Native sessions whose home is this worker, lost ones and those that moved away included."},
    {Family::kMembers, "members", kGauge, kWorker, "dialect", kDialects, "Members of this worker's cells."},
    {Family::kGhosts, "ghosts", kGauge, kWorker, "", kOne, "Lost viewers whose place is kept."},
    {Family::kForwards, "forwards", kGauge, kWorker, "", kOne, "Viewers that moved away, and are sent signals after."},
    {Family::kStreams, "streams", kGauge, kWorker, "dialect", kDialects, "Streams that have viewers at this worker."},
    {Family::kCells, "cells", kGauge, kWorker, "dialect", kDialects, "Cells that this worker owns."},
    {Family::kJoins, "joins_total", kCounter, kWorker, "dialect", kDialects, "Viewers that joined a stream."},
    {Family::kJoinRefusals, "refused_joins_total", kCounter, kWorker, "reason", kJoinRefusals,
     "Joins that were not served."},
    {Family::kPartings, "partings_total", kCounter, kWorker, "reason", kPartings, "Members whose time ended."},
    {Family::kResumes, "resumes_total", kCounter, kWorker, "outcome", kResumeOutcomes, "Resume tokens shown."},
    {Family::kIntroduced, "introductions_total", kCounter, kWorker, "", kOne, "Peers named to viewers."},
    {Family::kRelays, "relays_total", kCounter, kWorker, "dialect", kDialects,
     "Signals delivered: offers, answers, candidates."},
    {Family::kRelayDrops, "dropped_relays_total", kCounter, kWorker, "reason", kRelayDrops, "Signals not delivered."},
    {Family::kMediaBytes, "media_bytes_total", kCounter, kWorker, "source", kMediaBytes,
     "Media bytes that viewers report; peers / (peers + cdn) is the offload."},
    {Family::kCellMerges, "cell_merges_total", kCounter, kWorker, "", kOne, "Small cells that ended in another."},
    {Family::kCellMoves, "cell_moves_total", kCounter, kWorker, "", kOne, "Members moved to another cell."},
    {Family::kWebTorrentDrops, "webtorrent_drops_total", kCounter, kWorker, "reason", kWebTorrentDrops,
     "What WebTorrent clients asked for and did not get."},
    {Family::kBusMessages, "bus_messages_total", kCounter, kWorker, "direction", kDirections,
     "Messages from and to other workers, of this node or another."},
    {Family::kBusDrops, "dropped_bus_messages_total", kCounter, kWorker, "reason", kBusDrops,
     "Messages between workers that were lost."},
    {Family::kDirectoryCells, "directory_cells", kGauge, kWorker, "", kOne, "Cells of others that this worker knows."},
    {Family::kAudience, "audience", kGauge, kWorker, "", kOne,
     "Viewers of the whole cluster, as far as this worker knows."},
    {Family::kInfo, "up", kGauge, kNode, "", kOne, "1."},
    {Family::kUptimeSeconds, "uptime_seconds", kGauge, kNode, "", kOne, "Since the start."},
    {Family::kWorkers, "workers", kGauge, kNode, "", kOne, "Event loops."},
    {Family::kDraining, "draining", kGauge, kNode, "", kOne, "1 while viewers are sent to other nodes."},
    {Family::kJoinWindowSeconds, "join_window_seconds", kGauge, kNode, "", kOne,
     "In which newcomers are told to spread.", 1e-3},
    {Family::kAddresses, "addresses", kGauge, kNode, "", kOne, "Client addresses remembered for their limits."},
    {Family::kResidentBytes, "resident_bytes", kGauge, kNode, "", kOne, "Memory of the process."},
    {Family::kCpuSeconds, "cpu_seconds_total", kCounter, kNode, "", kOne, "Processor time of the process.", 1e-6},
    {Family::kOpenFiles, "open_files", kGauge, kNode, "", kOne, "Descriptors in use."},
    {Family::kOpenFilesMax, "open_files_max", kGauge, kNode, "", kOne, "Descriptors that the process may use."},
    {Family::kBackplaneConnected, "backplane_connected", kGauge, kNode, "", kOne,
     "0 while Redis is lost; 1 with \"memory\"."},
    {Family::kBackplaneNodes, "backplane_nodes", kGauge, kNode, "", kOne, "Nodes known, this one included."},
    {Family::kBackplaneMessages, "backplane_messages_total", kCounter, kNode, "direction", kDirections,
     "Messages from and to other nodes."},
    {Family::kBackplaneDropped, "backplane_dropped_total", kCounter, kNode, "", kOne,
     "Messages that could not be sent to another node."},
    {Family::kBackplaneRefused, "backplane_refused_total", kCounter, kNode, "", kOne,
     "Messages of other nodes that were damaged, late or doubled."},
    {Family::kBackplaneReconnects, "backplane_reconnects_total", kCounter, kNode, "", kOne,
     "Times that Redis was lost and found."},
    {Family::kBackplaneOperations, "backplane_operations_total", kCounter, kNode, "", kOne, "Commands sent to Redis."},
}};

constexpr bool is_in_order() {
  for (size_t i = 0; i < kFamilies; ++i)
    if (kRows[i].family != static_cast<Family>(i)) return false;
  return true;
}
static_assert(is_in_order(), "a row a family, in the order of the enumeration");

constexpr std::array<size_t, kFamilies + 1> offsets() {
  std::array<size_t, kFamilies + 1> first{};
  for (size_t i = 0; i < kFamilies; ++i) first[i + 1] = first[i] + kRows[i].size();
  return first;
}
constexpr auto kFirst = offsets();

}  // namespace

const FamilyRow& row_of(Family family) { return kRows[static_cast<size_t>(family)]; }
std::span<const FamilyRow> catalogue() { return kRows; }
size_t first_of(Family family) { return kFirst[static_cast<size_t>(family)]; }
size_t numbers() { return kFirst[kFamilies]; }

}  // namespace bazaar::tracker::metrics
