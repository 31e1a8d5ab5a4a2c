// AWS's managed policies, as the build put them into the program.

#include "services/iam/managed_policies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "policy/evaluate.h"
#include "services/iam/policy_document.h"
#include "services/iam/service_linked_roles.h"

namespace martlet::iam {
namespace {

const AwsPolicy& known(std::string_view name) {
  const AwsPolicy* found = find_aws_policy("arn:aws:iam::aws:policy/" + std::string(name));
  if (found == nullptr) throw std::runtime_error("unknown: " + std::string(name));
  return *found;
}

bool allows(std::string_view name, std::string_view action, std::string_view resource,
            const policy::Context* context = nullptr) {
  const policy::Principal user{.kind = policy::PrincipalKind::kUser,
                               .arn = "arn:aws:iam::111122223333:user/ann",
                               .account = "111122223333",
                               .user_id = "AIDA",
                               .user_name = "ann",
                               .entity_arn = "arn:aws:iam::111122223333:user/ann"};
  const policy::PolicyGroup identity({policy::Policy::parse(known(name).document)});
  const policy::Request request{
      .principal = &user, .action = action, .resource = resource, .context = context};
  return policy::evaluate(request, {.identity = identity}).allowed();
}

TEST(ManagedPolicies, AreWhatIamWouldStore) {
  EXPECT_TRUE(std::ranges::is_sorted(aws_policies(), {}, &AwsPolicy::arn));
  std::set<std::string> ids;
  for (const AwsPolicy& policy : aws_policies()) {
    EXPECT_NO_THROW(check_policy(policy.document, PolicyKind::kIdentity)) << policy.arn;
    EXPECT_FALSE(policy.description.empty()) << policy.arn;
    EXPECT_TRUE(policy.version.starts_with('v')) << policy.arn;
    EXPECT_LE(policy.created_ms, policy.updated_ms) << policy.arn;
    EXPECT_TRUE(policy.version != "v1" || policy.created_ms == policy.updated_ms) << policy.arn;
    EXPECT_EQ(find_aws_policy(policy.arn), &policy);
    EXPECT_TRUE(ids.insert(policy.id()).second) << policy.arn;
  }
  EXPECT_EQ(find_aws_policy("arn:aws:iam::aws:policy/Nothing"), nullptr);
  EXPECT_EQ(find_aws_policy(""), nullptr);
}

TEST(ManagedPolicies, HaveTheVersionsAndDatesThatAwsNames) {
  const AwsPolicy& msk = known("service-role/AWSLambdaMSKExecutionRole");
  EXPECT_EQ(msk.version, "v2");
  EXPECT_EQ(msk.created_ms, 1'597'167'300'000);  // 11 August 2020, 17:35 UTC
  EXPECT_EQ(msk.updated_ms, 1'659'470'880'000);  // 2 August 2022, 20:08 UTC
  EXPECT_EQ(known("AdministratorAccess").version, "v1");
}

TEST(ManagedPolicies, GrantWhatTheyAreFor) {
  const char* group = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:log-stream:s";
  const char* function = "arn:aws:lambda:us-east-1:111122223333:function:f";
  EXPECT_TRUE(allows("service-role/AWSLambdaBasicExecutionRole", "logs:PutLogEvents", group));
  EXPECT_FALSE(allows("service-role/AWSLambdaBasicExecutionRole", "logs:GetLogEvents", group));
  EXPECT_FALSE(allows("service-role/AWSLambdaENIManagementAccess", "ec2:DescribeSubnets", "*"));
  EXPECT_TRUE(allows("AWSLambda_ReadOnlyAccess", "logs:StartQuery", group));
  EXPECT_FALSE(allows("AWSLambda_ReadOnlyAccess", "lambda:InvokeFunction", function));
  EXPECT_TRUE(allows("IAMUserChangePassword", "iam:ChangePassword", "arn:aws:iam::111122223333:user/ann"));
  EXPECT_FALSE(allows("IAMUserChangePassword", "iam:ChangePassword", "arn:aws:iam::111122223333:user/bob"));
  EXPECT_TRUE(allows("PowerUserAccess", "lambda:CreateFunction", function));
  EXPECT_FALSE(allows("PowerUserAccess", "iam:CreateUser", "arn:aws:iam::111122223333:user/bob"));
  policy::ContextList to_lambda;
  to_lambda.set("iam:PassedToService", "lambda.amazonaws.com");
  const char* role = "arn:aws:iam::111122223333:role/r";
  EXPECT_TRUE(allows("AWSLambda_FullAccess", "iam:PassRole", role, &to_lambda));
  EXPECT_FALSE(allows("AWSLambda_FullAccess", "iam:PassRole", role));
}

TEST(ManagedPolicies, OfServicesAreTheirs) {
  EXPECT_TRUE(belongs_to_service("arn:aws:iam::aws:policy/aws-service-role/AWSLambdaReplicator"));
  EXPECT_FALSE(belongs_to_service("arn:aws:iam::aws:policy/service-role/AWSLambdaRole"));
  EXPECT_FALSE(belongs_to_service("arn:aws:iam::aws:policy/AdministratorAccess"));
  for (const char* service :
       {"lambda.amazonaws.com", "replicator.lambda.amazonaws.com", "events.amazonaws.com",
        "ops.apigateway.amazonaws.com", "kafka.amazonaws.com"}) {
    const LinkedService* found = find_linked_service(service);
    ASSERT_NE(found, nullptr) << service;
    EXPECT_NE(find_aws_policy(found->policy_arn()), nullptr) << service;
  }
  EXPECT_EQ(find_linked_service("nothing.amazonaws.com"), nullptr);
}

}  // namespace
}  // namespace martlet::iam
