// A room of WebTorrent desks, one a worker, joined by a bus in memory, with clients that remember what they were sent.
// Owns virtual time and the bus, which may lose messages and notices; refuses sockets. Invariant: nothing is delivered
// inside the call that posted it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "dice.hpp"
#include "webtorrent/desk.hpp"

namespace bazaar::tracker::webtorrent {

using Json = nlohmann::json;

/// 20 characters as a client writes them.
inline std::string id_text(char kind, int number) {
  std::string text(20, kind);
  for (size_t at = text.size(); number > 0 && at > 0; number /= 10) text[--at] = static_cast<char>('0' + number % 10);
  return text;
}
inline std::string swarm_text(int number = 1) { return id_text('s', number); }
inline std::string peer_text(int number) { return id_text('p', number); }

inline Json offers_json(int count, const std::string& tag = "o", const std::string& sdp = "v=0\r\ns=-\r\n") {
  Json list = Json::array();
  for (int i = 0; i < count; ++i) {
    list.push_back({{"offer", {{"type", "offer"}, {"sdp", sdp + tag + std::to_string(i)}}},
                    {"offer_id", tag + std::to_string(i)}});
  }
  return list;
}

inline Json announce_json(int peer, int offers = 0, const Json& more = Json::object(), int swarm = 1) {
  Json message = {{"action", "announce"},
                  {"info_hash", swarm_text(swarm)},
                  {"peer_id", peer_text(peer)},
                  {"numwant", offers},
                  {"uploaded", 0},
                  {"downloaded", 0},
                  {"offers", offers_json(offers, "p" + std::to_string(peer) + "-")}};
  message.update(more);
  return message;
}

inline Json answer_json(int peer, const Json& offer) {
  return {{"action", "announce"},
          {"info_hash", offer.at("info_hash")},
          {"peer_id", peer_text(peer)},
          {"to_peer_id", offer.at("peer_id")},
          {"offer_id", offer.at("offer_id")},
          {"answer", {{"type", "answer"}, {"sdp", "v=0 answer\r\n"}}}};
}

class Room {
 public:
  explicit Room(int workers = 1, Limits limits = {}, uint64_t seed = 7) : dice_(seed) {
    for (int i = 0; i < workers; ++i) seats_.push_back(std::make_unique<Seat>(*this, i, limits, dice_.next()));
  }

  int64_t now_ms = 1'000'000;
  double loss = 0;  ///< of messages and notices between workers, 0 … 1

  Desk& desk(int worker = 0) { return seats_.at(worker)->desk; }
  static Address address(int worker) { return {static_cast<uint16_t>(worker + 1), 0, 0, 1}; }

  ConnectionId open(int worker = 0) {
    const ConnectionId connection = ++last_connection_;
    desk(worker).opened(connection);
    workers_[connection] = worker;
    return connection;
  }
  void close(ConnectionId connection) {
    desk(workers_.at(connection)).closed(connection);
    settle();
  }
  void say_raw(ConnectionId connection, std::string_view text) {
    desk(workers_.at(connection))
        .message(connection, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, now_ms);
    settle();
  }
  void say(ConnectionId connection, const Json& message) { say_raw(connection, message.dump()); }
  void deliver(int worker, std::span<const uint8_t> message) { desk(worker).delivered(message, now_ms); }

  /// What a connection was sent since the last look.
  std::vector<Json> heard(ConnectionId connection) {
    std::vector<Json> out;
    for (const std::string& frame : frames_[connection]) out.push_back(Json::parse(frame));
    frames_[connection].clear();
    return out;
  }
  /// The only frame since the last look.
  Json only(ConnectionId connection) {
    auto all = heard(connection);
    return all.size() == 1 ? all.front() : Json{{"frames", all.size()}};
  }

  /// Lets time pass in steps of the desks' own turns.
  void pass(int64_t ms) {
    for (const int64_t over = now_ms + ms; now_ms < over;) {
      now_ms += 100;
      for (auto& seat : seats_) {
        if (dead_.contains(seat->worker)) continue;
        seat->directory.expire(now_ms);
        seat->desk.turn(now_ms);
      }
      settle();
    }
  }
  /// A worker that is gone without a word: nothing reaches it any more, and its notices stop.
  void kill(int worker) {
    dead_.insert(worker);
    std::erase_if(mail_, [&](const Mail& mail) { return mail.to == worker; });
  }
  uint32_t cells(const std::string& swarm) {
    uint32_t cells = 0;
    for (auto& seat : seats_) cells += seat->published.contains(swarm) && seat->published[swarm] > 0 ? 1 : 0;
    return cells;
  }
  uint64_t dropped(Drop why) {
    uint64_t sum = 0;
    for (auto& seat : seats_) sum += seat->desk.counters().of(why);
    return sum;
  }
  std::vector<CellNotice> notices;  ///< all that were ever published

 private:
  struct Mail {
    int to = 0;
    std::vector<uint8_t> bytes;
  };
  struct Seat final : Outbox, Bus {
    Seat(Room& owner, int index, const Limits& limits, uint64_t seed)
        : room(owner), worker(index), desk(*this, *this, directory, address(index), limits, seed) {}

    bool send(ConnectionId to, std::span<const uint8_t> frame, Importance) override {
      room.frames_[to].emplace_back(frame.begin(), frame.end());
      return true;
    }
    void close(ConnectionId, uint16_t, std::string_view) override {}
    void post(Address to, BusMessageClass, std::span<const uint8_t> message) override {
      if (room.is_lost()) return;
      room.mail_.push_back({to.node() - 1, {message.begin(), message.end()}});
    }
    void publish(const CellNotice& notice) override {
      room.notices.push_back(notice);
      published[{notice.stream.bytes.begin(), notice.stream.bytes.end() - 1}] = notice.size;
      for (auto& seat : room.seats_) {
        if (seat.get() != this && !room.is_lost()) seat->directory.heard(notice, room.now_ms);
      }
    }

    Room& room;
    int worker;
    Directory directory;
    std::map<std::string, uint32_t> published;
    Desk desk;
  };

  bool is_lost() { return loss > 0 && dice_.roll() < loss; }
  void settle() {
    while (!mail_.empty()) {
      const Mail mail = std::move(mail_.front());
      mail_.pop_front();
      if (!dead_.contains(mail.to)) desk(mail.to).delivered(mail.bytes, now_ms);
    }
  }

  Dice dice_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::map<ConnectionId, std::vector<std::string>> frames_;
  std::map<ConnectionId, int> workers_;
  std::set<int> dead_;
  std::deque<Mail> mail_;
  ConnectionId last_connection_ = 0;
};

}  // namespace bazaar::tracker::webtorrent
