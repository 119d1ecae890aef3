// What comes in over the loop's connections: TLS handshakes, request heads, frames.
#include <algorithm>
#include <cstring>

#include "net/http_request.hpp"
#include "net/loop.hpp"
#include "net/upgrade.hpp"

namespace bazaar::tracker::net {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
// TLS is read record by record: with room for a whole one, none is left half in OpenSSL, where epoll does not see it.
constexpr size_t kTlsRecordBytesMax = 16 * 1024;

HttpAnswer sentence(int status, std::string text) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(text) + "\n";
  return answer;
}

}  // namespace

void Loop::fail_handshake(HandshakeFailure cause) { counters_.handshake_failures[static_cast<size_t>(cause)].add(); }

void Loop::shake_hands(uint32_t slot, Connection& connection) {
  if (tls_steps_left_ == 0) return;  // epoll reports it again
  --tls_steps_left_;
  const Stream::Status status = connection.stream.shake_hands();
  switch (status) {
    case Stream::Status::kOk:
      counters_.tls_handshakes.add();
      if (connection.stream.is_resumed()) counters_.tls_resumed.add();
      connection.phase = Phase::kHead;
      connection.read_wants_write = false;
      return set_interest(slot, connection);
    case Stream::Status::kWantsRead:
    case Stream::Status::kWantsWrite:
      connection.read_wants_write = status == Stream::Status::kWantsWrite;
      return set_interest(slot, connection);
    default:
      fail_handshake(HandshakeFailure::kTls);
      return finish(slot, connection);
  }
}

void Loop::receive(uint32_t slot, Connection& connection) {
  const std::span<uint8_t> buffer(shared_);
  const size_t held = connection.input ? connection.input->size() : 0;
  if (held > 0) std::memcpy(buffer.data(), connection.input->data(), held);
  size_t filled = held;
  Stream::Result last;
  do {
    last = connection.stream.read(buffer.subspan(filled));
    if (last.status != Stream::Status::kOk) break;
    filled += last.bytes;
  } while (connection.stream.is_tls() && buffer.size() - filled >= kTlsRecordBytesMax);

  connection.read_wants_write = last.status == Stream::Status::kWantsWrite;
  if (filled > held) {
    counters_.bytes_in.add(filled - held);
    const std::span<uint8_t> bytes = buffer.first(filled);
    const size_t used = consume(slot, connection, bytes);
    keep(connection, bytes.subspan(used), used == 0 ? filled - held : filled - used);
  }
  if (last.status == Stream::Status::kEnd || last.status == Stream::Status::kError) {
    return ended(slot, connection, last.status == Stream::Status::kEnd);
  }
  set_interest(slot, connection);
}

/// The last `fresh` bytes of `rest` are not in the connection's input yet.
void Loop::keep(Connection& connection, std::span<const uint8_t> rest, size_t fresh) {
  if (rest.empty()) return buffers_.give_back(std::move(connection.input));
  if (!connection.input) connection.input = buffers_.take();
  if (fresh == rest.size()) connection.input->clear();
  const auto from = rest.last(fresh);
  connection.input->insert(connection.input->end(), from.begin(), from.end());
}

/// How many bytes were understood; a head or frame that is not whole stays.
size_t Loop::consume(uint32_t slot, Connection& connection, std::span<uint8_t> bytes) {
  size_t used = 0;
  for (;;) {
    const std::span<uint8_t> rest = bytes.subspan(used);
    size_t step = 0;
    if (connection.phase == Phase::kHead) {
      step = consume_head(slot, connection, rest);
    } else if (connection.phase == Phase::kOpen || connection.phase == Phase::kClosing) {
      step = consume_frame(slot, connection, rest);
    } else {
      return bytes.size();  // nothing more is heard
    }
    if (step == 0) return used;
    used += step;
  }
}

size_t Loop::consume_head(uint32_t slot, Connection& connection, std::span<uint8_t> bytes) {
  if (bytes.empty()) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              std::min(bytes.size(), options_.head_bytes_max));
  const size_t end = text.find(kHeadEnd);
  const bool is_http = text.front() >= 'A' && text.front() <= 'Z';  // a TLS client at a plain door is not
  if (end == std::string_view::npos && is_http && bytes.size() < options_.head_bytes_max) return 0;
  const size_t head_bytes = end + kHeadEnd.size();
  const auto request = end == std::string_view::npos ? nullptr : HttpRequest::parse(text.substr(0, head_bytes));
  if (request) {
    answer(slot, connection, *request);
    return head_bytes;
  }
  const bool is_too_long = is_http && end == std::string_view::npos;
  fail_handshake(is_too_long ? HandshakeFailure::kTooLong : HandshakeFailure::kMalformed);
  say(slot, connection,
      http_text(is_too_long ? sentence(431, "The head of the request is longer than " +
                                                std::to_string(options_.head_bytes_max) + " bytes.")
                            : sentence(400, "This is not an HTTP/1.1 request."),
                true));
  linger(slot, connection);
  return bytes.size();
}

void Loop::answer(uint32_t slot, Connection& connection, HttpRequest& request) {
  request.is_proxied = options_.proxies.is_trusted(connection.client);
  request.client = request.is_proxied
                       ? options_.proxies.client(connection.client, request.joined(options_.proxies.header_name()))
                       : connection.client;
  request.is_tls = connection.stream.is_tls();
  const Upgrade upgrade = judge_upgrade(request);
  if (upgrade.outcome == Upgrade::Outcome::kNone) {
    counters_.http_requests.add();
    say(slot, connection, http_text(handler_.on_http(request), request.method != "HEAD"));
    return linger(slot, connection);
  }
  if (upgrade.outcome == Upgrade::Outcome::kRefused) {
    fail_handshake(upgrade.failure);
    say(slot, connection, upgrade.response);
    return linger(slot, connection);
  }
  if (const auto refusal = handler_.on_upgrade(request, upgrade.dialect)) {
    fail_handshake(HandshakeFailure::kRefused);
    say(slot, connection, http_text(*refusal, true));
    return linger(slot, connection);
  }
  say(slot, connection, upgrade.response);
  counters_.handshakes.subtract();
  counters_.upgraded.add();
  counters_.open.add();
  connection.is_handshake = false;
  connection.is_session = true;
  connection.phase = Phase::kOpen;
  connection.dialect = upgrade.dialect;
  connection.heard_ms = now_ms_;
  deadlines_.set(slot, now_ms_ + options_.ping_after_ms);
  handler_.on_open(ConnectionTable::id_of(slot, connection), upgrade.dialect, request.client);
}

void Loop::heard(uint32_t slot, Connection& connection) {
  connection.heard_ms = now_ms_;
  if (!connection.is_pinged || connection.phase != Phase::kOpen) return;
  connection.is_pinged = false;
  deadlines_.set(slot, now_ms_ + options_.ping_after_ms);
}

size_t Loop::consume_frame(uint32_t slot, Connection& connection, std::span<uint8_t> bytes) {
  const bool is_native = connection.dialect == Dialect::kNative;
  const bool is_open = connection.phase == Phase::kOpen;  // else only their Close is of interest
  const Incoming incoming = connection.reader.next(
      bytes, is_native ? options_.native_message_bytes_max : options_.webtorrent_message_bytes_max);
  switch (incoming.kind) {
    case Incoming::Kind::kIncomplete:
      return 0;
    case Incoming::Kind::kFragment:
      return incoming.bytes;
    case Incoming::Kind::kMessage:
      heard(slot, connection);
      if (!is_open) break;
      counters_.messages_in.add();
      handler_.on_message(ConnectionTable::id_of(slot, connection), incoming.is_text, incoming.data);
      break;
    case Incoming::Kind::kPing:
      heard(slot, connection);
      if (!is_open || connection.waiting_bytes() > options_.output_soft_bytes) break;
      append_frame(output_of(connection, kFrameHeaderBytesMax + incoming.data.size()), Opcode::kPong, incoming.data);
      list(slot, connection);
      break;
    case Incoming::Kind::kPong:
      heard(slot, connection);
      break;
    case Incoming::Kind::kClose:
      if (is_open) {
        begin_close(slot, connection, incoming.violation.code, {}, CloseCause::kClient);
      }
      linger(slot, connection);
      break;
    case Incoming::Kind::kViolation: {
      const bool is_native_oversize = is_native && incoming.violation.code == close_code::kTooLong;
      if (is_native_oversize) {
        begin_close(slot, connection, close_code::kNativeTooLong,
                    "a frame is longer than " + std::to_string(options_.native_message_bytes_max) + " bytes",
                    CloseCause::kProtocol);
      } else {
        begin_close(slot, connection, incoming.violation.code, incoming.violation.reason, CloseCause::kProtocol);
      }
      linger(slot, connection);
      return bytes.size();
    }
  }
  return incoming.bytes;
}

void Loop::ended(uint32_t slot, Connection& connection, bool is_clean) {
  if (connection.phase == Phase::kLingering && is_clean && connection.waiting_bytes() > 0) {
    // Half closed: it may well read on.
    connection.has_ended = true;
    return set_interest(slot, connection);
  }
  if (connection.phase == Phase::kTls || connection.phase == Phase::kHead) fail_handshake(HandshakeFailure::kGone);
  if (connection.phase == Phase::kOpen) end_session(slot, connection, CloseCause::kNetwork);
  finish(slot, connection);
}

}  // namespace bazaar::tracker::net
