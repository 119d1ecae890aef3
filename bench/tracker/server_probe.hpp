// What a server costs, read from /proc: processor time of the process and of its threads, memory, descriptors.
// Refuses to touch the server. Invariant: figures are sums over threads that live at the time of reading; 0 where /proc
// does not say.
#pragma once

#include <cstdint>
#include <vector>

namespace bazaar::load {

struct ServerReading {
  int64_t cpu_ns = 0;                   ///< user and system, all threads
  std::vector<int64_t> threads_cpu_ns;  ///< in the order of thread ids, which are in the order of their making
  int64_t memory_bytes =
      0;  ///< anonymous pages: not those of programs and libraries, which one connection pages in for all
  int64_t descriptors = 0;
  int64_t kernel_slab_bytes = 0;  ///< of the whole machine: both ends of every connection
};

ServerReading read_server(int pid);

}  // namespace bazaar::load
