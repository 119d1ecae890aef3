#include "hub.hpp"

#include <algorithm>
#include <array>

namespace bazaar::tracker {

using tracker_wire::DecodeStatus;
using tracker_wire::ErrorCode;
using tracker_wire::Message;
using tracker_wire::Type;

namespace {

std::vector<uint8_t> encoded(const Message& message) {
  std::array<uint8_t, 1024> buffer;  // the longest: an ERROR's text, or 64 ids of five bytes
  const size_t length = tracker_wire::encode(message, buffer);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(length)};
}

}  // namespace

void Hub::connected(ConnectionId connection, int64_t now_ms, std::vector<Outgoing>& out) {
  Session session;
  session.since_ms = now_ms;
  session.tokens = limits_.frames_burst;
  session.tokens_ms = now_ms;
  sessions_.emplace(connection, session);
  if (sessions_.size() > limits_.connections_max) {
    refuse(connection, ErrorCode::kFull, "this tracker has as many connections as it takes; try again later", out);
  }
}

void Hub::refuse(ConnectionId connection, ErrorCode code, const char* text, std::vector<Outgoing>& out) {
  Session& session = sessions_[connection];
  if (session.is_closing) return;
  session.is_closing = true;
  leave(session);
  ++refused_;
  Message error;
  error.type = Type::kError;
  error.code = code;
  error.text = text;
  out.push_back({connection, encoded(error), 0});
  out.push_back({connection, {}, static_cast<uint16_t>(code)});
}

void Hub::bad_frame(ConnectionId connection, ErrorCode code, std::vector<Outgoing>& out) {
  if (!sessions_.contains(connection)) return;
  refuse(connection, code,
         code == ErrorCode::kOversize ? "a frame is longer than 16384 bytes"
         : code == ErrorCode::kSlow   ? "frames wait for this viewer faster than it reads them"
                                      : "not a binary frame of this protocol",
         out);
}

bool Hub::take_token(Session& session, int64_t now_ms) const {
  session.tokens += static_cast<double>(now_ms - session.tokens_ms) * limits_.frames_per_second / 1000;
  session.tokens = std::min(session.tokens, limits_.frames_burst);
  session.tokens_ms = now_ms;
  if (session.tokens < 1) return false;
  session.tokens -= 1;
  return true;
}

void Hub::frame(ConnectionId connection, std::span<const uint8_t> frame, int64_t now_ms, std::vector<Outgoing>& out) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end() || found->second.is_closing) return;
  Session& session = found->second;
  ++frames_in_;
  if (!take_token(session, now_ms)) {
    return refuse(connection, ErrorCode::kRate, "too many messages; slow down and reconnect", out);
  }
  Message message;
  switch (tracker_wire::decode(frame, message)) {
    case DecodeStatus::kOk:
      break;
    case DecodeStatus::kBadFrame:
      return bad_frame(connection, ErrorCode::kBadFrame, out);
    case DecodeStatus::kOversize:
      return bad_frame(connection, ErrorCode::kOversize, out);
    case DecodeStatus::kUnknownType:
      return refuse(connection, ErrorCode::kUnknownType, "a message of an unknown type", out);
  }
  if (message.type == Type::kJoin) return join(connection, session, message, out);
  if (message.type >= Type::kWelcome) {
    return refuse(connection, ErrorCode::kUnknownType, "a message that only a tracker sends", out);
  }
  if (session.id == 0) return refuse(connection, ErrorCode::kNotJoined, "JOIN comes first", out);
  switch (message.type) {
    case Type::kSignal:
      return signal(connection, session, message, frame, out);
    case Type::kMore:
      return more(connection, session, message.want, out);
    case Type::kLeave:
      session.since_ms = now_ms;  // as long again to come back
      return leave(session);
    default:
      return;
  }
}

void Hub::join(ConnectionId connection, Session& session, const Message& message, std::vector<Outgoing>& out) {
  if (message.version != tracker_wire::kProtocolVersion) {
    return refuse(connection, ErrorCode::kVersion, "this tracker speaks version 1", out);
  }
  if (session.id != 0) return refuse(connection, ErrorCode::kAlreadyJoined, "this connection has joined a swarm", out);
  const bool is_new = !swarms_.contains(message.swarm);
  if (is_new && swarms_.size() >= limits_.swarms_max) {
    return refuse(connection, ErrorCode::kFull, "this tracker has as many swarms as it takes; try again later", out);
  }
  Swarm& swarm = swarms_[message.swarm];
  if (swarm.size() >= limits_.swarm_size_max) {
    return refuse(connection, ErrorCode::kFull, "this swarm is full; try again later", out);
  }
  session.swarm = message.swarm;
  session.id = swarm.add(connection, dice_);
  ++members_;
  Message welcome;
  welcome.type = Type::kWelcome;
  welcome.peer = session.id;
  welcome.swarm_size = static_cast<uint32_t>(swarm.size());
  welcome.id_count = swarm.sample(session.id, message.want, dice_, welcome.ids.data());
  out.push_back({connection, encoded(welcome), 0});
}

void Hub::leave(Session& session) {
  if (session.id == 0) return;
  const auto swarm = swarms_.find(session.swarm);
  swarm->second.remove(session.id);
  if (swarm->second.size() == 0) swarms_.erase(swarm);
  session.id = 0;
  --members_;
}

void Hub::more(ConnectionId connection, const Session& session, uint32_t want, std::vector<Outgoing>& out) {
  const Swarm& swarm = swarms_.at(session.swarm);
  Message peers;
  peers.type = Type::kPeers;
  peers.swarm_size = static_cast<uint32_t>(swarm.size());
  peers.id_count = swarm.sample(session.id, want, dice_, peers.ids.data());
  out.push_back({connection, encoded(peers), 0});
}

void Hub::signal(ConnectionId connection, const Session& session, const Message& message,
                 std::span<const uint8_t> frame, std::vector<Outgoing>& out) {
  const ConnectionId target = swarms_.at(session.swarm).connection_of(message.peer);
  if (target == 0 || target == connection) {
    Message gone;
    gone.type = Type::kGone;
    gone.peer = message.peer;
    out.push_back({connection, encoded(gone), 0});
    return;
  }
  std::array<uint8_t, tracker_wire::kSignalHeaderBytesMax> header;
  const size_t length =
      tracker_wire::encode_signal_header(Type::kRelayed, session.id, message.kind, message.blob_bytes, header);
  std::vector<uint8_t> relayed(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(length));
  const auto blob = frame.subspan(message.blob_offset, message.blob_bytes);
  relayed.insert(relayed.end(), blob.begin(), blob.end());
  ++relayed_;
  out.push_back({target, std::move(relayed), 0});
}

void Hub::disconnected(ConnectionId connection) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) return;
  leave(found->second);
  sessions_.erase(found);
}

void Hub::tick(int64_t now_ms, std::vector<Outgoing>& out) {
  std::vector<ConnectionId> idle;
  for (const auto& [connection, session] : sessions_) {
    if (session.id == 0 && !session.is_closing && now_ms - session.since_ms >= limits_.join_timeout_ms) {
      idle.push_back(connection);
    }
  }
  for (const ConnectionId connection : idle) refuse(connection, ErrorCode::kTimeout, "no JOIN came in time", out);

  if (now_ms < size_notice_at_ms_) return;
  size_notice_at_ms_ = now_ms + limits_.size_notice_ms;
  for (auto& [id, swarm] : swarms_) {
    if (swarm.told_size == swarm.size()) continue;
    swarm.told_size = swarm.size();
    Message size;
    size.type = Type::kPeers;
    size.swarm_size = static_cast<uint32_t>(swarm.size());
    const std::vector<uint8_t> notice = encoded(size);
    swarm.each([&](ConnectionId connection, PeerId) { out.push_back({connection, notice, 0}); });
  }
}

HubStats Hub::stats() const { return {sessions_.size(), swarms_.size(), members_, frames_in_, relayed_, refused_}; }

}  // namespace bazaar::tracker
