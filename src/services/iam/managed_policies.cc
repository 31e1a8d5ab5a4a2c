#include "services/iam/managed_policies.h"

#include <algorithm>
#include <array>

#include "base/arn.h"

namespace martlet::iam {

namespace {

constexpr std::string_view kPrefix = "policy/";

/// Path and name below "policy/", in alphabetical order; see the AWS Managed Policy Reference Guide.
constexpr std::array<std::string_view, 65> kAwsManaged{
    "AWSAppSyncAdministrator",
    "AWSAppSyncInvokeFullAccess",
    "AWSCloudFormationFullAccess",
    "AWSCloudFormationReadOnlyAccess",
    "AWSKeyManagementServicePowerUser",
    "AWSLambdaExecute",
    "AWSLambdaInvocation-DynamoDB",
    "AWSLambda_FullAccess",
    "AWSLambda_ReadOnlyAccess",
    "AWSStepFunctionsConsoleFullAccess",
    "AWSStepFunctionsFullAccess",
    "AWSStepFunctionsReadOnlyAccess",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayFullAccess",
    "AWSXrayReadOnlyAccess",
    "AWSXrayWriteOnlyAccess",
    "AdministratorAccess",
    "AmazonAPIGatewayAdministrator",
    "AmazonAPIGatewayInvokeFullAccess",
    "AmazonAthenaFullAccess",
    "AmazonCognitoPowerUser",
    "AmazonCognitoReadOnly",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBFullAccess_v2",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonEventBridgeFullAccess",
    "AmazonEventBridgePipesFullAccess",
    "AmazonEventBridgeReadOnlyAccess",
    "AmazonEventBridgeSchedulerFullAccess",
    "AmazonEventBridgeSchedulerReadOnlyAccess",
    "AmazonKinesisFirehoseFullAccess",
    "AmazonKinesisFirehoseReadOnlyAccess",
    "AmazonKinesisFullAccess",
    "AmazonKinesisReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSESFullAccess",
    "AmazonSNSFullAccess",
    "AmazonSNSReadOnlyAccess",
    "AmazonSQSFullAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonSSMFullAccess",
    "AmazonSSMReadOnlyAccess",
    "AmazonVPCFullAccess",
    "CloudWatchFullAccess",
    "CloudWatchFullAccessV2",
    "CloudWatchLambdaInsightsExecutionRolePolicy",
    "CloudWatchLogsFullAccess",
    "CloudWatchLogsReadOnlyAccess",
    "CloudWatchReadOnlyAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecretsManagerReadWrite",
    "service-role/AWSLambdaBasicDurableExecutionRolePolicy",
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaDynamoDBExecutionRole",
    "service-role/AWSLambdaENIManagementAccess",
    "service-role/AWSLambdaKinesisExecutionRole",
    "service-role/AWSLambdaMSKExecutionRole",
    "service-role/AWSLambdaRole",
    "service-role/AWSLambdaSQSQueueExecutionRole",
    "service-role/AWSLambdaVPCAccessExecutionRole",
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
};
static_assert(std::is_sorted(kAwsManaged.begin(), kAwsManaged.end()));

}  // namespace

bool is_managed_policy(std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || !parsed->region.empty() || parsed->account != "aws")
    return false;
  const std::string_view resource = parsed->resource;
  return resource.starts_with(kPrefix) &&
         std::binary_search(kAwsManaged.begin(), kAwsManaged.end(), resource.substr(kPrefix.size()));
}

std::string_view policy_name(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

std::string_view policy_path(std::string_view arn) {
  const auto first = arn.find('/');
  return arn.substr(first, arn.rfind('/') + 1 - first);
}

}  // namespace martlet::iam
