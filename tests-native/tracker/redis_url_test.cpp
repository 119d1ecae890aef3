// An operator's address of Redis: what is understood, and that a wrong one is refused with what to do, never with the
// password.
#include "backplane/redis_url.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace bazaar::tracker {
namespace {

TEST(RedisUrl, Host_alone_has_the_usual_port_and_database) {
  const RedisUrl url = parse_redis_url("redis://cache.internal");
  EXPECT_EQ(url.host, "cache.internal");
  EXPECT_EQ(url.port, 6379);
  EXPECT_EQ(url.database, 0);
  EXPECT_TRUE(url.user.empty());
  EXPECT_TRUE(url.password.empty());
}

TEST(RedisUrl, Every_part_is_read) {
  const RedisUrl url = parse_redis_url("redis://tracker:s3:cr%40t%2F@10.0.0.7:6380/3");
  EXPECT_EQ(url.user, "tracker");
  EXPECT_EQ(url.password, "s3:cr@t/");
  EXPECT_EQ(url.place(), "10.0.0.7:6380");
  EXPECT_EQ(url.database, 3);
}

TEST(RedisUrl, A_password_without_a_user_and_an_IPv6_host_are_fine) {
  const RedisUrl url = parse_redis_url("redis://:secret@[fd00::7]:6380/");
  EXPECT_TRUE(url.user.empty());
  EXPECT_EQ(url.password, "secret");
  EXPECT_EQ(url.host, "fd00::7");
  EXPECT_EQ(url.place(), "[fd00::7]:6380");
}

TEST(RedisUrl, What_is_wrong_is_said_and_the_shape_shown_and_the_password_kept) {
  const struct {
    const char* url;
    const char* says;
  } cases[] = {
      {"rediss://u:hidden@host", "TLS"},
      {"http://host", "redis://"},
      {"", "redis://"},
      {"redis://", "host"},
      {"redis://u:hidden@", "host"},
      {"redis://u:hidden@:6379", "host"},
      {"redis://u:hidden@host:", "port"},
      {"redis://u:hidden@host:0", "port"},
      {"redis://u:hidden@host:65536", "port"},
      {"redis://u:hidden@host:63x", "port"},
      {"redis://host/zero", "database"},
      {"redis://host/-1", "database"},
      {"redis://host/1/2", "database"},
      {"redis://u@host", "password"},
      {"redis://u:@host", "password"},
      {"redis://u:hidden%4@host", "hexadecimal"},
      {"redis://u:hidden%zz@host", "hexadecimal"},
      {"redis://u:hidden@[fd00::7", "bracket"},
      {"redis://u:hidden@[fd00::7]6379", "IPv6"},
      {"redis://u:hidden@host?timeout=1", "?"},
  };
  for (const auto& wrong : cases) {
    try {
      parse_redis_url(wrong.url);
      FAIL() << wrong.url;
    } catch (const std::invalid_argument& problem) {
      const std::string text = problem.what();
      EXPECT_NE(text.find(wrong.says), std::string::npos) << wrong.url << ": " << text;
      EXPECT_NE(text.find("Write redis://[user:password@]host:port"), std::string::npos) << text;
      EXPECT_EQ(text.find("hidden"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace bazaar::tracker
