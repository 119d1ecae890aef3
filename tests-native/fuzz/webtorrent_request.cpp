// WebTorrent's JSON, as any web page may send it: first the reader alone, then a desk with two members.
#include <memory>
#include <vector>

#include "webtorrent/desk.hpp"

using namespace bazaar::tracker;

namespace {

struct Nowhere : Outbox, Bus {
  bool send(ConnectionId, std::span<const uint8_t>, Importance) override { return true; }
  void close(ConnectionId, uint16_t, std::string_view) override {}
  void post(Address, BusMessageClass, std::span<const uint8_t>) override {}
  void publish(const CellNotice&) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Nowhere nowhere;
  static const Directory directory;
  webtorrent::Desk desk(nowhere, nowhere, directory, {}, {}, 1);
  for (const ConnectionId connection : {1, 2}) desk.opened(connection);
  for (const ConnectionId connection : {1, 2, 1}) desk.message(connection, {data, size}, 1'000);
  desk.closed(1);
  desk.turn(2'000);
  desk.delivered({data, size}, 2'000);
  return 0;
}
