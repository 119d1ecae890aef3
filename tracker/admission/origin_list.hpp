// Which web pages may open a connection: the Origin header against a list.
// Owns the list; refuses to read headers. Invariant: an entry that could mean two things is refused when the list is
// made, never guessed when a viewer comes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace bazaar::tracker::admission {

class OriginList {
 public:
  /// Entries: "https://www.example.org", with ":8443" where the port is not the scheme's own; "https://*.example.org"
  /// for any name below (not example.org itself); "null" for pages without an origin; "*" for all.
  /// Throws std::invalid_argument with a sentence for an operator that names the entry.
  OriginList(const std::vector<std::string>& entries, bool is_missing_allowed);

  enum class Verdict : unsigned char { kIn, kMissing, kRefused };
  /// Nothing: the request has no Origin header, as those of no browser have.
  Verdict check(std::optional<std::string_view> origin) const;

 private:
  struct Wildcard {
    std::string scheme;  ///< "https://"
    std::string suffix;  ///< ".example.org", with the port if one is named
  };

  bool is_missing_allowed_;
  bool is_all_allowed_ = false;
  std::unordered_set<std::string> exact_;
  std::vector<Wildcard> wildcards_;
};

}  // namespace bazaar::tracker::admission
