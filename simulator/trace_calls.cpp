#include "trace_calls.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace bazaar::sim {

namespace {

using Input = TraceCall::Input;

int32_t whole(const Input& input, size_t i) { return static_cast<int32_t>(input.numbers[i]); }
/// Saturates, as the binding does for sizes.
uint32_t count(const Input& input, size_t i) {
  return input.numbers[i] < 4294967295.0 ? static_cast<uint32_t>(input.numbers[i]) : 4294967295u;
}

const TraceCall kCalls[] = {
    {"at", "r", TraceCall::kNoInbox, false, [](Engine& e, const Input& in) { return e.at(in.numbers[0]), 0.0; }},
    {"step", "", TraceCall::kNoInbox, false, [](Engine& e, const Input&) { return static_cast<double>(e.step()); }},
    {"configure", "ir", TraceCall::kNoInbox, true,
     [](Engine& e, const Input& in) {
       return e.configure(static_cast<Option>(whole(in, 0)), in.numbers[1]) ? 1.0 : 0.0;
     }},
    {"set_swarm", "", TraceCall::kSwarm, false,
     [](Engine& e, const Input& in) { return e.set_swarm(std::span<const uint8_t, 16>(in.bytes.data(), 16)), 0.0; }},
    {"tracker_opened", "u", 0, false, [](Engine& e, const Input& in) { return e.tracker_opened(in.bytes), 0.0; }},
    {"tracker_closed", "", TraceCall::kNoInbox, false, [](Engine& e, const Input&) { return e.tracker_closed(), 0.0; }},
    {"tracker_message", "iu", 1, false,
     [](Engine& e, const Input& in) { return e.tracker_message(whole(in, 0), in.bytes), 0.0; }},
    {"encode_signal", "iiu", TraceCall::kNoInbox, true,
     [](Engine& e, const Input& in) {
       return static_cast<double>(e.encode_signal(whole(in, 0), whole(in, 1), count(in, 2)));
     }},
    {"link_opened", "i", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.link_opened(whole(in, 0)), 0.0; }},
    {"link_closed", "i", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.link_closed(whole(in, 0)), 0.0; }},
    {"peer_message", "iiuu", 2, false,
     [](Engine& e, const Input& in) {
       return e.peer_message(whole(in, 0), whole(in, 1), in.bytes, count(in, 3)), 0.0;
     }},
    {"peer_writable", "i", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.peer_writable(whole(in, 0)), 0.0; }},
    {"segment_seen", "uuirr", TraceCall::kNoInbox, true,
     [](Engine& e, const Input& in) {
       const uint64_t key = static_cast<uint64_t>(count(in, 0)) << 32 | count(in, 1);
       return static_cast<double>(e.segment_seen({key}, whole(in, 2), in.numbers[3], in.numbers[4]));
     }},
    {"segment_gone", "i", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.segment_gone(whole(in, 0)), 0.0; }},
    {"segment_wanted", "i", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.segment_wanted(whole(in, 0)), 0.0; }},
    {"segment_unwanted", "i", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.segment_unwanted(whole(in, 0)), 0.0; }},
    {"rendition_active", "ii", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.rendition_active(whole(in, 0), whole(in, 1) != 0), 0.0; }},
    {"playhead", "rrr", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.playhead(in.numbers[0], in.numbers[1], in.numbers[2]), 0.0; }},
    {"cdn_headers", "iui", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.cdn_headers(whole(in, 0), count(in, 1), whole(in, 2) != 0), 0.0; }},
    {"cdn_block", "ii", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.cdn_block(whole(in, 0), static_cast<uint32_t>(whole(in, 1))), 0.0; }},
    {"cdn_done", "ir", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.cdn_done(whole(in, 0), in.numbers[1]), 0.0; }},
    {"cdn_failed", "iir", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.cdn_failed(whole(in, 0), whole(in, 1), in.numbers[2]), 0.0; }},
    {"block_verified", "iii", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) {
       return e.block_verified(whole(in, 0), static_cast<uint32_t>(whole(in, 1)), whole(in, 2) != 0), 0.0;
     }},
    {"bytes_outside", "r", TraceCall::kNoInbox, false,
     [](Engine& e, const Input& in) { return e.bytes_outside(in.numbers[0]), 0.0; }},
};

}  // namespace

const TraceCall* find_trace_call(std::string_view name) {
  const auto* found = std::find_if(std::begin(kCalls), std::end(kCalls), [&](const auto& c) { return c.name == name; });
  return found == std::end(kCalls) ? nullptr : found;
}

}  // namespace bazaar::sim
