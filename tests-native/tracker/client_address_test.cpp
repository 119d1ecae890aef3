// One viewer has one form, whatever it is written like; what is no address is nothing.
#include "client_address.hpp"

#include <gtest/gtest.h>

#include <set>

namespace bazaar::tracker {
namespace {

ClientAddress at(std::string_view text) {
  const auto parsed = ClientAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(ClientAddress{});
}

TEST(ClientAddress, Reads_what_proxies_and_sockets_write) {
  EXPECT_EQ(at("192.0.2.7").text(), "192.0.2.7");
  EXPECT_EQ(at("192.0.2.7:65535").text(), "192.0.2.7");
  EXPECT_EQ(at("2001:db8::7").text(), "2001:db8::7");
  EXPECT_EQ(at("[2001:db8::7]").text(), "2001:db8::7");
  EXPECT_EQ(at("[2001:DB8:0::7]:443").text(), "2001:db8::7");
}

TEST(ClientAddress, Ipv4_and_its_mapped_form_are_one) {
  EXPECT_EQ(at("::ffff:192.0.2.7"), at("192.0.2.7"));
  EXPECT_TRUE(at("::ffff:192.0.2.7").is_v4());
  EXPECT_FALSE(at("2001:db8::7").is_v4());
  EXPECT_FALSE(at("::1").is_v4());
}

TEST(ClientAddress, What_is_no_address_is_nothing) {
  for (const char* text : {"", "unknown", "_hidden", "192.0.2", "192.0.2.256", "192.0.2.7:", "192.0.2.7:123456",
                           "192.0.2.7:http", "[2001:db8::7", "2001:db8::7]", "[2001:db8::7]x", "[2001:db8::7]:",
                           "[192.0.2.7]", "fe80::1%eth0", "[]", ":", "192.0.2.7 ", " 192.0.2.7", "12345::"}) {
    EXPECT_FALSE(ClientAddress::parse(text)) << text;
  }
  EXPECT_FALSE(ClientAddress::parse(std::string_view("192.0.2.7\0x", 11)));
}

TEST(ClientAddress, Limits_count_whole_addresses_of_ipv4_and_prefixes_of_ipv6) {
  EXPECT_NE(at("192.0.2.7").limit_key(), at("192.0.2.8").limit_key());
  EXPECT_EQ(at("2001:db8:1:2::7").limit_key(), at("2001:db8:1:2:ffff::8").limit_key());
  EXPECT_NE(at("2001:db8:1:2::7").limit_key(), at("2001:db8:1:3::7").limit_key());
}

TEST(ClientAddress, Subnets_are_24_bits_of_ipv4_and_48_of_ipv6) {
  EXPECT_EQ(at("192.0.2.7").subnet(), at("192.0.2.200").subnet());
  EXPECT_NE(at("192.0.2.7").subnet(), at("192.0.3.7").subnet());
  EXPECT_EQ(at("2001:db8:1:2::7").subnet(), at("2001:db8:1:ffff::8").subnet());
  EXPECT_NE(at("2001:db8:1::7").subnet(), at("2001:db8:2::7").subnet());
}

TEST(ClientAddress, Subnets_of_a_whole_provider_do_not_fall_together) {
  std::set<uint32_t> subnets;
  for (int i = 0; i < 256; ++i) {
    for (int j = 0; j < 64; ++j)
      subnets.insert(at("10." + std::to_string(i) + "." + std::to_string(j) + ".1").subnet());
  }
  EXPECT_GE(subnets.size(), 256u * 64 - 2);  // a hash of 32 bits: a twin among 16,384 has a chance of 3 %
}

}  // namespace
}  // namespace bazaar::tracker
