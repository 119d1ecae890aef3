// One scenario: who watches, over which links, from which CDN, and what goes wrong. Read from a TOML file.
// Owns the numbers and the check of every key; refuses to simulate. Invariant: a Scenario that load() returned is
// complete and within bounds; a wrong file is told by line, key and what was expected.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "ids.hpp"

namespace bazaar::sim {

/// A share of the audience with the same uplink.
struct UplinkClass {
  double share = 1;       ///< of the audience; shares are scaled to sum 1
  double of_bitrate = 2;  ///< uplink as a multiple of the (highest) rendition's bitrate
};

struct Scenario {
  std::string name;      ///< file name without extension
  std::string sentence;  ///< what it is about

  // [run]
  TimeMs duration_ms = 60'000;  ///< virtual time, and video, from the first join
  TimeMs warm_up_ms = 20'000;   ///< figures count from here

  // [audience]
  uint32_t viewers = 1000;    ///< present at once
  TimeMs join_ms = 5'000;     ///< the first viewers join within this time, uniformly
  TimeMs mean_stay_ms = 0;    ///< exponential; who leaves is replaced at once. 0: everybody stays
  double silent_share = 0.3;  ///< of those who leave: without a word (a crash, a closed laptop)
  TimeMs leave_at_ms = 0;     ///< at this moment …
  double leave_share = 0;     ///< … this share of the audience leaves for good

  // [stream]
  TimeMs segment_ms = 2'000;
  TimeMs sync_ms = 6'000;                    ///< behind the end of the playlist at the start, as hls.js does it
  double size_spread = 0.1;                  ///< a segment's size varies by this share either way
  std::vector<double> bitrates_kbit{2'500};  ///< one a rendition
  TimeMs switch_mean_ms = 0;                 ///< a viewer changes rendition this often on average; 0: never

  // [[uplink]], [links]
  std::vector<UplinkClass> uplinks{{}};
  double downlink_mbit = 20;
  TimeMs access_ms = 8;        ///< least delay of a viewer's access link, one way
  TimeMs access_more_ms = 12;  ///< mean of the exponential rest of it
  TimeMs jitter_ms = 2;        ///< mean of the exponential jitter of a message
  double loss = 0.002;         ///< of packets of 1,200 B; SCTP turns it into delay
  TimeMs queue_ms = 50;  ///< the access router's queue: what small messages of one channel wait for another's blocks

  // [connecting]
  TimeMs set_up_ms = 400;    ///< ICE and DTLS after the answer, mean (±50 %)
  double symmetric_nat = 0;  ///< share of viewers behind a symmetric NAT: two of them never connect
  double island_share = 0;   ///< share of viewers behind firewalls …
  uint32_t islands = 1;      ///< … in so many islands: they connect only within theirs
  TimeMs signal_ms = 25;     ///< viewer to tracker, one way, besides the access link
  uint32_t peers_max = 16;   ///< connections a viewer

  // [cdn]
  double cdn_of_audience = 0;  ///< egress as a share of what the whole audience would need; 0: no limit
  TimeMs cdn_ms = 10;          ///< one way, besides the access link
  TimeMs cdn_answer_ms = 5;    ///< until the first byte
  TimeMs outage_from_ms = 0;
  TimeMs outage_until_ms = 0;  ///< the CDN answers 503 between these
  double outage_share = 1;     ///< to this share of the viewers (an edge that is down)

  // [behaviour]
  double free_riders = 0;  ///< share that never uploads
  double liars = 0;        ///< share that serves other bytes than it received
  double slow_peers = 0;   ///< share that answers requests late …
  TimeMs slow_ms = 1'500;  ///< … by this
};

struct ScenarioError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads a file; throws ScenarioError with `file:line: key: what was expected`.
Scenario load_scenario(const std::string& path);
/// The same from text; `name` is used for messages.
Scenario parse_scenario(const std::string& text, const std::string& name);
/// Rows of the table of keys in docs/simulator.md: key, range, default, meaning.
std::vector<std::string> scenario_key_rows();

}  // namespace bazaar::sim
