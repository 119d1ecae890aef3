// Networks contain what they say and nothing of the other family.
#include "admission/address_prefix.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>

namespace bazaar::tracker::admission {
namespace {

ClientAddress address(const char* text) {
  ClientAddress out;
  in_addr v4{};
  if (inet_pton(AF_INET, text, &v4) == 1) {
    out.bytes[10] = out.bytes[11] = 0xff;
    std::memcpy(out.bytes.data() + 12, &v4, 4);
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text, out.bytes.data()), 1) << text;
  }
  return out;
}

bool contains(const char* prefix, const char* text) {
  return AddressPrefix::parse(prefix).value().contains(address(text));
}

TEST(AddressPrefix, A_network_ends_at_its_bit) {
  EXPECT_TRUE(contains("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(contains("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(contains("10.128.0.0/9", "10.255.0.1"));
  EXPECT_FALSE(contains("10.128.0.0/9", "10.127.255.255"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(AddressPrefix, One_address_is_itself_only_and_host_bits_do_not_count) {
  EXPECT_TRUE(contains("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(contains("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(contains("192.0.2.7/24", "192.0.2.9"));
  EXPECT_TRUE(contains("::1", "::1"));
}

TEST(AddressPrefix, All_of_ipv4_is_nothing_of_ipv6_and_all_of_ipv6_is_all_there_is) {
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
  EXPECT_TRUE(contains("::/0", "203.0.113.9"));
}

TEST(AddressPrefix, What_is_no_network_is_nothing) {
  for (const char* text : {"", "/8", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/8x", "192.0.2/24",
                           "2001:db8::/129", "example.org", "192.0.2.0/24/8", "192.0.2.0/99999999999", "192.0.2.0/ 8",
                           "192.0.2.1:80/32", "[2001:db8::]/32", "localhost"})
    EXPECT_FALSE(AddressPrefix::parse(text)) << text;
}

}  // namespace
}  // namespace bazaar::tracker::admission
