#include "net/upgrade.hpp"

#include <openssl/evp.h>

#include <array>

namespace bazaar::tracker::net {

namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
constexpr size_t kKeyCharacters = 24;                                       // 16 bytes in base64

/// 16 bytes of base64: 22 characters of the alphabet and two of padding.
bool is_key(std::string_view key) {
  if (key.size() != kKeyCharacters || !key.ends_with("==")) return false;
  std::array<unsigned char, kKeyCharacters> decoded{};
  return EVP_DecodeBlock(decoded.data(), reinterpret_cast<const unsigned char*>(key.data()),
                         static_cast<int>(key.size())) > 0 &&
         key.find('=') == kKeyCharacters - 2;
}

Upgrade refused(int status, std::string sentence, HandshakeFailure failure, std::string_view more_headers = {}) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(sentence) + "\n";
  Upgrade upgrade;
  upgrade.outcome = Upgrade::Outcome::kRefused;
  upgrade.failure = failure;
  upgrade.response = http_text(answer, true, more_headers);
  return upgrade;
}

}  // namespace

std::string accept_of(std::string_view key) {
  std::string joined(key);
  joined += kGuid;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_Digest(joined.data(), joined.size(), digest.data(), &length, EVP_sha1(), nullptr);
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> text{};
  const int characters = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(length));
  return {text.begin(), text.begin() + characters};
}

Upgrade judge_upgrade(const HttpRequest& request) {
  if (!request.has_token("Upgrade", "websocket")) return {};
  using enum HandshakeFailure;
  if (request.method != "GET" || !request.is_http_1_1()) {
    return refused(400, "A WebSocket is asked for with GET and HTTP/1.1.", kMalformed);
  }
  if (!request.has_token("Connection", "upgrade")) {
    return refused(400, "The request has Upgrade: websocket, but no Connection: Upgrade.", kMalformed);
  }
  if (request.joined("Sec-WebSocket-Version") != "13") {
    return refused(426, "This server speaks version 13 of the WebSocket protocol.", kMalformed,
                   "Sec-WebSocket-Version: 13\r\n");
  }
  const std::string key = request.joined("Sec-WebSocket-Key");
  if (!is_key(key)) return refused(400, "Sec-WebSocket-Key is not 16 bytes in base64.", kMalformed);

  Upgrade upgrade;
  const bool has_subprotocol = request.header("Sec-WebSocket-Protocol").has_value();
  if (has_subprotocol) {
    if (!request.has_token("Sec-WebSocket-Protocol", kNativeSubprotocol)) {
      return refused(400,
                     "This tracker speaks the subprotocol " + std::string(kNativeSubprotocol) +
                         ", and without a subprotocol the protocol of WebTorrent's trackers.",
                     kProtocol);
    }
    upgrade.dialect = Dialect::kNative;
  }
  upgrade.outcome = Upgrade::Outcome::kAccepted;
  upgrade.response =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
      accept_of(key) + "\r\n";
  if (has_subprotocol) {
    upgrade.response += "Sec-WebSocket-Protocol: ";
    upgrade.response += kNativeSubprotocol;
    upgrade.response += "\r\n";
  }
  upgrade.response += "\r\n";
  return upgrade;
}

}  // namespace bazaar::tracker::net
