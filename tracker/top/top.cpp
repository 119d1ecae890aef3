#include "top/top.hpp"

#include <curl/curl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <thread>

#include "top/screen.hpp"

namespace bazaar::tracker::top {

namespace {

constexpr long kTimeoutMs = 3'000;
constexpr size_t kPageBytesMax = 16 * 1024 * 1024;

// ECMA-48 and xterm: the other screen, no cursor; back again; home, and what is left of the screen gone.
constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";
constexpr const char* kHome = "\x1b[H";
constexpr const char* kClearLine = "\x1b[K";
constexpr const char* kClearBelow = "\x1b[J";

volatile std::sig_atomic_t is_over = 0;
void end(int) { is_over = 1; }

size_t append(const char* data, size_t size, size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > kPageBytesMax) return 0;
  body.append(data, size * count);
  return size * count;
}

class Fetcher {
 public:
  Fetcher() : easy_(curl_easy_init(), curl_easy_cleanup) {
    if (!easy_) throw std::runtime_error("libcurl does not start");
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(easy_.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
    curl_easy_setopt(easy_.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_.get(), CURLOPT_NOSIGNAL, 1L);
  }

  std::string get(const std::string& url) {
    std::string body;
    curl_easy_setopt(easy_.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, &body);
    const CURLcode code = curl_easy_perform(easy_.get());
    if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) throw std::runtime_error("HTTP " + std::to_string(status) + ": " + body.substr(0, 200));
    return body;
  }

 private:
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
};

struct Watched {
  Fetcher fetcher;  // one each: the connection stays open
  Look look;
  std::chrono::steady_clock::time_point at;

  void renew() {
    look.before = std::move(look.now);
    look.now.reset();
    try {
      look.now = parse_status(fetcher.get(status_url(look.url)));
    } catch (const std::exception& problem) {
      look.problem = problem.what();
    }
    const auto now = std::chrono::steady_clock::now();
    look.seconds = std::chrono::duration<double>(now - at).count();
    at = now;
  }
};

std::vector<Look> renew(std::vector<Watched>& watched) {
  std::vector<Look> looks;
  for (Watched& one : watched) {
    one.renew();
    looks.push_back(one.look);
  }
  return looks;
}

size_t terminal_rows() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row - 1u : 0;
}

void paint(const std::string& text) {
  std::string out = kHome;
  for (const char c : text) {
    if (c == '\n') out += kClearLine;
    out += c;
  }
  std::fputs((out + kClearBelow).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::string status_url(std::string url) {
  if (url.starts_with("ws://") || url.starts_with("wss://")) url.replace(0, 2, "http");
  if (url.find("://") == std::string::npos) url.insert(0, "http://");
  while (url.ends_with('/')) url.pop_back();
  return url + "/status";
}

int run(const CommandLine::Top& options) {
  std::vector<Watched> watched(options.urls.size());
  for (size_t i = 0; i < watched.size(); ++i) watched[i].look.url = options.urls[i];
  const auto pause = std::chrono::seconds(options.interval_s);
  std::vector<Look> looks = renew(watched);
  const auto has_answer = [&looks] {
    return std::any_of(looks.begin(), looks.end(), [](const Look& look) { return look.now.has_value(); });
  };
  if (!has_answer() || options.is_once || isatty(STDOUT_FILENO) == 0) {
    if (has_answer()) {
      std::this_thread::sleep_for(pause);
      looks = renew(watched);
    }
    std::fputs(screen(looks, 0).c_str(), stdout);
    return has_answer() ? 0 : 1;
  }

  struct sigaction action {};
  action.sa_handler = end;  // without SA_RESTART: the pause ends, too
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  std::fputs(kEnter, stdout);
  while (is_over == 0) {
    paint(screen(looks, terminal_rows()));
    timespec rest{options.interval_s, 0};
    nanosleep(&rest, nullptr);
    if (is_over == 0) looks = renew(watched);
  }
  std::fputs(kLeave, stdout);
  return 0;
}

}  // namespace bazaar::tracker::top
