// What decides whether a viewer may join a stream, and keeps a place for whoever comes back. Implemented by the worker
// with keys and limits; tests have simple ones. Invariant: a place is only ever unsealed when this cluster sealed it
// and its time has not passed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "client_address.hpp"
#include "swarm/address.hpp"
#include "swarm/bus.hpp"
#include "tracker_wire.hpp"

namespace bazaar::tracker::native {

struct Refusal {
  tracker_wire::ErrorCode code = tracker_wire::ErrorCode::kToken;
  std::string_view text;  ///< for a person; static
  uint32_t retry_ms = 0;
};

/// What a resume token says.
struct Place {
  Address home;
  Address cell;
  tracker_wire::PeerId peer = 0;
  StreamId stream;
  int64_t expires_s = 0;  ///< seconds since 1970
};

class Gate {
 public:
  virtual ~Gate() = default;
  /// Nothing: come in.
  virtual std::optional<Refusal> check(const ClientAddress& client, const tracker_wire::StreamKey& stream,
                                       std::span<const uint8_t> token, int64_t now_ms) = 0;
  /// Whether that is what a signal of this kind consists of.
  virtual bool is_signal(std::span<const uint8_t> blob, tracker_wire::SignalKind kind) = 0;
  /// Writes a resume token; returns its length, at most tracker_wire::kResumeBytesMax.
  virtual size_t seal(const Place& place, std::span<uint8_t> out) = 0;
  virtual std::optional<Place> unseal(std::span<const uint8_t> token) = 0;
};

}  // namespace bazaar::tracker::native
