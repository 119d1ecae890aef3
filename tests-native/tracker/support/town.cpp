#include "tracker/support/town.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace bazaar::tracker::native::testing {

using tracker_wire::Message;
using tracker_wire::Type;

std::vector<Message> Heard::messages() const {
  std::vector<Message> all;
  for (const Bytes& frame : frames) {
    Message message;
    EXPECT_EQ(tracker_wire::decode(frame, message), tracker_wire::DecodeStatus::kOk);
    all.push_back(message);
  }
  return all;
}

Message Heard::last(Type type) const {
  const auto all = messages();
  for (auto message = all.rbegin(); message != all.rend(); ++message)
    if (message->type == type) return *message;
  ADD_FAILURE() << "no message of type " << static_cast<int>(type) << " was heard";
  return {};
}

size_t Heard::count(Type type) const {
  const auto all = messages();
  return std::count_if(all.begin(), all.end(), [&](const Message& m) { return m.type == type; });
}

struct Town::Worker : Outbox, Bus, Gate {
  Worker(Town& its_town, size_t its_index, Address self)
      : town(its_town),
        index(its_index),
        desk(std::make_unique<Desk>(*this, *this, directory, *this, self, town.options_.rules, town.options_.limits,
                                    town.options_.seed + its_index)) {}

  bool send(ConnectionId to, std::span<const uint8_t> frame, Importance importance) override {
    if (to == 0 || !town.viewers_[to - 1].is_connected) return true;
    if (importance == Importance::kMayDrop && town.is_deaf(to - 1)) return false;
    town.viewers_[to - 1].heard.frames.emplace_back(frame.begin(), frame.end());
    return true;
  }
  void close(ConnectionId connection, uint16_t code, std::string_view) override {
    Guest& guest = town.viewers_[connection - 1];
    guest.heard.close_code = code;
    town.bus_.push_back([this, connection] { town.disconnect(connection - 1); });
  }
  void post(Address to, BusMessageClass, std::span<const uint8_t> message) override {
    if (town.loses()) return;
    town.bus_.push_back([this, to, bytes = Bytes(message.begin(), message.end())] {
      for (auto& worker : town.workers_)
        if (worker->desk && worker->self.is_same_worker(to)) worker->desk->delivered(bytes, town.now_ms_);
    });
  }
  void publish(const CellNotice& notice) override {
    if (town.loses()) return;
    for (auto& worker : town.workers_)
      if (worker.get() != this)
        town.bus_.push_back([this, to = worker.get(), notice] {
          if (to->desk) to->directory.heard(notice, town.now_ms_);
        });
  }
  std::optional<Refusal> check(const ClientAddress&, const tracker_wire::StreamKey&, std::span<const uint8_t> token,
                               int64_t) override {
    return town.guard ? town.guard(token) : std::nullopt;
  }
  bool is_signal(std::span<const uint8_t> blob, tracker_wire::SignalKind) override {
    return blob.empty() || blob[0] != '!';
  }
  size_t seal(const Place& place, std::span<uint8_t> out) override {
    static_assert(std::is_trivially_copyable_v<Place> && sizeof(Place) <= tracker_wire::kResumeBytesMax);
    std::memcpy(out.data(), &place, sizeof place);
    return sizeof place;
  }
  std::optional<Place> unseal(std::span<const uint8_t> token) override {
    Place place;
    if (token.size() != sizeof place) return std::nullopt;
    std::memcpy(&place, token.data(), sizeof place);
    return place;
  }

  Town& town;
  size_t index;
  Address self;
  Directory directory;
  std::unique_ptr<Desk> desk;
};

Town::Options Town::nodes(size_t count) {
  Options options;
  options.workers = count;
  options.are_nodes = true;
  return options;
}

Town::Town(Options options) : options_(std::move(options)) {
  for (size_t i = 0; i < options_.workers; ++i) {
    const auto node = static_cast<uint16_t>(options_.are_nodes ? i + 1 : 0);
    const Address self(node, static_cast<uint8_t>(options_.are_nodes ? 0 : i), 0, 0);
    workers_.push_back(std::make_unique<Worker>(*this, i, self));
    workers_.back()->self = self;
    workers_.back()->desk->set_extent(
        {static_cast<uint32_t>(options_.workers), static_cast<uint32_t>(options_.are_nodes ? options_.workers : 1)});
  }
}

Town::~Town() = default;

Desk& Town::desk(size_t worker) { return *workers_.at(worker)->desk; }

Town::Viewer Town::connect(size_t worker) {
  viewers_.push_back({worker, true, {}});
  ClientAddress address;
  address.bytes = {
      0x20, 0x01, 0x0d, 0xb8, static_cast<uint8_t>(viewers_.size() >> 8), static_cast<uint8_t>(viewers_.size())};
  workers_[worker]->desk->opened(viewers_.size(), address, now_ms_);
  return viewers_.size() - 1;
}

void Town::say(Viewer viewer, const Bytes& frame) {
  Guest& guest = viewers_.at(viewer);
  if (auto& desk = workers_[guest.worker]->desk) desk->message(viewer + 1, frame, now_ms_);
  deliver_all();
}

void Town::say(Viewer viewer, const Message& message) {
  Bytes frame(tracker_wire::kEncodedBytesMax);
  frame.resize(tracker_wire::encode(message, frame));
  say(viewer, frame);
}

void Town::join(Viewer viewer, uint8_t stream, uint32_t want, const Profile& profile, const Bytes& resume) {
  Message join;
  join.type = Type::kJoin;
  join.version = tracker_wire::kProtocolVersion;
  join.stream.fill(stream);
  join.want = want;
  join.profile = profile;
  join.resume = resume;
  say(viewer, join);
}

Town::Viewer Town::resume(Viewer viewer, size_t worker) {
  const Viewer again = connect(worker);
  join(again, 7, 12, {}, resume_token(viewer));
  return again;
}

void Town::signal(Viewer viewer, PeerId to, const std::string& blob, tracker_wire::SignalKind kind) {
  Bytes frame(tracker_wire::kSignalHeaderBytesMax);
  frame.resize(tracker_wire::encode_signal_header(Type::kSignal, to, kind, blob.size(), frame));
  frame.insert(frame.end(), blob.begin(), blob.end());
  say(viewer, frame);
}

void Town::disconnect(Viewer viewer) {
  Guest& guest = viewers_.at(viewer);
  if (!guest.is_connected) return;
  guest.is_connected = false;
  if (auto& desk = workers_[guest.worker]->desk) desk->closed(viewer + 1, now_ms_);
  deliver_all();
}

PeerId Town::id(Viewer viewer) const { return heard(viewer).last(Type::kWelcome).peer; }

Bytes Town::resume_token(Viewer viewer) const {
  const auto token = heard(viewer).last(Type::kWelcome).resume;
  return {token.begin(), token.end()};
}

void Town::deliver_all() {
  while (!bus_.empty() && !is_bus_held) {
    const auto next = std::move(bus_.front());
    bus_.pop_front();
    next();
  }
}

void Town::run(int64_t ms) {
  deliver_all();
  for (const int64_t end = now_ms_ + ms; now_ms_ < end;) {
    now_ms_ = std::min(end, now_ms_ + 100);
    for (auto& worker : workers_) {
      if (!worker->desk) continue;
      worker->desk->turn(now_ms_, now_ms_ / 1000);
      worker->directory.expire(now_ms_);
    }
    deliver_all();
  }
}

void Town::kill(size_t worker, bool is_noticed) {
  const uint16_t node = workers_[worker]->self.node();
  workers_[worker]->desk.reset();
  for (Guest& guest : viewers_)
    if (guest.worker == worker) guest.is_connected = false;
  if (is_noticed)
    for (auto& other : workers_)
      if (other->desk) other->desk->node_lost(node, now_ms_);
  deliver_all();
}

}  // namespace bazaar::tracker::native::testing
