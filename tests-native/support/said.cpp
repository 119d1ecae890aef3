#include "said.hpp"

#include <gtest/gtest.h>

namespace bazaar::testing {

namespace {

std::string message_name(const std::vector<uint8_t>& bytes) {
  static constexpr const char* kNames[] = {"HELLO", "STATUS", "REQUEST", "BLOCK", "REJECT", "CANCEL", "BYE"};
  wire::Message message;
  if (wire::decode(bytes, bytes.size(), message) != wire::DecodeStatus::kOk) return "GARBAGE";
  return kNames[static_cast<size_t>(message.type)];
}

std::string name_of(const Said& said) {
  static constexpr const char* kNames[] = {
      "?",           "SEND",         "SEND_BLOCK",    "KEEP_BLOCK",     "FETCH",
      "ABORT_FETCH", "DROP_SEGMENT", "SEGMENT_READY", "SEGMENT_FAILED", "CONNECT",
      "SIGNAL",      "CLOSE_PEER",   "SEND_TRACKER",  "ROLE",           "PEER_OPEN",
      "NOTICE",      "DROP_BLOCK",   "RECONNECT"};
  const std::string name = kNames[static_cast<size_t>(said.type)];
  return said.type == ActionType::kSend ? name + ":" + message_name(said.bytes) : name;
}

Said copy_of(const Action& action, const uint8_t* outbox) {
  Said said{action.type, action.fields, {}};
  size_t offset = 0;
  size_t length = 0;
  if (action.type == ActionType::kSend || action.type == ActionType::kSendBlock) {
    offset = static_cast<size_t>(action.fields[1]);
    length = static_cast<size_t>(action.fields[2]);
  } else if (action.type == ActionType::kSendTracker) {
    offset = static_cast<size_t>(action.fields[0]);
    length = static_cast<size_t>(action.fields[1]);
  }
  said.bytes.assign(outbox + offset, outbox + offset + length);
  return said;
}

}  // namespace

std::string Record::words() const {
  std::string words;
  for (const Said& said : said_) words += (words.empty() ? "" : " ") + name_of(said);
  return words;
}

std::string Record::words(ActionType type) const {
  std::string words;
  for (const Said& said : said_) {
    if (said.type == type) words += (words.empty() ? "" : " ") + name_of(said);
  }
  return words;
}

size_t Record::count(ActionType type) const { return all(type).size(); }

std::vector<const Said*> Record::all(ActionType type) const {
  std::vector<const Said*> found;
  for (const Said& said : said_) {
    if (said.type == type) found.push_back(&said);
  }
  return found;
}

const Said& Record::only(ActionType type) const {
  static const Said kNone{ActionType::kSend, {}, {}};
  const auto found = all(type);
  EXPECT_EQ(found.size(), 1u) << "of type " << static_cast<int32_t>(type) << " among: " << words();
  return found.size() == 1 ? *found[0] : kNone;
}

std::vector<wire::Message> Record::sent(wire::Type type, Handle peer) const {
  std::vector<wire::Message> found;
  for (const Said& said : said_) {
    if (said.type != ActionType::kSend || (peer != 0 && said[0] != peer)) continue;
    wire::Message message;
    EXPECT_EQ(wire::decode(said.bytes, said.bytes.size(), message), wire::DecodeStatus::kOk);
    if (message.type != type) continue;
    const uint16_t blocks = message.type == wire::Type::kRequest ? message.request.count : uint16_t{1};
    message.request.count = 1;
    for (uint16_t i = 0; i < blocks; ++i, ++message.request.id, ++message.request.block) found.push_back(message);
  }
  return found;
}

std::vector<tracker_wire::Message> Record::told_tracker() const {
  std::vector<tracker_wire::Message> found;
  for (const Said* said : all(ActionType::kSendTracker)) {
    tracker_wire::Message message;
    EXPECT_EQ(tracker_wire::decode(said->bytes, message), tracker_wire::DecodeStatus::kOk);
    found.push_back(message);
  }
  return found;
}

std::string Record::fetches() const {
  std::string ranges;
  for (const Said* fetch : all(ActionType::kFetch)) {
    ranges += (ranges.empty() ? "" : " ") + std::to_string((*fetch)[2]) + "+" + std::to_string((*fetch)[3]);
  }
  return ranges;
}

Record drain(Actions& actions) {
  std::vector<Said> said;
  for (;;) {
    const size_t count = actions.drain();
    for (size_t i = 0; i < count; ++i) said.push_back(copy_of(actions.drained()[i], actions.outbox()));
    if (count < Actions::kDrainMax) break;
  }
  actions.begin_turn();
  return Record(std::move(said));
}

Record step(Engine& engine) {
  std::vector<Said> said;
  for (;;) {
    const size_t count = engine.step();
    for (size_t i = 0; i < count; ++i) said.push_back(copy_of(engine.actions()[i], engine.outbox()));
    if (count < Actions::kDrainMax) break;
  }
  return Record(std::move(said));
}

}  // namespace bazaar::testing
