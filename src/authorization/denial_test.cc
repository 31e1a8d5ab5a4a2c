#include "authorization/denial.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <utility>

namespace martlet::authorization {
namespace {

namespace json = boost::json;

constexpr const char* kUser = "arn:aws:iam::123456789012:user/u";
constexpr const char* kQueue = "arn:aws:sqs:eu-west-1:123456789012:q";
constexpr std::size_t kMost = 2275;

class DenialTest : public testing::Test {
 protected:
  void add_identity(const std::string& statement, std::string name) {
    identity_.push_back(compile(statement, std::move(name)));
  }
  policy::PolicyPtr compile(const std::string& statement, std::string name) {
    std::string document = R"({"Version": "2012-10-17", "Statement": [)" + statement + "]}";
    auto policy = policy::Policy::parse(document);
    origins_[policy.get()] = {std::move(name), std::move(document)};
    return policy;
  }

  json::value details(std::size_t most = kMost) {
    const policy::PolicySet policies{.identity = policy::PolicyGroup(identity_),
                                     .resource = resource_policy_};
    const policy::Request request{
        .principal = &principal_, .action = "sqs:SendMessage", .resource = resource_, .context = &context_};
    policy::Trace trace;
    const policy::Decision decision = policy::evaluate(request, policies, &trace);
    text_ = details_of({.request = request,
                        .decision = decision,
                        .trace = trace,
                        .origin_of =
                            [&](const policy::MatchedStatement& matched) {
                              const auto& [name, document] = origins_.at(matched.policy);
                              return PolicyOrigin{.name = name, .document = &document};
                            }},
                       most);
    EXPECT_LE(text_.size(), most);
    return json::parse(text_);
  }

  policy::Principal principal_{.kind = policy::PrincipalKind::kUser,
                               .arn = kUser,
                               .account = "123456789012",
                               .user_id = "AIDAU",
                               .user_name = "u",
                               .entity_arn = kUser};
  std::string resource_ = kQueue;
  policy::ContextList context_;
  std::vector<policy::PolicyPtr> identity_;
  policy::PolicyPtr resource_policy_;
  std::map<const policy::Policy*, std::pair<std::string, std::string>> origins_;
  std::string text_;
};

TEST_F(DenialTest, NothingMatched) {
  context_.set("aws:SourceIp", "192.0.2.7");
  details();
  EXPECT_EQ(
      text_,
      R"({"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]},"failures":{"items":[]},)"
      R"("context":{"principal":{"id":"AIDAU","name":"u","arn":"arn:aws:iam::123456789012:user/u"},)"
      R"("action":"sqs:SendMessage","resource":"arn:aws:sqs:eu-west-1:123456789012:q",)"
      R"("conditions":{"items":[{"key":"aws:SourceIp","values":{"items":[{"value":"192.0.2.7"}]}}]}}})");
}

TEST_F(DenialTest, TheStatementThatDenies) {
  add_identity(R"({"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"})", "user/u/all");
  add_identity(R"({"Sid": "NotFromThere", "Effect": "Deny", "NotAction": ["sqs:Get*"], "Resource": "*",
                   "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}})",
               "arn:aws:iam::123456789012:policy/fence");
  context_.set("aws:SourceIp", "192.0.2.7");
  details();
  EXPECT_TRUE(text_.starts_with(
      R"({"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[)"
      R"({"statementId":"NotFromThere","effect":"DENY","policyType":"identity-based policy",)"
      R"("policyId":"arn:aws:iam::123456789012:policy/fence","principals":{"items":[]},)"
      R"("notActions":{"items":[{"value":"sqs:Get*"}]},"resources":{"items":[{"value":"*"}]},)"
      R"("conditions":{"items":[{"operator":"IpAddress","key":"aws:SourceIp",)"
      R"("values":{"items":[{"value":"192.0.2.0/24"}]}}]}}]},"failures")"))
      << text_;
}

TEST_F(DenialTest, KeysThatWereLookedAtWhetherThereOrNot) {
  add_identity(R"({"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": {"StringEquals":
                   {"aws:PrincipalTag/Team": "blue", "aws:username": "v", "sts:ExternalId": "s3cret"}}})",
               "user/u/p");
  context_.set("aws:PrincipalTag/team", "red");
  context_.set("sts:ExternalId", "gu3ss");
  details();
  EXPECT_TRUE(text_.ends_with(
      R"("conditions":{"items":[{"key":"aws:PrincipalTag/Team","values":{"items":[{"value":"red"}]}},)"
      R"({"key":"aws:username","values":{"items":[{"value":"u"}]}},)"
      R"({"key":"sts:ExternalId","values":{"items":[],"omitted":1}}]}}})"))
      << text_;
  add_identity(R"({"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition":
                   {"Null": {"aws:SourceVpc": "false"}}})",
               "user/u/q");
  details();
  EXPECT_TRUE(text_.contains(R"({"key":"aws:SourceVpc","values":{"items":[]}})")) << text_;
}

TEST_F(DenialTest, OfExternalIdsNoPolicySpeaks) {
  add_identity(R"({"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"StringNotEquals":
                   {"sts:ExternalId": "s3cret"}}})",
               "user/u/p");
  details();
  EXPECT_TRUE(text_.contains("StringNotEquals"));
  EXPECT_FALSE(text_.contains("s3cret"));
}

TEST_F(DenialTest, PoliciesOfOtherAccountsAreNotShown) {
  const std::string deny =
      R"({"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})";
  resource_policy_ = compile(deny, "");
  details();
  EXPECT_TRUE(text_.contains(R"("statementId":"Keep","effect":"DENY","policyType":"resource-based policy",)"
                             R"("principals":{"items":[{"value":"*"}]})"))
      << text_;
  resource_ = "arn:aws:sqs:eu-west-1:999999999999:q";
  details();
  EXPECT_TRUE(text_.contains(R"("explicitDeny":true,"matchedStatements":{"items":[]})")) << text_;
}

TEST_F(DenialTest, AServiceBelongsToTheAccountOfTheResource) {
  principal_ = {.kind = policy::PrincipalKind::kService, .service = "sns.amazonaws.com"};
  const policy::Request request{.principal = &principal_, .action = "sqs:SendMessage", .resource = kQueue};
  EXPECT_EQ(account_of(request), "123456789012");
  details();
  EXPECT_TRUE(text_.contains(R"("principal":{"id":"","arn":"sns.amazonaws.com"})")) << text_;
}

TEST_F(DenialTest, TheLongestIsLeftOutFirst) {
  std::string actions;
  for (int i = 0; i < 300; ++i) actions += ", \"sqs:Action" + std::to_string(i) + "\"";
  add_identity(R"({"Sid": "Long", "Effect": "Deny", "Action": ["sqs:*")" + actions +
                   R"(], "Resource": ["*", "arn:aws:sqs:*"]})",
               "user/u/long");
  details();
  EXPECT_TRUE(text_.contains(R"("statementId":"Long")"));
  EXPECT_TRUE(text_.contains(R"("actions":{"items":[],"omitted":301},"resources":{"items":[{"value":"*"},)"))
      << text_;
  resource_ += std::string(2000, 'r');
  details();
  EXPECT_TRUE(text_.contains("rrr...\"")) << text_;
  EXPECT_TRUE(text_.contains(R"({"value":"arn:aws:sqs:*"})")) << text_;
}

TEST_F(DenialTest, FitsWhateverThereIs) {
  std::string many;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "aws:RequestTag/" + std::string(100, 'k') + std::to_string(i);
    many += std::string(i == 0 ? "" : ",") + R"({"Sid": ")" + std::string(300, 's') +
            R"(", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {")" + key +
            R"(": ")" + std::string(100, 'v') + "\"}}}";
    context_.set(key, std::string(100, 'v'));
  }
  add_identity(many, "user/u/many");
  resource_ = std::string(2000, '\x01');
  principal_.arn = std::string(600, '"');
  const json::value all = details();
  EXPECT_TRUE(all.at("explicitDeny").as_bool());
  EXPECT_EQ(all.at("context").at("action").as_string(), "sqs:SendMessage");
  const auto& statements = all.at("matchedStatements").as_object();
  EXPECT_EQ(statements.at("items").as_array().size() +
                static_cast<std::size_t>(statements.at("omitted").to_number<int>()),
            100U);
  principal_.arn = kUser;
  resource_ = "\xff\xfe not UTF-8";
  details();
}

TEST(ErrorOf, CarriesTheMessage) {
  const aws::Error error = error_of({.message = "no", .encoded = "e"}, "AccessDenied", 403);
  EXPECT_STREQ(error.what(), "AccessDenied: no");
  ASSERT_EQ(error.headers().size(), 1U);
  EXPECT_EQ(error.headers()[0], std::pair(std::string("x-martlet-authorization-message"), std::string("e")));
  EXPECT_TRUE(error_of({.message = "no"}, "AccessDenied", 403).headers().empty());
}

}  // namespace
}  // namespace martlet::authorization
