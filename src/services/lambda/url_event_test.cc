#include "services/lambda/url_event.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/clock.h"

namespace martlet::lambda {
namespace {

namespace json = boost::json;

UrlRequest request() {
  return {
      .method = "POST",
      .target = "/a%20b/c?x=1&y=%2B&x=2&=z&&q",
      .headers = {{"Host", "localhost:4566"}, {"X-A", "1"}, {"x-a", "2"}, {"User-Agent", "me \"quoted\""}},
      .body = {},
      .source_ip = "192.0.2.1",
      .url_id = "abc",
      .domain_name = "abc.lambda-url.eu-west-1.on.aws",
      .request_id = "id-1",
      .time = from_epoch_ms(1'583'348'638'390),
      .caller = {}};
}

json::object event_of(const UrlRequest& from) { return json::parse(url_event(from)).as_object(); }

TEST(UrlEvent, HasTheFormOfVersionTwo) {
  const json::object event = event_of(request());
  EXPECT_EQ(event.at("version").as_string(), "2.0");
  EXPECT_EQ(event.at("rawPath").as_string(), "/a%20b/c");
  EXPECT_EQ(event.at("rawQueryString").as_string(), "x=1&y=%2B&x=2&=z&&q");
  EXPECT_EQ(event.at("queryStringParameters"), json::parse(R"({"": "z", "x": "1,2", "y": "+", "q": ""})"));
  EXPECT_EQ(event.at("headers").at("x-a").as_string(), "1,2");
  EXPECT_FALSE(event.contains("cookies"));
  EXPECT_FALSE(event.contains("body"));
  EXPECT_FALSE(event.at("isBase64Encoded").as_bool());
  const json::object& context = event.at("requestContext").as_object();
  EXPECT_EQ(context.at("accountId").as_string(), "anonymous");
  EXPECT_EQ(context.at("time").as_string(), "04/Mar/2020:19:03:58 +0000");
  EXPECT_EQ(context.at("timeEpoch").as_int64(), 1'583'348'638'390);
  EXPECT_EQ(context.at("http").at("userAgent").as_string(), "me \"quoted\"");
  EXPECT_FALSE(context.contains("authorizer"));
}

TEST(UrlEvent, WithoutAQueryThereAreNoParameters) {
  UrlRequest plain = request();
  plain.target = "/";
  const json::object event = event_of(plain);
  EXPECT_EQ(event.at("rawQueryString").as_string(), "");
  EXPECT_FALSE(event.contains("queryStringParameters"));
  plain.target = "/?%zz=%";
  EXPECT_EQ(event_of(plain).at("queryStringParameters"), json::parse(R"({"%zz": "%"})"));
}

TEST(UrlEvent, CookiesAreTakenApart) {
  UrlRequest with = request();
  with.headers = {{"Cookie", "a=1; b=2;"}, {"cookie", "c"}};
  const json::object event = event_of(with);
  EXPECT_EQ(event.at("cookies"), json::parse(R"(["a=1", "b=2", "c"])"));
  EXPECT_FALSE(event.at("headers").as_object().contains("cookie"));
}

TEST(UrlEvent, TellsWhoSigned) {
  UrlRequest with = request();
  with.caller = wire::Caller{.kind = wire::Caller::Kind::kUser,
                             .account = "123456789012",
                             .arn = "arn:aws:iam::123456789012:user/u",
                             .user_id = "AIDA",
                             .access_key_id = "AKIA"};
  const json::object context = event_of(with).at("requestContext").as_object();
  EXPECT_EQ(context.at("accountId").as_string(), "123456789012");
  EXPECT_TRUE(context.at("authentication").is_null());
  EXPECT_EQ(context.at("authorizer"),
            json::parse(R"({"iam": {"accessKey": "AKIA", "accountId": "123456789012",
    "callerId": "AIDA", "cognitoIdentity": null, "principalOrgId": null,
    "userArn": "arn:aws:iam::123456789012:user/u", "userId": "AIDA"}})"));
}

TEST(UrlEvent, BodiesThatAreNotTextAreEncoded) {
  UrlRequest with = request();
  with.body = "{}";
  with.headers = {{"Content-Type", "application/vnd.api+json; charset=utf-8"}};
  EXPECT_EQ(event_of(with).at("body").as_string(), "{}");
  with.headers = {{"Content-Type", "image/png"}};
  EXPECT_EQ(event_of(with).at("body").as_string(), "e30=");
  EXPECT_TRUE(event_of(with).at("isBase64Encoded").as_bool());
  with.headers = {{"Content-Type", "text/plain"}};
  with.body = "\xff";
  EXPECT_TRUE(event_of(with).at("isBase64Encoded").as_bool());
}

TEST(UrlEvent, TextTypes) {
  for (const char* type :
       {"", "text/html", "Application/JSON ; x", "application/soap+xml", "application/xml"})
    EXPECT_TRUE(is_text_type(type)) << type;
  for (const char* type : {"application/x-www-form-urlencoded", "image/svg", "application/octet-stream"})
    EXPECT_FALSE(is_text_type(type)) << type;
}

}  // namespace
}  // namespace martlet::lambda
