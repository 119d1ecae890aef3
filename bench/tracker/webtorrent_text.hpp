// The texts of WebTorrent's tracker protocol that the load is made of. Owns wording and the places to be patched.
// Invariant: texts of one kind are equally long, whatever ids they carry.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "stamp.hpp"

namespace bazaar::load::webtorrent {

inline constexpr size_t kIdBytes = 20;
inline constexpr uint32_t kOffersPerAnnounce = 10;
/// In SDP's session name, which everybody else leaves empty.
inline constexpr std::string_view kMark = "s=LOAD:";

using Id = std::array<uint8_t, kIdBytes>;

inline Id id(const char (&prefix)[9], uint64_t number) {
  std::array<char, kIdBytes + 1> text;
  std::snprintf(text.data(), text.size(), "%8.8s%012llu", prefix,
                static_cast<unsigned long long>(number % 1'000'000'000'000));
  Id result;
  for (size_t i = 0; i < kIdBytes; ++i) result[i] = static_cast<uint8_t>(text[i]);
  return result;
}
inline Id info_hash(uint32_t swarm) { return id("LD-swarm", swarm); }
inline Id peer_id(uint32_t client) { return id("-LD0100-", client); }
inline Id offer_id(uint64_t number) { return id("LD-offer", number); }

inline std::string_view view(const Id& id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

/// SDP of a data channel with host and reflexive candidates, as it stands in JSON: some 1.3 KB, like a browser's.
inline std::string sdp() {
  std::string text = "v=0\\r\\no=- 4611731400430051336 2 IN IP4 127.0.0.1\\r\\n";
  text += kMark;
  text.append(Stamp::kTextBytes, '0');
  text +=
      "\\r\\nt=0 0\\r\\na=group:BUNDLE 0\\r\\na=extmap-allow-mixed\\r\\na=msid-semantic: WMS\\r\\nm=application 54609 "
      "UDP/DTLS/SCTP webrtc-datachannel\\r\\nc=IN IP4 198.51.100.7\\r\\n";
  for (int i = 0; i < 8; ++i) {
    text += "a=candidate:" + std::to_string(4077567720 - i) + " 1 udp " + std::to_string(2113937151 - i) +
            " 192.168.178.2" + std::to_string(i) + " " + std::to_string(54600 + i) +
            " typ host generation 0 network-cost 999\\r\\n";
  }
  text +=
      "a=ice-ufrag:EsAw\\r\\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\\r\\na=fingerprint:sha-256 "
      "0F:74:31:25:CB:A2:13:EC:28:6F:6D:2C:61:FF:5D:C2:BC:B9:DB:3D:98:14:8D:1A:BB:EA:33:0C:A4:60:A8:8E\\r\\n"
      "a=setup:actpass\\r\\na=mid:0\\r\\na=sctp-port:5000\\r\\na=max-message-size:262144\\r\\n";
  return text;
}

inline std::string description(const char* type) {
  return std::string(R"({"type":")") + type + R"(","sdp":")" + sdp() + "\"}";
}

inline std::string announce(uint32_t swarm, uint32_t client, uint32_t offers, const char* event) {
  std::string text = R"({"numwant":)" + std::to_string(offers) + R"(,"uploaded":0,"downloaded":0,"left":1,)";
  if (*event != 0) text += std::string(R"("event":")") + event + R"(",)";
  text += R"("action":"announce","info_hash":")" + std::string(view(info_hash(swarm))) + R"(","peer_id":")" +
          std::string(view(peer_id(client))) + R"(","offers":[)";
  for (uint32_t i = 0; i < offers; ++i) {
    text += std::string(i == 0 ? "" : ",") + R"({"offer":)" + description("offer") + R"(,"offer_id":")" +
            std::string(view(offer_id(i))) + R"("})";
  }
  return text + "]}";
}

inline std::string answer() {
  return R"({"action":"announce","info_hash":")" + std::string(view(info_hash(0))) + R"(","peer_id":")" +
         std::string(view(peer_id(0))) + R"(","to_peer_id":")" + std::string(view(peer_id(0))) + R"(","answer":)" +
         description("answer") + R"(,"offer_id":")" + std::string(view(offer_id(0))) + R"("})";
}

}  // namespace bazaar::load::webtorrent
