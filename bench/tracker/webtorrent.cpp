#include "webtorrent.hpp"

#include <array>

#include "ledger.hpp"
#include "pacer.hpp"
#include "webtorrent_text.hpp"

namespace bazaar::load {
namespace {

using webtorrent::kOffersPerAnnounce;

constexpr uint32_t kOffer = 1;
constexpr uint32_t kAnswer = 2;

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

size_t find(std::span<const uint8_t> text, std::string_view what) {
  const void* found = memmem(text.data(), text.size(), what.data(), what.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<size_t>(static_cast<const uint8_t*>(found) - text.data());
}

/// Whether the value of this name is this one.
bool says(std::span<const uint8_t> text, std::string_view name, std::string_view value) {
  const size_t at = find(text, name);
  return at != std::string_view::npos && text_of(text.subspan(at + name.size())).starts_with(value);
}

/// An announce with offers, or an answer, and where in it the ids and stamps are.
struct Form {
  explicit Form(const std::string& text) : frame(Opcode::kText, bytes_of(text)) {
    info_hash = text.find(R"("info_hash":")") + 13;
    peer_id = text.find(R"("peer_id":")") + 11;
    if (const size_t at = text.find(R"("to_peer_id":")"); at != std::string::npos) to_peer_id = at + 14;
    for (size_t at = text.find(webtorrent::kMark); at != std::string::npos; at = text.find(webtorrent::kMark, at + 1))
      stamps.push_back(at + webtorrent::kMark.size());
    for (size_t at = text.find(R"("offer_id":")"); at != std::string::npos; at = text.find(R"("offer_id":")", at + 1))
      offer_ids.push_back(at + 12);
  }
  FrameTemplate frame;
  size_t info_hash = 0;
  size_t peer_id = 0;
  size_t to_peer_id = 0;
  std::vector<size_t> stamps;
  std::vector<size_t> offer_ids;
};

/// When the announces that a client still has no answer to were due: answers come in order.
class Unanswered {
 public:
  void push(int64_t due_ns) {
    if (count_ == kMost) return;  // the server is seconds behind: the oldest stand for all
    due_ns_[(first_ + count_++) % kMost] = due_ns;
  }
  int64_t pop() {
    if (count_ == 0) return 0;
    const int64_t due_ns = due_ns_[first_];
    first_ = (first_ + 1) % kMost;
    --count_;
    return due_ns;
  }

 private:
  static constexpr uint32_t kMost = 32;
  std::array<int64_t, kMost> due_ns_{};
  uint32_t first_ = 0;
  uint32_t count_ = 0;
};

class WebTorrentRun final : public FleetListener {
 public:
  explicit WebTorrentRun(const ProfileOptions& options)
      : options_(options),
        dialect_(options.per_swarm),
        fleet_(options.fleet, *this),
        ledger_(static_cast<uint64_t>(options.rate * (options.warm_up_s + options.seconds) + 1) * kOffersPerAnnounce *
                2),
        unanswered_(options.fleet.clients),
        deaf_(static_cast<ClientIndex>(options.deaf_share * options.fleet.clients)) {}

  void opened(ClientIndex who) override { dialect_.opened(fleet_, who); }
  void closed(ClientIndex who, uint16_t) override {
    if (who < deaf_) ++deaf_closed_;
  }

  void message(ClientIndex who, std::span<const uint8_t> message) override {
    const int64_t now = now_ns();
    const size_t mark = find(message, webtorrent::kMark);
    if (mark == std::string_view::npos) {
      if (!is_loading_) {
        if (dialect_.take(fleet_, who, message).became_ready) ++ready_;
        return;
      }
      if (find(message, R"("failure reason")") != std::string_view::npos) ++failures_;
      const int64_t due_ns = unanswered_[who].pop();
      if (due_ns >= window_ns_) replies_.add(now - due_ns);
      return;
    }
    const std::optional<Stamp> stamp = Stamp::read_text(message.subspan(mark + webtorrent::kMark.size()));
    if (!stamp || !is_right(*stamp, who, message)) {
      ++astray_;
      return;
    }
    if (ledger_.arrive(stamp->number) != Ledger::Arrival::kFirst) ++again_;
    if (stamp->due_ns >= window_ns_) (stamp->kind == kOffer ? offers_ : answers_).add(now - stamp->due_ns);
    if (stamp->kind == kOffer && !ledger_.is_full()) answer(who, *stamp, now);
  }

  nlohmann::json run() {
    nlohmann::json result;
    result["all_ready"] = open_fleet(fleet_, options_, [this] { return ready_ == options_.fleet.clients; });
    for (ClientIndex who = 0; who < deaf_; ++who) fleet_.stop_reading(who);
    is_loading_ = true;
    const int64_t start_ns = now_ns();
    window_ns_ = start_ns + ns_of(options_.warm_up_s);
    Pacer pacer(start_ns, options_.rate);
    run_window(fleet_, options_, start_ns, window_, [&](int64_t now) {
      int64_t due_ns = 0;
      for (int i = 0; i < kBatchMax && pacer.take(now, due_ns); ++i) announce(due_ns);
    });
    wait_for_stragglers(fleet_, [this] { return ledger_.lost() == 0; });
    window_.add_to(result);
    add_counts(fleet_.counts(), result);
    result["offered_per_s"] = options_.rate * (2 + 3 * kOffersPerAnnounce);
    result["sent"] = ledger_.sent();
    result["undelivered"] = ledger_.lost();
    result["again"] = again_;
    result["astray"] = astray_;
    result["failures"] = failures_;
    result["replies"] = in_words(replies_);
    result["offers"] = in_words(offers_);
    result["answers"] = in_words(answers_);
    Histogram all = replies_;
    all.merge(offers_);
    all.merge(answers_);
    result["latency"] = in_words(all);
    if (deaf_ > 0) {
      result["deaf"] = deaf_;
      result["deaf_closed"] = deaf_closed_;
    }
    return result;
  }

 private:
  static constexpr int kBatchMax = 128;

  uint32_t swarm_of(ClientIndex who) const { return who / options_.per_swarm; }

  /// An offer may reach any other member of the sender's swarm, an answer only whom it was addressed to; and the
  /// tracker must name the sender rightly.
  bool is_right(const Stamp& stamp, ClientIndex who, std::span<const uint8_t> message) const {
    const bool is_addressed =
        stamp.kind == kAnswer ? stamp.to == who : stamp.from != who && swarm_of(stamp.from) == swarm_of(who);
    return is_addressed && says(message, R"("peer_id":")", webtorrent::view(webtorrent::peer_id(stamp.from)));
  }

  void announce(int64_t due_ns) {
    const ClientIndex from = next_++ % options_.fleet.clients;
    // A client that does not read is offered to, but offers nothing itself: its own offers could go only to the others.
    if (from < deaf_) return;
    FrameSlot slot = fleet_.send(from, announce_.frame);
    slot.patch(announce_.info_hash, webtorrent::info_hash(swarm_of(from)));
    slot.patch(announce_.peer_id, webtorrent::peer_id(from));
    for (uint32_t i = 0; i < kOffersPerAnnounce && !ledger_.is_full(); ++i) {
      Stamp stamp;
      stamp.from = from;
      stamp.kind = kOffer;
      stamp.number = ledger_.send();
      stamp.due_ns = due_ns;
      slot.patch(announce_.stamps[i], stamp.text());
      slot.patch(announce_.offer_ids[i], webtorrent::offer_id(stamp.number));
    }
    unanswered_[from].push(due_ns);
  }

  void answer(ClientIndex who, const Stamp& offer, int64_t now) {
    Stamp stamp;
    stamp.from = who;
    stamp.to = offer.from;
    stamp.kind = kAnswer;
    stamp.number = ledger_.send();
    stamp.due_ns = now;
    FrameSlot slot = fleet_.send(who, answer_.frame);
    slot.patch(answer_.info_hash, webtorrent::info_hash(swarm_of(who)));
    slot.patch(answer_.peer_id, webtorrent::peer_id(who));
    slot.patch(answer_.to_peer_id, webtorrent::peer_id(offer.from));
    slot.patch(answer_.stamps[0], stamp.text());
    slot.patch(answer_.offer_ids[0], webtorrent::offer_id(offer.number));
  }

  ProfileOptions options_;
  WebTorrentDialect dialect_;
  Fleet fleet_;
  Form announce_{webtorrent::announce(0, 0, kOffersPerAnnounce, "")};
  Form answer_{webtorrent::answer()};
  Ledger ledger_;
  Window window_;
  Histogram replies_;
  Histogram offers_;
  Histogram answers_;
  std::vector<Unanswered> unanswered_;
  ClientIndex deaf_;
  ClientIndex next_ = 0;
  int64_t window_ns_ = 0;
  bool is_loading_ = false;
  uint64_t ready_ = 0;
  uint64_t again_ = 0;
  uint64_t astray_ = 0;
  uint64_t failures_ = 0;
  uint64_t deaf_closed_ = 0;
};

}  // namespace

void WebTorrentDialect::opened(Fleet& fleet, ClientIndex who) {
  const std::string text = webtorrent::announce(who / per_swarm_, who, 0, "started");
  fleet.send(who, FrameTemplate(Opcode::kText, bytes_of(text)));
}

Dialect::Taken WebTorrentDialect::take(Fleet&, ClientIndex, std::span<const uint8_t> message) {
  Taken taken;
  taken.is_failure = find(message, R"("failure reason")") != std::string_view::npos;
  taken.became_ready = !taken.is_failure && find(message, R"("interval")") != std::string_view::npos;
  return taken;
}

nlohmann::json run_webtorrent(ProfileOptions options) { return WebTorrentRun(options).run(); }

}  // namespace bazaar::load
