#include "webtorrent/reply_writer.hpp"

#include <charconv>

namespace bazaar::tracker::webtorrent {

namespace {

/// How each of the characters U+0000 … U+00FF stands in a JSON string.
struct Escapes {
  struct Form {
    char bytes[6];
    uint8_t length;
  };
  std::array<Form, 256> forms{};

  constexpr Escapes() {
    constexpr char kHex[] = "0123456789abcdef";
    for (size_t c = 0; c < forms.size(); ++c) {
      const auto low = static_cast<char>(c);
      if (c == '"' || c == '\\') {
        forms[c] = {{'\\', low}, 2};
      } else if (c < 0x20) {
        forms[c] = {{'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]}, 6};
      } else if (c < 0x80) {
        forms[c] = {{low}, 1};
      } else {
        forms[c] = {{static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))}, 2};
      }
    }
  }
};
constexpr Escapes kEscapes;

}  // namespace

void ReplyWriter::begin(std::string_view action) {
  text_.clear();
  add("{\"action\":\"");
  add(action);
  add("\"");
}

void ReplyWriter::add(uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text_.append(digits.data(), end.ptr);
}

void ReplyWriter::add_id(const Id& id) {
  std::array<char, 2 + 6 * 20> quoted;
  size_t length = 0;
  quoted[length++] = '"';
  for (const uint8_t byte : id) {
    const auto& form = kEscapes.forms[byte];
    for (uint8_t i = 0; i < form.length; ++i) quoted[length++] = form.bytes[i];
  }
  quoted[length++] = '"';
  text_.append(quoted.data(), length);
}

void ReplyWriter::add_text(std::string_view utf8) {
  text_.push_back('"');
  for (const char c : utf8) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      text_.append(kEscapes.forms[byte].bytes, kEscapes.forms[byte].length);
    } else {
      text_.push_back(c);
    }
  }
  text_.push_back('"');
}

ReplyWriter::Frame ReplyWriter::counts(const Id& info_hash, uint64_t complete, uint64_t incomplete,
                                       uint32_t interval_s) {
  begin("announce");
  add(",\"complete\":");
  add(complete);
  add(",\"incomplete\":");
  add(incomplete);
  add(",\"interval\":");
  add(uint64_t{interval_s});
  add(",\"info_hash\":");
  add_id(info_hash);
  add("}");
  return frame();
}

ReplyWriter::Frame ReplyWriter::described(std::string_view kind, const Id& info_hash, const Id& from,
                                          const Description& description) {
  begin("announce");
  add(",\"info_hash\":");
  add_id(info_hash);
  add(",\"peer_id\":");
  add_id(from);
  add(",\"offer_id\":");
  add_text(description.id);
  add(",\"");
  add(kind);
  add("\":{\"type\":\"");
  add(kind);
  add("\",\"sdp\":");
  add(description.sdp_json);
  add("}}");
  return frame();
}

ReplyWriter::Frame ReplyWriter::offer(const Id& info_hash, const Id& from, const Description& offer) {
  return described("offer", info_hash, from, offer);
}

ReplyWriter::Frame ReplyWriter::answer(const Id& info_hash, const Id& from, const Description& answer) {
  return described("answer", info_hash, from, answer);
}

ReplyWriter::Frame ReplyWriter::failure(std::string_view action, const Id* info_hash, std::string_view reason) {
  if (action.empty()) {
    text_.assign("{");
  } else {
    begin(action);
    add(",");
  }
  add("\"failure reason\":");
  add_text(reason);
  if (info_hash != nullptr) {
    add(",\"info_hash\":");
    add_id(*info_hash);
  }
  add("}");
  return frame();
}

void ReplyWriter::scrape_begin() {
  begin("scrape");
  add(",\"files\":{");
  is_first_file_ = true;
}

void ReplyWriter::scrape_file(const Id& info_hash, uint64_t complete, uint64_t incomplete) {
  if (!is_first_file_) add(",");
  is_first_file_ = false;
  add_id(info_hash);
  add(":{\"complete\":");
  add(complete);
  add(",\"incomplete\":");
  add(incomplete);
  add(",\"downloaded\":");
  add(complete);
  add("}");
}

ReplyWriter::Frame ReplyWriter::scrape_end(uint32_t interval_s) {
  add("},\"flags\":{\"min_request_interval\":");
  add(uint64_t{interval_s});
  add("}}");
  return frame();
}

}  // namespace bazaar::tracker::webtorrent
