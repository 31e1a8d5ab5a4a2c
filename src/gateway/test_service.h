#pragma once

// For this room's tests: small services with tables made by hand, and requests without a network.

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/http.h"
#include "wire/service.h"

namespace martlet::gateway {

/// A service whose operations have neither input nor output and do what their name says. They tell what
/// reached them in headers of the answer. "Fail" throws an aws::Error, "Crash" something else, "Missing" is
/// not implemented.
class TestService {
 public:
  TestService(wire::ServiceModel model, std::vector<wire::Protocol> protocols,
              std::vector<wire::Operation> operations)
      : protocols_(std::move(protocols)), operations_(std::move(operations)), model_(model) {
    std::ranges::sort(operations_, {}, &wire::Operation::name);
    model_.operations = operations_;
    model_.protocols = protocols_;
    for (const wire::Operation& operation : operations_) invokers_.push_back(choose(operation.name));
  }
  TestService(const TestService&) = delete;
  TestService& operator=(const TestService&) = delete;

  [[nodiscard]] wire::BoundService bound() { return {&model_, this, invokers_}; }

 private:
  static wire::Invoker choose(std::string_view name) {
    if (name == "Fail") return &fail;
    if (name == "Crash") return &crash;
    if (name == "Missing") return nullptr;
    return &tell;
  }
  static Task<> tell(void* api, wire::Context& context, wire::Exchange&) {
    if (context.admission != nullptr) co_await context.admission->admit(nullptr);
    const auto& service = *static_cast<TestService*>(api);
    context.response_headers = {{"x-service", std::string(service.model_.name)},
                                {"x-account", context.account},
                                {"x-region", context.region},
                                {"x-caller", context.caller.arn},
                                {"x-url", context.base_url},
                                {"x-agent", context.user_agent}};
    co_return;
  }
  static Task<> fail(void*, wire::Context&, wire::Exchange&) {
    throw aws::Error("ResourceNotFoundException", "It is not there.", 404);
    co_return;
  }
  static Task<> crash(void*, wire::Context&, wire::Exchange&) {
    throw std::runtime_error("a bug");
    co_return;
  }

  std::vector<wire::Protocol> protocols_;
  std::vector<wire::Operation> operations_;
  wire::ServiceModel model_;
  std::vector<wire::Invoker> invokers_;
};

/// Services like AWS's in what tells them apart.
struct TestServices {
  using enum wire::Protocol;
  TestService lambda{
      {.name = "lambda", .api_version = "2015-03-31", .endpoint_prefix = "lambda", .signing_name = "lambda"},
      {kRestJson},
      {{.name = "ListFunctions", .method = "GET", .uri = "/2015-03-31/functions"},
       {.name = "CreateFunction", .method = "POST", .uri = "/2015-03-31/functions"},
       {.name = "Invoke", .method = "POST", .uri = "/2015-03-31/functions/{FunctionName}/invocations"},
       {.name = "Fail", .method = "GET", .uri = "/2015-03-31/fail"},
       {.name = "Crash", .method = "GET", .uri = "/2015-03-31/crash"},
       {.name = "Missing", .method = "GET", .uri = "/2015-03-31/missing"}}};
  TestService microvms{{.name = "lambda-microvms", .endpoint_prefix = "lambda", .signing_name = "lambda"},
                       {kRestJson},
                       {{.name = "ListMicrovms", .method = "GET", .uri = "/2025-09-09/microvms"}}};
  TestService dynamodb{{.name = "dynamodb",
                        .endpoint_prefix = "dynamodb",
                        .signing_name = "dynamodb",
                        .target_prefix = "DynamoDB_20120810"},
                       {kAwsJson10},
                       {{.name = "ListTables"}, {.name = "Fail"}, {.name = "Crash"}}};
  TestService streams{{.name = "dynamodbstreams",
                       .endpoint_prefix = "streams.dynamodb",
                       .signing_name = "dynamodb",
                       .target_prefix = "DynamoDBStreams_20120810"},
                      {kAwsJson10},
                      {{.name = "ListStreams"}}};
  TestService cloudwatch{{.name = "cloudwatch",
                          .api_version = "2010-08-01",
                          .endpoint_prefix = "monitoring",
                          .signing_name = "monitoring",
                          .target_prefix = "GraniteServiceVersion20100801"},
                         {kCbor, kAwsJson10, kQuery},
                         {{.name = "ListMetrics"}}};
  TestService sts{
      {.name = "sts", .api_version = "2011-06-15", .endpoint_prefix = "sts", .signing_name = "sts"},
      {kQuery},
      {{.name = "GetCallerIdentity"},
       {.name = "AssumeRoleWithWebIdentity", .unsigned_allowed = true},
       {.name = "Crash"}}};
  TestService s3{{.name = "s3", .endpoint_prefix = "s3", .signing_name = "s3"},
                 {kRestXml},
                 {{.name = "GetObject", .method = "GET", .uri = "/{Bucket}/{Key+}"},
                  {.name = "PutObject", .method = "PUT", .uri = "/{Bucket}/{Key+}"},
                  {.name = "ListBuckets", .method = "GET", .uri = "/"}}};
  TestService apigateway{
      {.name = "apigateway", .endpoint_prefix = "apigateway", .signing_name = "apigateway"},
      {kRestJson},
      {{.name = "GetRestApis", .method = "GET", .uri = "/restapis"}}};
  TestService apigatewayv2{
      {.name = "apigatewayv2", .endpoint_prefix = "apigateway", .signing_name = "apigateway"},
      {kRestJson},
      {{.name = "GetApis", .method = "GET", .uri = "/v2/apis"}}};
  TestService connections{
      {.name = "apigatewaymanagementapi", .endpoint_prefix = "execute-api", .signing_name = "execute-api"},
      {kRestJson},
      {{.name = "PostToConnection", .method = "POST", .uri = "/@connections/{ConnectionId}"}}};

  std::vector<TestService*> all() {
    return {&lambda, &microvms, &dynamodb,   &streams,      &cloudwatch,
            &sts,    &s3,       &apigateway, &apigatewayv2, &connections};
  }
};

/// A request that is already here.
class TestRequest final : public net::Request {
 public:
  explicit TestRequest(net::RequestHead head, std::string body = {}, std::string listener = "test")
      : head_(std::move(head)), body_(std::move(body)), listener_(std::move(listener)) {}

  const net::RequestHead& head() const override { return head_; }
  std::string remote_address() const override { return "10.1.2.3"; }
  bool is_tls() const override { return false; }
  const std::string& listener() const override { return listener_; }
  Task<std::string> read_some(std::size_t max) override {
    std::string piece = body_.substr(0, max);
    body_.erase(0, max);
    co_return piece;
  }
  Task<std::string> read_all(std::size_t limit) override {
    if (body_.size() > limit) throw net::TooLarge();
    co_return std::exchange(body_, {});
  }
  const net::Headers& trailers() const override { return trailers_; }

 private:
  net::RequestHead head_;
  std::string body_;
  std::string listener_;
  net::Headers trailers_;
};

/// Keeps the answer.
class TestWriter final : public net::ResponseWriter {
 public:
  net::Response response;

  Task<> send(net::Response answer) override {
    response = std::move(answer);
    started_ = true;
    co_return;
  }
  Task<> start(int status, net::Headers headers) override {
    response = {status, std::move(headers), {}};
    started_ = true;
    co_return;
  }
  Task<> write(std::string_view piece) override {
    response.body += piece;
    co_return;
  }
  Task<> finish(net::Headers) override { co_return; }
  bool started() const override { return started_; }

 private:
  bool started_ = false;
};

/// An Authorization header that says who and what for, with a signature that proves nothing.
inline std::string claim_to_be(const std::string& key, const std::string& region,
                               const std::string& service) {
  return "AWS4-HMAC-SHA256 Credential=" + key + "/20231114/" + region + "/" + service +
         "/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + std::string(64, '0');
}

}  // namespace martlet::gateway
