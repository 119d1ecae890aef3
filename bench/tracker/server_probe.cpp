#include "server_probe.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace bazaar::load {
namespace {

constexpr int64_t kBytesPerKiB = 1024;

/// The value of a line "Name:   123 kB".
int64_t kib_of(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    if (word != name) continue;
    int64_t value = 0;
    file >> value;
    return value;
  }
  return 0;
}

/// schedstat counts nanoseconds, where stat counts clock ticks of 10 ms.
int64_t thread_cpu_ns(const std::filesystem::path& task) {
  std::ifstream file(task / "schedstat");
  int64_t ns = 0;
  file >> ns;
  return ns;
}

}  // namespace

ServerReading read_server(int pid) {
  ServerReading reading;
  if (pid <= 0) return reading;
  const std::filesystem::path process = "/proc/" + std::to_string(pid);
  std::error_code error;
  std::vector<int> threads;
  for (const auto& task : std::filesystem::directory_iterator(process / "task", error))
    threads.push_back(std::stoi(task.path().filename()));
  std::ranges::sort(threads);
  for (const int thread : threads) {
    reading.threads_cpu_ns.push_back(thread_cpu_ns(process / "task" / std::to_string(thread)));
    reading.cpu_ns += reading.threads_cpu_ns.back();
  }
  reading.memory_bytes = kib_of(process / "smaps_rollup", "Anonymous:") * kBytesPerKiB;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(process / "fd", error))
    ++reading.descriptors;
  reading.kernel_slab_bytes = kib_of("/proc/meminfo", "Slab:") * kBytesPerKiB;
  return reading;
}

}  // namespace bazaar::load
