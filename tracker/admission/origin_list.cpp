#include "admission/origin_list.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace bazaar::tracker::admission {

namespace {

constexpr size_t kOriginBytesMax = 512;  // a host name has at most 253, a label at most 63

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

[[noreturn]] void refuse(const std::string& entry, const char* why) {
  throw std::invalid_argument("origin \"" + entry + "\": " + why);
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

/// The host and, unless it is the scheme's own, ":port": as browsers write it.
std::string host_and_port(const std::string& entry, std::string_view scheme, std::string_view rest) {
  const size_t bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;
  if (rest.starts_with('[') && bracket == std::string_view::npos) refuse(entry, "the bracket has no end");
  const size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = rest.substr(0, colon);
  if (host.empty()) refuse(entry, "there is no host");
  if (bracket == std::string_view::npos && !std::all_of(host.begin(), host.end(), is_name_character))
    refuse(entry,
           "a host has letters, digits, \"-\" and \".\" only; an origin has no path, and \"*\" stands only in "
           "\"https://*.\"");
  if (bracket != std::string_view::npos && bracket + 1 != host.size())
    refuse(entry, "after \"]\" only a port may come");
  if (host.front() == '.' || host.find("..") != std::string_view::npos) refuse(entry, "a part of the host is empty");
  if (colon == std::string_view::npos) return std::string(host);
  const std::string_view digits = rest.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0 || port > 65535)
    refuse(entry, "the port is not 1 … 65535");
  if (port == (scheme == "https://" ? 443u : 80u)) return std::string(host);
  return std::string(host) + ':' + std::to_string(port);
}

}  // namespace

OriginList::OriginList(const std::vector<std::string>& entries, bool is_missing_allowed)
    : is_missing_allowed_(is_missing_allowed) {
  for (const std::string& entry : entries) {
    if (entry == "*") {
      is_all_allowed_ = true;
      continue;
    }
    if (entry == "null") {
      exact_.insert(entry);
      continue;
    }
    const std::string text = lower(entry);
    const size_t scheme_end = text.find("://");
    if (scheme_end == std::string::npos) refuse(entry, "begin with \"https://\" or \"http://\"");
    const std::string scheme = text.substr(0, scheme_end + 3);
    if (scheme != "https://" && scheme != "http://") refuse(entry, "pages come by https or http only");
    const std::string_view rest = std::string_view(text).substr(scheme.size());
    if (!rest.starts_with("*.")) {
      exact_.insert(scheme + host_and_port(entry, scheme, rest));
      continue;
    }
    const std::string host = host_and_port(entry, scheme, rest.substr(2));
    if (host.find('.') == std::string::npos) refuse(entry, "a whole top-level domain is more than one operator's");
    wildcards_.push_back({scheme, "." + host});
  }
}

OriginList::Verdict OriginList::check(std::optional<std::string_view> origin) const {
  if (!origin) return is_missing_allowed_ ? Verdict::kIn : Verdict::kMissing;
  if (is_all_allowed_) return Verdict::kIn;
  if (origin->size() > kOriginBytesMax) return Verdict::kRefused;
  const std::string text = lower(*origin);
  if (exact_.contains(text)) return Verdict::kIn;
  for (const Wildcard& wildcard : wildcards_) {
    if (!text.starts_with(wildcard.scheme) || !text.ends_with(wildcard.suffix)) continue;
    if (text.size() <= wildcard.scheme.size() + wildcard.suffix.size()) continue;
    const auto name = std::string_view(text).substr(wildcard.scheme.size(),
                                                    text.size() - wildcard.scheme.size() - wildcard.suffix.size());
    // "https://evil.org:1.example.org" is no origin, but no browser's word is needed for that.
    if (std::all_of(name.begin(), name.end(), is_name_character)) return Verdict::kIn;
  }
  return Verdict::kRefused;
}

}  // namespace bazaar::tracker::admission
