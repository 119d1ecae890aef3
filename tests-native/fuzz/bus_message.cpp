// What another node's bytes may hold, native desks' and the backplane's: they came through a Redis that others may
// write to. Invariant asserted: a native message that is read can be written again.
#include "native/bus_message.hpp"

#include <cstdlib>
#include <vector>

#include "backplane/node_messages.hpp"

using namespace bazaar::tracker;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static_cast<void>(read_batch({data, size}));
  static_cast<void>(read_bulletin({data, size}));
  static native::BusMessage message;
  if (!native::read({data, size}, message)) return 0;
  std::vector<uint8_t> again(2 * native::kBusMessageBytesMax);
  if (native::write(message, again) == 0) std::abort();
  return 0;
}
