#include "policy/evaluate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/policy_test_support_test.h"

namespace martlet::policy {
namespace {

using namespace testing;

struct Row {
  const char* what;
  Principal principal;
  Applied applied;
  const char* decision;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(decide(row.principal, row.applied), row.decision) << row.what;
}

// The statements that the tables below put together; all about sqs:SendMessage on the queue.
constexpr const char* kAllow = "Allow sqs:SendMessage on *";
constexpr const char* kDeny = "Deny sqs:SendMessage on *";
constexpr const char* kUnrelated = "Allow sns:Publish on *";
constexpr const char* kToAccount = "Allow sqs:SendMessage on * to AWS=111122223333";
constexpr const char* kToUser = "Allow sqs:SendMessage on * to AWS=arn:aws:iam::111122223333:user/ann";
constexpr const char* kToRole =
    "Allow sqs:SendMessage on * to AWS=arn:aws:iam::111122223333:role/service-role/worker";
constexpr const char* kToSession =
    "Allow sqs:SendMessage on * to AWS=arn:aws:sts::111122223333:assumed-role/worker/run";
constexpr const char* kToAll = "Allow sqs:SendMessage on * to *";

TEST(Evaluate, IdentityPoliciesWithinOneAccount) {
  check_rows({
      {"nothing", user("ann"), {}, "no identity"},
      {"an Allow", user("ann"), {.identity = kAllow}, "allowed by identity"},
      {"an Allow of something else", user("ann"), {.identity = kUnrelated}, "no identity"},
      {"a Deny", user("ann"), {.identity = kDeny}, "denied by identity"},
      {"Deny wins, first",
       user("ann"),
       {.identity = "Deny sqs:* on * ; Allow sqs:* on *"},
       "denied by identity"},
      {"Deny wins, last",
       user("ann"),
       {.identity = "Allow sqs:* on * ; Deny sqs:* on *"},
       "denied by identity"},
      {"a Deny of something else",
       user("ann"),
       {.identity = "Allow sqs:* on * ; Deny sqs:PurgeQueue on *"},
       "allowed by identity"},
      {"a session of a role", session("worker", "run"), {.identity = kAllow}, "allowed by identity"},
      {"a session without", session("worker", "run"), {}, "no identity"},
      {"root needs nothing", root(), {}, "allowed by identity"},
      {"root is denied by resources", root(), {.resource = "Deny sqs:* on * to *"}, "denied by resource"},
      {"without Resource, nothing", user("ann"), {.identity = "Allow sqs:SendMessage"}, "no identity"},
  });
}

TEST(Evaluate, BoundariesAndSessionPoliciesLimitIdentityPolicies) {
  check_rows({
      {"both", user("ann"), {.identity = kAllow, .boundary = kAllow}, "allowed by identity"},
      {"boundary grants nothing", user("ann"), {.boundary = kAllow}, "no identity"},
      {"boundary leaves out", user("ann"), {.identity = kAllow, .boundary = kUnrelated}, "no boundary"},
      {"boundary denies", user("ann"), {.identity = kAllow, .boundary = kDeny}, "denied by boundary"},
      {"session too",
       session("worker", "run"),
       {.identity = kAllow, .session = kAllow},
       "allowed by identity"},
      {"session grants nothing", session("worker", "run"), {.session = kAllow}, "no identity"},
      {"session leaves out",
       session("worker", "run"),
       {.identity = kAllow, .session = kUnrelated},
       "no session"},
      {"session denies",
       session("worker", "run"),
       {.identity = kAllow, .session = kDeny},
       "denied by session"},
      {"all three",
       session("worker", "run"),
       {.identity = kAllow, .boundary = kAllow, .session = kAllow},
       "allowed by identity"},
      {"boundary of a session",
       session("worker", "run"),
       {.identity = kAllow, .boundary = kUnrelated, .session = kAllow},
       "no boundary"},
      {"federated by a user",
       federated("app", "user/ann"),
       {.identity = kAllow, .session = kAllow},
       "allowed by identity"},
      {"federated by a user, whose boundary limits it",
       federated("app", "user/ann"),
       {.identity = kAllow, .boundary = kUnrelated, .session = kAllow},
       "no boundary"},
      {"federated by root, limited", federated("app", "root"), {.session = kUnrelated}, "no session"},
      {"federated by root, allowed", federated("app", "root"), {.session = kAllow}, "allowed by identity"},
  });
}

TEST(Evaluate, ResourcePoliciesWithinOneAccount) {
  check_rows({
      {"naming the user", user("ann"), {.resource = kToUser}, "allowed by resource"},
      {"naming another user", user("bob"), {.resource = kToUser}, "no identity"},
      {"naming everybody", user("bob"), {.resource = kToAll}, "allowed by resource"},
      {"naming the role", session("worker", "run"), {.resource = kToRole}, "allowed by resource"},
      {"naming another role", session("idler", "run"), {.resource = kToRole}, "no identity"},
      {"naming the session", session("worker", "run"), {.resource = kToSession}, "allowed by resource"},
      {"naming another session", session("worker", "walk"), {.resource = kToSession}, "no identity"},
      {"the account delegates", user("ann"), {.resource = kToAccount}, "no identity"},
      {"and its policies decide",
       user("ann"),
       {.identity = kAllow, .resource = kToAccount},
       "allowed by identity"},
      {"silent, identity allows",
       user("ann"),
       {.identity = kAllow, .resource = kToSession},
       "allowed by identity"},
      {"denies", user("ann"), {.identity = kAllow, .resource = "Deny sqs:* on * to *"}, "denied by resource"},
      {"denies by account",
       user("ann"),
       {.identity = kAllow, .resource = "Deny sqs:* on * to AWS=111122223333"},
       "denied by resource"},
      {"denies by role",
       session("worker", "run"),
       {.identity = kAllow,
        .resource = "Deny sqs:* on * to AWS=arn:aws:iam::111122223333:role/service-role/worker"},
       "denied by resource"},
      {"without Resource, its own",
       user("ann"),
       {.resource = "Allow sqs:SendMessage to *"},
       "allowed by resource"},
      {"without Principal, nobody", user("ann"), {.resource = "Allow sqs:SendMessage on *"}, "no identity"},
      {"identity denies", user("ann"), {.identity = kDeny, .resource = kToUser}, "denied by identity"},
      {"by the user's id",
       user("ann"),
       {.resource = "Allow sqs:* on * to AWS=AIDAann"},
       "allowed by resource"},
      {"by the role's id",
       session("worker", "run"),
       {.resource = "Allow sqs:* on * to AWS=AROAworker"},
       "allowed by resource"},
      {"a wildcard is no user",
       user("ann"),
       {.resource = "Allow sqs:* on * to AWS=arn:aws:iam::111122223333:user/*"},
       "no identity"},
      {"a wildcard is no session",
       session("worker", "run"),
       {.resource = "Allow sqs:* on * to AWS=arn:aws:sts::111122223333:assumed-role/worker/*"},
       "no identity"},
      {"the case of a user's name counts",
       user("ann"),
       {.resource = "Allow sqs:* on * to AWS=arn:aws:iam::111122223333:user/Ann"},
       "no identity"},
      {"root of the account",
       user("ann"),
       {.resource = "Allow sqs:* on * to AWS=arn:aws:iam::111122223333:root"},
       "no identity"},
  });
}

// The table "Resource-based policies and implicit denies in other policy types (same account)".
TEST(Evaluate, WhatLimitsAnAllowOfTheResource) {
  const char* none = kUnrelated;
  check_rows({
      {"user, boundary leaves out",
       user("ann"),
       {.resource = kToUser, .boundary = none},
       "allowed by resource"},
      {"user, boundary denies", user("ann"), {.resource = kToUser, .boundary = kDeny}, "denied by boundary"},
      {"role, boundary leaves out",
       session("worker", "run"),
       {.resource = kToRole, .boundary = none},
       "no boundary"},
      {"role, boundary allows",
       session("worker", "run"),
       {.resource = kToRole, .boundary = kAllow},
       "allowed by resource"},
      {"role, session leaves out",
       session("worker", "run"),
       {.resource = kToRole, .session = none},
       "no session"},
      {"role, session allows",
       session("worker", "run"),
       {.resource = kToRole, .session = kAllow},
       "allowed by resource"},
      {"session, boundary leaves out",
       session("worker", "run"),
       {.resource = kToSession, .boundary = none},
       "allowed by resource"},
      {"session, session leaves out",
       session("worker", "run"),
       {.resource = kToSession, .session = none},
       "allowed by resource"},
      {"session, session denies",
       session("worker", "run"),
       {.resource = kToSession, .session = kDeny},
       "denied by session"},
      {"everybody, both leave out",
       session("worker", "run"),
       {.resource = kToAll, .boundary = none, .session = none},
       "allowed by resource"},
      {"account, boundary leaves out",
       user("ann"),
       {.identity = kAllow, .resource = kToAccount, .boundary = none},
       "no boundary"},
      {"federated user by its ARN",
       federated("app", "user/ann"),
       {.resource = "Allow sqs:* on * to AWS=arn:aws:sts::111122223333:federated-user/app", .session = none},
       "allowed by resource"},
      {"federated user by its user's ARN",
       federated("app", "user/ann"),
       {.resource = kToUser, .session = none},
       "no session"},
      {"federated user by its user's ARN, allowed",
       federated("app", "user/ann"),
       {.resource = kToUser, .session = kAllow},
       "allowed by resource"},
      {"role by wildcard and aws:PrincipalArn",
       session("worker", "run"),
       {.resource =
            R"(Allow sqs:* on * to * if "ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/*/worker"})",
        .boundary = none},
       "allowed by resource"},
  });
}

TEST(Evaluate, AcrossAccountsBothSidesMustAllow) {
  const char* to_other = "Allow sqs:SendMessage on * to AWS=444455556666";
  const char* to_cleo = "Allow sqs:SendMessage on * to AWS=arn:aws:iam::444455556666:user/cleo";
  const char* to_role =
      "Allow sqs:SendMessage on * to AWS=arn:aws:iam::444455556666:role/service-role/worker";
  const char* to_session =
      "Allow sqs:SendMessage on * to AWS=arn:aws:sts::444455556666:assumed-role/worker/run";
  const Principal cleo = user("cleo", kOther);
  const Principal worker = session("worker", "run", kOther);
  check_rows({
      {"neither", cleo, {}, "no identity"},
      {"only the principal's", cleo, {.identity = kAllow}, "no resource"},
      {"only the resource's", cleo, {.resource = to_other}, "no identity"},
      {"only the resource's, by user", cleo, {.resource = to_cleo}, "no identity"},
      {"only the resource's, by everybody", cleo, {.resource = kToAll}, "no identity"},
      {"both, by account", cleo, {.identity = kAllow, .resource = to_other}, "allowed by identity"},
      {"both, by user", cleo, {.identity = kAllow, .resource = to_cleo}, "allowed by identity"},
      {"both, by everybody", cleo, {.identity = kAllow, .resource = kToAll}, "allowed by identity"},
      {"another account", cleo, {.identity = kAllow, .resource = kToAccount}, "no resource"},
      {"both, by role", worker, {.identity = kAllow, .resource = to_role}, "allowed by identity"},
      {"both, by session", worker, {.identity = kAllow, .resource = to_session}, "allowed by identity"},
      {"session alone does not do", worker, {.resource = to_session}, "no identity"},
      {"boundary limits even a session",
       worker,
       {.identity = kAllow, .resource = to_session, .boundary = kUnrelated},
       "no boundary"},
      {"session policy limits even a session",
       worker,
       {.identity = kAllow, .resource = to_session, .session = kUnrelated},
       "no session"},
      {"identity denies", cleo, {.identity = kDeny, .resource = to_cleo}, "denied by identity"},
      {"resource denies",
       cleo,
       {.identity = kAllow, .resource = "Allow sqs:* on * to * ; Deny sqs:* on * to AWS=444455556666"},
       "denied by resource"},
      {"root of another account", root(kOther), {}, "no resource"},
      {"root of another account, let in", root(kOther), {.resource = to_other}, "allowed by identity"},
  });
}

TEST(Evaluate, ServicesAndAnonymousCallersAreLetInByResourcesOnly) {
  const char* to_sns = "Allow sqs:SendMessage on * to Service=sns.amazonaws.com";
  check_rows({
      {"a service", service("sns.amazonaws.com"), {.resource = to_sns}, "allowed by resource"},
      {"another service", service("s3.amazonaws.com"), {.resource = to_sns}, "no resource"},
      {"no policy", service("sns.amazonaws.com"), {}, "no resource"},
      {"everybody is services, too",
       service("sns.amazonaws.com"),
       {.resource = kToAll},
       "allowed by resource"},
      {"accounts are not", service("sns.amazonaws.com"), {.resource = kToAccount}, "no resource"},
      {"denied",
       service("sns.amazonaws.com"),
       {.resource = "Allow sqs:* on * to * ; Deny sqs:* on * to Service=sns.amazonaws.com"},
       "denied by resource"},
      {"one of several",
       service("s3.amazonaws.com"),
       {.resource = "Allow sqs:* on * to Service=sns.amazonaws.com,s3.amazonaws.com"},
       "allowed by resource"},
      {"anonymous", Principal{}, {.resource = kToAll}, "allowed by resource"},
      {"anonymous, the long form",
       Principal{},
       {.resource = "Allow sqs:* on * to AWS=*"},
       "allowed by resource"},
      {"anonymous, not named", Principal{}, {.resource = kToAccount}, "no resource"},
      {"anonymous, no policy", Principal{}, {}, "no resource"},
      {"a user is no service", user("ann"), {.resource = to_sns}, "no identity"},
  });
}

TEST(Evaluate, KeyAndTrustPoliciesMustAllow) {
  const auto key = ResourceRule::kRequired;
  const auto trust = ResourceRule::kRoleTrust;
  check_rows({
      {"identity alone does not do", user("ann"), {.identity = kAllow, .rule = key}, "no resource"},
      {"nor for root", root(), {.rule = key}, "no resource"},
      {"the account delegates",
       user("ann"),
       {.identity = kAllow, .resource = kToAccount, .rule = key},
       "allowed by identity"},
      {"and then identity must allow", user("ann"), {.resource = kToAccount, .rule = key}, "no identity"},
      {"to root itself", root(), {.resource = kToAccount, .rule = key}, "allowed by resource"},
      {"to the user", user("ann"), {.resource = kToUser, .rule = key}, "allowed by resource"},
      {"to another user", user("bob"), {.identity = kAllow, .resource = kToUser, .rule = key}, "no resource"},
      {"a trusted service",
       service("lambda.amazonaws.com"),
       {.resource = "Allow sqs:* to Service=lambda.amazonaws.com", .rule = trust},
       "allowed by resource"},
      {"a service not trusted",
       service("ec2.amazonaws.com"),
       {.resource = "Allow sqs:* to Service=lambda.amazonaws.com", .rule = trust},
       "no resource"},
      {"a provider",
       web_identity("accounts.google.com"),
       {.resource = "Allow sqs:* to Federated=accounts.google.com", .rule = trust},
       "allowed by resource"},
      {"another provider",
       web_identity("graph.facebook.com"),
       {.resource = "Allow sqs:* to Federated=accounts.google.com", .rule = trust},
       "no resource"},
      {"another account's user needs both",
       user("cleo", kOther),
       {.resource = "Allow sqs:* to AWS=444455556666", .rule = trust},
       "no identity"},
      {"and has both",
       user("cleo", kOther),
       {.identity = kAllow, .resource = "Allow sqs:* to AWS=444455556666", .rule = trust},
       "allowed by identity"},
  });
}

TEST(Evaluate, NotPrincipalDeniesAllWhoAreNotListedWhole) {
  const char* ann =
      "Deny sqs:* on * to !AWS=arn:aws:iam::111122223333:user/ann,arn:aws:iam::111122223333:root";
  const char* run =
      "Deny sqs:* on * to !AWS=arn:aws:sts::111122223333:assumed-role/worker/run,"
      "arn:aws:iam::111122223333:role/service-role/worker,111122223333";
  check_rows({
      {"listed with its account", user("ann"), {.identity = kAllow, .resource = ann}, "allowed by identity"},
      {"not listed", user("bob"), {.identity = kAllow, .resource = ann}, "denied by resource"},
      {"root is the account", root(), {.resource = ann}, "allowed by identity"},
      {"account not listed",
       user("ann"),
       {.identity = kAllow, .resource = "Deny sqs:* on * to !AWS=arn:aws:iam::111122223333:user/ann"},
       "denied by resource"},
      {"only the account listed",
       user("ann"),
       {.identity = kAllow, .resource = "Deny sqs:* on * to !AWS=111122223333"},
       "denied by resource"},
      {"a session with role and account",
       session("worker", "run"),
       {.identity = kAllow, .resource = run},
       "allowed by identity"},
      {"another session of the role",
       session("worker", "walk"),
       {.identity = kAllow, .resource = run},
       "denied by resource"},
      {"a session without its role",
       session("worker", "run"),
       {.identity = kAllow,
        .resource = "Deny sqs:* on * to "
                    "!AWS=arn:aws:sts::111122223333:assumed-role/worker/run,arn:aws:iam::111122223333:root"},
       "denied by resource"},
      {"with a boundary, always",
       user("ann"),
       {.identity = kAllow, .resource = ann, .boundary = kAllow},
       "denied by resource"},
      {"a service, listed",
       service("sns.amazonaws.com"),
       {.resource = "Allow sqs:* on * to * ; Deny sqs:* on * to !Service=sns.amazonaws.com"},
       "allowed by resource"},
      {"a service, not listed", service("sns.amazonaws.com"), {.resource = ann}, "denied by resource"},
      {"anonymous", Principal{}, {.resource = ann}, "denied by resource"},
      {"with Allow, nobody",
       user("bob"),
       {.resource = "Allow sqs:* on * to !AWS=444455556666"},
       "no identity"},
      {"nobody but everybody",
       user("bob"),
       {.identity = kAllow, .resource = "Deny sqs:* on * to !AWS=*"},
       "allowed by identity"},
  });
}

}  // namespace
}  // namespace martlet::policy
