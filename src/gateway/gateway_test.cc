#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include "gateway/gateway_fixture.h"

namespace martlet::gateway {
namespace {

using std::string;

TEST_F(GatewayTest, CallsTheOperationWithItsContext) {
  const net::Response answer = ask(rest("GET", "/2015-03-31/functions"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(get(answer, "x-service"), "lambda");
  EXPECT_EQ(get(answer, "x-region"), "eu-west-1");
  EXPECT_EQ(get(answer, "x-account"), "000000000000");
  EXPECT_EQ(get(answer, "x-caller"), "arn:aws:iam::000000000000:root");
  EXPECT_EQ(get(answer, "x-url"), "http://localhost:4566");
  EXPECT_EQ(get(answer, "x-amzn-requestid").size(), 36U);
}

TEST_F(GatewayTest, TwelveDigitsSelectTheAccount) {
  EXPECT_EQ(get(ask(rest("GET", "/2015-03-31/functions", "210987654321")), "x-account"), "210987654321");
  EXPECT_EQ(get(ask(rest("GET", "/2015-03-31/functions", "21098765432")), "x-account"), "000000000000");
}

TEST_F(GatewayTest, KnownKeysAreTheirOwnersEvenWhenOpen) {
  EXPECT_EQ(get(ask(rest("GET", "/2015-03-31/functions", "AKIDEXAMPLE")), "x-caller"),
            "arn:aws:iam::123456789012:user/u");
}

TEST_F(GatewayTest, StrangeRegionsAndHostsAreNotRepeated) {
  net::RequestHead head = rest("GET", "/2015-03-31/functions");
  head.headers.set("Authorization", claim_to_be("test", "<script>", "lambda"));
  head.headers.set("Host", "evil\"><host");
  const net::Response answer = ask(head);
  EXPECT_EQ(get(answer, "x-region"), "us-east-1");
  EXPECT_EQ(get(answer, "x-url"), "http://localhost");
}

TEST_F(GatewayTest, ErrorsSpeakTheCallersProtocol) {
  const net::Response in_rest = ask(rest("GET", "/2015-03-31/fail"));
  EXPECT_EQ(in_rest.status, 404);
  EXPECT_EQ(get(in_rest, "x-amzn-errortype"), "ResourceNotFoundException");
  const net::Response in_json = ask(json("DynamoDB_20120810.Fail"));
  EXPECT_EQ(in_json.status, 404);
  EXPECT_NE(in_json.body.find("\"__type\":\"ResourceNotFoundException\""), string::npos);
}

TEST_F(GatewayTest, BugsAreInternalFailures) {
  const net::Response in_rest = ask(rest("GET", "/2015-03-31/crash"));
  EXPECT_EQ(in_rest.status, 500);
  EXPECT_EQ(get(in_rest, "x-amzn-errortype"), "InternalFailure");
  EXPECT_EQ(in_rest.body.find("a bug"), string::npos);
  EXPECT_FALSE(get(in_rest, "x-amzn-requestid").empty());
  const net::Response in_query = ask(
      {"POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}, {"Host", "sts.amazonaws.com"}}},
      "Action=Crash");
  EXPECT_EQ(in_query.status, 500);
  EXPECT_NE(in_query.body.find("<Code>InternalFailure</Code>"), string::npos);
}

TEST_F(GatewayTest, WhatIsNotImplementedSaysSo) {
  const net::Response answer = ask(rest("GET", "/2015-03-31/missing"));
  EXPECT_EQ(answer.status, 501);
  EXPECT_NE(answer.body.find("Missing"), string::npos);
}

TEST_F(GatewayTest, UnknownOperationsAndServicesGetAwsErrors) {
  const net::Response path = ask(rest("GET", "/2015-03-31/nothing"));
  EXPECT_EQ(path.status, 404);
  EXPECT_EQ(get(path, "x-amzn-errortype"), "UnknownOperationException");
  const net::Response operation = ask(json("DynamoDB_20120810.Nothing"));
  EXPECT_EQ(operation.status, 400);
  EXPECT_NE(operation.body.find("UnknownOperationException"), string::npos);
  const net::Response service = ask(json("AmazonSQS.SendMessage"));
  EXPECT_EQ(service.status, 501);
  EXPECT_NE(service.body.find("AmazonSQS"), string::npos);
  const net::Response form =
      ask({"POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}}}, "Action=Nothing");
  EXPECT_NE(form.body.find("<ErrorResponse>"), string::npos);
  const net::Response nothing = ask({"GET", "/", {}});
  EXPECT_EQ(nothing.status, 404);
  EXPECT_EQ(get(nothing, "x-amzn-errortype"), "UnknownOperationException");
  EXPECT_FALSE(get(nothing, "x-amzn-requestid").empty());
}

TEST_F(GatewayTest, FormsWithoutASignatureFindTheirService) {
  const net::Response answer =
      ask({"POST", "/", {{"Host", "localhost:4566"}, {"Content-Type", "application/x-www-form-urlencoded"}}},
          "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(get(answer, "x-service"), "sts");
  EXPECT_EQ(get(ask({"GET", "/?Action=GetCallerIdentity&Version=2011-06-15", {}}), "x-service"), "sts");
}

TEST_F(GatewayTest, BodiesAreLimitedByOperation) {
  const net::Response invoke =
      ask(rest("POST", "/2015-03-31/functions/f/invocations"), string(6'291'457, 'x'));
  EXPECT_EQ(invoke.status, 413);
  EXPECT_EQ(get(invoke, "x-amzn-errortype"), "RequestEntityTooLargeException");
  EXPECT_NE(invoke.body.find("Request must be smaller than 6291456 bytes for the InvokeFunction operation"),
            string::npos);
  EXPECT_EQ(ask(rest("POST", "/2015-03-31/functions/f/invocations"), string(6'291'456, 'x')).status, 200);
  EXPECT_EQ(ask(rest("POST", "/2015-03-31/functions"), string(50'000'000, 'x')).status, 200);
  EXPECT_EQ(ask(rest("POST", "/2015-03-31/functions"), string(70'167'212, 'x')).status, 413);
}

TEST_F(GatewayTest, OwnEndpointsStayOutOfTheWayOfServices) {
  EXPECT_EQ(ask({"GET", "/_martlet/health", {{"Host", "localhost:4566"}}}).body, "healthy");
  EXPECT_EQ(ask({"HEAD", "/_martlet/health", {}}).body, "healthy");
  EXPECT_EQ(ask({"POST", "/_martlet/health", {}}).status, 405);
  EXPECT_EQ(ask({"GET", "/_martlet/healthy", {}}).status, 404);
  EXPECT_EQ(ask({"GET", "/metrics", {}}).body, "numbers");
  net::RequestHead bucket{"GET", "/metrics/key", {{"Authorization", claim_to_be("test", "us-east-1", "s3")}}};
  EXPECT_EQ(get(ask(bucket), "x-service"), "s3");
  EXPECT_EQ(ask({"GET", "/metrics", {{"Host", "abc.lambda-url.us-west-2.on.aws"}}}).body,
            "url abc in us-west-2");
}

TEST_F(GatewayTest, HostsOfServicesAreFoundByPathToo) {
  const net::Response by_host =
      ask({"GET", "/a%2Fb?c=d", {{"Host", "abc.lambda-url.us-west-2.localhost:4566"}}});
  EXPECT_EQ(get(by_host, "x-target"), "/a%2Fb?c=d");
  const std::pair<const char*, const char*> targets[] = {
      {"", "/"}, {"/", "/"}, {"?c=d", "/?c=d"}, {"/a%2Fb?c=d", "/a%2Fb?c=d"}, {"//x", "//x"}};
  for (const auto& [below, seen] : targets) {
    const net::Response by_path =
        ask({"PUT", string("/_martlet/lambda-url/abc") + below, {{"Host", "localhost:4566"}}});
    EXPECT_EQ(by_path.body, "url abc in ") << below;
    EXPECT_EQ(get(by_path, "x-target"), seen);
  }
  EXPECT_EQ(ask({"GET", "/_martlet/lambda-url", {}}).body, "url  in ");
  EXPECT_EQ(ask({"GET", "/_martlet/lambda-urls/abc", {}}).status, 404);
  // Whatever page asks: a function says itself which origins it serves.
  EXPECT_EQ(ask({"GET", "/_martlet/lambda-url/abc/", {{"Origin", "https://example.com"}}}).status, 200);
}

TEST_F(GatewayTest, PagesFromElsewhereAreRefused) {
  net::RequestHead head = rest("GET", "/2015-03-31/functions");
  head.headers.add("Origin", "https://example.com");
  EXPECT_EQ(ask(head).status, 403);
  EXPECT_EQ(ask({"GET", "/_martlet/health", {{"Origin", "http://127.example.com"}}}).status, 403);
  options_.allowed_origins = {"https://example.com"};
  EXPECT_EQ(ask(head).status, 200);
  options_.allowed_origins.clear();
  head.headers.set("Origin", "http://localhost:3000");
  const net::Response answer = ask(head);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(get(answer, "access-control-allow-origin"), "http://localhost:3000");
  const net::Response preflight = ask({"OPTIONS",
                                       "/2015-03-31/functions",
                                       {{"Origin", "http://localhost:3000"},
                                        {"Access-Control-Request-Method", "POST"},
                                        {"Access-Control-Request-Headers", "x-amz-date"}}});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(get(preflight, "access-control-allow-headers"), "x-amz-date");
}

TEST_F(GatewayTest, TheAuthorizerDecides) {
  DenyAll deny;
  authorizer_ = &deny;
  const net::Response answer = ask(rest("GET", "/2015-03-31/functions", "AKIDEXAMPLE"));
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("arn:aws:iam::123456789012:user/u may not ListFunctions"), string::npos);
  // It is not asked about what does not concern it.
  deny.concerned = false;
  EXPECT_EQ(ask(rest("GET", "/2015-03-31/functions", "AKIDEXAMPLE")).status, 200);
}

TEST_F(GatewayTest, TheObserverIsToldOfEveryCall) {
  DenyAll deny;
  ask(rest("GET", "/2015-03-31/functions"));
  ask(rest("GET", "/nothing"));  // no operation
  authorizer_ = &deny;
  ask(rest("GET", "/2015-03-31/functions", "AKIDEXAMPLE"));  // refused, but attempted
  EXPECT_EQ(notes_.text,
            "arn:aws:iam::000000000000:root lambda ListFunctions eu-west-1\n"
            "arn:aws:iam::123456789012:user/u lambda ListFunctions eu-west-1\n");
}

TEST_F(GatewayTest, RequestsAreCounted) {
  ask(rest("GET", "/2015-03-31/functions"));
  ask(rest("GET", "/2015-03-31/functions"));
  ask(rest("GET", "/2015-03-31/fail"));
  const string text = metrics_.text();
  EXPECT_NE(
      text.find("martlet_requests_total{service=\"lambda\",operation=\"ListFunctions\",status=\"200\"} 2"),
      string::npos);
  EXPECT_NE(text.find("martlet_requests_total{service=\"lambda\",operation=\"Fail\",status=\"404\"} 1"),
            string::npos);
  EXPECT_NE(text.find("martlet_request_duration_seconds_count{service=\"lambda\",operation=\"Fail\"} 1"),
            string::npos);
}

}  // namespace
}  // namespace martlet::gateway
