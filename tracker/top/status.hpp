// What a tracker's status page said at one moment.
// Owns the parsed numbers; refuses to fetch them or to know which there should be. Invariant: a number that an older or
// newer tracker does not have is 0.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bazaar::tracker::top {

using Numbers = std::map<std::string, double, std::less<>>;

struct Status {
  std::string version;
  Numbers node;
  std::vector<Numbers> workers;

  /// Over all workers.
  Numbers sum() const;
};

double number(const Numbers& numbers, std::string_view name);
/// All values of a label: "joins_total" is "joins_total.native" and "joins_total.webtorrent".
double family(const Numbers& numbers, std::string_view name);

/// Throws std::runtime_error with a sentence when it is no status page.
Status parse_status(const std::string& json);

}  // namespace bazaar::tracker::top
