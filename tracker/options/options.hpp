// Everything an operator can set, with its default. The table (table.cpp) says what each is; names are the same there,
// in the file and, with dashes, on the command line. Owns the values; refuses to read or to check them. Invariant: a
// default-constructed one is a tracker for one machine that anybody may use, on loopback.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bazaar::tracker {

struct Options {
  // Where it listens.
  std::string host = "127.0.0.1";
  int64_t port = 8000;
  int64_t workers = 0;
  std::string cert;
  std::string key;
  std::vector<std::string> trusted_proxies;
  std::string proxy_header = "x-forwarded-for";
  std::vector<std::string> metrics_allow = {"127.0.0.0/8", "::1"};

  // Who may come in.
  std::vector<std::string> origins = {"*"};
  bool allow_missing_origin = true;
  std::vector<std::string> token_keys;
  std::string resume_secret;

  // How many.
  int64_t connections_max = 50'000;
  int64_t connections_per_address_max = 1'000;
  int64_t swarms_max = 10'000;
  int64_t swarm_size_max = 50'000;
  int64_t swarms_per_connection_max = 16;
  int64_t handshakes_max = 4'096;

  // How fast.
  int64_t accepts_per_second = 0;
  int64_t connections_per_address_per_second = 50;
  int64_t connections_per_address_burst = 1'000;
  int64_t messages_per_second = 100;
  int64_t messages_burst = 300;
  int64_t bytes_per_second = 131'072;
  int64_t bytes_burst = 524'288;
  int64_t messages_per_address_per_second = 5'000;
  int64_t messages_per_address_burst = 20'000;
  int64_t joins_per_stream_per_second = 5'000;
  int64_t joins_per_stream_burst = 10'000;

  // How long.
  int64_t handshake_timeout_ms = 10'000;
  int64_t first_message_timeout_ms = 10'000;
  int64_t ping_after_ms = 20'000;
  int64_t hang_up_after_ms = 50'000;
  int64_t resume_window_ms = 20'000;
  int64_t queue_soft_bytes = 65'536;
  int64_t queue_hard_bytes = 262'144;

  // Cells.
  int64_t cell_size_min = 100;
  int64_t cell_size_target = 300;
  int64_t cell_size_max = 500;
  int64_t subnet_peers_max = 2;
  int64_t subnet_audience_min = 50;

  // A stream's beginning.
  int64_t join_window_ms = -1;
  int64_t join_window_max_ms = 30'000;
  int64_t joins_per_second_goal = 2'000;
  int64_t stats_interval_s = 60;
  int64_t size_notice_ms = 5'000;

  // WebTorrent's protocol.
  bool webtorrent = true;
  int64_t webtorrent_interval_s = 30;
  int64_t webtorrent_offers_max = 10;

  // More than one node.
  std::string backplane = "memory";
  std::string backplane_prefix = "bazaar:";

  // The end.
  int64_t drain_percent_per_second = 5;
  int64_t drain_deadline_s = 60;

  // What it says.
  std::string log_level = "info";
  bool log_json = false;
};

}  // namespace bazaar::tracker
