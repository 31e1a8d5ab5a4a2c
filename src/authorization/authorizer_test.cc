#include "authorization/authorizer.h"

#include <gtest/gtest.h>

#include <map>

#include "api/sample/model.h"
#include "api/sample/types.h"
#include "base/async_test.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret_box.h"
#include "base/strings.h"

namespace martlet::authorization {
namespace {

using policy::PrincipalKind;
using std::string;

constexpr const char* kThing = "arn:aws:sample:eu-west-1:123456789012:thing/n1";
constexpr const char* kOtherThing = "arn:aws:sample:eu-west-1:999999999999:thing/n1";
constexpr const char* kUser = "arn:aws:iam::123456789012:user/u";
constexpr const char* kRole = "arn:aws:iam::123456789012:role/path/r";

string statement(const char* effect, const string& action, const string& resource, const string& more = "") {
  return R"({"Version": "2012-10-17", "Statement": {"Effect": ")" + string(effect) + R"(", "Action": ")" +
         action + R"(", "Resource": ")" + resource + "\"" + more + "}}";
}

class FakeIdentities final : public IdentityPolicies {
 public:
  std::map<string, Identity> all;
  std::uint64_t current = 1;
  int reads = 0;

  [[nodiscard]] std::uint64_t version() const override { return current; }
  Task<std::optional<Identity>> find(string arn) override {
    ++reads;
    const auto found = all.find(arn);
    co_return found == all.end() ? std::nullopt : std::optional(found->second);
  }
};

class FakeResources final : public ResourcePolicies {
 public:
  std::map<string, string> all;
  std::uint64_t current = 1;
  int reads = 0;

  [[nodiscard]] std::uint64_t version() const override { return current; }
  Task<std::optional<string>> find(string arn) override {
    ++reads;
    const auto found = all.find(arn);
    co_return found == all.end() ? std::nullopt : std::optional(found->second);
  }
};

class AuthorizerTest : public testing::Test {
 protected:
  AuthorizerTest() {
    context_.region = "eu-west-1";
    context_.account = "123456789012";
    context_.source_ip = "192.0.2.7";
    context_.base_url = "http://localhost:4566";
    context_.user_agent = "aws-cli/2";
    input_.name = "n1";
    caller_ = user();
  }

  static Caller user() {
    Caller caller;
    caller.principal = {.kind = PrincipalKind::kUser,
                        .arn = kUser,
                        .account = "123456789012",
                        .user_id = "AIDAU",
                        .user_name = "u",
                        .entity_arn = kUser};
    return caller;
  }
  static Caller session() {
    Caller caller;
    caller.principal = {.kind = PrincipalKind::kRoleSession,
                        .arn = "arn:aws:sts::123456789012:assumed-role/r/f",
                        .account = "123456789012",
                        .user_id = "AROAR:f",
                        .entity_arn = kRole};
    return caller;
  }
  void allow(const string& action, const string& resource, const string& more = "") {
    Identity& identity = identities_.all[caller_.principal.entity_arn];
    identity.id = caller_.principal.kind == PrincipalKind::kUser ? "AIDAU" : "AROAR";
    identity.policies.push_back({.document = statement("Allow", action, resource, more), .name = "user/u/p"});
    ++identities_.current;
  }

  /// "" when it is allowed, else "CODE: message".
  string ask(const char* operation = "PutThing", int times = 1) {
    string answer;
    run_async([&](Executor executor) -> Task<> {
      const auto clock = make_simulated_clock(executor, from_epoch_ms(1'700'000'000'000));
      Authorizer authorizer(*clock, mode_, identities_, &messages_);
      authorizer.add_resource_policies("sample", resources_);
      authorizer.add_service(sample::model(),
                             {.arn_service = "sample",
                              .denied_code = "NoWay",
                              .operations = {{"PutThing", {{"sample:Put", resource_}}},
                                             {"DeleteThing", {{"sample:A", "*"}, {"sample:B", "*"}}},
                                             {"Rest", {}}}});
      std::exception_ptr failure;
      const wire::Operation& asked = *sample::model().find_operation(operation);
      for (int i = 0; i < times; ++i) {
        try {
          co_await authorizer.authorize(caller_, context_, sample::model(), asked, &input_);
        } catch (const aws::Error& error) {
          answer = error.what();
          header_ = error.headers().empty() ? "" : error.headers().front().second;
        }
      }
      audited_ = authorizer.audit().json();
      used_ = authorizer.usage().seen("f");
    });
    return answer;
  }

  FakeIdentities identities_;
  FakeResources resources_;
  wire::Context context_;
  sample::PutThingRequest input_;
  Caller caller_;
  Mode mode_ = Mode::kEnforce;
  const char* resource_ = "thing/{Name}";
  string audited_;
  /// The encoded authorization message of the last refusal.
  string header_;
  Usage::Seen used_;
  SecretBox secrets_{string(SecretBox::kKeySize, 'k')};
  AuthorizationMessages messages_{secrets_};
};

TEST_F(AuthorizerTest, NothingIsAllowedWithoutAPolicy) {
  EXPECT_EQ(ask(), string("NoWay: User: ") + kUser +
                       " is not authorized to perform: sample:Put on resource: " + kThing +
                       " because no identity-based policy allows the sample:Put action");
}

TEST_F(AuthorizerTest, IdentityPoliciesAllowAndDeny) {
  allow("sample:*", kThing);
  EXPECT_EQ(ask(), "");
  identities_.all[kUser].policies.push_back({.document = statement("Deny", "sample:Put", "*")});
  EXPECT_TRUE(ask().ends_with("with an explicit deny in an identity-based policy"));
}

TEST_F(AuthorizerTest, OtherResourcesAreNotAllowed) {
  allow("sample:Put", "arn:aws:sample:eu-west-1:123456789012:thing/other");
  EXPECT_NE(ask(), "");
}

TEST_F(AuthorizerTest, EveryActionOfAnOperationIsNeeded) {
  allow("sample:A", "*");
  EXPECT_TRUE(ask("DeleteThing").ends_with("allows the sample:B action"));
  allow("sample:B", "*");
  EXPECT_EQ(ask("DeleteThing"), "");
}

TEST_F(AuthorizerTest, AnEmptyRuleIsForAllAndNoRuleForRootAlone) {
  EXPECT_EQ(ask("Rest"), "");
  allow("*", "*");
  EXPECT_TRUE(ask("Unfinished").starts_with("AccessDeniedException"));
  caller_.principal = {.kind = PrincipalKind::kRoot,
                       .arn = "arn:aws:iam::123456789012:root",
                       .account = "123456789012",
                       .user_id = "123456789012"};
  EXPECT_EQ(ask("Unfinished"), "");
  EXPECT_EQ(ask(), "");
}

TEST_F(AuthorizerTest, BoundariesAndSessionPoliciesLimit) {
  caller_ = session();
  allow("sample:*", "*");
  EXPECT_EQ(ask(), "");
  identities_.all[kRole].boundary = {.document = statement("Allow", "other:*", "*")};
  EXPECT_TRUE(ask().contains("no permissions boundary allows"));
  identities_.all[kRole].boundary = {.document = statement("Allow", "sample:*", "*")};
  caller_.session_policies = {statement("Allow", "sample:Get", "*")};
  EXPECT_TRUE(ask().contains("no session policy allows"));
  caller_.session_policies.push_back(statement("Allow", "sample:Put", "*"));
  EXPECT_EQ(ask(), "");
}

TEST_F(AuthorizerTest, ResourcePoliciesAllowWithinAndAreNeededAcrossAccounts) {
  const string open =
      statement("Allow", "sample:Put", "*", R"(, "Principal": {"AWS": ")" + string(kUser) + "\"}");
  resources_.all[kThing] = open;
  identities_.all[kUser].id = "AIDAU";
  EXPECT_EQ(ask(), "");
  context_.account = "999999999999";
  EXPECT_TRUE(ask().contains("no identity-based policy allows"));
  allow("sample:Put", kOtherThing);
  EXPECT_TRUE(ask().contains("no resource-based policy allows"));
  resources_.all[kOtherThing] = open;
  EXPECT_EQ(ask(), "");
}

TEST_F(AuthorizerTest, ServicesActForTheirSource) {
  caller_ = {};
  caller_.principal = {.kind = PrincipalKind::kService, .service = "sns.amazonaws.com"};
  caller_.source_arn = "arn:aws:sns:eu-west-1:123456789012:t";
  resources_.all[kThing] = statement("Allow", "sample:Put", "*",
                                     R"(, "Principal": {"Service": "sns.amazonaws.com"},
                   "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}})");
  EXPECT_EQ(ask(), "");
  caller_.source_arn += "u";
  EXPECT_TRUE(ask().contains("no resource-based policy allows"));
}

TEST_F(AuthorizerTest, WhoIsGoneMayDoNothing) {
  resources_.all[kThing] =
      statement("Allow", "sample:Put", "*", R"(, "Principal": {"AWS": ")" + string(kUser) + "\"}");
  EXPECT_TRUE(ask().contains("no identity-based policy allows")) << "there is no such user any more";
  identities_.all[kUser].id = "AIDANEW";
  ++identities_.current;
  EXPECT_NE(ask(), "");
  identities_.all[kUser].id = "AIDAU";
  ++identities_.current;
  EXPECT_EQ(ask(), "");
}

TEST_F(AuthorizerTest, FederatedUsersGoWithTheUserThatAskedForThem) {
  allow("sample:*", "*");
  caller_.principal.kind = PrincipalKind::kFederatedUser;
  caller_.principal.arn = "arn:aws:sts::123456789012:federated-user/alice";
  caller_.principal.user_id = "123456789012:alice";
  caller_.session_policies = {statement("Allow", "sample:*", "*")};
  caller_.entity_id = "AIDAU";
  EXPECT_EQ(ask(), "");
  caller_.entity_id = "AIDAGONE";
  EXPECT_NE(ask(), "");
}

TEST_F(AuthorizerTest, ASuccessorOfTheSameNameIsSomebodyElse) {
  caller_ = session();
  allow("sample:*", "*");
  identities_.all[kRole].id = "AROANEW";
  ++identities_.current;
  EXPECT_NE(ask(), "");
}

TEST_F(AuthorizerTest, UnreadablePoliciesDeny) {
  allow("sample:*", "*");
  identities_.all[kUser].policies.push_back({.document = "{"});
  EXPECT_TRUE(ask().contains("explicit deny"));
}

TEST_F(AuthorizerTest, GlobalKeys) {
  caller_ = session();
  identities_.all[kRole].tags = {{"Team", "blue"}, {"Stage", "test"}};
  caller_.session_tags = {{"team", "red"}};
  caller_.token_issued = from_epoch_ms(1'600'000'000'000);
  for (const char* holds :
       {R"("IpAddress": {"aws:SourceIp": "192.0.2.0/24"})", R"("Bool": {"aws:SecureTransport": "false"})",
        R"("StringLike": {"aws:UserAgent": "aws-cli/*"})",
        R"("StringEquals": {"aws:RequestedRegion": "eu-west-1"})",
        R"("StringEquals": {"aws:PrincipalTag/Team": "red", "aws:PrincipalTag/stage": "test"})",
        R"("DateLessThan": {"aws:TokenIssueTime": "2021-01-01T00:00:00Z"})",
        R"("DateGreaterThan": {"aws:CurrentTime": "2023-01-01T00:00:00Z"})",
        R"("ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/path/r"})",
        R"("Bool": {"aws:ViaAWSService": "false", "aws:MultiFactorAuthPresent": "false"})",
        R"("StringEquals": {"aws:ResourceAccount": "123456789012", "aws:userid": "AROAR:f"})",
        R"("Null": {"aws:SourceArn": "true", "aws:SourceAccount": "true"})"}) {
    identities_.all[kRole].policies.clear();
    allow("sample:Put", "*", string(R"(, "Condition": {)") + holds + "}");
    EXPECT_EQ(ask(), "") << holds;
  }
}

TEST_F(AuthorizerTest, WhatIsKnownIsNotReadAgain) {
  allow("sample:*", "*");
  EXPECT_EQ(ask("PutThing", 50), "");
  EXPECT_EQ(identities_.reads, 1);
  EXPECT_EQ(resources_.reads, 1);
}

TEST_F(AuthorizerTest, AuditLetsThroughAndRecords) {
  mode_ = Mode::kAudit;
  EXPECT_EQ(ask("PutThing", 3), "");
  EXPECT_TRUE(audited_.starts_with(R"({"denials": 3, "kept": [{"principal": ")" + string(kUser) +
                                   R"(", "action": "sample:Put", "resource": ")" + kThing +
                                   R"(", "times": 3,)"))
      << audited_;
  allow("*", "*");
  EXPECT_EQ(ask("Unfinished"), "");
  EXPECT_TRUE(audited_.starts_with(R"({"denials": 1,)"));
}

TEST_F(AuthorizerTest, RefusalsCarryTheirDetails) {
  identities_.all[kUser].policies.push_back(
      {.document = statement("Deny", "sample:*", "*", R"(, "Sid": "Never")"), .name = "group/g/never"});
  allow("sample:*", kThing);
  EXPECT_NE(ask(), "");
  const string details = messages_.decode(header_, "123456789012").value_or("");
  EXPECT_TRUE(details.starts_with(R"({"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[{)"
                                  R"("statementId":"Never","effect":"DENY",)"
                                  R"("policyType":"identity-based policy","policyId":"group/g/never",)"))
      << details;
  EXPECT_TRUE(details.contains(string(R"("action":"sample:Put","resource":")") + kThing + '"')) << details;
  EXPECT_TRUE(details.contains(R"({"key":"aws:SourceIp","values":{"items":[{"value":"192.0.2.7"}]}})"));
  EXPECT_FALSE(messages_.decode(header_, "999999999999"));
}

TEST_F(AuthorizerTest, DetailsOfBoundariesAndSessionPolicies) {
  caller_ = session();
  allow("sample:*", "*");
  caller_.session_policies = {statement("Deny", "sample:Put", "*")};
  EXPECT_NE(ask(), "");
  EXPECT_TRUE(messages_.decode(header_, "123456789012")->contains(R"("policyType":"session policy","pr)"));
  caller_.session_policies.clear();
  identities_.all[kRole].boundary = {.document = statement("Deny", "*", "*"), .name = "arn:b"};
  EXPECT_NE(ask(), "");
  EXPECT_TRUE(messages_.decode(header_, "123456789012")
                  ->contains(R"("policyType":"permissions boundary","policyId":"arn:b","pr)"));
  // The statement that allows was not enough.
  identities_.all[kRole].boundary = {.document = statement("Allow", "other:*", "*")};
  EXPECT_NE(ask(), "");
  EXPECT_TRUE(messages_.decode(header_, "123456789012")
                  ->contains(R"("explicitDeny":false,"matchedStatements":{"items":[{"statementId":"",)"
                             R"("effect":"ALLOW",)"));
}

TEST_F(AuthorizerTest, AuditKeepsTheDetailsOfTheFirst) {
  mode_ = Mode::kAudit;
  EXPECT_EQ(ask("PutThing", 3), "");
  const auto at = audited_.find(R"("authorizationMessage": ")");
  ASSERT_NE(at, string::npos) << audited_;
  const auto start = audited_.find('"', audited_.find(':', at)) + 1;
  const string message = audited_.substr(start, audited_.find('"', start) - start);
  EXPECT_TRUE(messages_.decode(message, "123456789012")) << audited_;
}

TEST_F(AuthorizerTest, ObservingDecidesNothingAndReadsNothing) {
  mode_ = Mode::kObserve;
  EXPECT_EQ(ask(), "");
  EXPECT_TRUE(used_.by_resource.empty());
  caller_ = session();
  caller_.is_function = true;
  EXPECT_EQ(ask("PutThing", 3), "");
  EXPECT_EQ(ask("Unfinished"), "");
  EXPECT_EQ(ask(), "");
  EXPECT_EQ(used_.by_resource.at(kThing), Usage::Actions{"sample:Put"});
  EXPECT_EQ(identities_.reads, 0);
  EXPECT_EQ(resources_.reads, 0);
  EXPECT_EQ(audited_, R"({"denials": 0, "kept": []})");
}

TEST(Audit, KeepsTheLatest) {
  Audit audit;
  for (std::size_t i = 0; i < Audit::kMaxEntries + 10; ++i) {
    const string thing = "thing/" + std::to_string(i);
    audit.record({.principal = "p", .action = "s:a", .resource = thing, .message = "m"}, from_epoch_ms(1));
    audit.record({.principal = "p", .action = "s:a", .resource = "thing/0", .message = "m"},
                 from_epoch_ms(2));
  }
  EXPECT_EQ(audit.total(), 2 * (Audit::kMaxEntries + 10));
  EXPECT_EQ(audit.entries().size(), Audit::kMaxEntries);
  EXPECT_EQ(audit.entries().front().resource, "thing/0");
  EXPECT_EQ(audit.entries().front().times, Audit::kMaxEntries + 11);
  audit.clear();
  EXPECT_EQ(audit.json(), R"({"denials": 0, "kept": []})");
}

}  // namespace
}  // namespace martlet::authorization
