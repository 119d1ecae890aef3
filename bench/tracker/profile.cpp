#include "profile.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace bazaar::load {

void Window::begin(int pid, const FleetCounts& counts) {
  pid_ = pid;
  before_ = read_server(pid);
  own_cpu_ns_ = read_server(getpid()).cpu_ns;
  messages_ = counts.messages_in + counts.messages_out;
  begin_ns_ = now_ns();
}

void Window::end(const FleetCounts& counts) {
  end_ns_ = now_ns();
  messages_ = counts.messages_in + counts.messages_out - messages_;
  own_cpu_ns_ = read_server(getpid()).cpu_ns - own_cpu_ns_;
  after_ = read_server(pid_);
}

void Window::add_to(nlohmann::json& result) const {
  const double window_ns = static_cast<double>(std::max<int64_t>(1, end_ns_ - begin_ns_));
  result["messages_per_s"] = static_cast<double>(messages_) * kNsPerSecond / window_ns;
  result["generator_cores"] = static_cast<double>(own_cpu_ns_) / window_ns;
  if (pid_ == 0) return;
  const int64_t cpu_ns = after_.cpu_ns - before_.cpu_ns;
  result["server_cores"] = static_cast<double>(cpu_ns) / window_ns;
  result["us_per_message"] = messages_ == 0 ? 0.0 : static_cast<double>(cpu_ns) / 1000 / static_cast<double>(messages_);
  int64_t busiest_ns = 0;
  nlohmann::json threads = nlohmann::json::array();
  for (size_t i = 0; i < after_.threads_cpu_ns.size(); ++i) {
    const int64_t before_ns = i < before_.threads_cpu_ns.size() ? before_.threads_cpu_ns[i] : 0;
    const int64_t ns = after_.threads_cpu_ns[i] - before_ns;
    threads.push_back(static_cast<double>(ns) / window_ns);
    busiest_ns = std::max(busiest_ns, ns);
  }
  result["thread_cores"] = threads;
  result["messages_per_busiest_core_s"] =
      busiest_ns == 0 ? 0.0 : static_cast<double>(messages_) * kNsPerSecond / static_cast<double>(busiest_ns);
  result["memory_before_bytes"] = before_.memory_bytes;
  result["memory_bytes"] = after_.memory_bytes;
}

void sleep_until(int64_t when_ns) {
  const timespec when{when_ns / kNsPerSecond, when_ns % kNsPerSecond};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr);
}

nlohmann::json in_words(const Histogram& histogram) {
  const auto us = [](int64_t ns) { return static_cast<double>(ns) / 1000; };
  return {{"count", histogram.total()},
          {"p50_us", us(histogram.quantile_ns(0.5))},
          {"p99_us", us(histogram.quantile_ns(0.99))},
          {"p999_us", us(histogram.quantile_ns(0.999))},
          {"most_us", us(histogram.most_ns())}};
}

void add_counts(const FleetCounts& counts, nlohmann::json& result) {
  result["refused"] = counts.refused;
  result["hung_up"] = counts.lost;
  result["overflowed"] = counts.overflowed;
  result["broken"] = counts.broken;
}

}  // namespace bazaar::load
