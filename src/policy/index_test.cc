#include "policy/index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/document.h"
#include "policy/policy_test_support_test.h"

namespace martlet::policy {
namespace {

using namespace testing;
using Numbers = std::vector<std::uint32_t>;

/// The numbers of the statements that are to be looked at.
Numbers found(const StatementIndex& index, std::string_view action, std::string_view resource = kQueue) {
  const LookUp request(action, resource);
  Numbers numbers;
  for (const Candidate& candidate : index.candidates(request)) {
    if (candidate.may_cover(request)) numbers.push_back(candidate.number);
  }
  return numbers;
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
  const LookUp request("sqs:send", kQueue);
  const auto candidates = group.index().candidates(request);
  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_EQ(candidates[0].policy, group.policies()[0].get());
  EXPECT_EQ(candidates[0].number, 1u);
  EXPECT_EQ(candidates[1].policy, group.policies()[2].get());
  EXPECT_EQ(candidates[1].effect, Effect::kDeny);
  EXPECT_TRUE(PolicyGroup(std::vector<PolicyPtr>{}).empty());
  EXPECT_FALSE(PolicyGroup({nullptr}).empty());
  EXPECT_TRUE(PolicyGroup({nullptr}).index().candidates(request).empty());
}

}  // namespace
}  // namespace martlet::policy
