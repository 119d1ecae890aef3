// What the core wants done, as copies that a test may keep: each action with the bytes that it names.
// Owns copies; refuses to perform anything. Invariant: reading them drains the queue, so each action is seen once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine.hpp"
#include "tracker_wire.hpp"
#include "wire.hpp"

namespace bazaar::testing {

struct Said {
  ActionType type;
  std::array<int32_t, 7> fields;
  std::vector<uint8_t> bytes;  ///< of SEND, SEND_BLOCK (the header) and SEND_TRACKER

  int32_t operator[](size_t i) const { return fields[i]; }
};

class Record {
 public:
  explicit Record(std::vector<Said> said) : said_(std::move(said)) {}

  /// Names in order, messages by their type: "KEEP_BLOCK SEGMENT_READY SEND:STATUS".
  std::string words() const;
  /// The same, of one kind only: what happened besides is another test's business.
  std::string words(ActionType type) const;
  size_t count(ActionType type) const;
  /// The only action of that type; fails the test when there is none or more than one.
  const Said& only(ActionType type) const;
  std::vector<const Said*> all(ActionType type) const;
  /// Messages sent to a peer (0: to anybody), of one type, a REQUEST for a run as one for each of its blocks. Pointers
  /// in them live as long as this record.
  std::vector<wire::Message> sent(wire::Type type, Handle peer = 0) const;
  std::vector<tracker_wire::Message> told_tracker() const;
  /// The ranges of the fetches, first block and count: "1+2 4+1"; "0+0" is a whole segment.
  std::string fetches() const;
  bool is_empty() const { return said_.empty(); }
  const std::vector<Said>& list() const { return said_; }

 private:
  std::vector<Said> said_;
};

/// Everything queued in a hand-built world.
Record drain(Actions& actions);
/// Steps an engine until it has no more to say.
Record step(Engine& engine);

}  // namespace bazaar::testing
