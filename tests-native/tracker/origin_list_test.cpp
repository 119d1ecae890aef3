// Which pages get in, and which entries an operator hears about at the start.
#include "admission/origin_list.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace bazaar::tracker::admission {
namespace {

using Verdict = OriginList::Verdict;

Verdict check(const std::vector<std::string>& entries, const char* origin) {
  return OriginList(entries, false).check(origin);
}

TEST(OriginList, An_exact_origin_is_scheme_host_and_port) {
  const std::vector<std::string> list = {"https://www.example.org", "http://localhost:8080"};
  EXPECT_EQ(check(list, "https://www.example.org"), Verdict::kIn);
  EXPECT_EQ(check(list, "HTTPS://WWW.Example.ORG"), Verdict::kIn);
  EXPECT_EQ(check(list, "http://localhost:8080"), Verdict::kIn);
  for (const char* stranger :
       {"http://www.example.org", "https://example.org", "https://www.example.org:8443",
        "https://www.example.org.evil.com", "http://localhost", "https://www.example.org/", "null", ""})
    EXPECT_EQ(check(list, stranger), Verdict::kRefused) << stranger;
}

TEST(OriginList, The_schemes_own_port_is_left_out_as_browsers_do) {
  EXPECT_EQ(check({"https://a.example.org:443"}, "https://a.example.org"), Verdict::kIn);
  EXPECT_EQ(check({"http://a.example.org:80"}, "http://a.example.org"), Verdict::kIn);
  EXPECT_EQ(check({"http://a.example.org:443"}, "http://a.example.org:443"), Verdict::kIn);
}

TEST(OriginList, A_wildcard_takes_every_name_below_and_not_the_domain_itself) {
  const std::vector<std::string> list = {"https://*.example.org"};
  EXPECT_EQ(check(list, "https://a.example.org"), Verdict::kIn);
  EXPECT_EQ(check(list, "https://a.b.example.org"), Verdict::kIn);
  for (const char* stranger : {"https://example.org", "http://a.example.org", "https://a.example.org:8443",
                               "https://evilexample.org", "https://.example.org", "https://evil.com/.example.org",
                               "https://user@a.example.org", "https://a.example.org.evil.com"})
    EXPECT_EQ(check(list, stranger), Verdict::kRefused) << stranger;
  EXPECT_EQ(check({"https://*.example.org:8443"}, "https://a.example.org:8443"), Verdict::kIn);
}

TEST(OriginList, A_star_takes_all_and_null_only_what_has_no_origin) {
  EXPECT_EQ(check({"*"}, "https://anything.at.all"), Verdict::kIn);
  EXPECT_EQ(check({"*"}, "null"), Verdict::kIn);
  EXPECT_EQ(check({"null"}, "null"), Verdict::kIn);
  EXPECT_EQ(check({"null"}, "https://a.example.org"), Verdict::kRefused);
}

TEST(OriginList, A_request_without_an_origin_is_the_operators_choice_even_with_a_star) {
  EXPECT_EQ(OriginList({"*"}, false).check(std::nullopt), Verdict::kMissing);
  EXPECT_EQ(OriginList({}, true).check(std::nullopt), Verdict::kIn);
  EXPECT_EQ(OriginList({}, true).check("https://a.example.org"), Verdict::kRefused);
}

TEST(OriginList, An_origin_longer_than_any_host_is_refused_unread) {
  const std::string longest = "https://" + std::string(600, 'a') + ".example.org";
  EXPECT_EQ(OriginList({"https://*.example.org"}, false).check(longest), Verdict::kRefused);
}

TEST(OriginList, Malformed_entries_are_refused_by_name) {
  for (const char* entry :
       {"www.example.org", "ftp://a.example.org", "https://", "https://a.example.org/", "https://a.example.org/path",
        "https://*", "https://*.org", "https://a.*.example.org", "https://*example.org", "https://a..example.org",
        "https://a.example.org:0", "https://a.example.org:65536", "https://a.example.org:", "https://u@a.example.org",
        "https://.example.org", "https://[::1", "https://[::1]x", "**", ""}) {
    try {
      OriginList({"https://good.example.org", entry}, true);
      ADD_FAILURE() << entry;
    } catch (const std::invalid_argument& problem) {
      EXPECT_NE(std::string(problem.what()).find("origin \"" + std::string(entry) + "\": "), std::string::npos)
          << problem.what();
    }
  }
  EXPECT_EQ(check({"http://[::1]:8080"}, "http://[::1]:8080"), Verdict::kIn);
}

}  // namespace
}  // namespace bazaar::tracker::admission
