#include "environments/concurrency.h"

#include <gtest/gtest.h>

#include <vector>

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using Use = Concurrency::Use;

const std::string kAccount = "arn:aws:lambda:us-east-1:000000000000:function:";
const std::string kF = kAccount + "f";
const std::string kG = kAccount + "g";

/// Takes as many seats as there are.
std::vector<Concurrency::Seat> fill(Concurrency& concurrency, const std::string& function,
                                    ThrottleReason expected) {
  std::vector<Concurrency::Seat> seats;
  for (;;) {
    auto seat = concurrency.enter(function, Use::kOnDemand);
    if (!seat) {
      EXPECT_EQ(seat.error(), expected);
      return seats;
    }
    seats.push_back(std::move(*seat));
  }
}

TEST(Concurrency, FunctionsShareWhatTheAccountHas) {
  Concurrency concurrency({.account = 5});
  auto first = concurrency.enter(kG, Use::kOnDemand);
  auto others = fill(concurrency, kF, ThrottleReason::kConcurrentInvocationLimitExceeded);
  EXPECT_EQ(others.size(), 4u);
  EXPECT_FALSE(concurrency.enter(kG, Use::kOnDemand));
  EXPECT_EQ(concurrency.of_all().executions, 5u);
  EXPECT_EQ(concurrency.of_function(kF).executions, 4u);
  others.pop_back();
  EXPECT_TRUE(concurrency.enter(kG, Use::kOnDemand));
}

TEST(Concurrency, AccountsAndRegionsAreApart) {
  Concurrency concurrency({.account = 1});
  const auto here = concurrency.enter(kF, Use::kOnDemand);
  const auto region = concurrency.enter("arn:aws:lambda:eu-west-1:000000000000:function:f", Use::kOnDemand);
  const auto account = concurrency.enter("arn:aws:lambda:us-east-1:111111111111:function:f", Use::kOnDemand);
  EXPECT_TRUE(here && region && account);
  EXPECT_EQ(concurrency.of_all().executions, 3u);
}

TEST(Concurrency, WhatIsReservedIsTheFunctionsAloneAndAllItGets) {
  Concurrency concurrency({.account = 5});
  concurrency.reserve(kF, 2);
  const auto others = fill(concurrency, kG, ThrottleReason::kConcurrentInvocationLimitExceeded);
  EXPECT_EQ(others.size(), 3u);
  const auto own = fill(concurrency, kF, ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded);
  EXPECT_EQ(own.size(), 2u);
  EXPECT_EQ(concurrency.of_all().unreserved_executions, 3u);
  EXPECT_EQ(concurrency.of_all().claimed, 5u);
}

TEST(Concurrency, AReservationOfNothingThrottlesAll) {
  Concurrency concurrency({.account = 5});
  concurrency.reserve(kF, 0);
  EXPECT_EQ(fill(concurrency, kF, ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded).size(),
            0u);
  concurrency.reserve(kF, std::nullopt);
  EXPECT_TRUE(concurrency.enter(kF, Use::kOnDemand));
}

TEST(Concurrency, AReservationMayChangeWhileRequestsAreInFlight) {
  Concurrency concurrency({.account = 5});
  auto seats = fill(concurrency, kF, ThrottleReason::kConcurrentInvocationLimitExceeded);
  concurrency.reserve(kF, 1);
  EXPECT_EQ(concurrency.of_all().unreserved_executions, 0u);
  EXPECT_FALSE(concurrency.enter(kF, Use::kOnDemand));
  EXPECT_EQ(fill(concurrency, kG, ThrottleReason::kConcurrentInvocationLimitExceeded).size(), 4u);
  concurrency.reserve(kF, std::nullopt);
  EXPECT_EQ(concurrency.of_all().unreserved_executions, 5u);
  seats.clear();
  EXPECT_EQ(concurrency.of_all().unreserved_executions, 0u);
  EXPECT_EQ(concurrency.of_all().executions, 0u);
}

TEST(Concurrency, ProvisionedEnvironmentsAreClaimedWhetherUsedOrNot) {
  Concurrency concurrency({.account = 5});
  concurrency.provision(kF, 3);
  const auto provisioned = concurrency.enter(kF, Use::kProvisioned);
  ASSERT_TRUE(provisioned);
  EXPECT_EQ(fill(concurrency, kG, ThrottleReason::kConcurrentInvocationLimitExceeded).size(), 2u);
  EXPECT_EQ(concurrency.of_function(kF).provisioned_executions, 1u);
  concurrency.provision(kF, -3);
  EXPECT_EQ(fill(concurrency, kG, ThrottleReason::kConcurrentInvocationLimitExceeded).size(), 5u);
}

TEST(Concurrency, ProvisionedEnvironmentsLieWithinWhatIsReserved) {
  Concurrency concurrency({.account = 5});
  concurrency.reserve(kF, 2);
  concurrency.provision(kF, 2);
  EXPECT_EQ(concurrency.of_all().claimed, 2u);
  const auto one = concurrency.enter(kF, Use::kProvisioned);
  const auto two = concurrency.enter(kF, Use::kOnDemand);
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(concurrency.enter(kF, Use::kProvisioned));
}

TEST(Concurrency, AFunctionGrowsAtTheScalingRate) {
  Concurrency concurrency({.account = 5, .scaling = 10, .scaling_period = 10s});
  const auto grows = [&](Duration now) {
    int grown = 0;
    while (concurrency.grow(kF, now)) ++grown;
    return grown;
  };
  EXPECT_EQ(grows(100s), 10);
  EXPECT_EQ(grows(100s + 900ms), 0);
  EXPECT_EQ(grows(102s), 2);
  EXPECT_EQ(grows(500s), 10);
  EXPECT_TRUE(concurrency.grow(kG, 500s));
}

TEST(Concurrency, EnvironmentsOfTenantsAreTwoAndAHalfTimesTheConcurrency) {
  Concurrency concurrency({.account = 1000});
  EXPECT_EQ(concurrency.most_tenant_environments(kF), 2500u);
  concurrency.reserve(kF, 3);
  EXPECT_EQ(concurrency.most_tenant_environments(kF), 7u);
  EXPECT_EQ(concurrency.most_tenant_environments(kG), 2500u);
}

TEST(Concurrency, FunctionsAtRestAreForgotten) {
  Concurrency concurrency({.account = 5});
  concurrency.reserve(kF, 1);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(concurrency.enter(kAccount + std::to_string(i), Use::kOnDemand));
  EXPECT_FALSE(
      fill(concurrency, kF, ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded).empty());
  EXPECT_EQ(concurrency.of_all().executions, 0u);
}

}  // namespace
}  // namespace martlet::environments
