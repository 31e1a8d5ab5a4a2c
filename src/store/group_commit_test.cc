// Durability::kDisk: what is acknowledged was synced, many commits share a sync, and a disk that fails is not
// hidden.

#include "store/group_commit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <semaphore>
#include <stdexcept>

#include "base/async_test.h"
#include "base/task_group.h"
#include "store/key.h"
#include "store/transactional_store.h"

namespace martlet::store {
namespace {

/// A disk whose syncs the test lets through one by one.
struct Disk {
  std::counting_semaphore<1000> permits{0};
  std::atomic<int> syncs{0};
  std::atomic<bool> broken{false};
};

class SlowEngine : public Engine {
 public:
  explicit SlowEngine(Disk& disk) : disk_(disk) {}
  std::unique_ptr<Snapshot> snapshot() override { return memory_->snapshot(); }
  std::optional<std::string> get(std::string_view key, const Snapshot* at) override {
    return memory_->get(key, at);
  }
  std::unique_ptr<Cursor> iterate(Range range, Order order, const Snapshot* at) override {
    return memory_->iterate(std::move(range), order, at);
  }
  void write(const Batch& batch) override { memory_->write(batch); }
  void sync() override {
    disk_.permits.acquire();
    ++disk_.syncs;
    if (disk_.broken) throw std::runtime_error("input/output error");
  }
  [[nodiscard]] std::size_t approximate_size() const override { return memory_->approximate_size(); }
  void close() override { memory_->close(); }

 private:
  Disk& disk_;
  std::unique_ptr<Engine> memory_ = make_memory_engine();
};

/// Lets everything run that can run without the disk.
Task<> settle(Executor executor) {
  for (int turn = 0; turn < 20; ++turn) co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

Task<> put(Store& store, std::string name, int& acknowledged) {
  auto body = [&](Txn& txn) -> Task<> {
    txn.put(Key(name), "x");
    co_return;
  };
  co_await store.transact(body);
  ++acknowledged;
}

Task<> get(Store& store, std::string name, int& answered) {
  auto body = [&](Txn& txn) -> Task<> { co_await txn.get(Key(name)); };
  co_await store.transact(body);
  ++answered;
}

TEST(GroupCommit, ManyCommitsShareASync) {
  Disk disk;
  run_async([&](Executor executor) -> Task<> {
    TransactionalStore store(executor, std::make_unique<SlowEngine>(disk), Durability::kDisk);
    TaskGroup group(executor);
    int acknowledged = 0;
    for (int i = 0; i < 100; ++i) group.spawn("put", put(store, std::to_string(i), acknowledged));
    co_await settle(executor);
    EXPECT_EQ(acknowledged, 0);
    EXPECT_EQ(store.approximate_size(), 100u);
    disk.permits.release(100);
    co_await group.join();
    EXPECT_EQ(acknowledged, 100);
    EXPECT_LE(disk.syncs, 2);
    co_await store.close();
  });
}

TEST(GroupCommit, TellsNobodyWhatIsNotOnTheDisk) {
  Disk disk;
  run_async([&](Executor executor) -> Task<> {
    TransactionalStore store(executor, std::make_unique<SlowEngine>(disk), Durability::kDisk);
    TaskGroup group(executor);
    int acknowledged = 0;
    int answered = 0;
    disk.permits.release(1);
    co_await put(store, "old", acknowledged);
    group.spawn("put", put(store, "new", acknowledged));
    group.spawn("get", get(store, "new", answered));
    co_await settle(executor);
    EXPECT_EQ(answered, 0);
    co_await get(store, "old", answered);  // does not wait
    EXPECT_EQ(answered, 1);
    EXPECT_EQ(acknowledged, 1);
    disk.permits.release(1);
    co_await group.join();
    EXPECT_EQ(answered, 2);
    EXPECT_EQ(acknowledged, 2);
    co_await store.close();
  });
}

TEST(GroupCommit, ActionsRunThoughTheOneWhoWaitedIsGone) {
  Disk disk;
  run_async([&](Executor executor) -> Task<> {
    TransactionalStore store(executor, std::make_unique<SlowEngine>(disk), Durability::kDisk);
    bool acted = false;
    auto body = [&](Txn& txn) -> Task<> {
      txn.put(Key("a"), "x");
      txn.after_commit([&] { acted = true; });
      co_return;
    };
    TaskGroup group(executor);
    group.spawn("put", store.transact(body));
    co_await settle(executor);
    co_await group.stop();
    EXPECT_FALSE(acted);
    disk.permits.release(1);
    co_await store.close();
    EXPECT_TRUE(acted);
  });
}

TEST(GroupCommit, AFailedSyncIsNotHidden) {
  Disk disk;
  disk.permits.release(10);
  run_async([&](Executor executor) -> Task<> {
    TransactionalStore store(executor, std::make_unique<SlowEngine>(disk), Durability::kDisk);
    int acknowledged = 0;
    co_await put(store, "good", acknowledged);
    disk.broken = true;
    int refused = 0;
    for (int attempt = 0; attempt < 2; ++attempt) {
      try {
        co_await put(store, "bad", acknowledged);
      } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("sync failed"), std::string::npos);
        ++refused;
      }
    }
    EXPECT_EQ(refused, 2);
    EXPECT_EQ(acknowledged, 1);
    EXPECT_EQ(disk.syncs, 2);
    try {
      co_await store.close();
    } catch (const std::runtime_error&) {
      ++refused;
    }
    EXPECT_EQ(refused, 3);
  });
}

}  // namespace
}  // namespace martlet::store
