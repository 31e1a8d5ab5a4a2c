// What evaluate() makes of the request around the policies: its resource's owner, its condition keys; and
// what it tells about a decision.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/evaluate.h"
#include "policy/policy_test_support_test.h"

namespace martlet::policy {
namespace {

using namespace testing;

TEST(Evaluate, ServicesAreHeldToTheirSource) {
  constexpr const char* kFromTopic = R"(Allow sqs:SendMessage on * to Service=sns.amazonaws.com if )"
                                     R"("ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:news"}, )"
                                     R"("StringEquals": {"aws:SourceAccount": "111122223333"})";
  struct Source {
    const char* arn;
    const char* account;
    const char* decision;
  };
  for (const Source& source : {
           Source{"arn:aws:sns:eu-west-1:111122223333:news", kAccount, "allowed by resource"},
           Source{"arn:aws:sns:eu-west-1:111122223333:other", kAccount, "no resource"},
           Source{"arn:aws:sns:eu-west-1:444455556666:news", kOther, "no resource"},
           Source{"arn:aws:sns:eu-west-1:111122223333:news", kOther, "no resource"},
       }) {
    ContextList context;
    context.set("aws:SourceArn", source.arn);
    context.set("aws:SourceAccount", source.account);
    EXPECT_EQ(
        decide(service("sns.amazonaws.com"), {.resource = kFromTopic}, "sqs:SendMessage", kQueue, &context),
        source.decision)
        << source.arn << " " << source.account;
  }
  EXPECT_EQ(decide(service("sns.amazonaws.com"), {.resource = kFromTopic}), "no resource")
      << "without a source";
}

TEST(Evaluate, WhoseAResourceIs) {
  const char* all = "Allow *:* on *";
  struct Resource {
    const char* arn;
    const char* owner;
    const char* decision;
  };
  for (const Resource& resource : {
           Resource{"arn:aws:sqs:eu-west-1:111122223333:jobs", "", "allowed by identity"},
           Resource{"arn:aws:sqs:eu-west-1:444455556666:jobs", "", "no resource"},
           Resource{"arn:aws:s3:::bucket/key", "", "allowed by identity"},
           Resource{"arn:aws:s3:::bucket/key", kAccount, "allowed by identity"},
           Resource{"arn:aws:s3:::bucket/key", kOther, "no resource"},
           Resource{"*", "", "allowed by identity"},
           Resource{"arn:aws:sqs", "", "allowed by identity"},
       }) {
    const Principal ann = user("ann");
    const auto identity = group_of(all);
    const Request request{
        .principal = &ann, .action = "x:Y", .resource = resource.arn, .resource_account = resource.owner};
    EXPECT_EQ(told(evaluate(request, {.identity = identity})), resource.decision)
        << resource.arn << " of " << resource.owner;
  }
}

TEST(Evaluate, ConditionKeysOfThePrincipalCannotBeForged) {
  ContextList context;
  context.set("aws:username", "root");
  context.set("aws:PrincipalAccount", kOther);
  EXPECT_EQ(
      decide(user("ann"), {.identity = R"(Allow sqs:* on * if "StringEquals": {"aws:username": "root"})"},
             "sqs:SendMessage", kQueue, &context),
      "no identity");
  EXPECT_EQ(
      decide(user("ann"),
             {.identity = R"(Allow sqs:* on * if "StringEquals": {"aws:PrincipalAccount": "111122223333"})"},
             "sqs:SendMessage", kQueue, &context),
      "allowed by identity");
}

TEST(Evaluate, KeysThatFollowFromThePrincipal) {
  struct Known {
    Principal principal;
    const char* key;
    const char* value;
  };
  for (const Known& known : {
           Known{user("ann"), "aws:username", "ann"},
           Known{user("ann"), "aws:userid", "AIDAann"},
           Known{user("ann"), "aws:PrincipalArn", "arn:aws:iam::111122223333:user/ann"},
           Known{user("ann"), "aws:PrincipalType", "User"},
           Known{user("ann"), "aws:PrincipalIsAWSService", "false"},
           Known{user("ann"), "AWS:PRINCIPALACCOUNT", kAccount},
           Known{user("ann"), "aws:ResourceAccount", kAccount},
           Known{user("ann"), "aws:EpochTime", "0"},
           Known{user("ann"), "aws:CurrentTime", "1970-01-01T00:00:00Z"},
           Known{session("worker", "run"), "aws:userid", "AROAworker:run"},
           Known{session("worker", "run"), "aws:PrincipalType", "AssumedRole"},
           Known{session("worker", "run"), "aws:PrincipalArn",
                 "arn:aws:iam::111122223333:role/service-role/worker"},
           Known{federated("app", "user/ann"), "aws:PrincipalType", "FederatedUser"},
           Known{federated("app", "user/ann"), "aws:PrincipalArn",
                 "arn:aws:sts::111122223333:federated-user/app"},
           Known{service("sns.amazonaws.com"), "aws:PrincipalIsAWSService", "true"},
           Known{service("sns.amazonaws.com"), "aws:PrincipalServiceName", "sns.amazonaws.com"},
       }) {
    const std::string policy =
        fmt::format(R"(Allow sqs:* on * to * if "StringEquals": {{"{}": "{}"}})", known.key, known.value);
    EXPECT_EQ(decide(known.principal, {.resource = policy.c_str()}), "allowed by resource") << policy;
  }
  for (const Known& absent : {
           Known{session("worker", "run"), "aws:username", ""},
           Known{root(), "aws:username", ""},
           Known{service("sns.amazonaws.com"), "aws:PrincipalArn", ""},
           Known{Principal{}, "aws:userid", ""},
           Known{Principal{}, "aws:PrincipalIsAWSService", ""},
       }) {
    const std::string policy = fmt::format(R"(Deny sqs:* on * to * if "Null": {{"{}": "true"}})", absent.key);
    EXPECT_EQ(decide(absent.principal, {.resource = policy.c_str()}), "denied by resource") << policy;
  }
}

TEST(Evaluate, TraceTellsWhatAppliedAndWhatWasMissing) {
  const Principal ann = user("ann");
  const std::vector<PolicyPtr> identity{
      policy_of("Allow sns:* on * ; Allow sqs:Send* on * ; Deny sqs:PurgeQueue on *"),
      policy_of(R"(Allow sqs:* on * if "StringEquals": {"aws:RequestTag/Team": "a", "sqs:x": "b"})")};
  const PolicySet policies{.identity = PolicyGroup(identity), .resource = policy_of("Deny sqs:* on * to *")};
  const Request request{.principal = &ann, .action = "sqs:SendMessage", .resource = kQueue};
  Trace trace;
  EXPECT_EQ(told(evaluate(request, policies, &trace)), "denied by resource");
  ASSERT_EQ(trace.matched.size(), 2u);
  EXPECT_EQ(trace.matched[0].policy, identity[0].get());
  EXPECT_EQ(trace.matched[0].statement, 1u);
  EXPECT_EQ(trace.matched[0].effect, Effect::kAllow);
  EXPECT_EQ(trace.matched[1].type, PolicyType::kResource);
  EXPECT_EQ(trace.matched[1].effect, Effect::kDeny);
  EXPECT_EQ(trace.missing_keys, (std::vector<std::string>{"aws:requesttag/team", "sqs:x"}));
}

TEST(Evaluate, TracesTellWhatKeysWere) {
  const Principal ann = user("ann");
  const PolicySet policies{
      .identity = PolicyGroup(
          {policy_of(R"(Allow sqs:* on * if "StringEquals": {"AWS:UserName": "bob", "sqs:x": "b"}, )"
                     R"("ForAnyValue:StringLike": {"aws:TagKeys": "c*", "aws:tagkeys": "d*"})")})};
  ContextList context;
  context.set("aws:TagKeys", std::vector<std::string>{"a", "b"});
  const Request request{
      .principal = &ann, .action = "sqs:SendMessage", .resource = kQueue, .context = &context};
  Trace trace;
  EXPECT_EQ(told(evaluate(request, policies, &trace)), "no identity");
  std::string keys;
  for (const AskedKey& key : trace.asked_keys) {
    keys += key.name + "=";
    for (const std::string& value : key.values) keys += value + ",";
    keys += " ";
  }
  EXPECT_EQ(keys, "AWS:UserName=ann, sqs:x= aws:TagKeys=a,b, ");
}

TEST(Evaluate, DenialsSpeakAsAwsDoes) {
  const Principal ann = user("ann");
  const Request request{.principal = &ann, .action = "sqs:SendMessage", .resource = kQueue};
  const std::string start =
      "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: sqs:SendMessage on resource: "
      "arn:aws:sqs:eu-west-1:111122223333:jobs ";
  struct Words {
    Decision decision;
    const char* words;
    ResourceRule rule = ResourceRule::kEither;
  };
  const auto no = Outcome::kImplicitDeny;
  const auto denied = Outcome::kExplicitDeny;
  for (const Words& each : {
           Words{{no, PolicyType::kIdentity},
                 "because no identity-based policy allows the sqs:SendMessage action"},
           Words{{no, PolicyType::kResource},
                 "because no resource-based policy allows the sqs:SendMessage action"},
           Words{{no, PolicyType::kBoundary},
                 "because no permissions boundary allows the sqs:SendMessage action"},
           Words{{no, PolicyType::kSession}, "because no session policy allows the sqs:SendMessage action"},
           Words{{no, PolicyType::kResource},
                 "because no role trust policy allows the sqs:SendMessage action",
                 ResourceRule::kRoleTrust},
           Words{{denied, PolicyType::kIdentity}, "with an explicit deny in an identity-based policy"},
           Words{{denied, PolicyType::kResource}, "with an explicit deny in a resource-based policy"},
           Words{{denied, PolicyType::kBoundary}, "with an explicit deny in a permissions boundary"},
           Words{{denied, PolicyType::kSession}, "with an explicit deny in a session policy"},
           Words{{denied, PolicyType::kResource},
                 "with an explicit deny in the role trust policy",
                 ResourceRule::kRoleTrust},
       }) {
    EXPECT_EQ(denial_message(request, each.decision, each.rule), start + each.words);
  }
  const Principal sns = service("sns.amazonaws.com");
  const Request without{.principal = &sns, .action = "sqs:ListQueues", .resource = ""};
  EXPECT_EQ(
      denial_message(without, {no, PolicyType::kResource}),
      "User: sns.amazonaws.com is not authorized to perform: sqs:ListQueues because no resource-based policy "
      "allows the sqs:ListQueues action");
}

}  // namespace
}  // namespace martlet::policy
