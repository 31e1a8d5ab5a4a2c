#include "services/lambda/functions_store.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/async_test.h"
#include "store/store.h"

namespace martlet::lambda {
namespace {

const FunctionName kName{"123456789012", "eu-west-1", "f", ""};

FunctionRecord version(const std::string& number, const std::string& sha256, std::uint64_t bytes) {
  FunctionRecord record;
  record.name = "f";
  record.version = number;
  record.code = {.sha256 = sha256, .size = bytes};
  return record;
}

/// Runs the body in one transaction.
void in_transaction(const std::function<Task<>(store::Txn&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    const auto store = store::make_memory_store(executor);
    co_await store->transact([&](store::Txn& txn) -> Task<> { co_await body(txn); });
  });
}

TEST(FunctionsStore, TheDigestIsOfWhatRuns) {
  FunctionRecord latest = version("$LATEST", "aa", 1);
  FunctionRecord published = latest;
  published.version = "4";
  published.revision_id = "r";
  published.last_modified_ms = 5;
  published.tags = {{"a", "b"}};
  published.snapshot = Snapshot::kReady;
  published.sealed_variables = "compared by who can open them";
  EXPECT_EQ(content_digest(published), content_digest(latest));
  published.memory_mb = 256;
  EXPECT_NE(content_digest(published), content_digest(latest));
}

TEST(FunctionsStore, VersionsAreListedByNumber) {
  in_transaction([](store::Txn& txn) -> Task<> {
    for (const char* number : {"$LATEST", "10", "2", "1"})
      co_await save_function(txn, kName, version(number, "aa", 1), std::nullopt);
    std::string order;
    for (const FunctionRecord& found : co_await list_versions(txn, kName, 1, 0)) order += found.version + " ";
    EXPECT_EQ(order, "2 10 ");
    order.clear();
    for (const FunctionRecord& found : co_await list_all_versions(txn, kName.account, kName.region, "", 0, 3))
      order += found.version + " ";
    EXPECT_EQ(order, "$LATEST 1 2 ");
  });
}

TEST(FunctionsStore, PackagesAreInUseAsLongAsAVersionHasThem) {
  in_transaction([](store::Txn& txn) -> Task<> {
    const FunctionRecord first = version("$LATEST", "aa", 10);
    FunctionRecord with_layer = version("1", "aa", 10);
    with_layer.layers.push_back({.arn = "arn", .content = {.sha256 = "cc", .size = 7}, .unpacked_bytes = 9});
    co_await save_function(txn, kName, first, std::nullopt);
    co_await save_function(txn, kName, with_layer, std::nullopt);
    co_await save_function(txn, kName, version("$LATEST", "bb", 30), first);
    EXPECT_EQ(co_await packages_in_use(txn), (std::set<std::string>{"aa", "bb", "cc"}));
    const Usage usage = co_await load_usage(txn, kName.account, kName.region);
    EXPECT_EQ(usage.functions, 1);
    EXPECT_EQ(usage.code_bytes, 40);
    co_await erase_version(txn, kName, with_layer);
    EXPECT_EQ(co_await packages_in_use(txn), (std::set<std::string>{"bb"}));
    co_await erase_function(txn, kName);
    EXPECT_TRUE((co_await packages_in_use(txn)).empty());
    EXPECT_EQ((co_await load_usage(txn, kName.account, kName.region)).code_bytes, 0);
  });
}

}  // namespace
}  // namespace martlet::lambda
