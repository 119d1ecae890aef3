// What a client asks, as read from its JSON: an announce (a stop is one, too), an answer to an offer, or a scrape.
// Owns the shape; refuses to judge membership. Invariant: views point into the reader that filled it, and every sdp is
// a complete JSON string that may be passed on as it stands.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "webtorrent/ids.hpp"
#include "webtorrent/limits.hpp"

namespace bazaar::tracker::webtorrent {

inline constexpr size_t kOffersReadMax = 16;    ///< what Limits::offers_max may be raised to
inline constexpr size_t kOfferIdBytesMax = 40;  ///< UTF-8 of 20 characters up to U+00FF

/// An offer or an answer with the id that pairs them.
struct Description {
  std::string_view id;        ///< unescaped UTF-8
  std::string_view sdp_json;  ///< with its quotes and escapes
};

struct Request {
  enum class Kind : uint8_t { kAnnounce, kAnswer, kScrape };
  static constexpr uint32_t kNoNumwant = UINT32_MAX;

  Kind kind = Kind::kAnnounce;
  bool has_info_hash = false;  ///< also when refused: the failure then names it
  Id info_hash{};
  Id peer{};
  Event event = Event::kUpdate;
  bool has_all = false;  ///< `left` is 0
  uint32_t numwant = kNoNumwant;
  std::array<Description, kOffersReadMax> offers;
  size_t offer_count = 0;
  size_t offers_bad = 0;
  size_t offers_beyond = 0;
  Id to_peer{};
  Description answer;
  std::vector<Id> scraped;
};

}  // namespace bazaar::tracker::webtorrent
