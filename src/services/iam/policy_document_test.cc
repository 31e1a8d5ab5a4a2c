#include "services/iam/policy_document.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace martlet::iam {
namespace {

/// Why the policy is refused; "" when it is not.
std::string refusal(const std::string& document, PolicyKind kind) {
  try {
    check_policy(document, kind);
    return "";
  } catch (const aws::Error& error) {
    EXPECT_EQ(error.code(), "MalformedPolicyDocumentException");
    return error.message();
  }
}

/// A policy of one statement with these members.
std::string with_statement(const std::string& members) {
  return R"({"Version": "2012-10-17", "Statement": [{)" + members + "}]}";
}

TEST(PolicyDocument, AcceptsWhatIamAccepts) {
  for (const std::string principal : {R"({"Service": "lambda.amazonaws.com"})",
                                      R"({"AWS": ["arn:aws:iam::123456789012:root"]})", R"("*")"}) {
    const std::string members = R"("Sid": "", "Effect": "Allow", "Principal": )" + principal;
    EXPECT_EQ(refusal(with_statement(members + R"(, "Action": "sts:AssumeRole")"), PolicyKind::kTrust), "");
    EXPECT_EQ(refusal(with_statement(members + R"(, "Action": ["sts:AssumeRole", "sts:TagSession"],
                        "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}})"),
                      PolicyKind::kTrust),
              "");
  }
  for (const std::string resource :
       {R"("*")", R"(["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"])", R"("arn:aws:sqs:*")"}) {
    EXPECT_EQ(
        refusal(with_statement(R"("Effect": "Deny", "NotAction": ["s3:Get*", "*"], "Resource": )" + resource),
                PolicyKind::kIdentity),
        "");
  }
  EXPECT_EQ(
      refusal(R"({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})", PolicyKind::kIdentity),
      "");
}

TEST(PolicyDocument, RefusesWhatIsNoPolicy) {
  for (const auto kind : {PolicyKind::kTrust, PolicyKind::kIdentity}) {
    for (const char* document : {"", "{", "text", "{\"Version\":}", "{}x"})
      EXPECT_EQ(refusal(document, kind), "This policy contains invalid Json") << document;
    EXPECT_EQ(refusal(std::string(100'000, '['), kind), "This policy contains invalid Json");
    for (const char* document :
         {"[]", "1", "{\"Version\": \"2012-10-18\", \"Statement\": []}", "{\"Statement\": []}",
          "{\"Statement\": [1]}", "{\"Statements\": []}", "{\"Statement\": {\"Effects\": \"Allow\"}}"})
      EXPECT_EQ(refusal(document, kind), "Syntax errors in policy.") << document;
    EXPECT_EQ(refusal("{}", kind), "Missing required field Statement");
    EXPECT_EQ(refusal(with_statement(""), kind), "Missing required field Effect");
    EXPECT_EQ(refusal(with_statement(R"("Effect": "Maybe")"), kind), "Invalid effect: \"Maybe\"");
  }
}

TEST(PolicyDocument, RefusesWhatItsKindDoesNotHave) {
  const std::string effect = R"("Effect": "Allow")";
  const std::string principal = R"(, "Principal": {"Service": "lambda.amazonaws.com"})";
  const std::string assume = R"(, "Action": "sts:AssumeRole")";
  const std::string resource = R"(, "Resource": "*")";
  const auto trust = PolicyKind::kTrust;
  const auto identity = PolicyKind::kIdentity;
  EXPECT_EQ(refusal(with_statement(effect + principal), trust), "Missing required field Action");
  EXPECT_EQ(refusal(with_statement(effect + assume), trust), "Missing required field Principal");
  EXPECT_EQ(refusal(with_statement(effect + principal + assume + resource), trust),
            "Has prohibited field Resource");
  EXPECT_EQ(refusal(with_statement(effect + principal + R"(, "Action": "s3:GetObject")"), trust),
            "AssumeRole policy may only specify STS AssumeRole actions.");
  EXPECT_EQ(refusal(with_statement(effect + resource), identity), "Policy statement must contain actions.");
  EXPECT_EQ(refusal(with_statement(effect + assume), identity), "Policy statement must contain resources.");
  EXPECT_EQ(refusal(with_statement(effect + assume + principal + resource), identity),
            "Policy document should not specify a principal.");
  EXPECT_EQ(refusal(with_statement(effect + R"(, "Action": "GetObject")" + resource), identity),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  EXPECT_EQ(refusal(with_statement(effect + assume + R"(, "Resource": "bucket")"), identity),
            "Resource bucket must be in ARN format or \"*\".");
  for (const char* more :
       {R"(, "NotAction": "s3:*")", R"(, "Condition": 1)", R"(, "Condition": {"Bool": 1})", R"(, "Sid": 1)"})
    EXPECT_EQ(refusal(with_statement(effect + assume + resource + more), identity),
              "Syntax errors in policy.")
        << more;
}

TEST(PolicyDocument, StatementIdsAreUniqueAndPlain) {
  const auto statement = [](const std::string& sid) {
    return R"({"Sid": ")" + sid + R"(", "Effect": "Allow", "Action": "s3:*", "Resource": "*"})";
  };
  const auto policy = [&](const std::string& one, const std::string& other) {
    return R"({"Version": "2012-10-17", "Statement": [)" + statement(one) + "," + statement(other) + "]}";
  };
  EXPECT_EQ(refusal(policy("a1", "A1"), PolicyKind::kIdentity), "");
  EXPECT_EQ(refusal(policy("", ""), PolicyKind::kIdentity), "");
  EXPECT_EQ(refusal(policy("a", "a"), PolicyKind::kIdentity),
            "Statement IDs (SID) in a single policy must be unique.");
  for (const char* sid : {"a b", "a-b", "a_b", "\u00e9"})
    EXPECT_TRUE(refusal(policy("a", sid), PolicyKind::kIdentity)
                    .starts_with("Statement IDs (SID) must be alpha-numeric."))
        << sid;
}

TEST(PolicyDocument, TrustPoliciesNameSomebody) {
  const auto trust = [](const std::string& principal) {
    return refusal(
        with_statement(R"("Effect": "Allow", "Action": "sts:AssumeRole", "Principal": )" + principal),
        PolicyKind::kTrust);
  };
  for (const char* who :
       {"*", "123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/a/b",
        "arn:aws:iam::123456789012:role/r", "arn:aws:sts::123456789012:assumed-role/r/session",
        "arn:aws:sts::123456789012:federated-user/f", "AROAEXAMPLEEXAMPLEEXA"})
    EXPECT_EQ(trust(R"({"AWS": ")" + std::string(who) + "\"}"), "") << who;
  for (const char* who :
       {"somebody", "1234", "arn:aws:iam::123456789012:group/g", "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::*:root", "arn:aws:s3:::bucket", "arn:aws:iam::123456789012:policy/p"})
    EXPECT_EQ(trust(R"({"AWS": ")" + std::string(who) + "\"}"),
              "Invalid principal in policy: \"AWS\":\"" + std::string(who) + "\"");
  EXPECT_EQ(trust(R"({"Service": ["lambda.amazonaws.com", "states.eu-west-1.amazonaws.com"]})"), "");
  EXPECT_EQ(trust(R"({"Service": "lambda"})"), "Invalid principal in policy: \"SERVICE\":\"lambda\"");
  EXPECT_EQ(
      trust(
          R"({"Federated": ["accounts.google.com", "arn:aws:iam::123456789012:oidc-provider/idp.example/x",)"
          R"("arn:aws:iam::123456789012:saml-provider/s"]})"),
      "");
  EXPECT_EQ(trust(R"({"Federated": "idp"})"),
            "Federated principals must be valid domain names or SAML metadata ARNs");
}

TEST(PolicyDocument, WhiteSpaceDoesNotCount) {
  EXPECT_EQ(counted_size(" { \"a b\" :\n\t1 } "), 9u);
  EXPECT_EQ(counted_size(R"({"a\" b": " "})"), 13u);
}

}  // namespace
}  // namespace martlet::iam
