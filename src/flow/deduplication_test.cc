#include "flow/deduplication.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/async_test.h"
#include "store/key.h"

namespace martlet::flow {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart = from_epoch_ms(1'700'000'000'000);

struct Memory {
  explicit Memory(const Executor& on)
      : executor(on), clock(make_simulated_clock(on, kStart)), store(store::make_memory_store(on)) {
    forget();
  }
  /// As after a restart.
  void forget() { ids = std::make_unique<Deduplication>(*clock, store::Key("test").str()); }

  Task<> remember(std::string id, std::string value) {
    co_await store->transact([&](store::Txn& txn) -> Task<> {
      co_await ids->remember(txn, id, value, clock->now() + minutes(5));
    });
  }
  Task<std::string> find(std::string id) {
    co_return co_await store->transact([&](store::Txn& txn) -> Task<std::string> {
      const auto found = co_await ids->find(txn, id);
      co_return found ? *found : "none";
    });
  }

  Executor executor;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Deduplication> ids;
};

void with_memory(const std::function<Task<>(Memory&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    Memory memory(executor);
    co_await body(memory);
  });
}

TEST(DeduplicationTest, RemembersAnIdUntilItsTimeIsOver) {
  with_memory([](Memory& memory) -> Task<> {
    co_await memory.remember("a", "1");
    EXPECT_EQ(co_await memory.find("a"), "1");
    EXPECT_EQ(co_await memory.find("b"), "none");
    memory.clock->advance(minutes(5) - seconds(1));
    memory.forget();
    EXPECT_EQ(co_await memory.find("a"), "1");
    memory.clock->advance(seconds(1));
    EXPECT_EQ(co_await memory.find("a"), "none");
  });
}

TEST(DeduplicationTest, ForgetsWithTheTransactionThatDoesNotCommit) {
  with_memory([](Memory& memory) -> Task<> {
    const auto failing = [&]() -> Task<> {
      co_await memory.store->transact([&](store::Txn& txn) -> Task<> {
        co_await memory.ids->remember(txn, "a", "1", kStart + minutes(5));
        EXPECT_TRUE((co_await memory.ids->find(txn, "a")).has_value());
        throw std::runtime_error("no");
      });
    };
    EXPECT_THROW(co_await failing(), std::runtime_error);
    EXPECT_EQ(co_await memory.find("a"), "none");
  });
}

TEST(DeduplicationTest, TheStoreDoesNotGrowWithWhatIsOver) {
  with_memory([](Memory& memory) -> Task<> {
    for (int i = 0; i < 3000; ++i) {
      co_await memory.remember("id" + std::to_string(i), "v");
      memory.clock->advance(seconds(3));
      if (i % 500 == 0) memory.forget();
    }
    // 100 ids in five minutes, two keys each, and what waits for the next sweep.
    EXPECT_LE(memory.store->approximate_size(), 2U * 132);
    EXPECT_EQ(co_await memory.find("id2999"), "v");
    EXPECT_EQ(co_await memory.find("id2902"), "v");
    EXPECT_EQ(co_await memory.find("id2899"), "none");
  });
}

TEST(DeduplicationTest, AnIdThatIsRememberedAnewOutlivesItsFirstTime) {
  with_memory([](Memory& memory) -> Task<> {
    co_await memory.remember("a", "1");
    memory.clock->advance(minutes(4));
    co_await memory.remember("a", "2");
    memory.clock->advance(minutes(4));
    for (int i = 0; i < 40; ++i) co_await memory.remember("id" + std::to_string(i), "v");
    EXPECT_EQ(co_await memory.find("a"), "2");
    EXPECT_EQ(memory.store->approximate_size(), 2U * 41);
  });
}

TEST(DeduplicationTest, AnEntryOfAClockThatWasAheadDoesNotLastUntilThen) {
  with_memory([](Memory& memory) -> Task<> {
    memory.clock->advance(hours(24));
    co_await memory.remember("a", "1");
    memory.clock = make_simulated_clock(memory.executor, kStart);
    memory.forget();
    EXPECT_EQ(co_await memory.find("a"), "none");
    co_await memory.remember("a", "2");
    EXPECT_EQ(co_await memory.find("a"), "2");
  });
}

}  // namespace
}  // namespace martlet::flow
