#include "webtorrent/request_reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bazaar::tracker::webtorrent {

namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;
using Field = simdjson::ondemand::field;

/// Steps over the four digits of an escape; nothing when they are not there.
std::optional<uint32_t> read_hex4(const char*& at, const char* end) {
  uint32_t code = 0;
  const char* const from = at;
  if (end - at < 4 || std::from_chars(at, at + 4, code, 16).ptr != at + 4 || *from == '-') return std::nullopt;
  at += 4;
  return code;
}

/// How many characters from `at` on need no look: no quote, backslash or control character.
size_t plain_run(const char* at, const char* end) {
  const char* const from = at;
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const __m128i chars = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(chars, _mm_set1_epi8(0x1f)), chars);
    const __m128i marks =
        _mm_or_si128(_mm_cmpeq_epi8(chars, _mm_set1_epi8('"')), _mm_cmpeq_epi8(chars, _mm_set1_epi8('\\')));
    const auto found = static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(controls, marks)));
    if (found != 0) return static_cast<size_t>(at - from) + static_cast<size_t>(std::countr_zero(found));
  }
#endif
  while (at != end && *at != '"' && *at != '\\' && static_cast<uint8_t>(*at) >= 0x20) ++at;
  return static_cast<size_t>(at - from);
}

/// A string's content, false when the value is something else or cannot be unescaped.
bool text_of(value& from, std::string_view& out) { return from.get_string().get(out) == simdjson::SUCCESS; }

/// The next field of an object and its name; false when the JSON is broken there.
bool read_field(simdjson::simdjson_result<Field> next, Field& field, std::string_view& key) {
  return std::move(next).get(field) == simdjson::SUCCESS && field.unescaped_key().get(key) == simdjson::SUCCESS;
}

bool is_a(value& from, json_type type) {
  json_type is = json_type::null;
  return from.type().get(is) == simdjson::SUCCESS && is == type;
}

bool id_of(value& from, Id& out) {
  std::string_view text;
  return is_a(from, json_type::string) && text_of(from, text) && read_id(text, out);
}

/// As JavaScript judges it: null, false, 0 and "" are no value.
bool is_truthy(value& from) {
  json_type type = json_type::null;
  if (from.type().get(type) != simdjson::SUCCESS) return false;
  bool boolean = false;
  double number = 0;
  std::string_view text;
  switch (type) {
    case json_type::null:
      return false;
    case json_type::boolean:
      return from.get_bool().get(boolean) == simdjson::SUCCESS && boolean;
    case json_type::number:
      return from.get_double().get(number) != simdjson::SUCCESS || number != 0;
    case json_type::string:
      return !text_of(from, text) || !text.empty();
    default:
      return true;
  }
}

std::optional<Event> event_of(std::string_view text) {
  if (text.empty() || text == "empty" || text == "update") return Event::kUpdate;
  if (text == "started") return Event::kStarted;
  if (text == "completed") return Event::kCompleted;
  if (text == "stopped") return Event::kStopped;
  if (text == "paused") return Event::kPaused;
  return std::nullopt;
}

/// The string as it stands in the message, quotes included; empty for anything else.
std::string_view string_token(value& from) {
  if (!is_a(from, json_type::string)) return {};
  std::string_view token = from.raw_json_token();
  const size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last + 1);
}

}  // namespace

bool is_json_string(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return false;
  const char* at = json.data() + 1;
  const char* const end = json.data() + json.size() - 1;
  while ((at += plain_run(at, end)) != end) {
    if (*at++ != '\\' || at == end) return false;
    const char kind = *at++;
    if (kind == 'n' || kind == 'r' || kind == '"' || kind == '\\' || kind == '/' || kind == 't' || kind == 'b' ||
        kind == 'f') {
      continue;
    }
    const auto code = kind == 'u' ? read_hex4(at, end) : std::nullopt;
    if (!code || (*code >= 0xdc00 && *code < 0xe000)) return false;
    if (*code < 0xd800 || *code >= 0xdc00) continue;
    // Half a character: JavaScript bears it alone, other clients do not.
    if (end - at < 2 || *at++ != '\\' || *at++ != 'u') return false;
    const auto low = read_hex4(at, end);
    if (!low || *low < 0xdc00 || *low >= 0xe000) return false;
  }
  return true;
}

struct RequestReader::Parser {
  simdjson::ondemand::parser parser;
  std::vector<uint8_t> padded;

  // What was read so far, before it is known whose rules apply.
  enum class Action : uint8_t { kNone, kAnnounce, kScrape };
  Action action = Action::kNone;
  bool has_peer = false;
  bool has_to_peer = false;
  bool is_event_good = true;
  bool is_answer = false;
  bool is_answer_good = false;
  bool is_hash_null = true;  ///< absent, too
  bool is_scrape_good = true;
  size_t scraped = 0;
  std::string_view pair_id;

  bool fields(object& message, const Limits& limits, Request& out);
  bool info_hash(value& from, const Limits& limits, Request& out);
  bool offers(value& from, const Limits& limits, Request& out) const;
  static bool offer(value& from, const Limits& limits, Description& out, bool& is_good);
  static bool description(value& from, std::string_view type, const Limits& limits, std::string_view& sdp_json);
};

// The functions below return false for broken JSON only; what is well-formed but wrong is noted.

bool RequestReader::Parser::info_hash(value& from, const Limits& limits, Request& out) {
  out.has_info_hash = false;
  out.scraped.clear();
  is_scrape_good = true;
  scraped = 0;
  is_hash_null = is_a(from, json_type::null);
  if (is_hash_null) return true;
  if (!is_a(from, json_type::array)) {
    out.has_info_hash = id_of(from, out.info_hash);
    is_scrape_good = out.has_info_hash;
    return true;
  }
  simdjson::ondemand::array list;
  if (from.get_array().get(list) != simdjson::SUCCESS) return false;
  for (auto each : list) {
    value element;
    if (each.get(element) != simdjson::SUCCESS) return false;
    Id id;
    if (++scraped > limits.scrape_max) continue;
    if (id_of(element, id)) {
      out.scraped.push_back(id);
    } else {
      is_scrape_good = false;
    }
  }
  return true;
}

bool RequestReader::Parser::description(value& from, std::string_view type, const Limits& limits,
                                        std::string_view& sdp_json) {
  sdp_json = {};
  object fields;
  if (!is_a(from, json_type::object)) return true;
  if (from.get_object().get(fields) != simdjson::SUCCESS) return false;
  bool is_typed = false;
  for (auto each : fields) {
    Field field;
    std::string_view key;
    std::string_view text;
    if (!read_field(std::move(each), field, key)) return false;
    if (key == "type") {
      is_typed = is_a(field.value(), json_type::string) && text_of(field.value(), text) && text == type;
    } else if (key == "sdp") {
      sdp_json = string_token(field.value());
    }
  }
  if (!is_typed || sdp_json.size() > limits.sdp_bytes_max || !is_json_string(sdp_json)) sdp_json = {};
  return true;
}

bool RequestReader::Parser::offer(value& from, const Limits& limits, Description& out, bool& is_good) {
  out = {};
  object fields;
  is_good = false;
  if (!is_a(from, json_type::object)) return true;
  if (from.get_object().get(fields) != simdjson::SUCCESS) return false;
  bool has_id = false;
  for (auto each : fields) {
    Field field;
    std::string_view key;
    if (!read_field(std::move(each), field, key)) return false;
    if (key == "offer") {
      if (!description(field.value(), "offer", limits, out.sdp_json)) return false;
    } else if (key == "offer_id") {
      has_id = is_a(field.value(), json_type::string) && text_of(field.value(), out.id);
    }
  }
  is_good = has_id && out.id.size() <= kOfferIdBytesMax && !out.sdp_json.empty();
  return true;
}

bool RequestReader::Parser::offers(value& from, const Limits& limits, Request& out) const {
  out.offer_count = out.offers_bad = out.offers_beyond = 0;
  if (!is_a(from, json_type::array)) return true;
  simdjson::ondemand::array list;
  if (from.get_array().get(list) != simdjson::SUCCESS) return false;
  const size_t max = std::min(limits.offers_max, kOffersReadMax);
  size_t count = 0;
  for (auto each : list) {
    value element;
    if (each.get(element) != simdjson::SUCCESS) return false;
    if (++count > max) {
      ++out.offers_beyond;
      continue;
    }
    bool is_good = false;
    if (!offer(element, limits, out.offers[out.offer_count], is_good)) return false;
    ++(is_good ? out.offer_count : out.offers_bad);
  }
  return true;
}

bool RequestReader::Parser::fields(object& message, const Limits& limits, Request& out) {
  for (auto each : message) {
    Field field;
    std::string_view key;
    std::string_view text;
    if (!read_field(std::move(each), field, key)) return false;
    value& held = field.value();
    if (key == "action") {
      action = Action::kNone;
      if (!is_a(held, json_type::string) || !text_of(held, text)) continue;
      if (text == "announce") action = Action::kAnnounce;
      if (text == "scrape") action = Action::kScrape;
    } else if (key == "info_hash") {
      if (!info_hash(held, limits, out)) return false;
    } else if (key == "peer_id") {
      has_peer = id_of(held, out.peer);
    } else if (key == "to_peer_id") {
      has_to_peer = id_of(held, out.to_peer);
    } else if (key == "event") {
      out.event = Event::kUpdate;
      is_event_good = true;
      if (is_a(held, json_type::string) && text_of(held, text)) {
        const auto event = event_of(text);
        is_event_good = event.has_value();
        out.event = event.value_or(Event::kUpdate);
      } else {
        is_event_good = !is_truthy(held);
      }
    } else if (key == "left") {
      double left = 1;
      out.has_all = is_a(held, json_type::number) && held.get_double().get(left) == simdjson::SUCCESS && left == 0;
    } else if (key == "numwant") {
      uint64_t wanted = 0;
      out.numwant = Request::kNoNumwant;
      if (is_a(held, json_type::number) && held.get_uint64().get(wanted) == simdjson::SUCCESS) {
        out.numwant = static_cast<uint32_t>(std::min<uint64_t>(wanted, kOffersReadMax));
      }
    } else if (key == "offers") {
      if (!offers(held, limits, out)) return false;
    } else if (key == "answer") {
      is_answer = is_truthy(held);
      is_answer_good = false;
      if (!is_answer) continue;
      if (!description(held, "answer", limits, out.answer.sdp_json)) return false;
      is_answer_good = !out.answer.sdp_json.empty();
    } else if (key == "offer_id") {
      pair_id = {};
      if (is_a(held, json_type::string)) text_of(held, pair_id);
    }
  }
  return true;
}

RequestReader::RequestReader(const Limits& limits) : limits_(limits), parser_(std::make_unique<Parser>()) {
  parser_->padded.resize(limits.message_bytes_max + simdjson::SIMDJSON_PADDING);
}

RequestReader::~RequestReader() = default;

std::optional<Drop> RequestReader::read(std::span<const uint8_t> message, Request& out) {
  out.scraped.clear();
  out.has_info_hash = out.has_all = false;
  out.event = Event::kUpdate;
  out.numwant = Request::kNoNumwant;
  out.offer_count = out.offers_bad = out.offers_beyond = 0;
  out.answer = {};
  Parser& state = *parser_;
  state.action = Parser::Action::kNone;
  state.has_peer = state.has_to_peer = state.is_answer = state.is_answer_good = false;
  state.is_event_good = state.is_hash_null = state.is_scrape_good = true;
  state.scraped = 0;
  state.pair_id = {};

  if (message.size() > limits_.message_bytes_max) return Drop::kMessageTooLarge;
  if (message.empty()) return Drop::kBadJson;
  std::memcpy(state.padded.data(), message.data(), message.size());
  std::memset(state.padded.data() + message.size(), ' ', simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  object fields;
  if (state.parser.iterate(state.padded.data(), message.size(), state.padded.size()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(fields) != simdjson::SUCCESS || !state.fields(fields, limits_, out) ||
      document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return Drop::kBadJson;
  }

  if (state.action == Parser::Action::kScrape) {
    out.kind = Request::Kind::kScrape;
    if (state.is_hash_null) return Drop::kScrapeAll;
    if (state.scraped > limits_.scrape_max) return Drop::kScrapeTooMany;
    if (!state.is_scrape_good) return Drop::kBadInfoHash;
    if (out.has_info_hash) out.scraped.push_back(out.info_hash);
    return std::nullopt;
  }
  if (state.action != Parser::Action::kAnnounce) return Drop::kBadAction;
  out.kind = state.is_answer ? Request::Kind::kAnswer : Request::Kind::kAnnounce;
  if (!out.has_info_hash) return Drop::kBadInfoHash;
  if (!state.has_peer) return Drop::kBadPeerId;
  if (state.is_answer) {
    if (!state.has_to_peer) return Drop::kBadToPeerId;
    out.answer.id = state.pair_id;
    if (!state.is_answer_good || state.pair_id.size() > kOfferIdBytesMax) return Drop::kBadAnswer;
    return std::nullopt;
  }
  if (!state.is_event_good) return Drop::kBadEvent;
  return std::nullopt;
}

}  // namespace bazaar::tracker::webtorrent
