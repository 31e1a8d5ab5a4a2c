#include "server/credentials.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/async_test.h"

namespace martlet::server {
namespace {

using std::chrono::hours;

Credentials::Request request_of(std::string environment) {
  return {.function = {"123456789012", "us-east-1", "hello", ""},
          .role_arn = "arn:aws:iam::123456789012:role/path/r",
          .role_id = "AROAEXAMPLE",
          .environment = std::move(environment),
          .lifetime = hours(12)};
}

TEST(Credentials, OfAFunctionAreASessionOfItsRoleAndExpire) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(0));
    Ids ids(7);
    Credentials all(*clock, ids);
    const auto variables = all.issue(request_of("e1"));
    const std::string key = variables.at("AWS_ACCESS_KEY_ID");
    EXPECT_EQ(sts::account_in_key(key), "123456789012");
    auto found = co_await all.find(key, "");
    EXPECT_EQ(found->caller.arn, "arn:aws:sts::123456789012:assumed-role/r/hello");
    EXPECT_EQ(found->caller.user_id, "AROAEXAMPLE:hello");
    EXPECT_EQ(found->environment, "e1");
    EXPECT_EQ(found->session_token, variables.at("AWS_SESSION_TOKEN"));
    EXPECT_EQ(*found->expires, clock->now() + hours(12));
    clock->advance(hours(13));
    found = co_await all.find(key, "");
    EXPECT_EQ(*found->expires, clock->now() - hours(1));
  });
}

TEST(Credentials, OfAFunctionEndWithItsEnvironmentAndWhenThereAreNewerOnes) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(0));
    Ids ids(7);
    Credentials all(*clock, ids);
    const auto key_of = [&](std::string environment) {
      return all.issue(request_of(std::move(environment))).at("AWS_ACCESS_KEY_ID");
    };
    const std::string other = key_of("e2");
    std::vector<std::string> keys;
    for (int i = 0; i < 5; ++i) keys.push_back(key_of("e1"));
    EXPECT_FALSE((co_await all.find(keys[0], "")).has_value());
    EXPECT_TRUE((co_await all.find(keys[1], "")).has_value());
    all.revoke("e1");
    EXPECT_FALSE((co_await all.find(keys[4], "")).has_value());
    EXPECT_TRUE((co_await all.find(other, "")).has_value());
  });
}

/// The system's clock, of which elapsed time does not move when it is moved ahead.
TEST(Credentials, OfAFunctionOutliveAJumpOfTheClock) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_system_clock(executor);
    Ids ids(7);
    Credentials all(*clock, ids);
    const std::string key = all.issue(request_of("e1")).at("AWS_ACCESS_KEY_ID");
    clock->advance(hours(24));
    const auto found = co_await all.find(key, "");
    EXPECT_GT(*found->expires, clock->now() + hours(11));
  });
}

}  // namespace
}  // namespace martlet::server
