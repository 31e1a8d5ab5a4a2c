#include "services/iam/granted_services.h"

#include <algorithm>
#include <array>
#include <set>

#include "policy/keys.h"

namespace martlet::iam {

namespace {

using policy::Statement;

struct Service {
  std::string_view prefix;
  std::string_view name;
};

/// As the Service Authorization Reference names them, by prefix.
constexpr std::array<Service, 69> kServices{{
    {"account", "AWS Account Management"},
    {"acm", "AWS Certificate Manager"},
    {"apigateway", "Amazon API Gateway Management"},
    {"application-autoscaling", "AWS Application Auto Scaling"},
    {"appsync", "AWS AppSync"},
    {"athena", "Amazon Athena"},
    {"autoscaling", "Amazon EC2 Auto Scaling"},
    {"cloudformation", "AWS CloudFormation"},
    {"cloudfront", "Amazon CloudFront"},
    {"cloudtrail", "AWS CloudTrail"},
    {"cloudwatch", "Amazon CloudWatch"},
    {"codebuild", "AWS CodeBuild"},
    {"codedeploy", "AWS CodeDeploy"},
    {"codepipeline", "AWS CodePipeline"},
    {"cognito-identity", "Amazon Cognito Identity"},
    {"cognito-idp", "Amazon Cognito User Pools"},
    {"cognito-sync", "Amazon Cognito Sync"},
    {"config", "AWS Config"},
    {"dax", "Amazon DynamoDB Accelerator (DAX)"},
    {"ds", "AWS Directory Service"},
    {"dynamodb", "Amazon DynamoDB"},
    {"ec2", "Amazon EC2"},
    {"ec2messages", "Amazon Message Delivery Service"},
    {"ecr", "Amazon Elastic Container Registry"},
    {"ecs", "Amazon Elastic Container Service"},
    {"eks", "Amazon Elastic Kubernetes Service"},
    {"elasticache", "Amazon ElastiCache"},
    {"elasticfilesystem", "Amazon Elastic File System"},
    {"elasticloadbalancing", "AWS Elastic Load Balancing"},
    {"events", "Amazon EventBridge"},
    {"execute-api", "Amazon API Gateway"},
    {"firehose", "Amazon Kinesis Firehose"},
    {"glue", "AWS Glue"},
    {"iam", "AWS Identity and Access Management"},
    {"iot", "AWS IoT"},
    {"kafka", "Amazon Managed Streaming for Apache Kafka"},
    {"kinesis", "Amazon Kinesis Data Streams"},
    {"kinesisanalytics", "Amazon Kinesis Analytics"},
    {"kms", "AWS Key Management Service"},
    {"lambda", "AWS Lambda"},
    {"logs", "Amazon CloudWatch Logs"},
    {"mobiletargeting", "Amazon Pinpoint"},
    {"mq", "Amazon MQ"},
    {"organizations", "AWS Organizations"},
    {"pipes", "Amazon EventBridge Pipes"},
    {"rds", "Amazon RDS"},
    {"rds-data", "Amazon RDS Data API"},
    {"redshift", "Amazon Redshift"},
    {"resource-groups", "AWS Resource Groups"},
    {"route53", "Amazon Route 53"},
    {"s3", "Amazon S3"},
    {"s3-object-lambda", "Amazon S3 Object Lambda"},
    {"sagemaker", "Amazon SageMaker"},
    {"scheduler", "Amazon EventBridge Scheduler"},
    {"schemas", "Amazon EventBridge Schemas"},
    {"secretsmanager", "AWS Secrets Manager"},
    {"serverlessrepo", "AWS Serverless Application Repository"},
    {"ses", "Amazon SES"},
    {"sns", "Amazon SNS"},
    {"sqs", "Amazon SQS"},
    {"ssm", "AWS Systems Manager"},
    {"ssmmessages", "Amazon Session Manager Message Gateway Service"},
    {"states", "AWS Step Functions"},
    {"sts", "AWS Security Token Service"},
    {"synthetics", "Amazon CloudWatch Synthetics"},
    {"tag", "Amazon Resource Group Tagging API"},
    {"vpc-lattice", "Amazon VPC Lattice"},
    {"wafv2", "AWS WAF V2"},
    {"xray", "AWS X-Ray"},
}};
static_assert(std::ranges::is_sorted(kServices, {}, &Service::prefix));

/// What no action is called: a pattern matches it only if it covers all of the service.
constexpr std::string_view kAnyOther = ":\x7f";

bool matches(const Statement& statement, std::string_view action) {
  const policy::Request nothing;  // patterns of actions have no variables
  policy::KeyReader reader(nothing);
  const auto& patterns = statement.actions.content;
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const policy::Pattern& pattern) { return pattern.matches(action, reader); });
}

bool allows_service(const Statement& statement, const std::string& service) {
  if (statement.effect != policy::Effect::kAllow) return false;
  if (statement.actions.negated) return !matches(statement, service + std::string(kAnyOther));
  const auto& named = statement.services;
  return named.empty() || std::binary_search(named.begin(), named.end(), service);
}

}  // namespace

bool grants(const policy::Policy& policy, const std::string& service) {
  const auto& statements = policy.statements();
  return std::any_of(statements.begin(), statements.end(),
                     [&](const Statement& statement) { return allows_service(statement, service); });
}

bool grants_action(const policy::Policy& policy, const std::string& action) {
  const auto& statements = policy.statements();
  return std::any_of(statements.begin(), statements.end(), [&](const Statement& statement) {
    return statement.effect == policy::Effect::kAllow &&
           matches(statement, action) != statement.actions.negated;
  });
}

std::vector<std::string> granted_services(const std::vector<policy::PolicyPtr>& policies) {
  std::set<std::string> granted;
  for (const policy::PolicyPtr& policy : policies) {
    for (const Statement& statement : policy->statements())
      if (statement.effect == policy::Effect::kAllow && !statement.actions.negated)
        granted.insert(statement.services.begin(), statement.services.end());
    for (const Service& service : kServices)
      if (std::string prefix(service.prefix); grants(*policy, prefix)) granted.insert(std::move(prefix));
  }
  return {granted.begin(), granted.end()};
}

std::string service_name(const std::string& service) {
  const auto found = std::ranges::lower_bound(kServices, std::string_view(service), {}, &Service::prefix);
  return found != kServices.end() && found->prefix == service ? std::string(found->name) : service;
}

}  // namespace martlet::iam
