#include "net/url.h"

#include <gtest/gtest.h>

namespace martlet::net {
namespace {

TEST(Url, SplitsHostAndPort) {
  EXPECT_EQ(parse_host_port("LocalHost")->host, "localhost");
  EXPECT_FALSE(parse_host_port("localhost")->port);
  EXPECT_EQ(parse_host_port("sqs.us-east-1.amazonaws.com:4566")->port, 4566);
  EXPECT_EQ(parse_host_port("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_host_port("[::1]:80")->port, 80);
  EXPECT_TRUE(parse_host_port("[::1]")->is_ipv6);
  for (const char* bad :
       {"", ":80", "a:", "a:x", "a:65536", "a:80:80", "[::1", "[::1]x", "[host]:1", "a b", "a/b", "u@h"})
    EXPECT_FALSE(parse_host_port(bad)) << bad;
}

TEST(Url, ParsesAbsoluteUrls) {
  const auto url = Url::parse("https://Example.com:8443/a/b?c=d#frag");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, Url::Scheme::kHttps);
  EXPECT_EQ(url->host_field(), "example.com:8443");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(Url::parse("http://h")->target, "/");
  EXPECT_EQ(Url::parse("http://h?x")->target, "/?x");
  EXPECT_EQ(Url::parse("http://h")->port(), 80);
  EXPECT_EQ(Url::parse("HTTPS://h")->port(), 443);
  EXPECT_EQ(Url::parse("http://[::1]:1/")->host_field(), "[::1]:1");
  for (const char* bad :
       {"", "h", "ftp://h/", "http://", "http:///x", "http://u:p@h/", "http://h/a b", "http://h/\r\nX: 1"})
    EXPECT_FALSE(Url::parse(bad)) << bad;
}

TEST(Url, ParsesQueriesInOrder) {
  const Pairs expected = {{"b", "2"}, {"a", "x y+"}, {"", "v"}, {"flag", ""}, {"a", "="}};
  EXPECT_EQ(parse_query("b=2&a=x%20y+&=v&&flag&a=="), expected);
  EXPECT_EQ(parse_query(""), Pairs());
  EXPECT_FALSE(parse_query("a=%2"));
  EXPECT_FALSE(parse_query("%zz=1"));
  EXPECT_EQ(parse_form("Action=A+B&x=%2B"), (Pairs{{"Action", "A B"}, {"x", "+"}}));
}

TEST(Url, SplitsPaths) {
  using Segments = std::vector<std::string>;
  EXPECT_EQ(path_segments("/a/b%2Fc/"), (Segments{"a", "b/c", ""}));
  EXPECT_EQ(path_segments("/"), Segments{""});
  EXPECT_FALSE(path_segments(""));
  EXPECT_FALSE(path_segments("a/b"));
  EXPECT_FALSE(path_segments("/%g0"));
}

}  // namespace
}  // namespace martlet::net
