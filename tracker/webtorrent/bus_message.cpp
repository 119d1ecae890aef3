#include "webtorrent/bus_message.hpp"

#include <algorithm>

#include "msgpack_writer.hpp"
#include "webtorrent/request_reader.hpp"

namespace bazaar::tracker::webtorrent {

namespace {

constexpr uint32_t kFields = 13;
constexpr uint32_t kIdBytes = std::tuple_size_v<Id>;
constexpr size_t kFixedBytesMax = 160;        ///< all fields but the descriptions, in their longest forms
constexpr size_t kDescriptionHeadBytes = 11;  ///< of an array and two strings

std::string_view text_of(const Token& token) {
  return {reinterpret_cast<const char*>(token.data), static_cast<size_t>(token.number)};
}

void copy_id(const uint8_t* from, Id& to) {
  if (from != nullptr) std::copy_n(from, to.size(), to.begin());
}

}  // namespace

std::span<const uint8_t> BusCodec::encode(const BusMessage& message) {
  size_t bytes_max = kFixedBytesMax;
  for (const auto& [id, sdp_json] : message.descriptions) {
    bytes_max += kDescriptionHeadBytes + id.size() + sdp_json.size();
  }
  if (out_.size() < bytes_max) out_.resize(bytes_max);
  MsgpackWriter writer(out_);
  const bool is_counts = message.type == BusType::kCounts;
  writer.array(kFields).uint(static_cast<uint64_t>(message.type));
  writer.bytes(message.info_hash.data(), kIdBytes);
  writer.uint(message.home.worker.value()).uint(message.home.connection).uint(message.connection);
  writer.bytes(message.peer.data(), kIdBytes).bytes(message.to_peer.data(), kIdBytes);
  writer.uint(is_counts ? static_cast<uint64_t>(message.outcome) : static_cast<uint64_t>(message.event));
  writer.boolean(message.has_all).boolean(message.is_quiet).uint(message.complete).uint(message.incomplete);
  writer.array(static_cast<uint32_t>(message.descriptions.size()));
  for (const auto& [id, sdp_json] : message.descriptions) {
    writer.array(2).text(id.data(), static_cast<uint32_t>(id.size()));
    writer.text(sdp_json.data(), static_cast<uint32_t>(sdp_json.size()));
  }
  return {out_.data(), writer.length()};
}

std::optional<BusMessage> BusCodec::decode(std::span<const uint8_t> bytes, const Limits& limits) {
  if (tokens_.read(bytes) != MsgpackTokens::Result::kOk || tokens_.array() != kFields) return std::nullopt;
  BusMessage out;
  const uint64_t type = tokens_.uint(static_cast<uint64_t>(BusType::kAnswer));
  out.type = static_cast<BusType>(type);
  copy_id(tokens_.bytes(out.info_hash.size()), out.info_hash);
  out.home.worker = Address(tokens_.uint(UINT64_MAX));
  out.home.connection = tokens_.uint(UINT64_MAX);
  out.connection = tokens_.uint(UINT64_MAX);
  copy_id(tokens_.bytes(out.peer.size()), out.peer);
  copy_id(tokens_.bytes(out.to_peer.size()), out.to_peer);
  if (out.type == BusType::kCounts) {
    out.outcome = static_cast<Outcome>(tokens_.uint(static_cast<uint64_t>(Outcome::kAdopted)));
  } else {
    out.event = static_cast<Event>(tokens_.uint(static_cast<uint64_t>(Event::kPaused)));
  }
  out.has_all = tokens_.boolean();
  out.is_quiet = tokens_.boolean();
  out.complete = tokens_.uint(UINT32_MAX);
  out.incomplete = tokens_.uint(UINT32_MAX);
  const size_t count = tokens_.array();
  if (type == 0 || count > std::min(limits.offers_max, kOffersReadMax)) return std::nullopt;
  const bool is_description = out.type == BusType::kOffer || out.type == BusType::kAnswer;
  if (is_description && count != 1) return std::nullopt;
  for (size_t i = 0; i < count && tokens_.is_good(); ++i) {
    if (tokens_.array() != 2) return std::nullopt;
    auto& [id, sdp_json] = descriptions_[i];
    id = text_of(tokens_.any(TokenType::kText));
    sdp_json = text_of(tokens_.any(TokenType::kText));
    if (id.size() > kOfferIdBytesMax || sdp_json.size() > limits.sdp_bytes_max || !is_json_string(sdp_json)) {
      return std::nullopt;
    }
  }
  out.descriptions = {descriptions_.data(), count};
  return tokens_.is_at_end() ? std::optional(out) : std::nullopt;
}

}  // namespace bazaar::tracker::webtorrent
