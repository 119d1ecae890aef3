// Every metric there is: name, kind, unit, labels, what it tells.
// Owns the list that /metrics, the status page, the Grafana board's test and the documents are held against; refuses to
// hold numbers. Invariant: a family's numbers lie together, in the order of its label's values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bazaar::tracker::metrics {

enum class Family : uint8_t {
  // A worker's sockets.
  kSockets,
  kHandshakes,
  kConnections,
  kAccepted,
  kDoorRefusals,
  kHandshakeFailures,
  kUpgradeRefusals,
  kOpened,
  kClosed,
  kTlsHandshakes,
  kTlsResumed,
  kHttpRequests,
  kBytes,
  kSentMessages,
  kPings,
  kAcceptPauses,
  kTurns,
  kBusySeconds,
  // Its viewers.
  kMessages,
  kThrottled,
  kErrors,
  kSessions,
  kMembers,
  kGhosts,
  kForwards,
  kStreams,
  kCells,
  kJoins,
  kJoinRefusals,
  kPartings,
  kResumes,
  kIntroduced,
  kRelays,
  kRelayDrops,
  kMediaBytes,
  kCellMerges,
  kCellMoves,
  kWebTorrentDrops,
  // Between workers.
  kBusMessages,
  kBusDrops,
  kDirectoryCells,
  kAudience,
  // The node.
  kInfo,
  kUptimeSeconds,
  kWorkers,
  kDraining,
  kJoinWindowSeconds,
  kAddresses,
  kResidentBytes,
  kCpuSeconds,
  kOpenFiles,
  kOpenFilesMax,
  kBackplaneConnected,
  kBackplaneNodes,
  kBackplaneMessages,
  kBackplaneDropped,
  kBackplaneRefused,
  kBackplaneReconnects,
  kBackplaneOperations,
  kCount,
};
inline constexpr size_t kFamilies = static_cast<size_t>(Family::kCount);

enum class Kind : uint8_t { kCounter, kGauge };
enum class Scope : uint8_t { kWorker, kNode };

struct FamilyRow {
  Family family;
  std::string_view name;  ///< without the prefix
  Kind kind;
  Scope scope;
  std::string_view label;                    ///< empty: one number
  std::span<const std::string_view> values;  ///< of the label
  std::string_view help;
  double scale = 1;  ///< from what is counted to the unit in the name

  constexpr size_t size() const { return values.empty() ? 1 : values.size(); }
};

inline constexpr std::string_view kPrefix = "bazaar_tracker_";

const FamilyRow& row_of(Family family);
std::span<const FamilyRow> catalogue();
/// Where a family's numbers begin, and how many there are in all.
size_t first_of(Family family);
size_t numbers();

}  // namespace bazaar::tracker::metrics
