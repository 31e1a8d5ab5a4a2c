#include "environments/telemetry_request.h"

#include <gtest/gtest.h>

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

constexpr auto kTelemetry = TelemetryInterface::kTelemetry;
constexpr auto kLogs = TelemetryInterface::kLogs;

std::string error_of(TelemetryInterface interface, std::string_view body) {
  const auto request = parse_subscribe_request(interface, body, 9001);
  return request ? "" : request.error();
}

/// With everything right but `destination`.
std::string with_destination(const std::string& destination) {
  return R"({"schemaVersion":"2022-07-01","types":["platform"],"destination":)" + destination + "}";
}
std::string with_buffering(const std::string& buffering) {
  return R"({"schemaVersion":"2022-12-13","types":["platform"],"buffering":)" + buffering +
         R"(,"destination":{"protocol":"HTTP","URI":"http://sandbox:8080"}})";
}

TEST(SubscribeRequest, OfTheTelemetryApi) {
  const auto request = parse_subscribe_request(
      kTelemetry,
      R"({"schemaVersion":"2022-07-01","types":["platform","function","platform"],)"
      R"("buffering":{"maxItems":1000,"maxBytes":524288,"timeoutMs":25},)"
      R"("destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain:8080/path?a=b"}})",
      9001);
  ASSERT_TRUE(request) << request.error();
  EXPECT_EQ(request->dialect, Dialect::kTelemetry);
  EXPECT_EQ(request->types, (std::vector<std::string>{"platform", "function"}));
  EXPECT_FALSE(request->wants("extension"));
  EXPECT_EQ(request->buffering.max_items, 1000U);
  EXPECT_EQ(request->buffering.max_bytes, 524'288U);
  EXPECT_EQ(request->buffering.timeout, 25ms);
  EXPECT_EQ(request->destination.protocol, TelemetryDestination::Protocol::kHttp);
  EXPECT_EQ(request->destination.port, 8080);
  EXPECT_EQ(request->destination.method, "POST");
  EXPECT_EQ(request->destination.uri, "http://sandbox.localdomain:8080/path?a=b");
}

TEST(SubscribeRequest, DefaultsAndTheLogsApi) {
  const auto request = parse_subscribe_request(
      kLogs, R"({"types":["extension"],"destination":{"protocol":"TCP","port":9999}})", 9001);
  ASSERT_TRUE(request) << request.error();
  EXPECT_EQ(request->dialect, Dialect::kLogs);
  EXPECT_EQ(request->buffering.max_items, 10'000U);
  EXPECT_EQ(request->buffering.max_bytes, 262'144U);
  EXPECT_EQ(request->buffering.timeout, 1000ms);
  EXPECT_EQ(request->destination.protocol, TelemetryDestination::Protocol::kTcp);
  EXPECT_EQ(request->destination.port, 9999);
  const auto put =
      parse_subscribe_request(kLogs,
                              R"({"schemaVersion":"2021-03-18","types":["function"],)"
                              R"("destination":{"protocol":"HTTP","method":"PUT","URI":"http://sandbox:1"}})",
                              9001);
  ASSERT_TRUE(put) << put.error();
  EXPECT_EQ(put->dialect, Dialect::kLogs20210318);
  EXPECT_EQ(put->destination.method, "PUT");
}

TEST(SubscribeRequest, TcpByUri) {
  const auto request = parse_subscribe_request(
      kTelemetry, with_destination(R"({"protocol":"TCP","URI":"tcp://sandbox.localdomain:8080"})"), 9001);
  ASSERT_TRUE(request) << request.error();
  EXPECT_EQ(request->destination.port, 8080);
  EXPECT_EQ(error_of(kTelemetry, with_destination(R"({"protocol":"TCP"})")), "port is not provided");
  EXPECT_EQ(error_of(kTelemetry, with_destination(R"({"protocol":"TCP","port":70000})")),
            "port should be a number from 1 to 65535");
  EXPECT_EQ(error_of(kTelemetry, with_destination(R"({"protocol":"TCP","port":9001})")),
            "URI port is reserved");
}

TEST(SubscribeRequest, EverythingThatIsWrongIsNamed) {
  EXPECT_EQ(error_of(kTelemetry, "{}"),
            "schemaVersion is not provided; types should not be empty; destination is not provided");
  EXPECT_EQ(error_of(kTelemetry, R"({"schemaVersion":"2022-07-01","types":[],)"
                                 R"("destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain"}})"),
            "types should not be empty; URI port is not provided");
  EXPECT_EQ(error_of(kLogs, R"({"schemaVersion":"2022-07-01","types":["x"],"destination":{}})"),
            "schemaVersion is not a known version; types should be platform, function or extension; "
            "protocol should be HTTP or TCP");
  for (const char* body : {"", "null", "[]", "{", "{}{}", "\xff"})
    EXPECT_EQ(error_of(kTelemetry, body), "the request is not a JSON object") << body;
}

TEST(SubscribeRequest, TelemetryStaysInsideTheEnvironment) {
  const auto http = [](const std::string& uri) {
    return error_of(kTelemetry, with_destination(R"({"protocol":"HTTP","URI":")" + uri + "\"}"));
  };
  EXPECT_EQ(http("http://example.com:80"), "URI host should be sandbox.localdomain");
  EXPECT_EQ(http("http://127.0.0.1:8080"), "URI host should be sandbox.localdomain");
  EXPECT_EQ(http("https://sandbox:8080"), "URI should begin with http://");
  EXPECT_EQ(http("http://sandbox.localdomain:9001"), "URI port is reserved");
  EXPECT_EQ(http("http://sandbox.localdomain:0"), "URI port is not provided");
  EXPECT_EQ(http("sandbox.localdomain:8080"), "URI should begin with http://");
}

TEST(SubscribeRequest, BufferingHasLimits) {
  EXPECT_EQ(error_of(kTelemetry, with_buffering("{}")), "");
  EXPECT_EQ(error_of(kTelemetry, with_buffering(R"({"maxItems":999,"maxBytes":1048577,"timeoutMs":30001})")),
            "maxItems should be a number from 1000 to 10000; maxBytes should be a number from 262144 to "
            "1048576; timeoutMs should be a number from 25 to 30000");
  EXPECT_EQ(error_of(kTelemetry, with_buffering(R"({"timeoutMs":"25"})")),
            "timeoutMs should be a number from 25 to 30000");
  EXPECT_EQ(error_of(kTelemetry, with_buffering("[]")), "buffering should be an object");
}

}  // namespace
}  // namespace martlet::environments
