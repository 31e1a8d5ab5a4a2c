#include "policy/document.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/check.h"
#include "policy/policy_test_support_test.h"

namespace martlet::policy {
namespace {

using namespace testing;

/// Why the policy is refused; "" when it is not. What is accepted must compile.
std::string refusal(const std::string& document, Kind kind) {
  try {
    check(document, kind);
  } catch (const InvalidPolicy& why) {
    return why.what();
  }
  EXPECT_TRUE(Policy::parse(document)) << document;
  return "";
}

std::string with_statement(const std::string& members) {
  return R"({"Version": "2012-10-17", "Statement": [{)" + members + "}]}";
}

constexpr Kind kKinds[] = {Kind::kIdentity, Kind::kTrust, Kind::kResource};

TEST(Document, AcceptsWhatIsAPolicy) {
  struct Accepted {
    Kind kind;
    const char* members;
  };
  for (
      const Accepted& each : {
          Accepted{Kind::kIdentity, R"("Effect": "Allow", "Action": "*", "Resource": "*")"},
          Accepted{Kind::kIdentity,
                   R"("Sid": "", "Effect": "Deny", "NotAction": ["s3:Get*"], "Resource": "*")"},
          Accepted{Kind::kIdentity,
                   R"("Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::b/*"])"},
          Accepted{Kind::kIdentity, R"("Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:sqs:*")"},
          Accepted{Kind::kIdentity,
                   R"("Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {})"},
          Accepted{Kind::kIdentity,
                   R"("Effect": "Allow", "Action": "s3:*", "Resource": "*",
                       "Condition": {"Bool": {"a:b": true}, "NumericEquals": {"a:c": [1, 2.5]}})"},
          Accepted{
              Kind::kTrust,
              R"("Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole")"},
          Accepted{Kind::kTrust, R"("Effect": "Allow", "Principal": {"AWS": ["111122223333", "*"]},
                                     "Action": ["sts:AssumeRole", "sts:TagSession"])"},
          Accepted{Kind::kTrust, R"("Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole")"},
          Accepted{Kind::kTrust, R"("Effect": "Allow", "Principal": {"Federated": "accounts.google.com"},
                                     "Action": "sts:AssumeRoleWithWebIdentity")"},
          Accepted{Kind::kResource, R"("Effect": "Allow", "Principal": "*", "Action": "SQS:SendMessage")"},
          Accepted{Kind::kResource,
                   R"("Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:*",
                                        "Resource": "arn:aws:s3:::b")"},
          Accepted{Kind::kResource,
                   R"("Effect": "Allow", "Principal": {"CanonicalUser": "79a5"}, "Action": "s3:*",
                                        "Resource": "queue")"},
      }) {
    EXPECT_EQ(refusal(with_statement(each.members), each.kind), "") << each.members;
  }
  EXPECT_EQ(refusal(R"({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}, "Id": "x"})",
                    Kind::kIdentity),
            "");
}

TEST(Document, RefusesWhatIsNoPolicy) {
  for (const Kind kind : kKinds) {
    for (const char* document : {"", "{", "text", "{\"Version\":}", "{}x", "{\"Id\": \"\xff\"}"})
      EXPECT_EQ(refusal(document, kind), "This policy contains invalid Json") << document;
    EXPECT_EQ(refusal(std::string(100'000, '['), kind), "This policy contains invalid Json");
    for (const char* document :
         {"[]", "1", "{\"Version\": \"2012-10-18\", \"Statement\": []}", "{\"Statement\": []}",
          "{\"Statement\": [1]}", "{\"Statements\": []}", "{\"Statement\": {\"Effects\": \"Allow\"}}",
          "{\"Id\": 1, \"Statement\": []}", "{\"Version\": 2012, \"Statement\": []}"})
      EXPECT_EQ(refusal(document, kind), "Syntax errors in policy.") << document;
    EXPECT_EQ(refusal(std::string(Policy::kMaxBytes + 1, ' '), kind), "Syntax errors in policy.");
    EXPECT_EQ(refusal("{}", kind), "Missing required field Statement");
    EXPECT_EQ(refusal(with_statement(""), kind), "Missing required field Effect");
    EXPECT_EQ(refusal(with_statement(R"("Effect": "Maybe")"), kind), "Invalid effect: \"Maybe\"");
    EXPECT_EQ(refusal(with_statement(R"("Effect": 1)"), kind), "Invalid effect: 1");
  }
}

TEST(Document, RefusesAKeyThatIsThereTwice) {
  const std::string twice = "Syntax errors in policy.";
  const std::string whole = R"("Effect": "Allow", "Action": "s3:*", "Resource": "*")";
  for (const std::string& document :
       {with_statement(whole + R"(, "Effect": "Deny")"),
        with_statement(whole + R"(, "Resource": "arn:aws:s3:::b")"),
        with_statement(whole + R"(, "\u0041ction": "s3:Get*")"),
        with_statement(whole + R"(, "Condition": {"Bool": {"a:b": "true"}, "Bool": {"a:c": "true"}})"),
        with_statement(whole + R"(, "Condition": {"Bool": {"a:b": "true", "a:b": "false"}})"),
        R"({"Statement": {)" + whole + R"(}, "Statement": {)" + whole + "}}"})
    EXPECT_EQ(refusal(document, Kind::kIdentity), twice) << document;
  EXPECT_EQ(
      refusal(with_statement(whole + R"(, "Condition": {"Bool": {"a:b": "true"}, "Null": {"a:b": "true"}})"),
              Kind::kIdentity),
      "");
}

TEST(Document, ConditionKeysAreOfSomeService) {
  const auto with_key = [](const std::string& key) {
    return with_statement(R"("Effect": "Allow", "Action": "s3:*", "Resource": "*",
                             "Condition": {"StringEquals": {")" +
                          key + R"(": "x"}})");
  };
  for (const char* key : {"aws:SourceIp", "token.actions.githubusercontent.com:sub", "aws:RequestTag/a:b"})
    EXPECT_EQ(refusal(with_key(key), Kind::kIdentity), "") << key;
  for (const char* key : {"SourceIp", ":SourceIp", "aws:", ""})
    EXPECT_EQ(refusal(with_key(key), Kind::kIdentity),
              "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        << key;
}

TEST(Document, StatementIdsOfIamAreAlphanumericAndUnique) {
  const auto with_sids = [](const std::string& a, const std::string& b) {
    const auto one = [](const std::string& sid) {
      return R"({"Sid": ")" + sid + R"(", "Effect": "Allow", "Action": "s3:*", "Resource": "*"})";
    };
    return R"({"Statement": [)" + one(a) + "," + one(b) + "]}";
  };
  EXPECT_EQ(refusal(with_sids("A1", "a1"), Kind::kIdentity), "");
  EXPECT_EQ(refusal(with_sids("", ""), Kind::kIdentity), "");
  EXPECT_EQ(refusal(with_sids("A", "A"), Kind::kIdentity),
            "Statement IDs (SID) in a single policy must be unique.");
  for (const char* sid : {"a b", "a-b", "a_b", "\u00e4"})
    EXPECT_EQ(refusal(with_sids(sid, "x"), Kind::kIdentity),
              "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
              "expression [0-9A-Za-z]*")
        << sid;
  const std::string resource =
      R"("Sid": "of a queue", "Effect": "Allow", "Principal": "*", "Action": "SQS:SendMessage")";
  EXPECT_EQ(refusal(with_statement(resource), Kind::kResource), "");
}

TEST(Document, RefusesWhatItsKindDoesNotHave) {
  struct Refused {
    Kind kind;
    const char* members;
    const char* why;
  };
  constexpr const char* kSyntax = "Syntax errors in policy.";
  for (const Refused& each : {
           Refused{Kind::kTrust, R"("Principal": "*")", "Missing required field Action"},
           Refused{Kind::kTrust, R"("Action": "sts:AssumeRole")", "Missing required field Principal"},
           Refused{Kind::kTrust, R"("Principal": "*", "Action": "sts:AssumeRole", "Resource": "*")",
                   "Has prohibited field Resource"},
           Refused{Kind::kTrust, R"("Principal": "*", "Action": "s3:GetObject")",
                   "AssumeRole policy may only specify STS AssumeRole actions."},
           Refused{Kind::kTrust, R"("Principal": "ann", "Action": "sts:AssumeRole")",
                   "Invalid principal in policy: \"AWS\":\"ann\""},
           Refused{Kind::kTrust, R"("Principal": {"AWS": ""}, "Action": "sts:AssumeRole")",
                   "Invalid principal in policy: \"AWS\":\"\""},
           Refused{Kind::kTrust, R"("Principal": {"Groups": "x"}, "Action": "sts:AssumeRole")", kSyntax},
           Refused{Kind::kTrust, R"("Principal": {}, "Action": "sts:AssumeRole")", kSyntax},
           Refused{Kind::kTrust, R"("Principal": 1, "Action": "sts:AssumeRole")", kSyntax},
           Refused{Kind::kIdentity, R"("Resource": "*")", "Policy statement must contain actions."},
           Refused{Kind::kIdentity, R"("Action": "s3:*")", "Policy statement must contain resources."},
           Refused{Kind::kIdentity, R"("Action": "s3:*", "Principal": "*", "Resource": "*")",
                   "Policy document should not specify a principal."},
           Refused{Kind::kIdentity, R"("Action": "GetObject", "Resource": "*")",
                   "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
           Refused{Kind::kIdentity, R"("Action": "s3:", "Resource": "*")",
                   "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
           Refused{Kind::kIdentity, R"("Action": "s3:*", "Resource": "bucket")",
                   "Resource bucket must be in ARN format or \"*\"."},
           Refused{Kind::kIdentity, R"("Action": [], "Resource": "*")", kSyntax},
           Refused{Kind::kIdentity, R"("Action": [1], "Resource": "*")", kSyntax},
           Refused{Kind::kIdentity, R"("Action": "s3:*", "NotAction": "s3:*", "Resource": "*")", kSyntax},
           Refused{Kind::kIdentity, R"("Action": "s3:*", "Resource": "*", "NotResource": "*")", kSyntax},
           Refused{Kind::kIdentity, R"("Sid": 1, "Action": "s3:*", "Resource": "*")", kSyntax},
           Refused{Kind::kIdentity, R"("Action": "s3:*", "Resource": "*", "Condition": 1)", kSyntax},
           Refused{Kind::kIdentity, R"("Action": "s3:*", "Resource": "*", "Condition": {"Bool": 1})",
                   kSyntax},
           Refused{Kind::kIdentity,
                   R"("Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"a": null}})", kSyntax},
           Refused{Kind::kIdentity,
                   R"("Action": "s3:*", "Resource": "*", "Condition": {"Boole": {"a": "b"}})",
                   "Invalid Condition type : Boole."},
           Refused{Kind::kResource, R"("Action": "s3:*", "Resource": "*")",
                   "Missing required field Principal"},
           Refused{Kind::kResource, R"("Principal": "*", "NotPrincipal": {"AWS": "*"}, "Action": "s3:*")",
                   kSyntax},
       }) {
    EXPECT_EQ(refusal(with_statement(std::string(R"("Effect": "Allow", )") + each.members), each.kind),
              each.why)
        << each.members;
  }
}

TEST(Document, ActionsAndResourcesAndTheirNegations) {
  struct Covered {
    const char* policy;
    const char* action;
    const char* resource;
    bool allowed;
  };
  for (const Covered& row : {
           Covered{"Allow s3:GetObject on *", "s3:GetObject", "arn:aws:s3:::b/k", true},
           Covered{"Allow S3:getobject on *", "s3:GetObject", "arn:aws:s3:::b/k", true},
           Covered{"Allow s3:GetObject on *", "S3:GETOBJECT", "arn:aws:s3:::b/k", true},
           Covered{"Allow s3:GetObject on *", "s3:GetObjectAcl", "arn:aws:s3:::b/k", false},
           Covered{"Allow s3:Get* on *", "s3:GetObjectAcl", "arn:aws:s3:::b/k", true},
           Covered{"Allow s3:*Object on *", "s3:PutObject", "arn:aws:s3:::b/k", true},
           Covered{"Allow s3:?etObject on *", "s3:GetObject", "arn:aws:s3:::b/k", true},
           Covered{"Allow s3:?etObject on *", "s3:etObject", "arn:aws:s3:::b/k", false},
           Covered{"Allow * on *", "sqs:SendMessage", "*", true},
           Covered{"Allow *:* on *", "sqs:SendMessage", "*", true},
           Covered{"Allow s*:SendMessage on *", "sqs:SendMessage", "*", true},
           Covered{"Allow sns:*,sqs:* on *", "sqs:SendMessage", "*", true},
           Covered{"Allow sns:*,s3:* on *", "sqs:SendMessage", "*", false},
           Covered{"Allow !sns:* on *", "sqs:SendMessage", "*", true},
           Covered{"Allow !sns:*,sqs:Send* on *", "sqs:SendMessage", "*", false},
           Covered{"Allow s3:* on arn:aws:s3:::b/*", "s3:GetObject", "arn:aws:s3:::b/k/l:m", true},
           Covered{"Allow s3:* on arn:aws:s3:::b/*", "s3:GetObject", "arn:aws:s3:::B/k", false},
           Covered{"Allow s3:* on arn:aws:s3:::b/*", "s3:ListBucket", "arn:aws:s3:::b", false},
           Covered{"Allow s3:* on arn:aws:s3:::b,arn:aws:s3:::b/*", "s3:ListBucket", "arn:aws:s3:::b", true},
           Covered{"Allow s3:* on !arn:aws:s3:::b/*", "s3:GetObject", "arn:aws:s3:::b/k", false},
           Covered{"Allow s3:* on !arn:aws:s3:::b/*", "s3:GetObject", "arn:aws:s3:::c/k", true},
           Covered{"Allow s3:* on arn:aws:s3:::*", "s3:ListAllMyBuckets", "*", false},
           Covered{"Allow sqs:* on arn:aws:sqs:*:111122223333:jobs", "sqs:X", kQueue, true},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-*-1:111122223333:jobs", "sqs:X", kQueue, true},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-w?s?-1:*:jobs", "sqs:X", kQueue, true},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-w?s?-1:*:jobs", "sqs:X",
                   "arn:aws:sqs:eu-central-1:111122223333:jobs", false},
           Covered{"Allow sqs:* on arn:aws:sqs:*", "sqs:X", kQueue, true},
           Covered{"Allow sqs:* on arn:*", "sqs:X", kQueue, true},
           Covered{"Allow sqs:* on arn:aws:sqs:*:jobs", "sqs:X", kQueue, true},
           Covered{"Allow sqs:* on arn:aws:sqs:*:jobs", "sqs:X", "arn:aws:sqs:eu-west-1:111122223333:jobs2",
                   false},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-*t-1:*:jobs", "sqs:X", kQueue, true},
           Covered{"Allow sqs:* on arn:aws:sqs:*:1*3:j*s", "sqs:X", kQueue, true},
           Covered{"Allow sqs:* on arn:aws:sqs:*:1*4:j*s", "sqs:X", kQueue, false},
           Covered{"Allow sqs:* on arn:aws:sqs:e*2:*:jobs", "sqs:X", kQueue, false},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-west-1:111122223333:${aws:username}", "sqs:X",
                   "arn:aws:sqs:eu-west-1:111122223333:ann", true},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-west-1:111122223333:${aws:username}-*", "sqs:X",
                   "arn:aws:sqs:eu-west-1:111122223333:ann-1", true},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-west-1:111122223333:${aws:username}", "sqs:X", kQueue,
                   false},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-west-1:${aws:PrincipalAccount}:jobs", "sqs:X", kQueue,
                   false},
           Covered{"Allow sqs:* on arn:aws:sqs:eu-west-1:111122223333:${aws:PrincipalTag/x}", "sqs:X", kQueue,
                   false},
           Covered{"Allow sqs:* on !arn:aws:sqs:eu-west-1:111122223333:${aws:PrincipalTag/x}", "sqs:X",
                   kQueue, true},
           Covered{"Allow s3:* on arn:aws:s3:::b/${*}", "s3:X", "arn:aws:s3:::b/*", true},
           Covered{"Allow s3:* on arn:aws:s3:::b/${*}", "s3:X", "arn:aws:s3:::b/k", false},
       }) {
    const Principal ann = user("ann");
    const auto identity = group_of(row.policy);
    const Request request{.principal = &ann, .action = row.action, .resource = row.resource};
    EXPECT_EQ(evaluate(request, {.identity = identity}).allowed(), row.allowed)
        << row.policy << ": " << row.action << " on " << row.resource;
  }
}

TEST(Document, VariablesCameWithVersion2012) {
  const char* text = "Allow s3:* on arn:aws:s3:::b/${aws:username}";
  const Principal ann = user("ann");
  const auto allowed = [&](const PolicyPtr& policy, const char* resource) {
    const Request request{.principal = &ann, .action = "s3:GetObject", .resource = resource};
    return evaluate(request, {.identity = PolicyGroup({policy})}).allowed();
  };
  EXPECT_TRUE(allowed(policy_of(text, "2012-10-17"), "arn:aws:s3:::b/ann"));
  EXPECT_FALSE(allowed(policy_of(text, "2008-10-17"), "arn:aws:s3:::b/ann"));
  EXPECT_TRUE(allowed(policy_of(text, "2008-10-17"), "arn:aws:s3:::b/${aws:username}"));
  const auto versionless = Policy::parse("{\"Statement\": " + statement_json(text) + "}");
  EXPECT_FALSE(allowed(versionless, "arn:aws:s3:::b/ann"));
}

TEST(Document, ConditionsAllHold) {
  const auto allowed = [](const char* condition) {
    ContextList context;
    context.set("t:a", "1");
    context.set("t:b", std::vector<std::string>{"true"});
    const std::string policy = std::string("Allow sqs:* on * if ") + condition;
    return decide(user("ann"), {.identity = policy.c_str()}, "sqs:X", kQueue, &context) ==
           "allowed by identity";
  };
  EXPECT_TRUE(allowed(R"("StringEquals": {"t:a": "1", "t:b": "true"})"));
  EXPECT_FALSE(allowed(R"("StringEquals": {"t:a": "1", "t:b": "false"})"));
  EXPECT_TRUE(allowed(R"("StringEquals": {"t:a": ["0", "1"]}, "Bool": {"t:b": true})"));
  EXPECT_FALSE(allowed(R"("StringEquals": {"t:a": "1"}, "Bool": {"t:b": false})"));
  EXPECT_TRUE(allowed(R"("NumericEquals": {"t:a": 1}, "NumericLessThan": {"t:a": [0, 1.5]})"));
}

TEST(Document, OperatorsThatDoNotExistNeverLetAnybodyIn) {
  const auto decision = [](const char* policy) { return decide(user("ann"), {.identity = policy}); };
  EXPECT_EQ(decision(R"(Allow sqs:* on * if "StringEqual": {"a": "b"})"), "no identity");
  EXPECT_EQ(decision(R"(Allow sqs:* on * ; Deny sqs:* on * if "StringEqual": {"a": "b"})"),
            "denied by identity");
  EXPECT_EQ(decision(R"(Allow sqs:* on * ; Deny sns:* on * if "StringEqual": {"a": "b"})"),
            "allowed by identity");
}

TEST(Document, NamesTheKeysItNeeds) {
  const auto policy = policy_of(
      R"(Allow s3:* on arn:aws:s3:::b/${aws:username} if "StringLike": {"s3:Prefix": ["${aws:PrincipalTag/T, 'x'}/*"]})"
      R"( ; Deny s3:* on * if "Bool": {"aws:SecureTransport": "false"}, "Null": {"s3:prefix": "true"})");
  EXPECT_EQ(policy->context_keys(), (std::vector<std::string>{"aws:principaltag/t", "aws:securetransport",
                                                              "aws:username", "s3:prefix"}));
}

TEST(Document, KnowsWhetherItAsksForTagsOfTheResource) {
  const auto names = [](const char* policy) { return policy_of(policy)->names_resource_tags(); };
  EXPECT_FALSE(names("Allow sqs:* on *"));
  EXPECT_FALSE(names(R"(Allow sqs:* on * if "StringEquals": {"aws:RequestTag/t": "x", "aws:TagKeys": "t"})"));
  EXPECT_FALSE(names(R"(Allow sqs:* on * if "StringEquals": {"aws:PrincipalTag/resourcetag/t": "x"})"));
  EXPECT_TRUE(names(R"(Allow sqs:* on * ; Deny sqs:* on * if "Null": {"AWS:resourceTAG/t": "true"})"));
  EXPECT_TRUE(names(R"(Allow iam:* on * if "StringLike": {"iam:ResourceTag/t": "x"})"));
  EXPECT_TRUE(names(R"(Allow sqs:* on * if "StringLike": {"aws:PrincipalTag/t": "${aws:ResourceTag/t}"})"));
  EXPECT_TRUE(names("Allow sqs:* on arn:aws:sqs:*:*:${aws:ResourceTag/t}"));
}

TEST(Document, GroupsAskWhatAnyOfThemAsks) {
  const PolicyPtr plain = policy_of("Allow sqs:* on *");
  const PolicyPtr by_tag = policy_of(R"(Allow sqs:* on * if "Null": {"aws:ResourceTag/t": "true"})");
  EXPECT_FALSE(PolicyGroup().names_resource_tags());
  EXPECT_FALSE(PolicyGroup({plain, nullptr}).names_resource_tags());
  EXPECT_TRUE(PolicyGroup({plain, by_tag}).names_resource_tags());
  EXPECT_FALSE(PolicySet{}.names_resource_tags());
  EXPECT_FALSE((PolicySet{.identity = PolicyGroup({plain}), .boundary = plain}).names_resource_tags());
  EXPECT_TRUE((PolicySet{.identity = PolicyGroup({by_tag})}).names_resource_tags());
  EXPECT_TRUE((PolicySet{.boundary = by_tag}).names_resource_tags());
  EXPECT_TRUE((PolicySet{.session = PolicyGroup({by_tag})}).names_resource_tags());
  EXPECT_TRUE((PolicySet{.resource = by_tag}).names_resource_tags());
}

TEST(Document, KeepsIdAndSid) {
  const auto policy = Policy::parse(
      R"({"Id": "mine", "Statement": {"Sid": "one", "Effect": "Allow", "Action": "a:b", "Resource": "*"}})");
  EXPECT_EQ(policy->id(), "mine");
  ASSERT_EQ(policy->statements().size(), 1u);
  EXPECT_EQ(policy->statements()[0].sid, "one");
}

}  // namespace
}  // namespace martlet::policy
