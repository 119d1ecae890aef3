// What two browsers must tell each other to connect, in typed fields: ICE credentials, a DTLS fingerprint, candidates.
// Owns the layout of a SIGNAL's blob and the way from and to SDP, whose rest is a template (one data channel, mid 0,
// sctp-port 5000); refuses media, other hashes than SHA-256 and names outside .local. Invariant: what check() passes,
// unpack turns into SDP made of nothing but the template and these fields, each in its own alphabet and bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tracker_wire.hpp"

namespace bazaar::ice_description {

/// In one blob; more are sent in another.
inline constexpr size_t kCandidatesMax = 24;
/// In one that pack() makes: a list of so many has a head of one byte, which can be written last.
inline constexpr size_t kPackedMax = 15;
/// Room for what any blob unpacks to.
inline constexpr size_t kSdpBytesMax = 8 * 1024;

/// Offer and answer: [ufrag, pwd, fingerprint, setup, max_message_bytes, [candidate, …]]      candidates: [candidate,
/// …]
///   fingerprint: bin 32; setup: 0 actpass (offers only), 1 active, 2 passive
///   candidate: [foundation, component, transport, priority, address, port, type, tcptype, related address, related
///   port] transport: 0 udp, 1 tcp; type: 0 host, 1 srflx, 2 prflx, 3 relay; tcptype: 0 none, 1 active, 2 passive, 3 so
///   address: bin 4 or bin 16, or text of an mDNS name; related address: the same, or an empty bin for none
///
/// Whether a blob of this kind is such an array, every field in bounds. A bye's is empty.
[[nodiscard]] bool check(std::span<const uint8_t> blob, tracker_wire::SignalKind kind);

/// From the text of an offer or an answer (SDP), or of candidates (lines that begin with `candidate:`, as browsers give
/// them). Returns the blob's length; 0 when the text is not one of ours or does not fit. Candidates of a kind that the
/// layout has not are left out, and those beyond kPackedMax.
size_t pack(std::string_view text, tracker_wire::SignalKind kind, std::span<uint8_t> blob);

/// The way back: SDP, or lines. Returns the text's length in bytes; 0 when check() fails or it does not fit.
size_t unpack(std::span<const uint8_t> blob, tracker_wire::SignalKind kind, std::span<uint8_t> text);

}  // namespace bazaar::ice_description
