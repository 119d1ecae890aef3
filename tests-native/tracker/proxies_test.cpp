// A client's address is what a trusted proxy says, and never what the client says.
#include "net/proxies.hpp"

#include <gtest/gtest.h>

namespace bazaar::tracker::net {
namespace {

ClientAddress at(std::string_view text) { return ClientAddress::parse(text).value(); }

Proxies trusting(std::initializer_list<const char*> networks, ProxyHeader header = ProxyHeader::kXForwardedFor) {
  Proxies proxies;
  for (const char* network : networks) proxies.trusted.push_back(Network::parse(network).value());
  proxies.header = header;
  return proxies;
}

std::string client(const Proxies& proxies, const char* socket, std::string_view value) {
  return proxies.client(at(socket), value).text();
}

TEST(Proxies, A_header_from_anyone_else_is_ignored) {
  EXPECT_EQ(client(trusting({"10.0.0.0/8"}), "203.0.113.5", "192.0.2.7"), "203.0.113.5");
  EXPECT_EQ(client(trusting({}), "10.0.0.1", "192.0.2.7"), "10.0.0.1");
}

TEST(Proxies, The_rightmost_that_is_no_proxy_counts) {
  const Proxies proxies = trusting({"10.0.0.0/8", "2001:db8::/32"});
  EXPECT_EQ(client(proxies, "10.0.0.1", "192.0.2.7"), "192.0.2.7");
  // What the client itself wrote is on the left.
  EXPECT_EQ(client(proxies, "10.0.0.1", "198.51.100.1, 192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client(proxies, "10.0.0.1", "198.51.100.1, 192.0.2.7 ,10.0.0.9,[2001:db8::1]:443"), "192.0.2.7");
}

TEST(Proxies, What_cannot_be_read_ends_the_search) {
  const Proxies proxies = trusting({"10.0.0.0/8"});
  EXPECT_EQ(client(proxies, "10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(client(proxies, "10.0.0.1", "192.0.2.7, unknown"), "10.0.0.1");
  EXPECT_EQ(client(proxies, "10.0.0.1", "192.0.2.7, unknown, 10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(client(proxies, "10.0.0.1", "192.0.2.7,"), "10.0.0.1");
  // All are proxies: the farthest of them.
  EXPECT_EQ(client(proxies, "10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
}

TEST(Proxies, Forwarded_is_read_by_its_own_grammar) {
  const Proxies proxies = trusting({"10.0.0.0/8"}, ProxyHeader::kForwarded);
  EXPECT_EQ(client(proxies, "10.0.0.1", "for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
  EXPECT_EQ(client(proxies, "10.0.0.1", "for=192.0.2.1, proto=https; For=\"[2001:db8:cafe::17]:4711\""),
            "2001:db8:cafe::17");
  EXPECT_EQ(client(proxies, "10.0.0.1", "for=192.0.2.1, for=unknown"), "10.0.0.1");
  EXPECT_EQ(client(proxies, "10.0.0.1", "proto=http"), "10.0.0.1");
}

TEST(Proxies, X_real_ip_is_one_address) {
  const Proxies proxies = trusting({"10.0.0.0/8"}, ProxyHeader::kXRealIp);
  EXPECT_EQ(client(proxies, "10.0.0.1", "192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client(proxies, "10.0.0.1", "198.51.100.1,10.0.0.8"), "10.0.0.8");
}

}  // namespace
}  // namespace bazaar::tracker::net
