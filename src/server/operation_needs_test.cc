// What operations need, where AWS's Service Authorization Reference has more to say than "the action of that
// name on the resource of that name".

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/iam/model.h"
#include "api/iam/types.h"
#include "api/lambda/model.h"
#include "api/lambda/types.h"
#include "api/sns/model.h"
#include "api/sns/types.h"
#include "api/sts/model.h"
#include "api/sts/types.h"
#include "base/async_test.h"
#include "base/clock.h"
#include "base/secret_box.h"
#include "server/enforcement.h"
#include "services/lambda/attachments.h"
#include "services/lambda/event_source_mappings_store.h"
#include "store/store.h"

namespace martlet::server {
namespace {

using std::string;
using std::vector;

/// "ACTION RESOURCE KEY=VALUE,VALUE KEY=…" of one need, with the keys that are asked for and there.
string told(const authorization::Need& need, const vector<string>& keys) {
  string text = string(need.action) + " " + need.resource;
  for (const string& key : keys) {
    const policy::ContextValues values = need.keys.find(key);
    if (values.empty()) continue;
    text += " " + key + "=";
    for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ",") + string(values[i]);
  }
  return text;
}

class OperationNeedsTest : public testing::Test {
 protected:
  OperationNeedsTest() {
    context_.account = "111122223333";
    context_.region = "eu-west-1";
  }

  /// Fills the store, then tells what the operation needs.
  vector<string> needs(
      const wire::ServiceModel& model, const char* operation, const void* input,
      const vector<string>& keys = {}, const std::function<void(store::Txn&)>& fill = [](store::Txn&) {}) {
    vector<string> all;
    run_async([&](Executor executor) -> Task<> {
      const auto store = store::make_memory_store(executor);
      const SecretBox secrets(string(SecretBox::kKeySize, 'k'));
      iam::Directory directory(*store, secrets);
      iam::Names iam_names(directory);
      lambda::Names lambda_names(*store);
      co_await store->transact([&](store::Txn& txn) -> Task<> {
        fill(txn);
        co_return;
      });
      vector<RuledService> services = rules_of_services(iam_names, lambda_names);
      const auto service = std::ranges::find(services, &model, &RuledService::model);
      const authorization::Rules rules(model, std::move(service->rules));
      const wire::Operation* found = model.find_operation(operation);
      for (const auto& need :
           co_await rules.needs({.context = context_, .operation = *found, .input = input}))
        all.push_back(told(need, keys));
    });
    return all;
  }

  wire::Context context_;
};

const string kFunction = "arn:aws:lambda:eu-west-1:111122223333:function:f";
const string kMapping = "arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:11111111-2222";

TEST_F(OperationNeedsTest, MappingsAreAskedAboutWithTheirFunction) {
  const auto fill = [](store::Txn& txn) {
    lambda::MappingRecord mapping;
    mapping.uuid = "11111111-2222";
    mapping.account = "111122223333";
    mapping.region = "eu-west-1";
    mapping.event_source_arn = "arn:aws:sqs:eu-west-1:111122223333:q";
    mapping.function = "f";
    lambda::save_mapping(txn, mapping, std::nullopt);
  };
  const vector<string> keys{"lambda:functionarn"};
  lambda::DeleteEventSourceMappingRequest remove;
  remove.uuid = "11111111-2222";
  EXPECT_EQ(
      needs(lambda::model(), "DeleteEventSourceMapping", &remove, keys, fill),
      (vector<string>{"lambda:DeleteEventSourceMapping " + kMapping + " lambda:functionarn=" + kFunction}));
  EXPECT_EQ(needs(lambda::model(), "DeleteEventSourceMapping", &remove, keys),
            (vector<string>{"lambda:DeleteEventSourceMapping " + kMapping}))
      << "there is none";
  lambda::UpdateEventSourceMappingRequest update;
  update.uuid = "11111111-2222";
  const string as_it_is = "lambda:UpdateEventSourceMapping " + kMapping + " lambda:functionarn=" + kFunction;
  EXPECT_EQ(needs(lambda::model(), "UpdateEventSourceMapping", &update, keys, fill),
            (vector<string>{as_it_is}));
  update.function_name = "g";
  EXPECT_EQ(
      needs(lambda::model(), "UpdateEventSourceMapping", &update, keys, fill),
      (vector<string>{as_it_is, "lambda:UpdateEventSourceMapping " + kMapping +
                                    " lambda:functionarn=arn:aws:lambda:eu-west-1:111122223333:function:g"}));
}

// What is made has no name yet: any of its kind.
TEST_F(OperationNeedsTest, TagsOfWhatIsMadeAreAskedAboutWithItsKind) {
  const string lambda = "arn:aws:lambda:eu-west-1:111122223333:";
  lambda::CreateEventSourceMappingRequest mapping;
  mapping.function_name = "f";
  mapping.tags.emplace()["team"] = "blue";
  EXPECT_EQ(needs(lambda::model(), "CreateEventSourceMapping", &mapping, {"lambda:functionarn"}),
            (vector<string>{"lambda:CreateEventSourceMapping * lambda:functionarn=" + kFunction,
                            "lambda:TagResource " + lambda + "event-source-mapping:*"}));
  lambda::CreateCodeSigningConfigRequest signing;
  signing.tags.emplace()["team"] = "blue";
  EXPECT_EQ(needs(lambda::model(), "CreateCodeSigningConfig", &signing),
            (vector<string>{"lambda:CreateCodeSigningConfig *",
                            "lambda:TagResource " + lambda + "code-signing-config:*"}));
}

TEST_F(OperationNeedsTest, UrlsAreAskedAboutWithTheirAuthType) {
  const auto fill = [](store::Txn& txn) {
    lambda::FunctionUrlRecord url;
    url.id = string(32, 'a');
    url.auth_type = "AWS_IAM";
    lambda::save_url(txn, {"111122223333", "eu-west-1", "f", ""}, url);
  };
  const vector<string> keys{"lambda:functionurlauthtype"};
  lambda::GetFunctionUrlConfigRequest get;
  get.function_name = "f";
  EXPECT_EQ(
      needs(lambda::model(), "GetFunctionUrlConfig", &get, keys, fill),
      (vector<string>{"lambda:GetFunctionUrlConfig " + kFunction + " lambda:functionurlauthtype=AWS_IAM"}));
  lambda::UpdateFunctionUrlConfigRequest update;
  update.function_name = "f";
  EXPECT_EQ(needs(lambda::model(), "UpdateFunctionUrlConfig", &update, keys, fill),
            (vector<string>{"lambda:UpdateFunctionUrlConfig " + kFunction +
                            " lambda:functionurlauthtype=AWS_IAM"}));
  update.auth_type = "NONE";
  EXPECT_EQ(
      needs(lambda::model(), "UpdateFunctionUrlConfig", &update, keys, fill),
      (vector<string>{"lambda:UpdateFunctionUrlConfig " + kFunction + " lambda:functionurlauthtype=NONE"}));
}

TEST_F(OperationNeedsTest, RemovedPermissionsAreAskedAboutWithWhomTheyLetIn) {
  const auto fill = [](store::Txn& txn) {
    lambda::ResourcePolicy policy;
    lambda::PolicyStatement& statement = policy.statements.emplace_back();
    statement.sid = "s";
    statement.action = "lambda:InvokeFunctionUrl";
    statement.principal = "*";
    statement.function_url_auth_type = "NONE";
    lambda::save_policy(txn, {"111122223333", "eu-west-1", "f", ""}, policy);
  };
  const vector<string> keys{"lambda:principal", "lambda:functionurlauthtype"};
  lambda::RemovePermissionRequest input;
  input.function_name = "f";
  input.statement_id = "s";
  EXPECT_EQ(needs(lambda::model(), "RemovePermission", &input, keys, fill),
            (vector<string>{"lambda:RemovePermission " + kFunction +
                            " lambda:principal=* lambda:functionurlauthtype=NONE"}));
  input.statement_id = "other";
  EXPECT_EQ(needs(lambda::model(), "RemovePermission", &input, keys, fill),
            (vector<string>{"lambda:RemovePermission " + kFunction}));
}

TEST_F(OperationNeedsTest, ConfigurationsAreAskedAboutWithTheirVpc) {
  lambda::UpdateFunctionConfigurationRequest input;
  input.function_name = "f";
  EXPECT_EQ(needs(lambda::model(), "UpdateFunctionConfiguration", &input, {"lambda:vpcids"}),
            (vector<string>{"lambda:UpdateFunctionConfiguration " + kFunction}));
  input.vpc_config.emplace().subnet_ids = {"subnet-1"};
  const auto with_vpc = needs(lambda::model(), "UpdateFunctionConfiguration", &input, {"lambda:vpcids"});
  ASSERT_EQ(with_vpc.size(), 1u);
  EXPECT_NE(with_vpc[0].find(" lambda:vpcids=vpc-"), string::npos) << with_vpc[0];
}

// A condition that some other configuration is attached must not deny the one of the two that lacks the key.
TEST_F(OperationNeedsTest, CodeSigningIsAskedAboutWithTheSameKeyOnBothResources) {
  lambda::PutFunctionCodeSigningConfigRequest input;
  input.function_name = "f";
  input.code_signing_config_arn = "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-1";
  const string key = " lambda:codesigningconfigarn=" + input.code_signing_config_arn;
  EXPECT_EQ(needs(lambda::model(), "PutFunctionCodeSigningConfig", &input, {"lambda:codesigningconfigarn"}),
            (vector<string>{"lambda:PutFunctionCodeSigningConfig " + kFunction + key,
                            "lambda:PutFunctionCodeSigningConfig " + input.code_signing_config_arn + key}));
}

TEST_F(OperationNeedsTest, RolesOfServicesAreNamedWhole) {
  iam::CreateServiceLinkedRoleRequest create;
  create.aws_service_name = "lambda.amazonaws.com";
  EXPECT_EQ(needs(iam::model(), "CreateServiceLinkedRole", &create, {"iam:awsservicename"}),
            (vector<string>{
                "iam:CreateServiceLinkedRole arn:aws:iam::111122223333:role/aws-service-role/"
                "lambda.amazonaws.com/AWSServiceRoleForLambda iam:awsservicename=lambda.amazonaws.com"}));
  create.aws_service_name = "autoscaling.amazonaws.com";
  create.custom_suffix = "blue";
  EXPECT_EQ(needs(iam::model(), "CreateServiceLinkedRole", &create),
            (vector<string>{"iam:CreateServiceLinkedRole arn:aws:iam::111122223333:role/aws-service-role/"
                            "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_blue"}));
  iam::GetServiceLinkedRoleDeletionStatusRequest status;
  status.deletion_task_id = "task/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda/0-1";
  EXPECT_EQ(needs(iam::model(), "GetServiceLinkedRoleDeletionStatus", &status),
            (vector<string>{"iam:GetServiceLinkedRoleDeletionStatus arn:aws:iam::111122223333:role/"
                            "aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda"}));
  for (const char* nonsense : {"task", "task/", "x"}) {
    status.deletion_task_id = nonsense;
    EXPECT_EQ(needs(iam::model(), "GetServiceLinkedRoleDeletionStatus", &status),
              (vector<string>{"iam:GetServiceLinkedRoleDeletionStatus arn:aws:iam::111122223333:role/*"}))
        << nonsense;
  }
}

TEST_F(OperationNeedsTest, TopicsThatReportNeedTheRightToPassTheRole) {
  const string topic = "arn:aws:sns:eu-west-1:111122223333:t";
  const string role = "arn:aws:iam::111122223333:role/reports";
  const string pass = "iam:PassRole " + role + " iam:passedtoservice=sns.amazonaws.com";
  const vector<string> keys{"iam:passedtoservice"};
  sns::CreateTopicInput create;
  create.name = "t";
  EXPECT_EQ(needs(sns::model(), "CreateTopic", &create, keys), (vector<string>{"SNS:CreateTopic " + topic}));
  auto& attributes = create.attributes.emplace();
  attributes["DisplayName"] = "d";
  attributes["SQSFailureFeedbackRoleArn"] = role;
  EXPECT_EQ(needs(sns::model(), "CreateTopic", &create, keys),
            (vector<string>{"SNS:CreateTopic " + topic, pass}));
  sns::SetTopicAttributesInput set;
  set.topic_arn = topic;
  set.attribute_name = "DisplayName";
  set.attribute_value = role;
  EXPECT_EQ(needs(sns::model(), "SetTopicAttributes", &set, keys),
            (vector<string>{"SNS:SetTopicAttributes " + topic}));
  set.attribute_name = "LambdaSuccessFeedbackRoleArn";
  EXPECT_EQ(needs(sns::model(), "SetTopicAttributes", &set, keys),
            (vector<string>{"SNS:SetTopicAttributes " + topic, pass}));
  set.attribute_value.reset();
  EXPECT_EQ(needs(sns::model(), "SetTopicAttributes", &set, keys).size(), 1u) << "no role any more";
}

TEST_F(OperationNeedsTest, SubscriptionsAreNoResources) {
  sns::UnsubscribeInput input;
  input.subscription_arn = "arn:aws:sns:eu-west-1:111122223333:t:3a0b8b9c-0000-4000-8000-000000000000";
  EXPECT_EQ(needs(sns::model(), "Unsubscribe", &input), (vector<string>{"SNS:Unsubscribe *"}));
  input.subscription_arn = "arn:aws:sns:eu-west-1:444455556666:t:3a0b8b9c-0000-4000-8000-000000000000";
  EXPECT_EQ(needs(sns::model(), "Unsubscribe", &input),
            (vector<string>{"SNS:Unsubscribe arn:aws:sns:eu-west-1:444455556666:t"}))
      << "another account's: its topic has to let the caller in";
}

TEST_F(OperationNeedsTest, TagsOfSessionsAreAnActionOfTheirOwn) {
  sts::GetFederationTokenRequest input;
  input.name = "app";
  const string who = "arn:aws:sts::111122223333:federated-user/app";
  EXPECT_EQ(needs(sts::model(), "GetFederationToken", &input),
            (vector<string>{"sts:GetFederationToken " + who}));
  input.tags = {{.key = "team", .value = "blue"}};
  EXPECT_EQ(needs(sts::model(), "GetFederationToken", &input, {"aws:tagkeys"}),
            (vector<string>{"sts:GetFederationToken " + who + " aws:tagkeys=team",
                            "sts:TagSession " + who + " aws:tagkeys=team"}));
}

}  // namespace
}  // namespace martlet::server
