// WebTorrent's tracker protocol as its clients speak it: announces with offers, offers answered.
// Owns the JSON that is sent, made once and patched; refuses to parse JSON, it looks for what it planted. Ids are 20
// letters that follow from a client's index. Invariant: a relayed description is judged by the stamp in its SDP and by
// the peer id that the tracker put beside it.
#pragma once

#include <string>
#include <vector>

#include "dialect.hpp"
#include "profile.hpp"

namespace bazaar::load {

/// Announces itself without offers, and is ready when the tracker has answered.
class WebTorrentDialect final : public Dialect {
 public:
  explicit WebTorrentDialect(uint32_t per_swarm) : per_swarm_(per_swarm) {}
  std::string subprotocol() const override { return {}; }
  void opened(Fleet& fleet, ClientIndex who) override;
  Taken take(Fleet& fleet, ClientIndex who, std::span<const uint8_t> message) override;
  void closed(ClientIndex) override {}

 private:
  uint32_t per_swarm_;
};

/// Every client announces with ten offers of 1.3 KB in its turn, options.rate announces a second in all, and answers
/// every offer that it gets.
nlohmann::json run_webtorrent(ProfileOptions options);

}  // namespace bazaar::load
