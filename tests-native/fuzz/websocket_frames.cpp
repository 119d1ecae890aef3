// RFC 6455 frames in any cuts, and the HTTP request before them. The first byte chooses where the bytes are cut.
// Invariant asserted: the reader never takes more than it was given, nor holds more than one message.
#include <cstdlib>
#include <vector>

#include "net/http_request.hpp"
#include "net/message_reader.hpp"
#include "net/upgrade.hpp"

using namespace bazaar::tracker;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr size_t kMessageMax = 4'096;
  std::vector<uint8_t> pending;
  net::MessageReader reader;
  const size_t piece = 1 + data[0];
  for (size_t at = 1; at < size; at += piece) {
    pending.insert(pending.end(), data + at, data + std::min(size, at + piece));
    for (;;) {
      const net::Incoming incoming = reader.next(pending, kMessageMax);
      if (incoming.bytes > pending.size() || reader.held_bytes() > 4 * kMessageMax) std::abort();
      if (incoming.kind == net::Incoming::Kind::kClose || incoming.kind == net::Incoming::Kind::kViolation) return 0;
      if (incoming.kind == net::Incoming::Kind::kIncomplete) break;
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(incoming.bytes));
    }
  }
  if (const auto request = net::HttpRequest::parse({reinterpret_cast<const char*>(data), size}))
    static_cast<void>(net::judge_upgrade(*request));
  return 0;
}
