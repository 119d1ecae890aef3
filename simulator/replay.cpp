#include "replay.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "actions.hpp"

namespace bazaar::sim {

namespace {

using Record = std::array<int32_t, 8>;

constexpr const char* kActionNames[] = {"?",           "SEND",         "SEND_BLOCK",    "KEEP_BLOCK",     "FETCH",
                                        "ABORT_FETCH", "DROP_SEGMENT", "SEGMENT_READY", "SEGMENT_FAILED", "CONNECT",
                                        "SIGNAL",      "CLOSE_PEER",   "SEND_TRACKER",  "ROLE",           "PEER_OPEN",
                                        "NOTICE",      "DROP_BLOCK"};

/// The part of the outbox that a record names: offset and length.
std::pair<size_t, size_t> outbox_part(const Record& record) {
  const auto type = static_cast<ActionType>(record[0]);
  if (type == ActionType::kSendTracker) return {static_cast<size_t>(record[1]), static_cast<size_t>(record[2])};
  if (type != ActionType::kSend && type != ActionType::kSendBlock) return {0, 0};
  return {static_cast<size_t>(record[2]), static_cast<size_t>(record[3])};
}

std::string show(double number) {
  return std::isfinite(number) ? nlohmann::json(number).dump() : std::to_string(number);
}

std::string show(const Record& record) {
  const auto type = static_cast<size_t>(record[0]);
  std::string text = type < std::size(kActionNames) ? kActionNames[type] : "?";
  for (size_t i = 1; i < record.size(); ++i) text += (i == 1 ? " " : ", ") + std::to_string(record[i]);
  return text;
}

std::string show(const std::vector<uint8_t>& bytes, size_t from) {
  constexpr size_t kShown = 16;
  std::string text;
  for (size_t i = from; i < bytes.size() && i < from + kShown; ++i) {
    char hex[4];
    std::snprintf(hex, sizeof hex, "%02x ", bytes[i]);
    text += hex;
  }
  if (bytes.size() > from + kShown) return text + "…";
  return text.empty() ? "nothing" : text.substr(0, text.size() - 1);
}

bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// What the native engine answers to this call.
TraceAnswer tell(Engine& engine, const TraceTold& told) {
  TraceAnswer answer;
  const double returned = told.call->run(engine, told.input);
  const uint8_t* outbox = engine.outbox();
  if (told.call->name == "encode_signal") answer.out.assign(outbox, outbox + static_cast<size_t>(returned));
  if (told.call->name != "step") {
    answer.is = returned;
    return answer;
  }
  for (size_t i = 0; i < static_cast<size_t>(returned); ++i) {
    const Action& action = engine.actions()[i];
    Record& record = answer.actions.emplace_back();
    record[0] = static_cast<int32_t>(action.type);
    std::copy(action.fields.begin(), action.fields.end(), record.begin() + 1);
    const auto [offset, length] = outbox_part(record);
    answer.out.insert(answer.out.end(), outbox + offset, outbox + offset + length);
  }
  answer.next_ms = engine.next_deadline();
  return answer;
}

std::string both(const std::string& where, const std::string& browser, const std::string& native) {
  return where + "\n  the browser's engine: " + browser + "\n  the native engine:    " + native;
}

/// Whose bytes hold that position: "action 3, SEND".
std::string owner_of(size_t position, const TraceAnswer& answer) {
  for (size_t i = 0; i < answer.actions.size(); ++i) {
    const size_t length = outbox_part(answer.actions[i]).second;
    if (position < length) {
      return "byte " + std::to_string(position + 1) + " of action " + std::to_string(i + 1) + ", " +
             show(answer.actions[i]);
    }
    position -= length;
  }
  return "outgoing byte " + std::to_string(position + 1);
}

/// The first thing in which the two answers differ.
std::optional<std::string> difference(const TraceAnswer& browser, const TraceAnswer& native) {
  if (browser.trap) return both("", "trapped, " + *browser.trap, "came back");
  if (!is_same(browser.is, native.is)) return both("what it returned", show(browser.is), show(native.is));
  const auto [theirs, ours] =
      std::mismatch(browser.actions.begin(), browser.actions.end(), native.actions.begin(), native.actions.end());
  if (theirs != browser.actions.end() || ours != native.actions.end()) {
    return both("action " + std::to_string(theirs - browser.actions.begin() + 1),
                theirs == browser.actions.end() ? "no more" : show(*theirs),
                ours == native.actions.end() ? "no more" : show(*ours));
  }
  if (browser.out != native.out) {
    const auto [odd, _] = std::mismatch(browser.out.begin(), browser.out.end(), native.out.begin(), native.out.end());
    const auto position = static_cast<size_t>(odd - browser.out.begin());
    return both(owner_of(position, native), show(browser.out, position), show(native.out, position));
  }
  if (!is_same(browser.next_ms, native.next_ms))
    return both("next deadline", show(browser.next_ms), show(native.next_ms));
  return std::nullopt;
}

}  // namespace

ReplayResult replay(std::istream& trace) {
  ReplayResult result;
  std::unique_ptr<Engine> engine;
  double now = 0;
  size_t number = 0;
  for (std::string text; std::getline(trace, text);) {
    const auto line = read_trace_line(text, ++number);
    if (const auto* header = std::get_if<TraceHeader>(&line)) {
      engine = std::make_unique<Engine>(header->seed);
      result.library = header->library;
      ++result.engines;
      continue;
    }
    if (!engine) throw TraceError(number, "expected a header first: {\"trace\":1,\"library\":…,\"seed\":…}");
    const auto& told = std::get<TraceTold>(line);
    if (told.call->name == "at") now = told.input.numbers[0];
    const TraceAnswer answer = tell(*engine, told);
    if (const auto odd = difference(told.answer, answer)) {
      result.difference = {number, std::string(told.call->name) + " at " + show(now) + " ms: " + *odd};
      return result;
    }
    ++result.calls;
    result.steps += told.call->name == "step" ? 1 : 0;
    result.actions += answer.actions.size();
  }
  if (!engine)
    throw TraceError(number + 1, "expected a header, {\"trace\":1,\"library\":…,\"seed\":…}, and found nothing");
  return result;
}

}  // namespace bazaar::sim
