#include "net/message_reader.hpp"

#include <simdjson.h>

namespace bazaar::tracker::net {

namespace {

bool is_utf8(std::span<const uint8_t> bytes) {
  return bytes.empty() || simdjson::validate_utf8(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Incoming broken(uint16_t code, std::string_view reason) {
  Incoming incoming;
  incoming.kind = Incoming::Kind::kViolation;
  incoming.violation = {code, reason};
  return incoming;
}

Incoming close_frame(std::span<const uint8_t> payload) {
  Incoming incoming;
  incoming.kind = Incoming::Kind::kClose;
  if (payload.empty()) return incoming;
  if (payload.size() == 1) return broken(close_code::kProtocolError, "a Close frame with half a code");
  const auto code = static_cast<uint16_t>(payload[0] << 8 | payload[1]);
  if (!is_close_code(code)) return broken(close_code::kProtocolError, "a code that no Close frame may have");
  if (!is_utf8(payload.subspan(2))) return broken(close_code::kNotUtf8, "the reason of the Close is not UTF-8");
  incoming.violation.code = code;
  return incoming;
}

Incoming message(bool is_text, std::span<const uint8_t> bytes) {
  if (is_text && !is_utf8(bytes)) return broken(close_code::kNotUtf8, "text that is not UTF-8");
  Incoming incoming;
  incoming.kind = Incoming::Kind::kMessage;
  incoming.is_text = is_text;
  incoming.data = bytes;
  return incoming;
}

}  // namespace

Incoming MessageReader::data_frame(const Frame& frame) {
  if (frame.opcode == Opcode::kContinuation) {
    if (!fragments_) return broken(close_code::kProtocolError, "a continuation of nothing");
  } else {
    if (fragments_) return broken(close_code::kProtocolError, "a new message before the end of the last");
    const bool is_text = frame.opcode == Opcode::kText;
    if (frame.is_final) return message(is_text, frame.payload);
    fragments_ = std::make_unique<Fragments>();
    fragments_->is_text = is_text;
  }
  fragments_->bytes.insert(fragments_->bytes.end(), frame.payload.begin(), frame.payload.end());
  Incoming incoming;
  incoming.kind = Incoming::Kind::kFragment;
  if (!frame.is_final) return incoming;
  fragments_->is_delivered = true;
  return message(fragments_->is_text, fragments_->bytes);
}

Incoming MessageReader::next(std::span<uint8_t> bytes, size_t message_bytes_max) {
  if (fragments_ && fragments_->is_delivered) fragments_.reset();
  const size_t held = fragments_ ? fragments_->bytes.size() : 0;
  const FrameRead read = read_frame(bytes, message_bytes_max - held);
  if (read.status == FrameRead::Status::kIncomplete) return {};
  if (read.status == FrameRead::Status::kViolation) return broken(read.violation.code, read.violation.reason);

  Incoming incoming;
  switch (read.frame.opcode) {
    case Opcode::kPing:
      incoming.kind = Incoming::Kind::kPing;
      incoming.data = read.frame.payload;
      break;
    case Opcode::kPong:
      incoming.kind = Incoming::Kind::kPong;
      incoming.data = read.frame.payload;
      break;
    case Opcode::kClose:
      incoming = close_frame(read.frame.payload);
      break;
    default:
      incoming = data_frame(read.frame);
      break;
  }
  incoming.bytes = read.bytes;
  return incoming;
}

}  // namespace bazaar::tracker::net
