#include "services/lambda/url_response.h"

#include <gtest/gtest.h>

#include "services/lambda/url_cors.h"

namespace martlet::lambda {
namespace {

using std::string;

const string kNuls(8, '\0');

string type_of(const net::Response& response) { return string(response.headers.get("content-type")); }

TEST(UrlResponse, WithoutAStatusTheAnswerIsTheBody) {
  for (const char* answer : {R"({"a": 1})", "\"text\"", "null", "[1]", R"({"body": "b"})"}) {
    const auto response = url_response(answer);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, answer);
    EXPECT_EQ(type_of(*response), "application/json");
  }
  const auto not_json = url_response("not json");
  ASSERT_TRUE(not_json);
  EXPECT_EQ(type_of(*not_json), "application/octet-stream");
}

TEST(UrlResponse, TakesTheFormApart) {
  const auto response = url_response(
      R"({"statusCode": "201", "headers": {"X-A": true, "Date": "d", "Transfer-Encoding": "chunked"},
          "cookies": ["a=1", "b"], "body": "AAE=", "isBase64Encoded": true})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, string("\0\1", 2));
  EXPECT_EQ(response->headers.get("x-a"), "true");
  EXPECT_EQ(response->headers.get("x-amzn-remapped-date"), "d");
  EXPECT_FALSE(response->headers.find("date"));
  EXPECT_FALSE(response->headers.find("transfer-encoding"));
  EXPECT_EQ(type_of(*response), "application/json");
}

TEST(UrlResponse, RefusesWhatIsNoResponse) {
  for (const char* answer :
       {R"({"statusCode": 99})", R"({"statusCode": 600})", R"({"statusCode": 200.5})",
        R"({"statusCode": {}})", R"({"statusCode": "x"})", R"({"statusCode": null})",
        R"({"statusCode": 200, "headers": [1]})", R"({"statusCode": 200, "headers": {"": "x"}})",
        R"({"statusCode": 200, "headers": {"a": "b\nc"}})", R"({"statusCode": 200, "headers": {"a": []}})",
        R"({"statusCode": 200, "cookies": "a=1"})", R"({"statusCode": 200, "cookies": ["\r\n"]})",
        R"({"statusCode": 200, "body": 1})", R"({"statusCode": 200, "isBase64Encoded": "yes"})",
        R"({"statusCode": 200, "body": "*", "isBase64Encoded": true})"})
    EXPECT_FALSE(url_response(answer)) << answer;
}

TEST(UrlResponse, ACollectedStreamHasItsPrelude) {
  const auto response = url_response(R"({"statusCode": 404})" + kNuls + "body" + kNuls);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "body" + kNuls);
}

TEST(Prelude, MayComeInAnyPieces) {
  const string bytes = R"({"statusCode": 202, "headers": {"A": "b"}})" + kNuls + "first";
  for (std::size_t cut = 0; cut <= bytes.size() - 5; ++cut) {
    PreludeReader reader;
    if (cut < bytes.size() - 5) {
      ASSERT_EQ(reader.take(bytes.substr(0, cut)), PreludeReader::State::kMore) << cut;
    }
    ASSERT_EQ(reader.take(cut < bytes.size() - 5 ? bytes.substr(cut) : bytes), PreludeReader::State::kDone);
    EXPECT_EQ(reader.response().status, 202);
    EXPECT_EQ(reader.response().headers.get("a"), "b");
    EXPECT_EQ(reader.response().body, "first");
    EXPECT_EQ(type_of(reader.response()), "application/octet-stream");
  }
}

TEST(Prelude, WithoutAStatusItIs200) {
  PreludeReader reader;
  ASSERT_EQ(reader.take("{}" + kNuls), PreludeReader::State::kDone);
  EXPECT_EQ(reader.response().status, 200);
}

TEST(Prelude, IsRefused) {
  EXPECT_EQ(PreludeReader().take("[]" + kNuls), PreludeReader::State::kMalformed);
  EXPECT_EQ(PreludeReader().take(R"({"statusCode": "x"})" + kNuls), PreludeReader::State::kMalformed);
  EXPECT_EQ(PreludeReader().take(string(kMaxPreludeBytes + 1, ' ')), PreludeReader::State::kMalformed);
}

TEST(UrlCors, AnswersTheOriginsItKnows) {
  CorsRecord cors;
  cors.allow_origins = {"https://a.example"};
  net::Headers headers{{"Access-Control-Allow-Origin", "own"}, {"A", "b"}};
  apply_cors(cors, {"GET", "/", {{"Origin", "https://a.example"}}}, headers);
  EXPECT_EQ(headers.get("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(headers.get("a"), "b");
  apply_cors(cors, {"GET", "/", {{"Origin", "https://b.example"}}}, headers);
  EXPECT_FALSE(headers.find("access-control-allow-origin"));
  cors.allow_origins = {"*"};
  apply_cors(cors, {"GET", "/", {{"Origin", "https://b.example"}}}, headers);
  EXPECT_EQ(headers.get("access-control-allow-origin"), "*");
  cors.allow_credentials = true;
  apply_cors(cors, {"GET", "/", {{"Origin", "https://b.example"}}}, headers);
  EXPECT_EQ(headers.get("access-control-allow-origin"), "https://b.example");
  apply_cors(cors, {"GET", "/", {}}, headers);
  EXPECT_FALSE(headers.find("access-control-allow-origin"));
}

}  // namespace
}  // namespace martlet::lambda
