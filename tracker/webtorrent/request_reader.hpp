// Reads a client's JSON into a Request.
// Owns the padded copy that simdjson wants, and its parser; refuses to keep anything beyond the next read. Invariant:
// any bytes at all give a verdict, without recursion and in time linear in their number. Values that the protocol does
// not know are stepped over and not checked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "webtorrent/request.hpp"

namespace bazaar::tracker::webtorrent {

/// A quoted JSON string and nothing else: its escapes are complete, no control character stands bare in it.
bool is_json_string(std::string_view json);

class RequestReader {
 public:
  explicit RequestReader(const Limits& limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// Nothing: `out` is good, and its views live until the next read. Otherwise why not, and of `out` only the info_hash
  /// counts.
  std::optional<Drop> read(std::span<const uint8_t> message, Request& out);

 private:
  struct Parser;
  Limits limits_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace bazaar::tracker::webtorrent
