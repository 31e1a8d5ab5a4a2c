#include "server/credentials.h"

#include <gtest/gtest.h>

#include "base/async_test.h"

namespace martlet::server {
namespace {

using std::string;
using namespace std::chrono_literals;

class FunctionKeysTest : public testing::Test {
 protected:
  std::map<string, string> issue(Credentials& credentials, const string& environment) {
    return credentials.issue(
        {.function = {.account = "123456789012", .region = "eu-west-1", .name = "f", .qualifier = {}},
         .role_arn = "arn:aws:iam::123456789012:role/path/r",
         .role_id = "AROAR",
         .environment = environment,
         .lifetime = 1h});
  }
  Ids ids_{1};
};

TEST_F(FunctionKeysTest, OfFunctionsAreSessionsOfTheirRole) {
  run_async([&](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(1'700'000'000'000));
    Credentials credentials(*clock, ids_);
    const auto given = issue(credentials, "env-1");
    const string& key = given.at("AWS_ACCESS_KEY_ID");
    EXPECT_EQ(sts::account_in_key(key), "123456789012");
    const auto found = co_await credentials.find(key, given.at("AWS_SESSION_TOKEN"));
    EXPECT_TRUE(found);
    if (!found) co_return;
    EXPECT_EQ(found->secret_access_key, given.at("AWS_SECRET_ACCESS_KEY"));
    EXPECT_EQ(found->session_token, given.at("AWS_SESSION_TOKEN"));
    EXPECT_EQ(found->expires, clock->now() + 1h);
    EXPECT_EQ(found->environment, "env-1");
    EXPECT_EQ(found->caller.arn, "arn:aws:sts::123456789012:assumed-role/r/f");
    EXPECT_EQ(found->caller.user_id, "AROAR:f");
  });
}

TEST_F(FunctionKeysTest, OfEnvironmentsThatEndedAreNobodys) {
  run_async([&](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(1'700'000'000'000));
    Credentials credentials(*clock, ids_);
    const auto ended = issue(credentials, "env-1");
    const auto other = issue(credentials, "env-2");
    credentials.revoke("env-1");
    const auto find = [&](const std::map<string, string>& given) {
      return credentials.find(given.at("AWS_ACCESS_KEY_ID"), given.at("AWS_SESSION_TOKEN"));
    };
    EXPECT_FALSE(co_await find(ended));
    EXPECT_TRUE(co_await find(other));
    // Nor are those that have been followed by several.
    for (int i = 0; i < 4; ++i) issue(credentials, "env-2");
    EXPECT_FALSE(co_await find(other));
  });
}

}  // namespace
}  // namespace martlet::server
