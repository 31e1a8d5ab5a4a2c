#include "services/sts/service.h"

#include <gtest/gtest.h>

#include "base/async_test.h"
#include "base/error.h"
#include "wire/context.h"

namespace martlet::sts {
namespace {

TEST(GetCallerIdentity, ReportsTheCaller) {
  run_async([](Executor) -> Task<> {
    StsService service;
    wire::Context context;
    context.caller = {.kind = wire::Caller::Kind::kAssumedRole,
                      .account = "123456789012",
                      .arn = "arn:aws:sts::123456789012:assumed-role/role/session",
                      .user_id = "AROAEXAMPLE:session",
                      .access_key_id = {}};
    const auto identity = co_await service.GetCallerIdentity(context, {});
    EXPECT_EQ(identity.account, "123456789012");
    EXPECT_EQ(identity.arn, "arn:aws:sts::123456789012:assumed-role/role/session");
    EXPECT_EQ(identity.user_id, "AROAEXAMPLE:session");
  });
}

TEST(GetCallerIdentity, AsksTheUnknownToSign) {
  run_async([](Executor) -> Task<> {
    StsService service;
    wire::Context context;
    int status = 0;
    try {
      co_await service.GetCallerIdentity(context, {});
    } catch (const aws::Error& error) {
      status = error.status();
    }
    EXPECT_EQ(status, 403);
  });
}

}  // namespace
}  // namespace martlet::sts
