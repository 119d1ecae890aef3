#include "trace_line.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

namespace bazaar::sim {

namespace {

using Json = nlohmann::json;

constexpr size_t kInboxBytes = 64 * 1024;
/// RELAYED begins so; of its blob a trace holds nothing: it is addresses, and the engine takes its length only.
constexpr uint8_t kRelayed[] = {0x94, 0x13};

/// The line in hand, so that every complaint says where.
struct Reader {
  const Json& line;
  size_t number;

  [[noreturn]] void expected(const std::string& what) const { throw TraceError(number, "expected " + what); }

  const Json& at(const char* key, const char* what) const {
    const auto found = line.find(key);
    if (found == line.end()) expected(std::string("\"") + key + "\": " + what);
    return *found;
  }

  void only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : line.items()) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) expected("no \"" + key + "\" here");
    }
  }

  /// JSON has no word for these three.
  double real(const Json& value, const std::string& what) const {
    if (value.is_number()) return value.get<double>();
    if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (value == "Infinity") return std::numeric_limits<double>::infinity();
    if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
    expected(what + ": a number");
  }

  double whole(const Json& value, double min, double max, const std::string& what) const {
    const double number_read = real(value, what);
    if (std::trunc(number_read) == number_read && number_read >= min && number_read <= max) return number_read;
    const auto show = [](double bound) { return std::to_string(static_cast<int64_t>(bound)); };
    expected(what + ": a whole number from " + show(min) + " to " + show(max));
  }

  int32_t int32(const Json& value, const std::string& what) const {
    return static_cast<int32_t>(whole(value, -0x1p31, 0x1p31 - 1, what));
  }

  std::vector<uint8_t> base64(const char* key) const {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const Json& value = at(key, "base64");
    const std::string text = value.is_string() ? value.get<std::string>() : "?";
    std::vector<uint8_t> bytes;
    uint32_t bits = 0;
    const size_t end = text.find('=');
    bool is_good = text.size() % 4 == 0 && (end == std::string::npos || text.find_first_not_of('=', end) > text.size());
    for (size_t i = 0; is_good && i < text.size(); ++i) {
      const size_t digit = text[i] == '=' ? 0 : kDigits.find(text[i]);
      is_good = digit != std::string_view::npos;
      bits = bits << 6 | static_cast<uint32_t>(digit);
      if (i % 4 != 3) continue;
      for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<uint8_t>(bits >> shift));
    }
    const size_t padding = end == std::string::npos ? 0 : text.size() - end;
    if (!is_good || padding > 2) expected(std::string("\"") + key + "\": base64");
    bytes.resize(bytes.size() - padding);
    return bytes;
  }
};

TraceHeader header_of(const Reader& reader) {
  const Json& version = reader.at("trace", "the format's version");
  if (version != kTraceVersion) {
    reader.expected("format version " + std::to_string(kTraceVersion) + ", and this trace has " + version.dump());
  }
  reader.only({"trace", "library", "seed"});
  TraceHeader header;
  const Json& library = reader.at("library", "its version");
  if (!library.is_string()) reader.expected("\"library\": a string");
  header.library = library.get<std::string>();
  header.seed = static_cast<uint32_t>(reader.whole(reader.at("seed", "a number"), 0, 0x1p32 - 1, "\"seed\""));
  return header;
}

TraceCall::Input input_of(const Reader& reader, const TraceCall& call) {
  TraceCall::Input input;
  const std::string name(call.name);
  const Json none = Json::array();
  const Json& numbers = call.letters.empty() && !reader.line.contains("args") ? none : reader.at("args", "an array");
  if (!numbers.is_array() || numbers.size() != call.letters.size()) {
    reader.expected(name + " with " + std::to_string(call.letters.size()) + " arguments");
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    const std::string what = name + ", argument " + std::to_string(i + 1);
    input.numbers.push_back(call.letters[i] == 'i'   ? reader.int32(numbers[i], what)
                            : call.letters[i] == 'u' ? reader.whole(numbers[i], 0, 0x1p53, what)
                                                     : reader.real(numbers[i], what));
  }
  if (call.inbox == TraceCall::kNoInbox) return input;

  const double told = call.inbox == TraceCall::kSwarm ? 16 : input.numbers[static_cast<size_t>(call.inbox)];
  if (told > kInboxBytes) reader.expected(name + " with no more bytes than the inbox has");
  const auto length = static_cast<size_t>(told);
  if (length > 0) input.bytes = reader.base64("in");
  const bool is_signal = name == "tracker_message" && input.bytes.size() >= sizeof kRelayed &&
                         std::equal(std::begin(kRelayed), std::end(kRelayed), input.bytes.begin());
  if (is_signal ? input.bytes.size() > length : input.bytes.size() != length) {
    reader.expected("\"in\" with " + std::to_string(length) + " bytes");
  }
  input.bytes.resize(length);
  return input;
}

TraceAnswer answer_of(const Reader& reader, const TraceCall& call) {
  TraceAnswer answer;
  if (reader.line.contains("trap")) {
    reader.only({"call", "args", "in", "trap"});
    answer.trap = reader.line["trap"].dump();
  } else if (call.name == "step") {
    reader.only({"call", "actions", "out", "next"});
    const Json& actions = reader.at("actions", "an array of actions");
    if (!actions.is_array()) reader.expected("\"actions\": an array of actions");
    for (const Json& action : actions) {
      if (!action.is_array() || action.empty() || action.size() > 8) reader.expected("an action: up to eight numbers");
      auto& record = answer.actions.emplace_back();
      for (size_t i = 0; i < action.size(); ++i) record[i] = reader.int32(action[i], "a field of an action");
    }
    answer.next_ms = reader.real(reader.at("next", "a time"), "\"next\"");
  } else if (call.has_answer) {
    reader.only({"call", "args", "is", "out"});
    const Json& is = reader.at("is", "what the call returned");
    answer.is = is.is_boolean() ? (is.get<bool>() ? 1 : 0) : reader.real(is, "\"is\"");
  } else {
    reader.only({"call", "args", "in"});
  }
  if (reader.line.contains("out")) answer.out = reader.base64("out");
  return answer;
}

}  // namespace

std::variant<TraceHeader, TraceTold> read_trace_line(const std::string& text, size_t line_number) {
  const Json line = Json::parse(text, nullptr, false);
  const Reader reader{line, line_number};
  if (!line.is_object()) reader.expected("a JSON object, whole and on one line");
  if (line.contains("trace")) return header_of(reader);
  const Json& name = reader.at("call", "a name");
  TraceTold told;
  told.call = name.is_string() ? find_trace_call(name.get<std::string>()) : nullptr;
  if (!told.call) reader.expected("a call of the engine, not " + name.dump());
  told.input = input_of(reader, *told.call);
  told.answer = answer_of(reader, *told.call);
  return told;
}

}  // namespace bazaar::sim
