// The native protocol's codec, and the typed descriptions inside its signals.
// Invariant asserted: what decodes encodes again to something that decodes to the same, and what check() passes becomes
// text.
#include "tracker_wire.hpp"

#include <cstdlib>
#include <vector>

#include "ice_description.hpp"

using namespace bazaar;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tracker_wire::Message message;
  if (tracker_wire::decode({data, size}, message) != tracker_wire::DecodeStatus::kOk) return 0;
  if (message.type == tracker_wire::Type::kSignal || message.type == tracker_wire::Type::kRelayed) {
    const std::span<const uint8_t> blob(data + message.blob_offset, message.blob_bytes);
    std::vector<uint8_t> text(ice_description::kSdpBytesMax);
    const size_t length = ice_description::unpack(blob, message.kind, text);
    if (!ice_description::check(blob, message.kind) && length > 0) std::abort();
    return 0;
  }
  std::vector<uint8_t> again(tracker_wire::kEncodedBytesMax);
  again.resize(tracker_wire::encode(message, again));
  tracker_wire::Message twice;
  if (tracker_wire::decode(again, twice) != tracker_wire::DecodeStatus::kOk || twice.type != message.type) std::abort();
  return 0;
}
