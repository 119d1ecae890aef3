#include "backplane/redis_session.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "backplane/redis_limits.hpp"
#include "backplane/redis_scripts.hpp"
#include "swarm/directory.hpp"

namespace bazaar::tracker {

namespace {

constexpr size_t kArrivingBytesMax = kBatchBytes + kBusMessageBytesMax + 1'024;
constexpr size_t kPageFields = 1'024;

std::span<const uint8_t> as_bytes(const redisReply& reply) {
  return {reinterpret_cast<const uint8_t*>(reply.str), reply.len};
}

template <typename Number>
std::optional<Number> number_in(const redisReply& reply) {
  const std::string_view text = text_of(reply);
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::span<redisReply* const> elements_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY) return {};
  return {reply.element, reply.elements};
}

}  // namespace

RedisSession::RedisSession(RedisNode& node, int64_t now_ms)
    : node_(node),
      commands_(node.url, now_ms),
      inbox_(node.url, now_ms),
      cells_channel_(node.key("cells")),
      now_ms_(now_ms),
      opened_ms_(now_ms) {
  if (node_.number) {
    // Those known from before may be on their own way back.
    node_.known->forgive(now_ms + kReturnGraceMs - kLeaseMs);
    subscribe();
  } else {
    claim();
  }
}

void RedisSession::claim() {
  const auto number = static_cast<uint16_t>(node_.dice());
  const std::string id = std::to_string(number);
  commands_.command({"EVAL", kClaimScript, "2", node_.key("n", number), node_.key("nodes"), id,
                     std::to_string(kLeaseMs), std::to_string(kReservedMs)},
                    now_ms_, [this, number](const redisReply& reply) {
                      if (reply.type != REDIS_REPLY_INTEGER || reply.integer < 0) {
                        fail("no number from Redis: " + std::string(text_of(reply)));
                      } else if (reply.integer == 0) {
                        claim();
                      } else {
                        node_.number = number;
                        node_.boot = static_cast<uint64_t>(reply.integer);
                        node_.known.emplace(number);
                        subscribe();
                      }
                    });
  node_.tally.operations += kClaimOperations;
}

void RedisSession::subscribe() {
  phase_ = Phase::kSubscribing;
  inbox_.subscribe({node_.key("inbox", *node_.number), cells_channel_},
                   [this](const redisReply& reply) { on_message(reply); });
}

void RedisSession::meet_others() {
  is_meeting_ = true;
  commands_.command({"ZREVRANGE", node_.key("nodes"), "0", std::to_string(kNodesMax - 1)}, now_ms_,
                    [this](const redisReply& reply) {
                      for (const redisReply* element : elements_of(reply)) {
                        const auto number = number_in<uint16_t>(*element);
                        if (!number) {
                          refuse();
                        } else if (*number != *node_.number) {
                          look_up(*number);
                        }
                      }
                    });
}

void RedisSession::tell(int64_t now_ms) {
  node_.cells.expire(now_ms);
  Bulletin bulletin{node_.next_sender(), node_.state, {}};
  std::vector<std::string> ended;
  std::vector<std::string> changed;
  for (const OwnCells::Change& change : node_.cells.take()) {
    bulletin.notices.push_back(change.notice);
    if (change.notice.size == 0) {
      ended.push_back(write_cell_field(change.notice.cell));
    } else if (!change.is_stored) {
      changed.push_back(write_cell_field(change.notice.cell));
      changed.push_back(write_cell_value(change.notice));
    }
  }
  const uint16_t number = *node_.number;
  const std::string written = write_bulletin(bulletin);
  const std::string keys[] = {node_.key("n", number), node_.key("nodes"), node_.key("cells", number)};
  const std::string arguments[] = {std::to_string(number),
                                   std::to_string(node_.boot),
                                   std::to_string(bulletin.sender.sequence),
                                   std::to_string(static_cast<int>(node_.state)),
                                   std::to_string(kLeaseMs),
                                   std::to_string(kCellTtlMs),
                                   cells_channel_,
                                   written,
                                   is_first_bulletin_ ? "1" : "0",
                                   std::to_string(ended.size())};
  std::vector<std::string_view> words{"EVAL", kTellScript, "3"};
  words.insert(words.end(), std::begin(keys), std::end(keys));
  words.insert(words.end(), std::begin(arguments), std::end(arguments));
  words.insert(words.end(), ended.begin(), ended.end());
  words.insert(words.end(), changed.begin(), changed.end());
  commands_.command(words, now_ms, [this](const redisReply& reply) { told(reply); });
  node_.tally.operations +=
      kTellOperations + (is_first_bulletin_ ? 1 : 0) + (ended.empty() ? 0 : 1) + (changed.empty() ? 0 : 1);
  is_first_bulletin_ = false;
  last_bulletin_ms_ = now_ms;
  const auto jitter = static_cast<int64_t>(node_.dice() % (2 * kBeatJitterMs + 1)) - kBeatJitterMs;
  next_bulletin_ms_ = now_ms + kBeatMs + jitter;
}

void RedisSession::told(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_INTEGER) {
    fail("Redis does not take the heartbeat: " + std::string(text_of(reply)));
  } else if (reply.integer == -1) {
    fail("number " + std::to_string(*node_.number) +
         " belongs to another node now: this one stays alone until that one leaves; restart it when it has drained");
  } else if (reply.integer < 0) {
    fail("a heartbeat came late");
  } else if (phase_ == Phase::kSubscribing) {
    phase_ = Phase::kUp;
  } else if (reply.integer == 2) {
    spdlog::warn("backplane: Redis had forgotten node {}; everything is told again", *node_.number);
    node_.cells.retell();
  }
}

void RedisSession::on_message(const redisReply& reply) {
  const auto parts = elements_of(reply);
  if (parts.size() != 3) {
    fail("the subscription failed: " + std::string(text_of(reply)));
    return;
  }
  const std::string_view what = text_of(*parts[0]);
  if (what == "subscribe") {
    if (++subscriptions_ == 2) tell(now_ms_);
  } else if (what == "message" && parts[2]->type == REDIS_REPLY_STRING && parts[2]->len <= kArrivingBytesMax) {
    if (text_of(*parts[1]) == cells_channel_) {
      on_bulletin(as_bytes(*parts[2]));
    } else {
      on_batch(as_bytes(*parts[2]));
    }
  } else {
    refuse();
  }
}

void RedisSession::on_batch(std::span<const uint8_t> bytes) {
  const auto batch = read_batch(bytes);
  if (!batch || !node_.known->admits(batch->sender)) {
    refuse();
    return;
  }
  for (const Batch::Message& message : batch->messages) {
    ++node_.tally.received;
    node_.listener->received(message.worker, message.kind, message.bytes);
  }
}

void RedisSession::on_bulletin(std::span<const uint8_t> bytes) {
  const auto bulletin = read_bulletin(bytes);
  if (!bulletin) {
    refuse();
    return;
  }
  const Sender& sender = bulletin->sender;
  if (sender.node == *node_.number && sender.boot == node_.boot) return;
  if (bulletin->state == NodeState::kLeaving) {
    if (node_.known->leave(sender)) {
      node_.listener->node_lost(sender.node);
    } else {
      refuse();
    }
    return;
  }
  switch (node_.known->heard(sender, now_ms_)) {
    case KnownNodes::Verdict::kStranger:
      if (is_meeting_ && looked_up_.size() < kNodesMax) look_up(sender.node);
      break;
    case KnownNodes::Verdict::kKnown:
      note_state(sender.node, bulletin->state);
      if (!bulletin->notices.empty()) node_.listener->heard(bulletin->notices);
      break;
    default:
      refuse();
  }
}

void RedisSession::look_up(uint16_t node) {
  if (!looked_up_.insert(node).second) return;
  commands_.command({"HMGET", node_.key("n", node), "boot", "sequence", "state"}, now_ms_,
                    [this, node](const redisReply& reply) {
                      looked_up_.erase(node);
                      on_record(node, reply);
                    });
}

void RedisSession::on_record(uint16_t node, const redisReply& reply) {
  const auto fields = elements_of(reply);
  if (fields.size() == 3 && fields[0]->type == REDIS_REPLY_NIL) return;  // it has died: nodes remembers for a day
  const auto boot = fields.size() == 3 ? number_in<uint64_t>(*fields[0]) : std::nullopt;
  const auto sequence = boot ? number_in<uint64_t>(*fields[1]) : std::nullopt;
  const auto state = sequence ? number_in<uint8_t>(*fields[2]) : std::nullopt;
  if (!state || *state > static_cast<uint8_t>(NodeState::kDraining)) {
    refuse();
    return;
  }
  switch (node_.known->introduce({node, *boot, *sequence}, now_ms_)) {
    case KnownNodes::Verdict::kRefused:
      refuse();
      return;
    case KnownNodes::Verdict::kReplaced:
      node_.listener->node_lost(node);
      break;
    default:
      break;
  }
  note_state(node, static_cast<NodeState>(*state));
  read_cells(node, "0", 0);
}

void RedisSession::note_state(uint16_t node, NodeState state) {
  if (state == NodeState::kServing) {
    node_.known->mark_serving(node);
  } else if (node_.known->mark_draining(node)) {
    node_.listener->node_draining(node);
  }
}

void RedisSession::read_cells(uint16_t node, const std::string& cursor, size_t seen) {
  commands_.command({"HSCAN", node_.key("cells", node), cursor, "COUNT", std::to_string(kPageFields)}, now_ms_,
                    [this, node, seen](const redisReply& reply) { on_cells(node, seen, reply); });
}

void RedisSession::on_cells(uint16_t node, size_t seen, const redisReply& reply) {
  const auto parts = elements_of(reply);
  if (parts.size() != 2 || !number_in<uint64_t>(*parts[0])) {
    refuse();
    return;
  }
  const auto page = elements_of(*parts[1]);
  std::vector<CellNotice> notices;
  for (size_t i = 0; i + 1 < page.size(); i += 2) {
    if (const auto notice = read_cell(node, text_of(*page[i]), text_of(*page[i + 1]))) {
      notices.push_back(*notice);
    } else {
      refuse();
    }
  }
  if (!notices.empty() && node_.known->knows(node)) node_.listener->heard(notices);
  seen += page.size() / 2;
  const std::string cursor(text_of(*parts[0]));
  if (cursor != "0" && seen < kCellsPerNodeMax) read_cells(node, cursor, seen);
}

void RedisSession::turn(Ready ready, int64_t now_ms) {
  const bool stood_still = now_ms - now_ms_ > kStallMs;
  now_ms_ = now_ms;
  commands_.turn(ready.commands, now_ms);
  inbox_.turn(ready.inbox, now_ms);
  node_.tally.operations += commands_.take_operations() + inbox_.take_operations();
  if (commands_.problem()) fail(*commands_.problem());
  if (inbox_.problem()) fail(*inbox_.problem());
  if (stood_still) {
    if (node_.known) node_.known->forgive(now_ms);
    opened_ms_ = std::max(opened_ms_, now_ms - kOpeningMaxMs / 2);
  } else {
    check_deadlines(now_ms);
  }
  if (problem_ || !is_up()) return;
  const bool is_urgent = node_.cells.is_urgent() && now_ms >= last_bulletin_ms_ + kUrgentMs;
  if (now_ms >= next_bulletin_ms_ || is_urgent) {
    // As many as it takes: a node that returns has thousands of cells to tell.
    do {
      tell(now_ms);
    } while (node_.cells.has_untold() && !is_clogged());
  }
  if (!is_meeting_) return;
  for (const uint16_t lost : node_.known->expire(now_ms)) node_.listener->node_lost(lost);
}

void RedisSession::check_deadlines(int64_t now_ms) {
  if (phase_ < Phase::kUp && now_ms - opened_ms_ > kOpeningMaxMs) {
    fail("Redis at " + node_.url.place() + " does not answer");
  }
  const auto since_ms = commands_.waiting_since_ms();
  if (is_up() && since_ms && now_ms - *since_ms > kAnswerMaxMs) {
    fail("Redis at " + node_.url.place() + " has stopped answering");
  }
  if (is_up() && now_ms - inbox_.heard_ms() > kSilenceMaxMs) {
    fail("nothing comes from Redis at " + node_.url.place() + " any more");
  }
}

int64_t RedisSession::due_ms() const {
  int64_t due_ms = is_up() ? next_bulletin_ms_ : opened_ms_ + kOpeningMaxMs + 1;
  if (is_up() && node_.cells.is_urgent()) due_ms = std::min(due_ms, last_bulletin_ms_ + kUrgentMs);
  return due_ms;
}

bool RedisSession::is_clogged() const { return commands_.unsent_bytes() > kUnsentBytesMax; }

void RedisSession::send(uint16_t to, BatchWriter& batch, int64_t now_ms) {
  const uint64_t messages = batch.messages();
  commands_.command({"PUBLISH", node_.key("inbox", to), batch.seal(node_.next_sender())}, now_ms,
                    [this, messages](const redisReply& reply) {
                      // Nobody listens there: it is cut off, or has died a moment ago.
                      if (reply.type == REDIS_REPLY_INTEGER && reply.integer == 0) node_.tally.dropped += messages;
                    });
  node_.tally.posted += messages;
  batch.clear();
}

void RedisSession::say_goodbye(int64_t now_ms) {
  phase_ = Phase::kLeaving;
  const uint16_t number = *node_.number;
  const std::string bulletin = write_bulletin({node_.next_sender(), NodeState::kLeaving, {}});
  commands_.command({"EVAL", kLeaveScript, "3", node_.key("n", number), node_.key("nodes"), node_.key("cells", number),
                     std::to_string(number), std::to_string(node_.boot), cells_channel_, bulletin},
                    now_ms, [this](const redisReply& /*reply*/) { phase_ = Phase::kLeft; });
  node_.tally.operations += kLeaveOperations;
}

void RedisSession::refuse() { ++node_.tally.refused; }

void RedisSession::fail(const std::string& why) {
  if (!problem_) problem_ = why;
}

}  // namespace bazaar::tracker
