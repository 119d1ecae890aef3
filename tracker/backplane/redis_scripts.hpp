// What must be one step in Redis: take a number, renew and tell, leave. Everything else is plain commands.
// Owns the text of the scripts and what they cost; refuses to send. Invariant: a script writes only after it has seen
// that the number is its caller's, and what a stopped Redis executes minutes late is refused by its sequence.
#pragma once

#include <cstdint>
#include <string_view>

namespace bazaar::tracker {

/// KEYS: n:{id}, nodes. ARGV: id, lease ms, reserved ms. Answers the boot (Redis's clock in µs), or 0: taken, or kept
/// for somebody who may only be cut off.
inline constexpr std::string_view kClaimScript = R"lua(
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now_ms - ARGV[3])
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local boot = time[1] * 1000000 + time[2]
redis.call('HSET', KEYS[1], 'boot', string.format('%.0f', boot), 'sequence', 0, 'state', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], now_ms, ARGV[1])
return boot
)lua";
inline constexpr uint64_t kClaimOperations = 7;

/// KEYS: n:{id}, nodes, cells:{id}. ARGV: id, boot, sequence, state, lease ms, cells' TTL ms, channel, bulletin,
/// whether to begin the hash anew (0, 1), number of ended cells, their fields, then field and value of each changed
/// one. Answers 1; 2: Redis had forgotten this node; −1: the number is another's; −2: late.
inline constexpr std::string_view kTellScript = R"lua(
local held = redis.call('HMGET', KEYS[1], 'boot', 'sequence')
if held[1] and held[1] ~= ARGV[2] then return -1 end
if held[1] and tonumber(held[2]) >= tonumber(ARGV[3]) then return -2 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'boot', ARGV[2], 'sequence', ARGV[3], 'state', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
if ARGV[9] == '1' then redis.call('DEL', KEYS[3]) end
local ended = tonumber(ARGV[10])
if ended > 0 then redis.call('HDEL', KEYS[3], unpack(ARGV, 11, 10 + ended)) end
if #ARGV > 10 + ended then redis.call('HSET', KEYS[3], unpack(ARGV, 11 + ended)) end
redis.call('PEXPIRE', KEYS[3], ARGV[6])
redis.call('PUBLISH', ARGV[7], ARGV[8])
return held[1] and 1 or 2
)lua";
/// Without DEL, HDEL and HSET of cells, which are not always there.
inline constexpr uint64_t kTellOperations = 7;

/// KEYS as above. ARGV: id, boot, channel, bulletin.
inline constexpr std::string_view kLeaveScript = R"lua(
if redis.call('HGET', KEYS[1], 'boot') ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
)lua";
inline constexpr uint64_t kLeaveOperations = 4;

}  // namespace bazaar::tracker
