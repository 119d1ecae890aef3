// Composes the JSON that clients get, into one buffer used again and again.
// Owns the buffer; refuses to send. Invariant: what it returns is valid JSON as long as sdp_json is a JSON string, and
// it lives until the next call.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "webtorrent/request.hpp"

namespace bazaar::tracker::webtorrent {

class ReplyWriter {
 public:
  using Frame = std::span<const uint8_t>;

  Frame counts(const Id& info_hash, uint64_t complete, uint64_t incomplete, uint32_t interval_s);
  Frame offer(const Id& info_hash, const Id& from, const Description& offer);
  Frame answer(const Id& info_hash, const Id& from, const Description& answer);
  /// Without an action bittorrent-tracker's client takes it for a broken tracker and reconnects minutes later; with one
  /// it warns. `info_hash` may be null.
  Frame failure(std::string_view action, const Id* info_hash, std::string_view reason);

  // A scrape's reply, file by file.
  void scrape_begin();
  void scrape_file(const Id& info_hash, uint64_t complete, uint64_t incomplete);
  Frame scrape_end(uint32_t interval_s);

 private:
  void begin(std::string_view action);
  void add(std::string_view text) { text_.append(text); }
  void add(uint64_t number);
  void add_id(const Id& id);
  void add_text(std::string_view utf8);
  Frame described(std::string_view kind, const Id& info_hash, const Id& from, const Description& description);
  Frame frame() const { return {reinterpret_cast<const uint8_t*>(text_.data()), text_.size()}; }

  std::string text_;
  bool is_first_file_ = true;
};

}  // namespace bazaar::tracker::webtorrent
