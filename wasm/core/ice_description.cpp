#include "ice_description.hpp"

#include <array>
#include <cstring>

#include "msgpack_tokens.hpp"
#include "msgpack_writer.hpp"
#include "text_reader.hpp"
#include "text_writer.hpp"

namespace bazaar::ice_description {

using tracker_wire::SignalKind;

namespace {

constexpr uint32_t kU32Max = 0xffff'ffff;
constexpr size_t kDescriptionFields = 6;
constexpr size_t kFingerprintBytes = 32;
/// RFC 8841: what a description means that names no size.
constexpr uint32_t kMessageBytesDefault = 65'536;
// RFC 8839.
constexpr size_t kUfragMin = 4;
constexpr size_t kPwdMin = 22;
constexpr size_t kCredentialMax = 256;
constexpr const char* kSetups = "actpass active passive";
constexpr uint64_t kActpass = 0;
constexpr size_t kNameMax = 64;  // a UUID and `.local` are 42
constexpr const char* kLocal = ".local";

enum class FieldKind : uint8_t { kText, kNumber, kWord, kAddress };

/// A candidate's field: where it stands in the line, and what it may be.
struct Field {
  FieldKind kind;
  uint32_t max;        ///< of a number; letters of a text
  const char* words;   ///< of a word, its number being its place
  const char* before;  ///< in the line
};
enum FieldName : size_t {
  kComponent = 1,
  kTransport = 2,
  kPort = 5,
  kTcpType = 7,
  kRelated = 8,
  kRelatedPort = 9,
  kFieldCount = 10
};
constexpr std::array<Field, kFieldCount> kFields = {{
    {FieldKind::kText, 32, "", "candidate:"},
    {FieldKind::kNumber, 256, "", " "},
    {FieldKind::kWord, 0, "udp tcp", " "},
    {FieldKind::kNumber, kU32Max, "", " "},
    {FieldKind::kAddress, 0, "", " "},
    {FieldKind::kNumber, 0xffff, "", " "},
    {FieldKind::kWord, 0, "host srflx prflx relay", " typ "},
    {FieldKind::kWord, 0, "none active passive so", " tcptype "},
    {FieldKind::kAddress, 0, "", " raddr "},
    {FieldKind::kNumber, 0xffff, "", " rport "},
}};
/// In a line the related address comes before the extensions, of which tcptype is one.
constexpr std::array<uint8_t, kFieldCount> kLineOrder = {0, 1, 2, 3, 4, 5, 6, 8, 9, 7};

/// Empty when it is none.
std::string_view text_of(const Token& token) {
  if (token.type != TokenType::kText) return {};
  return {reinterpret_cast<const char*>(token.data), static_cast<size_t>(token.number)};
}

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (static_cast<uint8_t>((c | 0x20) - 'a') < 26); }

/// Letters, digits, and one of two others: "+/" makes ICE's own alphabet, "-." that of host names.
bool is_made_of(const std::string_view& text, const char* others, size_t letters_min, size_t letters_max) {
  for (const char c : text) {
    if (!is_letter_or_digit(c) && c != others[0] && c != others[1]) return false;
  }
  return text.size() >= letters_min && text.size() <= letters_max;
}
bool is_ice_text(const Token& token, size_t letters_min, size_t letters_max) {
  return is_made_of(text_of(token), "+/", letters_min, letters_max);
}
/// Names outside .local would make a viewer's browser ask the world's name servers for what a stranger wrote.
bool is_mdns_name(const std::string_view& name) {
  constexpr size_t kLocalLetters = 6;
  return is_made_of(name, "-.", kLocalLetters + 1, kNameMax) &&
         is_equal({name.data() + name.size() - kLocalLetters, kLocalLetters}, kLocal);
}

/// Its place among `words`, or how many they are.
uint32_t place_of(const std::string_view& word, const char* words) {
  std::string_view rest(words);
  uint32_t place = 0;
  for (; !rest.empty(); ++place) {
    const std::string_view other = next_part(rest, ' ');
    bool is_same = other.size() == word.size();
    for (size_t i = 0; is_same && i < word.size(); ++i) is_same = (word[i] | 0x20) == other[i];
    if (is_same) break;
  }
  return place;
}

/// False beyond the last of them.
bool unpack_word(uint64_t place, const char* words, TextWriter& out) {
  for (; place > 0; ++words) {
    if (*words == 0) return false;
    if (*words == ' ') --place;
  }
  const char* end = words;
  while (*end > ' ') ++end;
  out.text(words, static_cast<size_t>(end - words));
  return end != words;
}

bool unpack_address(const Token& token, TextWriter& out) {
  if (token.type == TokenType::kText) {
    out.text(text_of(token));
    return is_mdns_name(text_of(token));
  }
  if (token.type != TokenType::kBytes || (token.number != 4 && token.number != 16)) return false;
  for (size_t i = 0; i < token.number; ++i) {
    if (token.number == 4) {
      if (i > 0) out.text(".");
      out.number(token.data[i]);
    } else {
      // All eight groups of four digits: browsers take it, and the shorter form would cost more code than bytes.
      if (i > 0 && i % 2 == 0) out.text(":");
      out.hex(token.data[i]);
    }
  }
  return true;
}

bool unpack_field(const Field& field, const Token& token, TextWriter& out) {
  out.text(field.before);
  switch (field.kind) {
    case FieldKind::kText:
      out.text(text_of(token));
      return is_ice_text(token, 1, field.max);
    case FieldKind::kNumber:
      out.number(static_cast<uint32_t>(token.number));
      return token.type == TokenType::kUint && token.number <= field.max;
    case FieldKind::kWord:
      return token.type == TokenType::kUint && unpack_word(token.number, field.words, out);
    case FieldKind::kAddress:
      return unpack_address(token, out);
  }
  return false;
}

bool unpack_candidate(MsgpackTokens& tokens, TextWriter& out) {
  if (tokens.array() != kFieldCount) return false;
  std::array<Token, kFieldCount> read;
  for (Token& token : read) token = tokens.next();
  const auto is_nought = [&](size_t i) { return read[i].type == TokenType::kUint && read[i].number == 0; };
  const bool has_related = read[kRelated].type != TokenType::kBytes || read[kRelated].number != 0;
  // Components count from 1; only TCP has a tcptype; nothing has no port.
  bool is_sound = tokens.is_good() && !is_nought(kComponent) && (is_nought(kTcpType) || !is_nought(kTransport)) &&
                  (has_related || is_nought(kRelatedPort));
  for (const size_t i : kLineOrder) {
    const bool is_left_out = i == kTcpType ? is_nought(i) : i >= kRelated && !has_related;
    is_sound = is_sound && (is_left_out || unpack_field(kFields[i], read[i], out));
  }
  return is_sound;
}

bool unpack_credentials(MsgpackTokens& tokens, SignalKind kind, TextWriter& out) {
  if (tokens.array() != kDescriptionFields) return false;
  const Token ufrag = tokens.next();
  const Token pwd = tokens.next();
  const uint8_t* fingerprint = tokens.bytes(kFingerprintBytes);
  const uint64_t setup = tokens.uint(kU32Max);
  const uint64_t message_bytes = tokens.uint(kU32Max);
  if (!tokens.is_good() || (kind == SignalKind::kOffer) != (setup == kActpass) ||
      !is_ice_text(ufrag, kUfragMin, kCredentialMax) || !is_ice_text(pwd, kPwdMin, kCredentialMax)) {
    return false;
  }
  // Session number 1: a description is said once a connection, so nobody compares.
  out.text(
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
      "a=ice-options:trickle\r\na=sctp-port:5000\r\na=max-message-size:");
  out.number(static_cast<uint32_t>(message_bytes)).text("\r\na=ice-ufrag:").text(text_of(ufrag));
  out.text("\r\na=ice-pwd:").text(text_of(pwd)).text("\r\na=fingerprint:sha-256");
  for (size_t i = 0; i < kFingerprintBytes; ++i) out.text(i == 0 ? " " : ":").hex(fingerprint[i]);
  out.text("\r\na=setup:");
  const bool is_setup_known = unpack_word(setup, kSetups, out);
  out.text("\r\n");
  return is_setup_known;
}

MsgpackTokens& tokens_of(std::span<const uint8_t> bytes) {
  thread_local MsgpackTokens tokens;  // kept off the stack
  // Bytes that are not MessagePack are no tokens, and the first question finds none.
  if (tokens.read(bytes) != MsgpackTokens::Result::kOk) tokens.forget();
  return tokens;
}

/// Whether the blob is sound; what it says, to `out`.
bool read(std::span<const uint8_t> blob, SignalKind kind, TextWriter& out) {
  if (kind == SignalKind::kBye) return blob.empty();
  if (blob.size() > tracker_wire::kBlobBytesMax) return false;
  MsgpackTokens& tokens = tokens_of(blob);
  const bool is_description = kind != SignalKind::kCandidates;
  if (is_description && !unpack_credentials(tokens, kind, out)) return false;
  const size_t count = tokens.array();
  if (count > kCandidatesMax || (count == 0 && !is_description)) return false;
  for (size_t i = 0; i < count; ++i) {
    if (is_description) out.text("a=");
    if (!unpack_candidate(tokens, out)) return false;
    out.text(is_description ? "\r\n" : "\n");
  }
  return tokens.is_at_end();
}

/// Without its ending.
std::string_view next_line(std::string_view& text) {
  std::string_view line = next_part(text, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// What follows `name` in the first line that begins so; empty when none does.
std::string_view value_of(std::string_view text, const char* name) {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (skip(line, name)) return line;
  }
  return {};
}

bool read_v4(std::string_view text, std::array<uint8_t, 16>& out) {
  for (size_t i = 0; i < 4; ++i) {
    uint32_t value = 0;
    if (!read_number(next_part(text, '.'), 10, 0xff, value)) return false;
    out[i] = static_cast<uint8_t>(value);
  }
  return text.empty();
}

bool read_v6(std::string_view text, std::array<uint8_t, 16>& out) {
  constexpr size_t kNone = 17;
  size_t at = 0;
  size_t gap = kNone;  // where `::` stands
  if (text.size() > 1 && text[0] == ':' && text[1] == ':') text.remove_prefix(1);
  while (!text.empty()) {
    const std::string_view group = next_part(text, ':');
    uint32_t value = 0;
    if (group.empty() && gap == kNone) {
      gap = at;
      continue;
    }
    if (at > 14 || !read_number(group, 16, 0xffff, value)) return false;
    out[at++] = static_cast<uint8_t>(value >> 8);
    out[at++] = static_cast<uint8_t>(value);
  }
  if (gap == kNone) return at == 16;
  const size_t zeros = 16 - at;
  std::memmove(out.data() + gap + zeros, out.data() + gap, at - gap);
  std::memset(out.data() + gap, 0, zeros);
  return zeros > 0;
}

bool pack_address(const std::string_view& word, MsgpackWriter& out) {
  std::array<uint8_t, 16> bytes{};
  if (is_mdns_name(word)) {
    out.text(word.data(), static_cast<uint32_t>(word.size()));
    return true;
  }
  const bool is_v4 = read_v4(word, bytes);
  if (!is_v4 && !read_v6(word, bytes)) return false;
  out.bytes(bytes.data(), is_v4 ? 4 : 16);
  return true;
}

/// False when it is malformed; what it says may be out of bounds all the same.
bool pack_candidate(std::string_view line, MsgpackWriter& out) {
  std::array<std::string_view, kFieldCount> words;
  words[kTcpType] = "none";
  words[kRelatedPort] = "0";
  if (!skip(line, kFields[0].before)) return false;
  for (size_t i = 0; i < kTcpType; ++i) {
    words[i] = next_part(line, ' ');
    if (i == kPort && !is_equal(next_part(line, ' '), "typ")) return false;
  }
  while (!line.empty()) {
    const std::string_view name = next_part(line, ' ');
    const size_t i = kTcpType + place_of(name, "tcptype raddr rport");
    const std::string_view value = next_part(line, ' ');
    if (i < kFieldCount) words[i] = value;
  }
  out.array(kFieldCount);
  for (size_t i = 0; i < kFieldCount; ++i) {
    uint32_t number = 0;
    switch (kFields[i].kind) {
      case FieldKind::kText:
        out.text(words[i].data(), static_cast<uint32_t>(words[i].size()));
        break;
      case FieldKind::kNumber:
        if (!read_number(words[i], 10, kFields[i].max, number)) return false;
        out.uint(number);
        break;
      case FieldKind::kWord:
        out.uint(place_of(words[i], kFields[i].words));
        break;
      case FieldKind::kAddress:
        if (i == kRelated && words[i].empty()) {
          out.bytes(nullptr, 0);
        } else if (!pack_address(words[i], out)) {
          return false;
        }
        break;
    }
  }
  return true;
}

/// Of the lines that begin with `prefix`; those that the layout has not are left out.
void pack_candidates(std::string_view text, const char* prefix, std::span<uint8_t> blob, MsgpackWriter& out) {
  const size_t head = out.length();
  uint8_t count = 0;
  out.array(0);
  while (!text.empty() && count < kPackedMax) {
    std::string_view line = next_line(text);
    if (!skip(line, prefix)) continue;
    const size_t before = out.length();
    TextWriter nowhere({});
    const bool is_packed = pack_candidate(line, out) && out.length() > 0 &&
                           unpack_candidate(tokens_of(blob.subspan(before, out.length() - before)), nowhere);
    if (is_packed) {
      ++count;
    } else {
      out.rewind(before);
    }
  }
  if (out.length() > 0) blob[head] = static_cast<uint8_t>(blob[head] + count);
}

bool pack_credentials(std::string_view sdp, MsgpackWriter& out) {
  const auto write = [&](const std::string_view& text) { out.text(text.data(), static_cast<uint32_t>(text.size())); };
  // Of what the template has, nothing else can be told.
  std::string_view media = value_of(sdp, "m=");
  const std::string_view mid = value_of(sdp, "a=mid:");
  const std::string_view port = value_of(sdp, "a=sctp-port:");
  if (!skip(media, "application ") || (!mid.empty() && !is_equal(mid, "0")) ||
      (!port.empty() && !is_equal(port, "5000"))) {
    return false;
  }
  out.array(kDescriptionFields);
  write(value_of(sdp, "a=ice-ufrag:"));
  write(value_of(sdp, "a=ice-pwd:"));
  std::array<uint8_t, kFingerprintBytes> fingerprint;
  std::string_view pairs = value_of(sdp, "a=fingerprint:sha-256 ");
  for (uint8_t& byte : fingerprint) {
    const std::string_view pair = next_part(pairs, ':');
    uint32_t value = 0;
    if (pair.size() != 2 || !read_number(pair, 16, 0xff, value)) return false;
    byte = static_cast<uint8_t>(value);
  }
  out.bytes(fingerprint.data(), kFingerprintBytes).uint(place_of(value_of(sdp, "a=setup:"), kSetups));
  uint32_t message_bytes = kMessageBytesDefault;
  const std::string_view size = value_of(sdp, "a=max-message-size:");
  if (!size.empty() && !read_number(size, 10, kU32Max, message_bytes)) return false;
  out.uint(message_bytes);
  return pairs.empty();
}

}  // namespace

bool check(std::span<const uint8_t> blob, SignalKind kind) {
  TextWriter nowhere({});
  return read(blob, kind, nowhere);
}

size_t pack(std::string_view text, SignalKind kind, std::span<uint8_t> blob) {
  MsgpackWriter out(blob.first(std::min(blob.size(), tracker_wire::kBlobBytesMax)));
  const bool is_description = kind != SignalKind::kCandidates;
  if (is_description && !pack_credentials(text, out)) return 0;
  pack_candidates(text, is_description ? "a=" : "", blob, out);
  const size_t length = out.length();
  return check(blob.first(length), kind) ? length : 0;
}

size_t unpack(std::span<const uint8_t> blob, SignalKind kind, std::span<uint8_t> text) {
  TextWriter out(text);
  return read(blob, kind, out) ? out.length() : 0;
}

}  // namespace bazaar::ice_description
