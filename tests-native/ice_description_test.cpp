// The blob of a signal: what browsers say survives the way through it, what a hostile viewer writes does not.
#include "ice_description.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "dice.hpp"
#include "support/hex_examples.hpp"

namespace bazaar::ice_description {
namespace {

using tracker_wire::SignalKind;
using Bytes = std::vector<uint8_t>;

const std::map<std::string, SignalKind> kKinds = {{"blob offer", SignalKind::kOffer},
                                                  {"blob answer", SignalKind::kAnswer},
                                                  {"blob candidates", SignalKind::kCandidates}};

const std::vector<testing::HexExample>& examples() {
  static const auto all = [] {
    auto found = testing::hex_examples("docs/tracker-protocol.md");
    std::erase_if(found, [](const auto& example) { return !example.name.starts_with("blob "); });
    return found;
  }();
  return all;
}

Bytes packed(std::string_view text, SignalKind kind) {
  Bytes blob(tracker_wire::kBlobBytesMax);
  blob.resize(pack(text, kind, blob));
  return blob;
}

std::string unpacked(const Bytes& blob, SignalKind kind) {
  Bytes text(kSdpBytesMax);
  text.resize(unpack(blob, kind, text));
  return {text.begin(), text.end()};
}

std::vector<std::string> lines_of(const std::string& text, const std::string& prefix) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with(prefix)) lines.push_back(line);
  }
  return lines;
}

const std::string kFingerprint =
    "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF";

// As Chromium 140 writes it, with one of each sort of candidate.
const std::string kChromium =
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
    "m=application 54400 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 203.0.113.5\r\n"
    "a=candidate:2999745851 1 udp 2122260223 7e1c6a3e-2f0b-4a2f-9b51-6b1f9d2f0c11.local 54400 typ host generation 0 "
    "network-id 1 network-cost 10\r\n"
    "a=candidate:1853887674 1 udp 2122194687 2001:db8::8a2e:370:7334 54401 typ host generation 0 network-id 2\r\n"
    "a=candidate:842163049 1 udp 1686052607 203.0.113.5 61234 typ srflx raddr 0.0.0.0 rport 0 generation 0\r\n"
    "a=candidate:1019372851 1 tcp 1518280447 192.168.1.20 9 typ host tcptype active generation 0\r\n"
    "a=candidate:3363466226 1 udp 41885439 198.51.100.1 50000 typ relay raddr 203.0.113.5 rport 61234\r\n"
    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 " +
    kFingerprint +
    "\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
    "a=max-message-size:262144\r\n";

// As Firefox 143 writes it: the fingerprint belongs to the session.
const std::string kFirefox =
    "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 6170435411371936544 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "a=sendrecv\r\na=fingerprint:sha-256 " +
    kFingerprint +
    "\r\na=group:BUNDLE 0\r\na=ice-options:trickle\r\na=msid-semantic:WMS *\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
    "a=candidate:0 1 UDP 2122252543 8c0a5b0e-6e7b-4f0e-8b0a-2f5d3a1c9e77.local 51234 typ host\r\n"
    "a=candidate:2 1 TCP 2105524479 8c0a5b0e-6e7b-4f0e-8b0a-2f5d3a1c9e77.local 9 typ host tcptype active\r\n"
    "a=sendrecv\r\na=end-of-candidates\r\na=ice-pwd:4b0a5f2f1f5cbf43d3c6b5aa6b5d8d57\r\na=ice-ufrag:8dd1a3f2\r\n"
    "a=mid:0\r\na=setup:active\r\na=sctp-port:5000\r\na=max-message-size:1073741823\r\n";

// As libdatachannel 0.23 (node-datachannel) writes it.
const std::string kLibDataChannel =
    "v=0\r\no=rtc 1743921862 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "a=msid-semantic:WMS *\r\na=ice-options:ice2,trickle\r\na=fingerprint:sha-256 " +
    kFingerprint +
    "\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\n"
    "a=sctp-port:5000\r\na=max-message-size:262144\r\na=setup:actpass\r\na=ice-ufrag:q+/9\r\n"
    "a=ice-pwd:uRUkYvmLmvdFVX2XmFxV5s\r\n"
    "a=candidate:1 1 UDP 2122317823 10.0.0.2 39216 typ host\r\na=end-of-candidates\r\n";

TEST(IceDescription, Every_example_of_the_document_is_checked_and_comes_back_as_it_stands_there) {
  EXPECT_EQ(examples().size(), kKinds.size());
  for (const auto& example : examples()) {
    const SignalKind kind = kKinds.at(example.name);
    EXPECT_TRUE(check(example.bytes, kind)) << example.name;
    const std::string text = unpacked(example.bytes, kind);
    EXPECT_EQ(packed(text, kind), example.bytes) << text;
  }
}

TEST(IceDescription, What_browsers_write_survives_with_all_its_candidates) {
  const std::map<std::string, SignalKind> descriptions = {
      {kChromium, SignalKind::kOffer}, {kFirefox, SignalKind::kAnswer}, {kLibDataChannel, SignalKind::kOffer}};
  for (const auto& [sdp, kind] : descriptions) {
    const Bytes blob = packed(sdp, kind);
    ASSERT_FALSE(blob.empty()) << sdp;
    const std::string back = unpacked(blob, kind);
    for (const char* attribute : {"a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:", "a=max-message-size:",
                                  "a=mid:", "a=sctp-port:"}) {
      EXPECT_EQ(lines_of(back, attribute), lines_of(sdp, attribute));
    }
    EXPECT_EQ(lines_of(back, "a=candidate:").size(), lines_of(sdp, "a=candidate:").size());
    EXPECT_EQ(packed(back, kind), blob) << "and once more";
    EXPECT_LT(blob.size(), sdp.size() / 2);
  }
}

TEST(IceDescription, An_offer_alone_takes_a_sixth_of_its_sdp) {
  std::string sdp;
  for (const std::string& line : lines_of(kChromium, "")) {
    if (!line.starts_with("a=candidate:")) sdp += line + "\r\n";
  }
  EXPECT_LE(packed(sdp, SignalKind::kOffer).size() * 6, sdp.size());
}

TEST(IceDescription, Candidates_keep_every_field) {
  const std::string lines =
      "candidate:842163049 1 udp 1686052607 203.0.113.5 61234 typ srflx raddr 10.1.2.3 rport 54400\n"
      "candidate:1 1 tcp 1518280447 2001:0DB8:0000:0000:0000:8A2E:0370:7334 9 typ host tcptype active\n"
      "candidate:a+/ 256 tcp 4294967295 7e1c6a3e-2f0b.local 65535 typ prflx raddr "
      "00FF:0000:0000:0000:0000:0000:0000:0001 rport 1 tcptype so\n"
      "candidate:4 2 tcp 0 0.0.0.0 0 typ relay raddr x.local rport 0 tcptype passive\n";
  const Bytes blob = packed(lines, SignalKind::kCandidates);
  EXPECT_EQ(unpacked(blob, SignalKind::kCandidates), lines);
}

TEST(IceDescription, What_nobody_needs_is_left_out_and_upper_case_is_lowered) {
  const Bytes blob =
      packed("candidate:1 1 UDP 7 10.0.0.2 5 typ HOST generation 0 ufrag EsAw network-id 1 network-cost 10\r\n",
             SignalKind::kCandidates);
  EXPECT_EQ(unpacked(blob, SignalKind::kCandidates), "candidate:1 1 udp 7 10.0.0.2 5 typ host\n");
}

TEST(IceDescription, Every_form_of_an_ipv6_address_is_the_same) {
  const std::map<std::string, std::string> forms = {
      {"fe80::1", "FE80:0000:0000:0000:0000:0000:0000:0001"},
      {"::1", "0000:0000:0000:0000:0000:0000:0000:0001"},
      {"::", "0000:0000:0000:0000:0000:0000:0000:0000"},
      {"fe80::", "FE80:0000:0000:0000:0000:0000:0000:0000"},
      {"1:2:3::7:8", "0001:0002:0003:0000:0000:0000:0007:0008"},
      {"1:2:3:4:5:6:7::", "0001:0002:0003:0004:0005:0006:0007:0000"},
      {"2001:DB8:0:0:0:0:0:aB", "2001:0DB8:0000:0000:0000:0000:0000:00AB"},
  };
  for (const auto& [form, whole] : forms) {
    const Bytes blob = packed("candidate:1 1 udp 7 " + form + " 5 typ host", SignalKind::kCandidates);
    EXPECT_EQ(unpacked(blob, SignalKind::kCandidates), "candidate:1 1 udp 7 " + whole + " 5 typ host\n") << form;
  }
}

TEST(IceDescription, A_candidate_that_the_layout_has_not_is_left_out_and_spoils_no_other) {
  const std::vector<std::string> strange = {
      "candidate:1 1 ssltcp 7 10.0.0.2 5 typ host",
      "candidate:1 1 udp 7 evil.example 5 typ host",
      "candidate:1 1 udp 7 .local 5 typ host",
      "candidate:1 1 udp 7 " + std::string(59, 'a') + ".local 5 typ host",
      "candidate:1 1 udp 7 300.0.0.2 5 typ host",
      "candidate:1 1 udp 7 10.0.0 5 typ host",
      "candidate:1 1 udp 7 10.0.0.2.3 5 typ host",
      "candidate:1 1 udp 7 10..0.2 5 typ host",
      "candidate:1 1 udp 7 fe80::1::2 5 typ host",
      "candidate:1 1 udp 7 fe80:1 5 typ host",
      "candidate:1 1 udp 7 1:2:3:4:5:6:7:8:9 5 typ host",
      "candidate:1 1 udp 7 1:2:3:4::5:6:7:8 5 typ host",
      "candidate:1 1 udp 7 fe80::12345 5 typ host",
      "candidate:1 1 udp 7 fe80::xyz 5 typ host",
      "candidate:1 1 udp 7 " + std::string(200, '1') + " 5 typ host",
      "candidate:1 1 udp 7 10.0.0.2 65536 typ host",
      "candidate:1 1 udp 4294967296 10.0.0.2 5 typ host",
      "candidate:1 1 udp -7 10.0.0.2 5 typ host",
      "candidate:1 0 udp 7 10.0.0.2 5 typ host",
      "candidate:1 257 udp 7 10.0.0.2 5 typ host",
      "candidate:1 1 udp 7 10.0.0.2 5 typ guest",
      "candidate:1 1 udp 7 10.0.0.2 5 host",
      "candidate:1 1 udp 7 10.0.0.2 5 typ host tcptype active",
      "candidate:1 1 udp 7 10.0.0.2 5 typ srflx raddr evil.example rport 1",
      "candidate:1 1 udp 7 10.0.0.2 5 typ srflx rport 1",
      "candidate:1 1 tcp 7 10.0.0.2 5 typ host tcptype lazy",
      "candidate:" + std::string(33, '1') + " 1 udp 7 10.0.0.2 5 typ host",
      "candidate: 1 udp 7 10.0.0.2 5 typ host",
      "candidate:1 1 udp 7",
      "v=0",
  };
  const std::string good = "candidate:1 1 udp 7 10.0.0.2 5 typ host\n";
  for (const std::string& line : strange) {
    EXPECT_TRUE(packed(line, SignalKind::kCandidates).empty()) << line;
    EXPECT_EQ(unpacked(packed(line + "\n" + good, SignalKind::kCandidates), SignalKind::kCandidates), good) << line;
  }
}

TEST(IceDescription, Of_many_candidates_the_first_are_packed) {
  std::string lines;
  for (int i = 0; i < 30; ++i) lines += "candidate:" + std::to_string(i) + " 1 udp 7 10.0.0.2 5 typ host\n";
  const auto kept = lines_of(unpacked(packed(lines, SignalKind::kCandidates), SignalKind::kCandidates), "candidate:");
  EXPECT_EQ(kept.size(), kPackedMax);
  EXPECT_EQ(kept.back(), "candidate:" + std::to_string(kPackedMax - 1) + " 1 udp 7 10.0.0.2 5 typ host");
}

/// A list of so many short candidates, as another implementation might write it.
Bytes list_of(size_t count) {
  const Bytes one = packed("candidate:1 1 udp 7 10.0.0.2 5 typ host", SignalKind::kCandidates);
  Bytes blob = {0xdc, 0, static_cast<uint8_t>(count)};
  for (size_t i = 0; i < count; ++i) blob.insert(blob.end(), one.begin() + 1, one.end());
  return blob;
}

TEST(IceDescription, Twenty_four_candidates_are_read_and_one_more_is_refused) {
  const std::string text = unpacked(list_of(kCandidatesMax), SignalKind::kCandidates);
  EXPECT_EQ(lines_of(text, "candidate:").size(), kCandidatesMax);
  EXPECT_FALSE(check(list_of(kCandidatesMax + 1), SignalKind::kCandidates));
}

TEST(IceDescription, The_longest_blob_unpacks_into_the_room_there_is_for_it) {
  const std::string name = std::string(58, 'x') + ".local";
  const std::string line = "candidate:" + std::string(32, '9') + " 256 tcp 4294967295 " + name +
                           " 65535 typ srflx raddr " + name + " rport 65535 tcptype passive\n";
  const Bytes one = packed(line, SignalKind::kCandidates);
  Bytes blob = {0xdc, 0, 0};
  for (; blob.size() + one.size() - 1 <= tracker_wire::kBlobBytesMax; ++blob[2]) {
    blob.insert(blob.end(), one.begin() + 1, one.end());
  }
  const std::string text = unpacked(blob, SignalKind::kCandidates);
  EXPECT_EQ(text.size(), blob[2] * line.size());
  Bytes less(text.size() - 1);
  EXPECT_EQ(unpack(blob, SignalKind::kCandidates, less), 0u) << "no half text";
  blob.insert(blob.end(), one.begin() + 1, one.end());
  ++blob[2];
  EXPECT_FALSE(check(blob, SignalKind::kCandidates)) << "longer than a blob may be";
}

TEST(IceDescription, What_does_not_fit_is_left_out_whole) {
  std::string lines;
  for (int i = 0; i < 5; ++i) lines += "candidate:1 1 udp 7 10.0.0.2 5 typ host\n";
  Bytes blob(60);  // a candidate takes 17 bytes
  blob.resize(pack(lines, SignalKind::kCandidates, blob));
  EXPECT_EQ(lines_of(unpacked(blob, SignalKind::kCandidates), "candidate:").size(), 3u);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(IceDescription, Sdp_that_is_not_one_of_ours_is_refused) {
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"sha-256", "sha-512"},
      {"a=fingerprint:sha-256 " + kFingerprint + "\r\n", ""},
      {kFingerprint, kFingerprint.substr(3)},
      {kFingerprint, kFingerprint + ":00"},
      {kFingerprint, "4AA:" + kFingerprint.substr(4)},
      {"a=ice-ufrag:EsAw\r\n", ""},
      {"EsAw", "EsA"},
      {"EsAw", "Es w"},
      {"EsAw", std::string(257, 'x')},
      {"a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n", ""},
      {"P2uYro0UCOQ4zxjKXaWCBui1", "P2uYro0UCOQ4zxjKXaWCB"},
      {"a=setup:actpass\r\n", ""},
      {"a=setup:actpass", "a=setup:holdconn"},
      {"a=setup:actpass", "a=setup:active"},
      {"a=sctp-port:5000", "a=sctp-port:5001"},
      {"a=mid:0", "a=mid:data"},
      {"a=max-message-size:262144", "a=max-message-size:many"},
      {"m=application", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nm=application"},
  };
  for (const auto& [what, with] : changes) {
    EXPECT_TRUE(packed(replaced(kChromium, what, with), SignalKind::kOffer).empty()) << what << " as " << with;
  }
  EXPECT_TRUE(packed("", SignalKind::kOffer).empty());
  EXPECT_TRUE(packed(kChromium, SignalKind::kAnswer).empty()) << "an answer has a role";
  EXPECT_TRUE(packed(kChromium, SignalKind::kBye).empty());
}

TEST(IceDescription, A_description_that_names_no_message_size_means_64_kib) {
  const Bytes blob = packed(replaced(kChromium, "a=max-message-size:262144\r\n", ""), SignalKind::kOffer);
  EXPECT_EQ(lines_of(unpacked(blob, SignalKind::kOffer), "a=max"),
            std::vector<std::string>{"a=max-message-size:65536"});
}

TEST(IceDescription, The_longest_credentials_are_taken) {
  std::string sdp = replaced(kChromium, "EsAw", std::string(256, 'u'));
  sdp = replaced(sdp, "P2uYro0UCOQ4zxjKXaWCBui1", std::string(256, 'p'));
  const Bytes blob = packed(sdp, SignalKind::kOffer);
  EXPECT_EQ(lines_of(unpacked(blob, SignalKind::kOffer), "a=ice-ufrag:"), lines_of(sdp, "a=ice-ufrag:"));
}

TEST(IceDescription, A_blob_of_one_kind_is_none_of_another_and_a_bye_is_empty) {
  for (const auto& example : examples()) {
    for (const auto& [name, kind] : kKinds) EXPECT_EQ(check(example.bytes, kind), name == example.name);
    EXPECT_FALSE(check(example.bytes, SignalKind::kBye));
  }
  EXPECT_TRUE(check({}, SignalKind::kBye));
  EXPECT_FALSE(check({}, SignalKind::kOffer));
  EXPECT_FALSE(check(Bytes{0x90}, SignalKind::kCandidates)) << "none are none to send";
}

TEST(IceDescription, A_blob_cut_short_or_with_a_byte_more_is_refused) {
  for (const auto& example : examples()) {
    const SignalKind kind = kKinds.at(example.name);
    for (size_t length = 0; length < example.bytes.size(); ++length) {
      EXPECT_FALSE(check(std::span(example.bytes).first(length), kind)) << example.name << " cut to " << length;
    }
    Bytes longer = example.bytes;
    longer.push_back(0);
    EXPECT_FALSE(check(longer, kind)) << example.name;
  }
}

/// The template's lines and the fields', each begun as it should be, printable, and as many as they should be.
void expect_clean(const std::string& text, SignalKind kind) {
  const bool is_description = kind != SignalKind::kCandidates;
  size_t others = 0;
  for (const std::string& line : lines_of(text, "")) {
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; })) << line;
    if (!line.starts_with(is_description ? "a=candidate:" : "candidate:")) ++others;
  }
  EXPECT_EQ(others, is_description ? 15u : 0u) << text;
}

TEST(IceDescription, Damage_is_refused_or_stays_within_its_field) {
  Dice dice(3);
  int survivors = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto& example = examples().at(dice.below(static_cast<uint32_t>(examples().size())));
    const SignalKind kind = kKinds.at(example.name);
    Bytes bytes = example.bytes;
    for (uint32_t damage = 1 + dice.below(4); damage > 0; --damage) {
      bytes[dice.below(static_cast<uint32_t>(bytes.size()))] = static_cast<uint8_t>(dice.next());
    }
    const std::string text = unpacked(bytes, kind);
    EXPECT_EQ(check(bytes, kind), !text.empty());
    if (text.empty()) continue;
    ++survivors;
    expect_clean(text, kind);
    EXPECT_EQ(unpacked(packed(text, kind), kind), text);
  }
  EXPECT_GT(survivors, 1'000) << "or this test says nothing";
}

TEST(IceDescription, Damaged_sdp_is_refused_or_becomes_a_sound_blob) {
  Dice dice(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string sdp = kChromium;
    for (uint32_t damage = 1 + dice.below(4); damage > 0; --damage) {
      sdp[dice.below(static_cast<uint32_t>(sdp.size()))] = static_cast<char>(dice.next());
    }
    const Bytes blob = packed(sdp, SignalKind::kOffer);
    if (!blob.empty()) expect_clean(unpacked(blob, SignalKind::kOffer), SignalKind::kOffer);
  }
}

TEST(IceDescription, Letters_that_would_end_a_line_are_refused_wherever_text_stands) {
  for (const auto& example : examples()) {
    const SignalKind kind = kKinds.at(example.name);
    for (size_t i = 0; i < example.bytes.size(); ++i) {
      for (const uint8_t letter : {uint8_t{'\r'}, uint8_t{'\n'}, uint8_t{' '}, uint8_t{0}}) {
        Bytes bytes = example.bytes;
        bytes[i] = letter;
        const std::string text = unpacked(bytes, kind);
        if (!text.empty()) expect_clean(text, kind);
      }
    }
  }
}

}  // namespace
}  // namespace bazaar::ice_description
