#include "policy/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "policy/document.h"
#include "policy/evaluate.h"
#include "policy/policy_test_support_test.h"

namespace martlet::policy {
namespace {

using namespace testing;
using Numbers = std::vector<std::uint32_t>;

/// The numbers of the statements that are to be looked at.
Numbers found(const StatementIndex& index, std::string_view action, std::string_view resource = kQueue) {
  std::set<std::uint32_t> numbers;
  index.visit(LookUp(action, resource), [&](const Candidate& candidate) {
    numbers.insert(candidate.number);
    return true;
  });
  return {numbers.begin(), numbers.end()};
}

TEST(Index, FindsTheStatementsOfAService) {
  const auto policy = policy_of(
      "Allow sns:* on * ; Allow sqs:*,sns:Publish on * ; Deny * on * ; Allow s*:Get on * ; Deny !sqs:* on * "
      "; "
      "Allow sqs:Send on *");
  EXPECT_EQ(found(policy->index(), "sns:publish"), (Numbers{0, 1, 2, 3, 4}));
  EXPECT_EQ(found(policy->index(), "sqs:send"), (Numbers{1, 2, 3, 4, 5}));
  EXPECT_EQ(found(policy->index(), "s3:get"), (Numbers{2, 3, 4}));
  EXPECT_EQ(found(policy->index(), ""), (Numbers{2, 3, 4}));
}

TEST(Index, PassesOverOtherActionsAndResources) {
  const auto policy = policy_of(
      "Allow sqs:Send on * ; Allow sqs:Receive,sqs:Send on arn:aws:sqs:eu-west-1:111122223333:jobs ; "
      "Allow sqs:Send on arn:aws:sqs:eu-west-1:111122223333:other ; Allow sqs:Receive on * ; "
      "Allow sqs:Send on !arn:aws:sqs:eu-west-1:111122223333:other ; Allow sqs:Send to *");
  EXPECT_EQ(found(policy->index(), "sqs:send"), (Numbers{0, 1, 4, 5}));
}

TEST(Index, CoversAllPoliciesOfAGroup) {
  const PolicyGroup group({policy_of("Allow sns:* on * ; Allow sqs:Send on *"), nullptr,
                           policy_of("Deny * on *"), policy_of("Allow s3:* on *")});
  std::map<const Policy*, Candidate> seen;
  group.index().visit(LookUp("sqs:send", kQueue), [&](const Candidate& candidate) {
    seen.emplace(candidate.policy, candidate);
    return true;
  });
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen.at(group.policies()[0].get()).number, 1u);
  EXPECT_EQ(seen.at(group.policies()[2].get()).effect, Effect::kDeny);
  EXPECT_EQ(group.index().all().size(), 4u);
  EXPECT_TRUE(PolicyGroup(std::vector<PolicyPtr>{}).empty());
  EXPECT_FALSE(PolicyGroup({nullptr}).empty());
  EXPECT_EQ(found(PolicyGroup({nullptr}).index(), "sqs:send"), Numbers());
}

TEST(Index, StopsWhenTold) {
  const auto policy = policy_of("Allow sqs:Send on * ; Allow * on * ; Allow sqs:* on *");
  int visits = 0;
  policy->index().visit(LookUp("sqs:send", kQueue), [&](const Candidate&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TEST(Index, PassesOverResourcesThatLackAPartOfTheName) {
  const auto policy = policy_of(
      "Allow sqs:Send on arn:aws:sqs:*:111122223333:*-17-* ; Allow sqs:Send on arn:aws:sqs:*:*:j*s ; "
      "Allow sqs:Send on arn:aws:sqs:*:111122223333:*zebra");
  EXPECT_EQ(found(policy->index(), "sqs:send"), (Numbers{1}));
  EXPECT_EQ(found(policy->index(), "sqs:send", "arn:aws:sqs:eu-west-1:111122223333:a-17-zebra"),
            (Numbers{0, 2}));
}

/// Whatever the index passes over would not have applied.
TEST(Index, OfManyStatementsFindsAllThatApply) {
  std::mt19937 random(7);
  const auto pick = [&](std::initializer_list<const char*> texts) {
    return std::string(texts.begin()[random() % texts.size()]);
  };
  const auto resource = [&](bool wild) {
    std::string text = "arn:aws:sqs:";
    text += wild ? pick({"*", "eu-west-1", "eu-?est-1", "e*1"}) : pick({"eu-west-1", "us-east-1"});
    text += wild ? pick({":*:", ":1111:", ":11?1:"}) : pick({":1111:", ":1121:"});
    for (int i = 0; i < 3; ++i)
      text += wild ? pick({"a", "b", "ab", "*", "?", "-"}) : pick({"a", "b", "ab", "ba", "-"});
    return text;
  };
  std::string statements;
  constexpr std::size_t kStatements = 200;
  for (std::size_t i = 0; i < kStatements; ++i) {
    statements +=
        (i > 0 ? " ; " : "") + pick({"Allow ", "Deny "}) + pick({"sqs:Send", "sqs:*", "*", "!sqs:Get"});
    statements += pick({" on ", " on ", " on ", " on !"}) + resource(true) + "," + resource(true);
  }
  const auto policy = policy_of(statements);
  ASSERT_EQ(policy->statements().size(), kStatements);
  std::size_t applied = 0;
  for (int round = 0; round < 200; ++round) {
    const std::string asked = resource(false);
    const Numbers visited = found(policy->index(), "sqs:send", asked);
    const Principal principal{.kind = PrincipalKind::kUser, .account = "1111"};
    const Request request{.principal = &principal, .action = "sqs:Send", .resource = asked};
    Trace trace;
    evaluate(request, {.identity = PolicyGroup({policy})}, &trace);
    applied += trace.matched.size();
    for (const MatchedStatement& matched : trace.matched)
      EXPECT_TRUE(std::ranges::binary_search(visited, matched.statement))
          << asked << " " << matched.statement;
  }
  EXPECT_GT(applied, kStatements);
}

}  // namespace
}  // namespace martlet::policy
