// Signals between clients at a planned rate: the run that the relay, the hot stream, the drain and the churn share.
// Owns the plan, the numbering and the judging of what arrives; refuses to know a protocol. Invariant: every signal
// that is not meant for a deaf client is in the ledger, and counted once as arrived or never.
#pragma once

#include <functional>

#include "dialect.hpp"
#include "ledger.hpp"
#include "pacer.hpp"
#include "profile.hpp"

namespace bazaar::load {

class RelayRun : public FleetListener {
 public:
  RelayRun(const ProfileOptions& options, RelayDialect& dialect);

  /// Connects everybody; the first `deaf_share` of them stop reading then.
  bool open();
  /// `each_turn` may do what else the profile wants, before the signals of that turn.
  void run(const std::function<void(int64_t now_ns)>& each_turn = {});
  void add_to(nlohmann::json& result) const;

  void opened(ClientIndex who) override { dialect_.opened(fleet_, who); }
  void closed(ClientIndex who, uint16_t code) override;
  void message(ClientIndex who, std::span<const uint8_t> message) override;

  Fleet& fleet() { return fleet_; }

 protected:
  struct Sent {
    ClientIndex from;
    ClientIndex to;
    int64_t due_ns;
  };

  virtual void became_ready(ClientIndex) {}
  const Ledger& ledger() const { return ledger_; }
  const Sent& sent(uint64_t number) const { return sent_[number]; }

 private:
  void fire(Pacer& pacer, int64_t now);
  bool is_deaf(ClientIndex who) const { return has_deaf_ && who < deaf_; }

  ProfileOptions options_;
  RelayDialect& dialect_;
  Dice dice_;
  Fleet fleet_;
  Ledger ledger_;
  std::vector<Sent> sent_;
  Window window_;
  Histogram latency_;
  int64_t window_ns_ = 0;
  ClientIndex deaf_ = 0;
  bool has_deaf_ = false;
  uint64_t ready_ = 0;
  uint64_t again_ = 0;
  uint64_t astray_ = 0;
  uint64_t failures_ = 0;
  uint64_t nobody_ = 0;
  uint64_t to_deaf_ = 0;
  uint64_t deaf_closed_ = 0;
};

}  // namespace bazaar::load
