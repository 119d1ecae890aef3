// The rows themselves. Kept apart from table.cpp: this is what an operator reads, that is how it is used.
#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "admission/address_prefix.hpp"
#include "admission/join_token.hpp"
#include "admission/origin_list.hpp"
#include "options/table.hpp"

namespace bazaar::tracker {

namespace {

constexpr auto kHangUp = OptionRow::Reload::kHangUp;
constexpr auto kRestart = OptionRow::Reload::kRestart;
constexpr int64_t kRateMax = 10'000'000;
constexpr int64_t kHourMs = 3'600'000;

template <const auto& kChoices>
void check_choice(const std::string& text) {
  if (std::find(std::begin(kChoices), std::end(kChoices), text) != std::end(kChoices)) return;
  std::string sentence = "expected one of";
  for (const std::string_view choice : kChoices) sentence.append(" ").append(choice);
  throw std::invalid_argument(sentence);
}
constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::string_view kHeaders[] = {"x-forwarded-for", "forwarded", "x-real-ip"};

void check_host(const std::string& text) {
  if (text.empty()) throw std::invalid_argument("expected an address to listen on, such as 127.0.0.1, 0.0.0.0 or ::");
}

void check_network(const std::string& text) {
  if (!admission::AddressPrefix::parse(text))
    throw std::invalid_argument("expected a network such as 10.0.0.0/8 or 2001:db8::/32, or one address");
}

void check_origin(const std::string& text) { admission::OriginList({text}, true); }

void check_key(const std::string& text) {
  if (!text.starts_with('@')) admission::KeyRing({text});
}

void check_secret(const std::string& text) {
  if (!text.empty() && !text.starts_with('@') && text.size() < 16)
    throw std::invalid_argument("expected 16 characters at least, or @FILE");
}

void check_backplane(const std::string& text) {
  if (text != "memory" && !text.starts_with("redis://") && !text.starts_with('@'))
    throw std::invalid_argument("expected \"memory\" or redis://[user:password@]host[:port][/database]");
}

void check_prefix(const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == ':' || c == '-' || c == '_' || c == '.';
  });
  if (text.empty() || text.size() > 64 || !is_plain)
    throw std::invalid_argument("expected 1 … 64 of letters, digits and : - _ .");
}

std::vector<OptionGroup> made() {
  using O = Options;
  return {
      {"Where it listens",
       {
           {"host", TextOption{&O::host, check_host}, "",
            "Address to listen on: 0.0.0.0 for every IPv4 interface, :: for IPv6 and IPv4 together.", ""},
           {"port", NumberOption{&O::port, 0, 65'535}, "", "TCP port.", "0: any free one, printed at the start."},
           {"workers", NumberOption{&O::workers, 0, 255}, "threads",
            "Event loops, each with its own share of the connections.",
            "0: one for each processor. More than there are processors gains nothing; fewer leaves room for others."},
           {"cert", TextOption{&O::cert, nullptr}, "file",
            "Certificate chain in PEM: with it, and with `key`, the port speaks TLS.",
            "Empty: plain WebSocket, for loopback or behind a proxy that speaks TLS.", kHangUp},
           {"key", TextOption{&O::key, nullptr}, "file", "Private key in PEM that belongs to `cert`.", "", kHangUp},
           {"trusted_proxies", ListOption{&O::trusted_proxies, check_network}, "networks",
            "Proxies whose header about the client's address is believed.",
            "Empty: the socket's address is the client's. A network too many lets its machines choose any address."},
           {"proxy_header", TextOption{&O::proxy_header, check_choice<kHeaders>}, "",
            "The header that those proxies write.", "x-forwarded-for, forwarded (RFC 7239) or x-real-ip."},
           {"metrics_allow", ListOption{&O::metrics_allow, check_network}, "networks",
            "Who may read /metrics and what `tracker top` shows; /healthz and /readyz are open to all.",
            "Empty: nobody."},
       }},
      {"Who may come in",
       {
           {"origins", ListOption{&O::origins, check_origin}, "origins",
            "Pages whose viewers are let in: \"https://www.example.org\", \"https://*.example.org\", or \"*\" for all.",
            "Others get 403.", kHangUp},
           {"allow_missing_origin", FlagOption{&O::allow_missing_origin}, "",
            "Whether clients that send no Origin are let in: programs and apps send none, browsers always one.",
            "true keeps native apps and probes working; false keeps out what does not even pretend.", kHangUp},
           {"token_keys", ListOption{&O::token_keys, check_key}, "keys",
            "Keys of join tokens, each \"kid:hmac-sha256:SECRET\" or \"kid:ed25519:PUBLICKEY\" in base64url, or "
            "\"@FILE\" "
            "with one a line.",
            "Empty: everybody may join. With keys, a native viewer needs a token, and WebTorrent clients, which have "
            "none, may not join. Several keys at a time: add the new one, let the old tokens expire, drop the old one.",
            kHangUp, true},
           {"resume_secret", TextOption{&O::resume_secret, check_secret}, "",
            "What seals the tokens by which viewers get their place back, or \"@FILE\": the same on every node.",
            "Empty: drawn at the start; then a viewer that comes to another node, or after a restart, is a newcomer.",
            kRestart, true},
       }},
      {"How many",
       {
           {"connections_max", NumberOption{&O::connections_max, 1, 10'000'000}, "connections",
            "Connections of this process, then newcomers get 503.",
            "Keep it 1,000 below the limit of open files; memory is 1–2.5 KB for each, 15 KB with TLS."},
           {"connections_per_address_max", NumberOption{&O::connections_per_address_max, 1, 10'000'000}, "connections",
            "Connections from one IPv4 address, or one /64 of IPv6.",
            "Mobile carriers put hundreds of viewers behind one address: too low shuts them out, too high lets one "
            "machine take the places."},
           {"swarms_max", NumberOption{&O::swarms_max, 1, 10'000'000}, "streams", "Streams at once, of each protocol.",
            "Bounds memory against made-up stream ids: some 300 bytes each."},
           {"swarm_size_max", NumberOption{&O::swarm_size_max, 1, 100'000'000}, "viewers", "Viewers of one stream.",
            "Then newcomers of that stream are refused (4006) and play from the CDN."},
           {"swarms_per_connection_max", NumberOption{&O::swarms_per_connection_max, 1, 1'000}, "streams",
            "Streams that one WebTorrent connection may be in (a native one is in one).",
            "p2p-media-loader needs one for each rendition and audio track that its page has played."},
           {"handshakes_max", NumberOption{&O::handshakes_max, 16, 1'000'000}, "connections",
            "Connections, in all workers, that have not finished their HTTP request; more wait in the kernel.",
            "Raising takes storms faster and costs memory while they last (8 KiB each, 25 with TLS)."},
       }},
      {"How fast",
       {
           {"accepts_per_second", NumberOption{&O::accepts_per_second, 0, kRateMax}, "connections/s",
            "New connections of this process; more get 503 with Retry-After before TLS.",
            "0: no limit but the processor. With TLS some 500 for each processor keep it responsive."},
           {"connections_per_address_per_second", NumberOption{&O::connections_per_address_per_second, 0, kRateMax},
            "connections/s", "New connections from one address, on average.", "0: no limit."},
           {"connections_per_address_burst", NumberOption{&O::connections_per_address_burst, 1, kRateMax},
            "connections", "New connections from one address, at once.",
            "After an outage everybody behind a carrier's address comes back within seconds."},
           {"messages_per_second", NumberOption{&O::messages_per_second, 0, kRateMax}, "messages/s",
            "Messages of one connection, on average; more close it (4007).",
            "A viewer with twelve neighbours sends about sixty in its first two seconds. 0: no limit."},
           {"messages_burst", NumberOption{&O::messages_burst, 1, kRateMax}, "messages",
            "Messages of one connection, at once.", ""},
           {"bytes_per_second", NumberOption{&O::bytes_per_second, 0, 1'000'000'000}, "bytes/s",
            "Bytes of one connection's messages, on average; more close it (4007).",
            "A WebTorrent announce with ten offers has 14 KB. 0: no limit."},
           {"bytes_burst", NumberOption{&O::bytes_burst, 65'536, 1'000'000'000}, "bytes",
            "Bytes of one connection's messages, at once; at least the longest message.", ""},
           {"messages_per_address_per_second", NumberOption{&O::messages_per_address_per_second, 0, kRateMax},
            "messages/s", "Messages of all connections of one address, on average; more close those that send them.",
            "0: no limit."},
           {"messages_per_address_burst", NumberOption{&O::messages_per_address_burst, 1, kRateMax}, "messages",
            "Messages of all connections of one address, at once.", ""},
           {"joins_per_stream_per_second", NumberOption{&O::joins_per_stream_per_second, 0, kRateMax}, "joins/s",
            "Joins of one stream at this node, on average; more are told when to come back.",
            "Keeps one premiere from starving the other streams. 0: no limit."},
           {"joins_per_stream_burst", NumberOption{&O::joins_per_stream_burst, 1, kRateMax}, "joins",
            "Joins of one stream at this node, at once.", ""},
       }},
      {"How long",
       {
           {"handshake_timeout_ms", NumberOption{&O::handshake_timeout_ms, 100, kHourMs}, "ms",
            "From the connection to the end of its HTTP request, TLS included.",
            "Lower frees places sooner from those that say nothing; a phone on a bad line needs seconds."},
           {"first_message_timeout_ms", NumberOption{&O::first_message_timeout_ms, 100, kHourMs}, "ms",
            "From the end of the join window to a viewer's JOIN (4009).", ""},
           {"ping_after_ms", NumberOption{&O::ping_after_ms, 1'000, kHourMs}, "ms",
            "Silence after which a connection is pinged.",
            "Above 30 s some NATs and balancers have forgotten it; lower costs messages: connections ÷ this."},
           {"hang_up_after_ms", NumberOption{&O::hang_up_after_ms, 1'000, kHourMs}, "ms",
            "Silence after which a connection is given up.",
            "Lower forgets dead viewers sooner; a phone in a tunnel comes back within the minute."},
           {"resume_window_ms", NumberOption{&O::resume_window_ms, 0, 600'000}, "ms",
            "How long a lost viewer keeps its place and its id.",
            "Higher forgives longer outages; others are introduced to somebody absent meanwhile. 0: not at all."},
           {"queue_soft_bytes", NumberOption{&O::queue_soft_bytes, 4'096, 1'000'000'000}, "bytes",
            "What may wait for a viewer that does not read before signals to it are dropped.",
            "Their senders are told and try again."},
           {"queue_hard_bytes", NumberOption{&O::queue_hard_bytes, 8'192, 1'000'000'000}, "bytes",
            "What may wait for a viewer before it is disconnected (4008).", "Times connections: the worst of memory."},
       }},
      {"Cells: groups in which viewers of one stream meet",
       {
           {"cell_size_min", NumberOption{&O::cell_size_min, 1, 100'000}, "viewers",
            "A cell below this is merged with another of its stream.",
            "Higher merges more often, lower leaves little choice of peers."},
           {"cell_size_target", NumberOption{&O::cell_size_target, 2, 100'000}, "viewers",
            "A cell of this size takes newcomers only when no smaller one is there.",
            "Higher: better choice of peers, fewer cells. Lower: streams spread over workers and nodes sooner."},
           {"cell_size_max", NumberOption{&O::cell_size_max, 2, 100'000}, "viewers",
            "A cell of this size takes nobody.", ""},
           {"subnet_peers_max", NumberOption{&O::subnet_peers_max, 1, 64}, "peers",
            "Peers of one subnet (/24, /48) among those that a viewer is introduced to.",
            "Lower spreads risk and load over networks; higher keeps traffic inside them."},
           {"subnet_audience_min", NumberOption{&O::subnet_audience_min, 0, 100'000'000}, "viewers",
            "From this audience on the rule about subnets holds: a small one has no choice.", ""},
       }},
      {"A stream's beginning, and what viewers report",
       {
           {"join_window_ms", NumberOption{&O::join_window_ms, -1, 600'000}, "ms",
            "Viewers join after a random part of this; meanwhile they play from the CDN.",
            "-1: set by the tracker, from 0 when it is quiet up to join_window_max_ms. 0: at once."},
           {"join_window_max_ms", NumberOption{&O::join_window_max_ms, 0, 600'000}, "ms",
            "The longest window that the tracker sets by itself.",
            "Higher takes greater storms, and more comes from the CDN meanwhile."},
           {"joins_per_second_goal", NumberOption{&O::joins_per_second_goal, 1, kRateMax}, "joins/s",
            "What the tracker stretches the window for: joins of this node.", "About a third of what it can do."},
           {"stats_interval_s", NumberOption{&O::stats_interval_s, 5, 3'600}, "s",
            "How often viewers report playhead, upload and bytes.",
            "Lower: fresher choice of peers and figures; messages are connections ÷ this."},
           {"size_notice_ms", NumberOption{&O::size_notice_ms, 100, kHourMs}, "ms",
            "A viewer hears of a changed audience at most this often.", ""},
       }},
      {"WebTorrent's protocol, on the same port",
       {
           {"webtorrent", FlagOption{&O::webtorrent}, "",
            "Whether clients of bittorrent-tracker and p2p-media-loader are served.", "false: they get 400."},
           {"webtorrent_interval_s", NumberOption{&O::webtorrent_interval_s, 5, 3'600}, "s",
            "How often those clients are asked to announce.",
            "Lower mends their meshes sooner; each announce carries up to ten offers."},
           {"webtorrent_offers_max", NumberOption{&O::webtorrent_offers_max, 1, 100}, "offers",
            "Offers of one announce that are passed on.", ""},
       }},
      {"More than one node",
       {
           {"backplane", TextOption{&O::backplane, check_backplane}, "",
            "How nodes find each other: \"memory\" for one node alone, or "
            "redis://[user:password@]host[:port][/database], "
            "or \"@FILE\".",
            "Redis lost: nobody is disconnected, newcomers stay at their node until it is back.", kRestart, true},
           {"backplane_prefix", TextOption{&O::backplane_prefix, check_prefix}, "",
            "What every key and channel in Redis begins with.", "Two clusters in one Redis: two prefixes."},
       }},
      {"The end: SIGTERM",
       {
           {"drain_percent_per_second", NumberOption{&O::drain_percent_per_second, 1, 100}, "% of connections/s",
            "How many viewers are sent to another node each second.",
            "Lower is gentler to the other nodes and takes longer: 5 needs 20 s."},
           {"drain_deadline_s", NumberOption{&O::drain_deadline_s, 1, 3'600}, "s",
            "When whoever is left is disconnected.", "Keep TimeoutStopSec of the service above it."},
       }},
      {"What it says",
       {
           {"log_level", TextOption{&O::log_level, check_choice<kLevels>}, "",
            "Least level of what is logged on stderr.", "trace, debug, info, warn, error, off.", kHangUp},
           {"log_json", FlagOption{&O::log_json}, "", "Log one JSON object a line instead of text.", ""},
       }},
  };
}

}  // namespace

const std::vector<OptionGroup>& option_groups() {
  static const std::vector<OptionGroup> groups = made();
  return groups;
}

}  // namespace bazaar::tracker
