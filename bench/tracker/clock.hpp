// The generator's one clock: monotonic nanoseconds. Refuses wall time, which may jump.
#pragma once

#include <chrono>
#include <cstdint>

namespace bazaar::load {

inline constexpr int64_t kNsPerSecond = 1'000'000'000;
inline constexpr int64_t kNsPerMs = 1'000'000;

inline int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace bazaar::load
