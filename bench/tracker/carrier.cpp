#include "carrier.hpp"

#include "ledger.hpp"
#include "pacer.hpp"

namespace bazaar::load {
namespace {

constexpr size_t kHead = 8;
constexpr uint32_t kPieces = 10;
constexpr uint16_t kPieceBytes = 1300;
constexpr uint32_t kOffer = 1;
constexpr uint32_t kAnswer = 2;

uint32_t u32_at(std::span<const uint8_t> bytes, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::span<const uint8_t> bytes_of(const uint32_t& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

std::vector<uint8_t> to_one(size_t payload_bytes) {
  std::vector<uint8_t> message(kHead + payload_bytes, 0x55);
  message[0] = 1;
  return message;
}

std::vector<uint8_t> to_several() {
  std::vector<uint8_t> message(4 + kPieces * (4 + kPieceBytes), 0x55);
  message[0] = 2;
  message[1] = kPieces;
  std::memcpy(message.data() + 2, &kPieceBytes, sizeof kPieceBytes);
  return message;
}

class FanOutRun final : public FleetListener {
 public:
  explicit FanOutRun(const ProfileOptions& options)
      : options_(options),
        ids_(options.fleet.clients, kPieceBytes),
        dice_(options.seed),
        fleet_(options.fleet, *this),
        announce_(Opcode::kBinary, to_several()),
        ledger_(static_cast<uint64_t>(options.rate * (options.warm_up_s + options.seconds) + 1) * kPieces * 2) {}

  void opened(ClientIndex) override {}
  void closed(ClientIndex, uint16_t) override {}

  void message(ClientIndex who, std::span<const uint8_t> message) override {
    const Dialect::Taken taken = ids_.take(fleet_, who, message);
    if (taken.became_ready) ++ready_;
    if (taken.relayed.empty()) return;
    const std::optional<Stamp> stamp = Stamp::read(taken.relayed);
    if (!stamp || stamp->to != who || taken.relayed.size() != kPieceBytes) {
      ++astray_;
      return;
    }
    if (ledger_.arrive(stamp->number) != Ledger::Arrival::kFirst) ++again_;
    const int64_t now = now_ns();
    if (stamp->due_ns >= window_ns_) (stamp->kind == kOffer ? offers_ : answers_).add(now - stamp->due_ns);
    if (stamp->kind != kOffer || ledger_.is_full()) return;
    Stamp answer;
    answer.from = who;
    answer.to = stamp->from;
    answer.kind = kAnswer;
    answer.number = ledger_.send();
    answer.due_ns = now;
    ids_.send(fleet_, who, stamp->from, answer);
  }

  nlohmann::json run() {
    nlohmann::json result;
    result["all_ready"] = open_fleet(fleet_, options_, [this] { return ready_ == options_.fleet.clients; });
    const int64_t start_ns = now_ns();
    window_ns_ = start_ns + ns_of(options_.warm_up_s);
    Pacer pacer(start_ns, options_.rate);
    run_window(fleet_, options_, start_ns, window_, [&](int64_t now) {
      int64_t due_ns = 0;
      for (int i = 0; i < 64 && pacer.take(now, due_ns); ++i) announce(due_ns);
    });
    wait_for_stragglers(fleet_, [this] { return ledger_.lost() == 0; });
    window_.add_to(result);
    add_counts(fleet_.counts(), result);
    result["undelivered"] = ledger_.lost();
    result["again"] = again_;
    result["astray"] = astray_;
    result["offers"] = in_words(offers_);
    result["answers"] = in_words(answers_);
    return result;
  }

 private:
  void announce(int64_t due_ns) {
    const ClientIndex from = next_++ % options_.fleet.clients;
    FrameSlot slot = fleet_.send(from, announce_);
    for (uint32_t i = 0; i < kPieces && !ledger_.is_full(); ++i) {
      ClientIndex to = dice_.below(options_.fleet.clients - 1);
      if (to >= from) ++to;
      Stamp stamp;
      stamp.from = from;
      stamp.to = to;
      stamp.kind = kOffer;
      stamp.number = ledger_.send();
      stamp.due_ns = due_ns;
      const uint32_t id = ids_.id_of(to);
      const size_t at = 4 + i * (4 + size_t{kPieceBytes});
      slot.patch(at, bytes_of(id));
      slot.patch(at + 4, stamp.bytes());
    }
  }

  ProfileOptions options_;
  CarrierDialect ids_;
  Dice dice_;
  Fleet fleet_;
  FrameTemplate announce_;
  Ledger ledger_;
  Window window_;
  Histogram offers_;
  Histogram answers_;
  int64_t window_ns_ = 0;
  uint64_t ready_ = 0;
  uint64_t again_ = 0;
  uint64_t astray_ = 0;
  ClientIndex next_ = 0;
};

}  // namespace

CarrierDialect::CarrierDialect(uint32_t clients, uint32_t payload_bytes)
    : ids_(clients), frame_(Opcode::kBinary, to_one(payload_bytes)) {}

Dialect::Taken CarrierDialect::take(Fleet&, ClientIndex who, std::span<const uint8_t> message) {
  Taken taken;
  if (message.size() < kHead) return taken;
  if (message[0] == 0) {
    ids_[who] = u32_at(message, 4);
    taken.became_ready = true;
  } else if (message[0] == 1) {
    taken.relayed = message.subspan(kHead);
  }
  return taken;
}

std::optional<ClientIndex> CarrierDialect::pick(ClientIndex from, Dice& dice) {
  const ClientIndex to = dice.below(static_cast<uint32_t>(ids_.size()) - 1);
  return to >= from ? to + 1 : to;
}

void CarrierDialect::send(Fleet& fleet, ClientIndex from, ClientIndex to, const Stamp& stamp) {
  FrameSlot slot = fleet.send(from, frame_);
  slot.patch(4, bytes_of(ids_[to]));
  slot.patch(kHead, stamp.bytes());
}

nlohmann::json run_carrier_fan_out(ProfileOptions options) { return FanOutRun(options).run(); }

}  // namespace bazaar::load
