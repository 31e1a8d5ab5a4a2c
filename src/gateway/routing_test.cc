#include "gateway/routing.h"

#include <gtest/gtest.h>

#include <deque>

#include "gateway/test_service.h"

namespace martlet::gateway {
namespace {

using std::string;

class Routing : public testing::Test {
 protected:
  Routing() {
    for (TestService* service : services_.all()) router_.add(endpoints_.emplace_back(service->bound()));
    router_.add_host_kind("lambda-url");
    router_.add_host_kind("execute-api");
  }

  Route find(const string& method, const string& target, net::Headers headers) {
    const net::RequestHead head{method, target, std::move(headers)};
    return router_.find(head, parse_signature(head));
  }
  /// The name of the service, or "".
  string service(const string& method, const string& target, net::Headers headers) {
    const Route route = find(method, target, std::move(headers));
    return route.service == nullptr ? "" : string(route.service->model().name);
  }
  static net::Headers as(const string& signing_name, const string& host = "localhost:4566") {
    return {{"Host", host}, {"Authorization", claim_to_be("test", "eu-west-1", signing_name)}};
  }

  TestServices services_;
  std::deque<wire::Endpoint> endpoints_;
  ServiceRouter router_;
};

TEST_F(Routing, TheCredentialScopeComesFirst) {
  net::Headers headers = as("sts", "s3.us-east-1.amazonaws.com");
  headers.add("X-Amz-Target", "DynamoDB_20120810.ListTables");
  EXPECT_EQ(service("POST", "/", headers), "sts");
  EXPECT_EQ(find("POST", "/", headers).region, "eu-west-1");
}

TEST_F(Routing, TheScopeOfAPresignedRequestCounts) {
  EXPECT_EQ(
      service(
          "GET",
          "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K%2F20231114%2Fus-west-2%2Fsts%2Faws4_request",
          {{"Host", "localhost"}}),
      "sts");
}

TEST_F(Routing, ServicesThatShareASigningNameAreToldApart) {
  EXPECT_EQ(service("GET", "/2015-03-31/functions", as("lambda")), "lambda");
  EXPECT_EQ(service("GET", "/2025-09-09/microvms", as("lambda")), "lambda-microvms");
  EXPECT_EQ(service("GET", "/no/such/path", as("lambda")), "lambda");
  EXPECT_EQ(service("GET", "/restapis", as("apigateway")), "apigateway");
  EXPECT_EQ(service("GET", "/v2/apis", as("apigateway")), "apigatewayv2");
  net::Headers streams = as("dynamodb");
  streams.add("X-Amz-Target", "DynamoDBStreams_20120810.ListStreams");
  EXPECT_EQ(service("POST", "/", streams), "dynamodbstreams");
  net::Headers tables = as("dynamodb");
  tables.add("X-Amz-Target", "DynamoDB_20120810.ListTables");
  EXPECT_EQ(service("POST", "/", tables), "dynamodb");
}

TEST_F(Routing, TheTargetComesSecond) {
  EXPECT_EQ(
      service("POST", "/", {{"Host", "sts.amazonaws.com"}, {"X-Amz-Target", "DynamoDB_20120810.ListTables"}}),
      "dynamodb");
  EXPECT_EQ(service("POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics",
                    {{"Host", "localhost"}}),
            "cloudwatch");
}

TEST_F(Routing, TheHostComesThird) {
  EXPECT_EQ(service("POST", "/", {{"Host", "sts.us-east-1.amazonaws.com"}}), "sts");
  EXPECT_EQ(service("POST", "/", {{"Host", "sts.localhost:4566"}}), "sts");
  EXPECT_EQ(service("POST", "/", {{"Host", "streams.dynamodb.us-east-1.amazonaws.com"}}), "dynamodbstreams");
  EXPECT_EQ(service("POST", "/", {{"Host", "123456789012.dynamodb.us-east-1.amazonaws.com"}}), "dynamodb");
  EXPECT_EQ(service("GET", "/2025-09-09/microvms", {{"Host", "lambda.us-east-1.amazonaws.com"}}),
            "lambda-microvms");
  EXPECT_EQ(find("GET", "/", {{"Host", "sts.ap-south-1.amazonaws.com"}}).region, "ap-south-1");
}

TEST_F(Routing, BucketsInTheHost) {
  const Route route = find("GET", "/key", {{"Host", "my.bucket.s3.eu-central-1.amazonaws.com"}});
  EXPECT_EQ(route.service->model().name, "s3");
  EXPECT_EQ(route.subject, "my.bucket");
  EXPECT_EQ(route.region, "eu-central-1");
  EXPECT_EQ(find("GET", "/key", as("s3", "b.s3.localhost.localstack.cloud:4566")).subject, "b");
  EXPECT_EQ(find("GET", "/b/key", as("s3")).subject, "");
  EXPECT_EQ(find("GET", "/b/key", as("s3", "s3.us-east-1.amazonaws.com")).subject, "");
}

TEST_F(Routing, ThePathComesLast) {
  EXPECT_EQ(service("POST", "/2015-03-31/functions/f/invocations", {{"Host", "localhost:4566"}}), "lambda");
  EXPECT_EQ(service("GET", "/v2/apis", {}), "apigatewayv2");
  EXPECT_EQ(service("GET", "/bucket/key", {{"Host", "localhost"}}), "s3");
  EXPECT_EQ(service("GET", "/", {{"Host", "localhost"}}), "");
  EXPECT_EQ(service("GET", "/bucket/key", {{"Host", "other.localhost"}}), "");
}

TEST_F(Routing, HostsOfFunctionsAndApisWinOverSignatures) {
  const Route url = find("GET", "/any", as("lambda", "abc.lambda-url.us-west-2.on.aws"));
  EXPECT_EQ(url.service, nullptr);
  EXPECT_EQ(url.host_kind, "lambda-url");
  EXPECT_EQ(url.subject, "abc");
  EXPECT_EQ(url.region, "us-west-2");
  EXPECT_EQ(find("GET", "/", {{"Host", "abc.lambda-url.us-west-2.localhost:4566"}}).host_kind, "lambda-url");
  EXPECT_EQ(find("GET", "/prod", {{"Host", "id1.execute-api.us-east-1.amazonaws.com"}}).subject, "id1");
  EXPECT_EQ(find("GET", "/prod", {{"Host", "execute-api.us-east-1.amazonaws.com"}}).host_kind, "");
  const Route post =
      find("POST", "/prod/@connections/1", as("execute-api", "id1.execute-api.us-east-1.amazonaws.com"));
  EXPECT_EQ(post.host_kind, "");
  EXPECT_EQ(post.service->model().name, "apigatewaymanagementapi");
}

TEST_F(Routing, FormsForQueuesAreSqs) {
  const std::vector<wire::Protocol> protocols{wire::Protocol::kAwsJson10, wire::Protocol::kQuery};
  TestService sqs{{.name = "sqs", .endpoint_prefix = "sqs", .signing_name = "sqs"}, protocols, {}};
  const wire::Endpoint endpoint(sqs.bound());
  router_.add(endpoint);
  const net::Headers form{{"Host", "localhost:4566"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(service("POST", "/000000000000/q", form), "sqs");
  EXPECT_EQ(service("POST", "/queue/eu-west-1/000000000000/q", form), "sqs");
  EXPECT_EQ(service("GET", "/000000000000/q?Action=SendMessage", {{"Host", "localhost:4566"}}), "sqs");
  EXPECT_EQ(service("GET", "/000000000000/q", {{"Host", "localhost:4566"}}), "s3");
  EXPECT_EQ(service("POST", "/bucket/key", form), "s3");
  EXPECT_EQ(service("POST", "/000000000000/q/r", form), "s3");
}

TEST_F(Routing, UnknownServicesAreNamed) {
  EXPECT_EQ(find("POST", "/", as("sqs")).asked_for, "sqs");
  EXPECT_EQ(find("POST", "/", {{"X-Amz-Target", "AmazonSQS.SendMessage"}}).asked_for, "AmazonSQS");
  EXPECT_EQ(find("POST", "/", {{"Host", "sns.us-east-1.amazonaws.com"}}).asked_for, "sns");
  EXPECT_EQ(find("POST", "/", {{"Host", "localhost"}}).asked_for, "");
}

TEST_F(Routing, FormsTellTheirService) {
  EXPECT_EQ(router_.find_by_form({{"Action", "GetCallerIdentity"}, {"Version", "2011-06-15"}})->model().name,
            "sts");
  EXPECT_EQ(router_.find_by_form({{"Action", "ListMetrics"}})->model().name, "cloudwatch");
  EXPECT_EQ(router_.find_by_form({{"Action", "GetCallerIdentity"}, {"Version", "2000-01-01"}}), nullptr);
  EXPECT_EQ(router_.find_by_form({{"Version", "2011-06-15"}}), nullptr);
}

}  // namespace
}  // namespace martlet::gateway
