// The plain protocol that the candidates of docs/decisions/0008-tracker-transport.md speak: nothing but carrying, so
// that figures are the carrier's. Owns both ends' layout; refuses to be a tracker. All numbers in this machine's byte
// order; ids count connections from 0.
//   server, once open:  [0, -, -, -][id u32]
//   to one:             [1, -, -, -][to u32] payload            arrives as [1, -, -, -][from u32] payload
//   to several:         [2, n, size u16] n × ([to u32] piece)   each arrives as [1, -, -, -][from u32] piece; [3, -, -,
//   -] comes back
#pragma once

#include <vector>

#include "dialect.hpp"
#include "profile.hpp"

namespace bazaar::load {

class CarrierDialect final : public RelayDialect {
 public:
  CarrierDialect(uint32_t clients, uint32_t payload_bytes);
  std::string subprotocol() const override { return {}; }
  void opened(Fleet&, ClientIndex) override {}
  Taken take(Fleet& fleet, ClientIndex who, std::span<const uint8_t> message) override;
  void closed(ClientIndex) override {}
  std::optional<ClientIndex> pick(ClientIndex from, Dice& dice) override;
  void send(Fleet& fleet, ClientIndex from, ClientIndex to, const Stamp& stamp) override;
  uint32_t id_of(ClientIndex who) const { return ids_[who]; }

 private:
  std::vector<uint32_t> ids_;
  FrameTemplate frame_;
};

/// As WebTorrent loads a tracker, without its JSON: every client sends ten pieces of 1.3 KB in one message each second,
/// and answers every piece it gets with as much.
nlohmann::json run_carrier_fan_out(ProfileOptions options);

}  // namespace bazaar::load
