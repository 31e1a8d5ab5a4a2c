#include "targets/targets.h"

#include <gtest/gtest.h>

#include "base/async_test.h"
#include "store/key.h"

namespace martlet::targets {
namespace {

class Box final : public Target {
 public:
  Task<> deliver(store::Txn& txn, const Delivery& delivery) override {
    if (delivery.to.resource == "closed") throw aws::Error("AccessDenied", "closed", 403);
    txn.put(store::Key("box", delivery.to.resource), delivery.body);
    co_return;
  }
};

TEST(Targets, ADeliveryIsPartOfTheTransactionThatCausesIt) {
  run_async([](Executor executor) -> Task<> {
    const auto store = store::make_memory_store(executor);
    Box box;
    Targets targets;
    targets.add("box", box);
    const auto deliver = [&](std::string arn) -> Task<std::string> {
      const Delivery delivery{.to = *Arn::parse(arn),
                              .body = "event",
                              .attributes = {},
                              .role_arn = {},
                              .group_id = {},
                              .deduplication_id = {},
                              .trace_header = {}};
      try {
        co_await store->transact([&](store::Txn& txn) -> Task<> {
          txn.put(store::Key("cause", delivery.to.resource), "happened");
          co_await targets.deliver(txn, delivery);
        });
      } catch (const aws::Error& error) {
        co_return error.code();
      }
      co_return "";
    };
    EXPECT_EQ(co_await deliver("arn:aws:box:us-east-1:000000000000:open"), "");
    EXPECT_EQ(store->approximate_size(), 2U);
    EXPECT_EQ(co_await deliver("arn:aws:box:us-east-1:000000000000:closed"), "AccessDenied");
    EXPECT_EQ(co_await deliver("arn:aws:bag:us-east-1:000000000000:x"), "NotImplemented");
    EXPECT_EQ(store->approximate_size(), 2U);
  });
}

}  // namespace
}  // namespace martlet::targets
