#include "gateway/host.h"

#include <gtest/gtest.h>

namespace martlet::gateway {
namespace {

TEST(Host, ReadsAwsNames) {
  const struct {
    const char* host;
    const char* service_part;
    const char* region;
  } cases[] = {
      {"sqs.us-east-1.amazonaws.com", "sqs", "us-east-1"},
      {"SQS.EU-West-1.AmazonAWS.com", "sqs", "eu-west-1"},
      {"iam.amazonaws.com", "iam", ""},
      {"queue.amazonaws.com", "sqs", ""},
      {"us-west-2.queue.amazonaws.com", "sqs", "us-west-2"},
      {"streams.dynamodb.us-east-1.amazonaws.com", "streams.dynamodb", "us-east-1"},
      {"my.bucket.s3.eu-central-1.amazonaws.com", "my.bucket.s3", "eu-central-1"},
      {"bucket.s3.amazonaws.com", "bucket.s3", ""},
      {"bucket.s3.dualstack.us-east-1.amazonaws.com", "bucket.s3", "us-east-1"},
      {"bucket.s3-us-west-2.amazonaws.com", "bucket.s3", "us-west-2"},
      {"s3.us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1"},
      {"lambda-fips.us-east-1.amazonaws.com", "lambda", "us-east-1"},
      {"lambda.us-east-1.api.aws", "lambda", "us-east-1"},
      {"sqs.cn-north-1.amazonaws.com.cn", "sqs", "cn-north-1"},
      {"abc123.execute-api.us-east-1.amazonaws.com", "abc123.execute-api", "us-east-1"},
      {"xyz.lambda-url.us-east-1.on.aws", "xyz.lambda-url", "us-east-1"},
      {"xyz.lambda-url.us-east-1.localhost", "xyz.lambda-url", "us-east-1"},
      {"xyz.lambda-url.us-east-1.localhost.localstack.cloud", "xyz.lambda-url", "us-east-1"},
      {"bucket.s3.localhost.localstack.cloud", "bucket.s3", ""},
      {"sqs.localhost", "sqs", ""},
      {"localhost", "", ""},
      {"127.0.0.1", "", ""},
      {"example.com", "", ""},
      {"amazonaws.com", "", ""},
      {"", "", ""},
  };
  for (const auto& [host, service_part, region] : cases) {
    const HostName name = parse_host_name(host);
    EXPECT_EQ(name.service_part, service_part) << host;
    EXPECT_EQ(name.region, region) << host;
  }
}

TEST(Host, KnowsRegionsByTheirForm) {
  for (const char* good : {"us-east-1", "eu-isoe-west-1", "ap-southeast-7"})
    EXPECT_TRUE(is_region_name(good)) << good;
  for (const char* bad : {"", "us", "us-east", "us-east-", "us-east-10", "use-east-1", "us-e1st-1", "--1"})
    EXPECT_FALSE(is_region_name(bad)) << bad;
}

}  // namespace
}  // namespace martlet::gateway
