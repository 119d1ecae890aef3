#include "relay_run.hpp"

namespace bazaar::load {
namespace {

constexpr int kBatchMax = 1024;
constexpr int kTriesMax = 8;  ///< for a client that knows somebody

uint64_t planned(const ProfileOptions& options) {
  return static_cast<uint64_t>(options.rate * (options.warm_up_s + options.seconds)) + 1;
}

}  // namespace

RelayRun::RelayRun(const ProfileOptions& options, RelayDialect& dialect)
    : options_(options),
      dialect_(dialect),
      dice_(options.seed),
      fleet_(options.fleet, *this),
      ledger_(planned(options)),
      deaf_(static_cast<ClientIndex>(options.deaf_share * options.fleet.clients)) {
  sent_.reserve(planned(options));
}

void RelayRun::closed(ClientIndex who, uint16_t) {
  if (is_deaf(who)) ++deaf_closed_;
  dialect_.closed(who);
}

void RelayRun::message(ClientIndex who, std::span<const uint8_t> message) {
  const Dialect::Taken taken = dialect_.take(fleet_, who, message);
  if (taken.became_ready) {
    ++ready_;
    became_ready(who);
  }
  if (taken.is_failure) ++failures_;
  if (taken.relayed.empty()) return;
  const std::optional<Stamp> stamp = Stamp::read(taken.relayed);
  if (!stamp || stamp->to != who) {
    ++astray_;
    return;
  }
  if (ledger_.arrive(stamp->number) != Ledger::Arrival::kFirst) ++again_;
  if (stamp->due_ns >= window_ns_) latency_.add(now_ns() - stamp->due_ns);
}

bool RelayRun::open() {
  const bool is_whole = open_fleet(fleet_, options_, [this] { return ready_ >= options_.fleet.clients; });
  has_deaf_ = true;
  for (ClientIndex who = 0; who < deaf_; ++who) fleet_.stop_reading(who);
  return is_whole;
}

void RelayRun::run(const std::function<void(int64_t now_ns)>& each_turn) {
  const int64_t start_ns = now_ns();
  window_ns_ = start_ns + ns_of(options_.warm_up_s);
  Pacer pacer(start_ns, options_.rate);
  run_window(fleet_, options_, start_ns, window_, [&](int64_t now) {
    if (each_turn) each_turn(now);
    fire(pacer, now);
  });
  wait_for_stragglers(fleet_, [this] { return ledger_.lost() == 0; });
}

void RelayRun::fire(Pacer& pacer, int64_t now) {
  // A bounded batch, so that arrivals are read in time however far behind the plan we are.
  int64_t due_ns = 0;
  for (int i = 0; i < kBatchMax && !ledger_.is_full() && pacer.take(now, due_ns); ++i) {
    ClientIndex from = 0;
    std::optional<ClientIndex> to;
    for (int tries = 0; !to && tries < kTriesMax; ++tries) {
      from = dice_.below(options_.fleet.clients);
      if (!is_deaf(from)) to = dialect_.pick(from, dice_);
    }
    if (!to) {
      ++nobody_;
      continue;
    }
    Stamp stamp;
    stamp.from = from;
    stamp.to = *to;
    stamp.due_ns = due_ns;
    if (is_deaf(*to)) {
      ++to_deaf_;
      stamp.number = UINT64_MAX;
    } else {
      stamp.number = ledger_.send();
      sent_.push_back({from, *to, due_ns});
    }
    dialect_.send(fleet_, from, *to, stamp);
  }
}

void RelayRun::add_to(nlohmann::json& result) const {
  window_.add_to(result);
  add_counts(fleet_.counts(), result);
  result["offered_per_s"] = options_.rate;
  result["sent"] = ledger_.sent();
  result["undelivered"] = ledger_.lost();
  result["again"] = again_;
  result["astray"] = astray_;
  result["failures"] = failures_;
  result["nobody_to_write_to"] = nobody_;
  result["latency"] = in_words(latency_);
  if (deaf_ == 0) return;
  result["deaf"] = deaf_;
  result["deaf_closed"] = deaf_closed_;
  result["sent_to_deaf"] = to_deaf_;
}

}  // namespace bazaar::load
