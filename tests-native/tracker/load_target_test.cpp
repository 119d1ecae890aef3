// What the load generator refuses to load: everything but this machine. Owns addresses; connects to none.
#include <gtest/gtest.h>

#include "bench/tracker/target.hpp"

namespace bazaar::load {
namespace {

TEST(LoadTarget, A_loopback_address_with_a_port_is_a_target) {
  const auto plain = Target::parse("ws://127.0.0.1:8000");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->is_tls);
  EXPECT_EQ(plain->address, 0x7f00'0001u);
  EXPECT_EQ(plain->port, 8000);
  EXPECT_EQ(plain->path, "/");
  const auto secure = Target::parse("wss://127.3.2.1:443/announce?x=1");
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->is_tls);
  EXPECT_EQ(secure->path, "/announce?x=1");
}

TEST(LoadTarget, Other_machines_and_names_are_refused) {
  for (const char* url :
       {"ws://192.0.2.1:8000", "ws://10.0.0.1:80/", "ws://128.0.0.1:80", "ws://0.0.0.0:80", "wss://tracker.example:443",
        "ws://localhost:8000", "ws://127.0.0.1.example:80", "ws://[::1]:80", "ws://2130706433:80"})
    EXPECT_FALSE(Target::parse(url)) << url;
}

TEST(LoadTarget, What_is_not_an_address_with_a_port_is_refused) {
  for (const char* url : {"", "ws://", "http://127.0.0.1:80", "127.0.0.1:80", "ws://127.0.0.1",
                          "ws://127.0.0.1:", "ws://127.0.0.1:0", "ws://127.0.0.1:65536", "ws://127.0.0.256:80",
                          "ws://127.0.0:80", "ws://127.0.0.1:80x", "ws://127.0.0.1:80/ HTTP/1.1\r\nX: y"})
    EXPECT_FALSE(Target::parse(url)) << url;
}

}  // namespace
}  // namespace bazaar::load
