#include "tracker/support/autobahn_cases.hpp"

#include <algorithm>

#include "net/message_reader.hpp"
#include "tracker/support/test_client.hpp"

namespace bazaar::tracker::net::testing {

namespace {

using Kind = AutobahnEvent::Kind;
using Events = std::vector<AutobahnEvent>;

constexpr uint8_t kFinal = 0x80;
constexpr uint8_t kContinuationOp = 0x0, kTextOp = 0x1, kBinaryOp = 0x2, kCloseOp = 0x8, kPingOp = 0x9, kPongOp = 0xa;

AutobahnEvent text(std::string payload) { return {Kind::kText, std::move(payload), 0}; }
AutobahnEvent binary(std::string payload) { return {Kind::kBinary, std::move(payload), 0}; }
AutobahnEvent ping(std::string payload) { return {Kind::kPing, std::move(payload), 0}; }
AutobahnEvent pong(std::string payload) { return {Kind::kPong, std::move(payload), 0}; }
AutobahnEvent closed(uint16_t code) { return {Kind::kClose, {}, code}; }
AutobahnEvent fails(uint16_t code = 1002) { return {Kind::kFail, {}, code}; }

std::string whole(uint8_t opcode, std::string_view payload) {
  return client_frame(static_cast<uint8_t>(kFinal | opcode), payload);
}
std::string part(uint8_t opcode, std::string_view payload) { return client_frame(opcode, payload); }
const std::string kBye = close_frame(1000);

/// One message in fragments of `size` bytes.
std::string in_fragments(uint8_t opcode, const std::string& payload, size_t size) {
  std::string frames;
  for (size_t at = 0; at < payload.size(); at += size) {
    const uint8_t op = at == 0 ? opcode : kContinuationOp;
    const bool is_last = at + size >= payload.size();
    frames += client_frame(static_cast<uint8_t>(op | (is_last ? kFinal : 0)), payload.substr(at, size));
  }
  return frames;
}

class Suite {
 public:
  std::vector<AutobahnCase> cases;

  void add(std::string id, std::string demand, std::string bytes, Events events, size_t piece = 0) {
    cases.push_back({std::move(id), std::move(demand), std::move(bytes), piece, std::move(events)});
  }
  /// Ends well: with a Close of 1000 that is answered.
  void good(std::string id, std::string demand, std::string bytes, Events events, size_t piece = 0) {
    events.push_back(closed(1000));
    add(std::move(id), std::move(demand), std::move(bytes) + kBye, std::move(events), piece);
  }
};

std::string numbered(const char* prefix, size_t n) { return prefix + std::to_string(n); }

void add_framing(Suite& suite) {
  const size_t lengths[] = {0, 125, 126, 127, 128, 65535, 65536};
  for (size_t i = 0; i < std::size(lengths); ++i) {
    const std::string stars(lengths[i], '*'), high(lengths[i], '\xfe');
    const std::string demand = "a message of " + std::to_string(lengths[i]) + " bytes comes back";
    suite.good(numbered("1.1.", i + 1), demand, whole(kTextOp, stars), {text(stars)});
    suite.good(numbered("1.2.", i + 1), demand, whole(kBinaryOp, high), {binary(high)});
  }
  const std::string stars(65536, '*'), high(65536, '\xfe');
  suite.good("1.1.8", "a long text in pieces of 997 bytes", whole(kTextOp, stars), {text(stars)}, 997);
  suite.good("1.2.8", "a long binary in pieces of 997 bytes", whole(kBinaryOp, high), {binary(high)}, 997);
}

void add_pings(Suite& suite) {
  suite.good("2.1", "an empty ping is answered", whole(kPingOp, ""), {ping("")});
  suite.good("2.2", "a ping's text comes back", whole(kPingOp, "Hello, world!"), {ping("Hello, world!")});
  const std::string odd("\x00\xff\xfe\xfd\xfc\xfb\x00\xff", 8);
  suite.good("2.3", "a ping's bytes come back, text or not", whole(kPingOp, odd), {ping(odd)});
  const std::string full(125, '\xfe');
  suite.good("2.4", "125 bytes are the most of a ping", whole(kPingOp, full), {ping(full)});
  suite.add("2.5", "126 bytes are too many for a control frame", whole(kPingOp, std::string(126, '\xfe')), {fails()});
  suite.good("2.6", "a ping byte by byte", whole(kPingOp, full), {ping(full)}, 1);
  suite.good("2.7", "an unasked pong is ignored", whole(kPongOp, ""), {pong("")});
  suite.good("2.8", "an unasked pong with payload is ignored", whole(kPongOp, "unasked"), {pong("unasked")});
  suite.good("2.9", "a ping after an unasked pong", whole(kPongOp, "unasked") + whole(kPingOp, "p"),
             {pong("unasked"), ping("p")});
  std::string pings;
  Events answers;
  for (int i = 0; i < 10; ++i) {
    const std::string payload = "payload-" + std::to_string(i);
    pings += whole(kPingOp, payload);
    answers.push_back(ping(payload));
  }
  suite.good("2.10", "ten pings are answered in their order", pings, answers);
  suite.good("2.11", "ten pings byte by byte", pings, answers, 1);
}

void add_reserved_bits(Suite& suite) {
  const auto reserved = [](uint8_t bits, uint8_t opcode, std::string_view payload) {
    return client_frame(static_cast<uint8_t>(kFinal | bits << 4 | opcode), payload);
  };
  const std::string small = whole(kTextOp, "small"), late = whole(kPingOp, "late");
  suite.add("3.1", "RSV3 in a text", reserved(1, kTextOp, "small"), {fails()});
  suite.add("3.2", "RSV2 after a good text", small + reserved(2, kTextOp, "small") + late, {text("small"), fails()});
  suite.add("3.3", "RSV2 and 3", small + reserved(3, kTextOp, "small") + late, {text("small"), fails()});
  suite.add("3.4", "RSV1, byte by byte", small + reserved(4, kTextOp, "small") + late, {text("small"), fails()}, 1);
  suite.add("3.5", "RSV1 and 3 in a binary", reserved(5, kBinaryOp, "\xff\xfe"), {fails()});
  suite.add("3.6", "RSV1 and 2 in a ping", reserved(6, kPingOp, "small"), {fails()});
  suite.add("3.7", "all of RSV in a Close", reserved(7, kCloseOp, std::string("\x03\xe8", 2)), {fails()});
}

void add_opcodes(Suite& suite) {
  const std::string small = whole(kTextOp, "small"), late = whole(kPingOp, "");
  const uint8_t first[] = {3, 11};
  for (size_t group = 0; group < 2; ++group) {
    const char* prefix = group == 0 ? "4.1." : "4.2.";
    for (uint8_t i = 0; i < 5; ++i) {
      const auto opcode = static_cast<uint8_t>(first[group] + i);
      const bool has_text = i == 2 || i == 3;
      suite.add(numbered(prefix, i + 1u), "opcode " + std::to_string(opcode) + " is reserved",
                (has_text ? small : "") + whole(opcode, i % 2 == 1 ? "payload" : "") + late,
                has_text ? Events{text("small"), fails()} : Events{fails()}, i == 3 ? 1 : 0);
    }
  }
}

void add_fragments(Suite& suite) {
  const std::string a = "fragment1", b = "fragment2";
  const std::string two = part(kTextOp, a) + whole(kContinuationOp, b);
  suite.add("5.1", "a ping may not be in fragments", part(kPingOp, a) + whole(kContinuationOp, b), {fails()});
  suite.add("5.2", "nor a pong", part(kPongOp, a) + whole(kContinuationOp, b), {fails()});
  suite.good("5.3", "a text in two fragments", two, {text(a + b)});
  suite.good("5.4", "… in pieces of a byte", two, {text(a + b)}, 1);
  suite.good("5.5", "… in pieces of seven", two, {text(a + b)}, 7);
  const std::string amid = part(kTextOp, a) + whole(kPingOp, "pinged") + whole(kContinuationOp, b);
  suite.good("5.6", "a ping between fragments is answered at once", amid, {ping("pinged"), text(a + b)});
  suite.good("5.7", "… in pieces of a byte", amid, {ping("pinged"), text(a + b)}, 1);
  suite.good("5.8", "… in pieces of seven", amid, {ping("pinged"), text(a + b)}, 7);
  const std::string hello = whole(kTextOp, "Hello, world!");
  for (int i = 0; i < 3; ++i) {
    const size_t piece = i == 0 ? 0 : i == 1 ? 1 : 7;
    suite.add(numbered("5.", 9u + static_cast<size_t>(i)), "a last continuation of nothing",
              whole(kContinuationOp, "non-continuation") + hello, {fails()}, piece);
    suite.add(numbered("5.", 12u + static_cast<size_t>(i)), "a continuation of nothing",
              part(kContinuationOp, "non-continuation") + hello, {fails()}, piece);
  }
  suite.add("5.15", "a continuation after the last fragment", two + part(kContinuationOp, "fragment3") + hello,
            {text(a + b), fails()});
  suite.add("5.16", "a continuation first, twice",
            part(kContinuationOp, a) + part(kTextOp, b) + whole(kContinuationOp, "fragment3"), {fails()});
  suite.add("5.17", "a last continuation first, twice",
            whole(kContinuationOp, a) + part(kTextOp, b) + whole(kContinuationOp, "fragment3"), {fails()});
  suite.add("5.18", "a second fragment with the opcode of a first", part(kTextOp, a) + whole(kTextOp, b), {fails()});
  const std::string five = part(kTextOp, "fragment1") + part(kContinuationOp, "fragment2") +
                           whole(kPingOp, "pongme 1!") + part(kContinuationOp, "fragment3") +
                           part(kContinuationOp, "fragment4") + whole(kPingOp, "pongme 2!") +
                           whole(kContinuationOp, "fragment5");
  const Events five_events{ping("pongme 1!"), ping("pongme 2!"), text("fragment1fragment2fragment3fragment4fragment5")};
  suite.good("5.19", "five fragments with two pings between", five, five_events);
  suite.good("5.20", "… in pieces, so that each waits for the next", five, five_events, 11);
}

void add_utf8_shapes(Suite& suite) {
  suite.good("6.1.1", "an empty text", whole(kTextOp, ""), {text("")});
  suite.good("6.1.2", "a text of three empty fragments",
             part(kTextOp, "") + part(kContinuationOp, "") + whole(kContinuationOp, ""), {text("")});
  suite.good("6.1.3", "only the middle fragment has something",
             part(kTextOp, "") + part(kContinuationOp, "middle") + whole(kContinuationOp, ""), {text("middle")});
  const std::string letters = "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!";
  suite.good("6.2.1", "letters of two bytes", whole(kTextOp, letters), {text(letters)});
  suite.good("6.2.2", "two fragments, between letters",
             part(kTextOp, letters.substr(0, 8)) + whole(kContinuationOp, letters.substr(8)), {text(letters)});
  suite.good("6.2.3", "fragments of a byte, within letters", in_fragments(kTextOp, letters, 1), {text(letters)});
  const std::string kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
  suite.good("6.2.4", "Greek in fragments of a byte", in_fragments(kTextOp, kosme, 1), {text(kosme)});
  const std::string bad = kosme + "\xed\xa0\x80" + "edited";
  suite.add("6.3.1", "a surrogate within a text", whole(kTextOp, bad), {fails(1007)});
  suite.add("6.3.2", "… in fragments of a byte", in_fragments(kTextOp, bad, 1), {fails(1007)});
  const std::string beyond = "\xf4\x90\x80\x80";
  suite.add("6.4.1", "a fragment beyond Unicode between good ones",
            part(kTextOp, kosme) + part(kContinuationOp, beyond) + whole(kContinuationOp, "edited"), {fails(1007)});
  suite.add("6.4.2", "… broken within the character",
            part(kTextOp, kosme + "\xf4") + part(kContinuationOp, "\x90") +
                whole(kContinuationOp,
                      "\x80\x80"
                      "edited"),
            {fails(1007)});
  suite.add("6.4.3", "… in one frame in pieces", whole(kTextOp, kosme + beyond + "edited"), {fails(1007)}, 10);
  suite.add("6.4.4", "… in pieces of a byte", whole(kTextOp, kosme + beyond + "edited"), {fails(1007)}, 1);
}

void add_utf8_tables(Suite& suite) {
  size_t n = 0;
  const char* group = "";
  const auto start = [&](const char* name) {
    group = name;
    n = 0;
  };
  const auto valid = [&](std::string bytes) {
    suite.good(numbered(group, ++n), "valid UTF-8", whole(kTextOp, bytes), {text(bytes)});
  };
  const auto invalid = [&](std::string bytes) {
    suite.add(numbered(group, ++n), "not UTF-8", whole(kTextOp, bytes), {fails(1007)});
  };
  const std::string kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
  start("6.5.");
  for (const size_t bytes : {2u, 5u, 7u, 9u, 11u}) valid(kosme.substr(0, bytes));
  start("6.6.");
  for (size_t bytes = 1; bytes <= kosme.size(); ++bytes) {
    const bool is_boundary = bytes == 2 || bytes == 5 || bytes == 7 || bytes == 9 || bytes == 11;
    is_boundary ? valid(kosme.substr(0, bytes)) : invalid(kosme.substr(0, bytes));
  }
  start("6.7.");  // the first of each length
  for (const auto& first :
       {std::string(1, '\0'), std::string("\xc2\x80"), std::string("\xe0\xa0\x80"), std::string("\xf0\x90\x80\x80")})
    valid(first);
  start("6.8.");  // lengths that Unicode does not have
  for (const char* first : {"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}) invalid(first);
  start("6.9.");  // the last of each length
  for (const char* last : {"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) valid(last);
  start("6.10.");
  for (const char* last : {"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}) invalid(last);
  start("6.11.");  // around the surrogates, and the end
  for (const char* edge : {"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf"}) valid(edge);
  invalid("\xf4\x90\x80\x80");
  start("6.12.");  // continuations of nothing
  for (const char* lonely : {"\x80", "\xbf"}) invalid(lonely);
  for (size_t bytes = 2; bytes <= 6; ++bytes) {
    std::string lonely;
    for (size_t i = 0; i < bytes; ++i) lonely += i % 2 == 0 ? '\x80' : '\xbf';
    invalid(lonely);
  }
  std::string all;
  for (int byte = 0x80; byte <= 0xbf; ++byte) all += static_cast<char>(byte);
  invalid(all);
  start("6.13.");  // first bytes with a space behind
  for (const auto& [from, to] : {std::pair{0xc0, 0xdf}, {0xe0, 0xef}, {0xf0, 0xf7}, {0xf8, 0xfb}, {0xfc, 0xfd}}) {
    std::string lonely;
    for (int byte = from; byte <= to; ++byte) (lonely += static_cast<char>(byte)) += ' ';
    invalid(lonely);
  }
  const std::string cut[] = {"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
                             "\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"};
  start("6.14.");  // the last byte is missing
  for (const std::string& bytes : cut) invalid(bytes);
  start("6.15.");
  std::string joined;
  for (const std::string& bytes : cut) joined += bytes;
  invalid(joined);
  start("6.16.");  // bytes that never occur
  for (const char* bytes : {"\xfe", "\xff", "\xfe\xfe\xff\xff"}) invalid(bytes);
  start("6.17.");  // a slash, too long
  for (const char* bytes :
       {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"})
    invalid(bytes);
  start("6.18.");  // the greatest that are too long
  for (const char* bytes :
       {"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"})
    invalid(bytes);
  start("6.19.");  // NUL, too long
  for (const char* bytes :
       {"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"})
    invalid(bytes);
  start("6.20.");  // single surrogates
  for (const char* bytes :
       {"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"})
    invalid(bytes);
  start("6.21.");  // pairs of them
  for (const char* high : {"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf"}) {
    for (const char* low : {"\xed\xb0\x80", "\xed\xbf\xbf"}) invalid(std::string(high) + low);
  }
  start("6.22.");  // code points that are no characters are valid all the same
  for (const char* bytes : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) valid(bytes);
  for (int plane = 1; plane <= 16; ++plane) {
    for (const char last : {'\xbe', '\xbf'}) {
      const std::string bytes{static_cast<char>(0xf0 | plane >> 2), static_cast<char>(0x8f | (plane & 3) << 4), '\xbf',
                              last};
      valid(bytes);
    }
  }
  start("6.23.");
  for (const char* bytes : {"\xef\xbf\xb9", "\xef\xbf\xba", "\xef\xbf\xbb", "\xef\xbf\xbc", "\xef\xbf\xbd"})
    valid(bytes);
}

void add_closes(Suite& suite) {
  const std::string hello = whole(kTextOp, "Hello World!");
  suite.good("7.1.1", "a text, then Close", hello, {text("Hello World!")});
  suite.add("7.1.2", "a second Close is not answered", kBye + kBye, {closed(1000)});
  suite.add("7.1.3", "a ping after Close is not answered", kBye + whole(kPingOp, ""), {closed(1000)});
  suite.add("7.1.4", "a text after Close is not answered", kBye + hello, {closed(1000)});
  suite.add("7.1.5", "Close amid a message ends it",
            part(kTextOp, "fragment1") + kBye + whole(kContinuationOp, "fragment2"), {closed(1000)});
  const std::string big(kAutobahnCap, 'B');
  suite.add("7.1.6", "Close right behind a big message", whole(kTextOp, big) + kBye + whole(kPingOp, ""),
            {text(big), closed(1000)});
  suite.add("7.3.1", "a Close without code", whole(kCloseOp, ""), {closed(0)});
  suite.add("7.3.2", "a Close with half a code", whole(kCloseOp, "\x03"), {fails()});
  suite.add("7.3.3", "a Close with a code", close_frame(1000), {closed(1000)});
  suite.add("7.3.4", "a Close with a reason", close_frame(1000, "Hello World!"), {closed(1000)});
  suite.add("7.3.5", "a reason of 123 bytes", close_frame(1000, std::string(123, '*')), {closed(1000)});
  suite.add("7.3.6", "a reason of 124 bytes", close_frame(1000, std::string(124, '*')), {fails()});
  suite.add("7.5.1", "a reason that is not UTF-8", close_frame(1000, "\xce\xba\xe1\xbd\xb9\xed\xa0\x80"),
            {fails(1007)});
  size_t n = 0;
  for (const uint16_t code :
       std::initializer_list<uint16_t>{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}) {
    suite.add(numbered("7.7.", ++n), "a code that may be said", close_frame(code), {closed(code)});
  }
  n = 0;
  for (const uint16_t code : std::initializer_list<uint16_t>{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999}) {
    suite.add(numbered("7.9.", ++n), "a code that may not", close_frame(code), {fails()});
  }
  suite.add("7.13.1", "a code above all ranges", close_frame(5000), {fails()});
  suite.add("7.13.2", "the greatest code", close_frame(65535), {fails()});
}

void add_limits(Suite& suite) {
  const std::string full(kAutobahnCap, '*');
  suite.good("9.1.1", "a text of 64 KiB", whole(kTextOp, full), {text(full)});
  suite.good("9.2.1", "a binary of 64 KiB", whole(kBinaryOp, full), {binary(full)});
  size_t n = 1;
  for (const size_t kib : {256, 1024}) {
    suite.add(numbered("9.1.", ++n), "beyond the cap: refused at its header",
              whole(kTextOp, std::string(kib * 1024, '*')), {fails(1009)});
    suite.add(numbered("9.2.", n), "beyond the cap: refused at its header",
              whole(kBinaryOp, std::string(kib * 1024, '*')), {fails(1009)});
  }
  n = 0;
  for (const size_t size : {64, 256, 1024, 4096, 16384, 65536}) {
    ++n;
    suite.good(numbered("9.3.", n), "64 KiB of text in fragments", in_fragments(kTextOp, full, size), {text(full)});
    suite.good(numbered("9.4.", n), "64 KiB of bytes in fragments", in_fragments(kBinaryOp, full, size),
               {binary(full)});
  }
  suite.add("9.3.7", "fragments that are too long together", in_fragments(kTextOp, full + "!", 4096), {fails(1009)});
  n = 0;
  for (const size_t piece : {64, 128, 256, 512, 1024, 2048}) {
    ++n;
    suite.good(numbered("9.5.", n), "64 KiB of text in pieces", whole(kTextOp, full), {text(full)}, piece);
    suite.good(numbered("9.6.", n), "64 KiB of bytes in pieces", whole(kBinaryOp, full), {binary(full)}, piece);
  }
  std::string many;
  Events echoes;
  for (int i = 0; i < 1000; ++i) {
    many += whole(i % 2 == 0 ? kTextOp : kBinaryOp, std::string(16, '*'));
    echoes.push_back(i % 2 == 0 ? text(std::string(16, '*')) : binary(std::string(16, '*')));
  }
  suite.good("9.7.1", "a thousand small messages", many, echoes);
  suite.good("10.1.1", "64 KiB of text in fragments of 1,300", in_fragments(kTextOp, full, 1300), {text(full)});
}

AutobahnEvent event_of(const Incoming& incoming) {
  const std::string data(incoming.data.begin(), incoming.data.end());
  switch (incoming.kind) {
    case Incoming::Kind::kMessage:
      return {incoming.is_text ? Kind::kText : Kind::kBinary, data, 0};
    case Incoming::Kind::kPing:
      return {Kind::kPing, data, 0};
    case Incoming::Kind::kPong:
      return {Kind::kPong, data, 0};
    case Incoming::Kind::kClose:
      return {Kind::kClose, {}, incoming.violation.code};
    default:
      return {Kind::kFail, {}, incoming.violation.code};
  }
}

}  // namespace

std::string describe(const AutobahnEvent& event) {
  static constexpr const char* kNames[] = {"text", "binary", "ping", "pong", "close", "fail"};
  std::string said = kNames[static_cast<size_t>(event.kind)];
  if (event.code != 0) said += " " + std::to_string(event.code);
  if (!event.payload.empty()) said += " of " + std::to_string(event.payload.size()) + " bytes";
  return said;
}

std::vector<AutobahnEvent> read_in_pieces(std::string_view bytes, const std::vector<size_t>& pieces, size_t cap) {
  MessageReader reader;
  std::vector<AutobahnEvent> events;
  std::vector<uint8_t> kept;
  for (size_t turn = 0; !bytes.empty(); ++turn) {
    const size_t piece = std::min(pieces[turn % pieces.size()], bytes.size());
    kept.insert(kept.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(piece));
    bytes.remove_prefix(piece);
    for (;;) {
      const Incoming incoming = reader.next(kept, cap);
      if (incoming.kind == Incoming::Kind::kIncomplete) break;
      if (incoming.kind != Incoming::Kind::kFragment) events.push_back(event_of(incoming));
      if (incoming.kind == Incoming::Kind::kClose || incoming.kind == Incoming::Kind::kViolation) return events;
      kept.erase(kept.begin(), kept.begin() + static_cast<ptrdiff_t>(incoming.bytes));
    }
  }
  return events;
}

const std::vector<AutobahnCase>& autobahn_cases() {
  static const std::vector<AutobahnCase> cases = [] {
    Suite suite;
    add_framing(suite);
    add_pings(suite);
    add_reserved_bits(suite);
    add_opcodes(suite);
    add_fragments(suite);
    add_utf8_shapes(suite);
    add_utf8_tables(suite);
    add_closes(suite);
    add_limits(suite);
    return std::move(suite.cases);
  }();
  return cases;
}

}  // namespace bazaar::tracker::net::testing
