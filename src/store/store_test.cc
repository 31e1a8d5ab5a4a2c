// What every store promises, on both engines of this machine.

#include "store/store.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "base/async_test.h"
#include "base/task_group.h"
#include "store/key.h"
#include "store/test_directory.h"

namespace martlet::store {
namespace {

enum class Kind { kMemory, kRocksDb, kRocksDbOnDisk };

/// "a=1 b=2"
std::string written(const std::vector<KeyValue>& pairs) {
  std::string text;
  for (const KeyValue& pair : pairs) {
    if (!text.empty()) text += ' ';
    text += std::get<0>(unpack<std::string>(pair.key)) + "=" + pair.value;
  }
  return text;
}

const Range kAll = prefix_range();

Task<std::string> contents(Store& store) {
  auto body = [](Txn& txn) -> Task<std::string> { co_return written(co_await txn.scan(kAll)); };
  co_return co_await store.transact(body);
}

/// Puts "a" to "e" with values 1 to 5.
Task<> fill(Store& store) {
  auto body = [](Txn& txn) -> Task<> {
    for (char name = 'a'; name <= 'e'; ++name)
      txn.put(Key(std::string(1, name)), std::to_string(name - 'a' + 1));
    co_return;
  };
  co_await store.transact(body);
}

class StoreTest : public testing::TestWithParam<Kind> {
 protected:
  void run(const std::function<Task<>(Store&, Executor)>& body) {
    run_async([&](Executor executor) -> Task<> {
      const TestDirectory directory;
      const auto store = open(executor, directory.path());
      co_await body(*store, executor);
      co_await store->close();
    });
  }

 private:
  static std::unique_ptr<Store> open(const Executor& executor, const std::string& directory) {
    if (GetParam() == Kind::kMemory) return make_memory_store(executor);
    const auto durability = GetParam() == Kind::kRocksDb ? Durability::kProcess : Durability::kDisk;
    return open_rocksdb_store(executor, {.directory = directory, .durability = durability});
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, StoreTest,
                         testing::Values(Kind::kMemory, Kind::kRocksDb, Kind::kRocksDbOnDisk),
                         [](const auto& info) {
                           return info.param == Kind::kMemory    ? "Memory"
                                  : info.param == Kind::kRocksDb ? "RocksDb"
                                                                 : "RocksDbOnDisk";
                         });

TEST_P(StoreTest, ScansInBothOrdersWithinBoundsAndLimits) {
  run([](Store& store, Executor) -> Task<> {
    co_await fill(store);
    auto body = [](Txn& txn) -> Task<> {
      const Range b_to_d{Key("b"), Key("d")};
      EXPECT_EQ(written(co_await txn.scan(kAll)), "a=1 b=2 c=3 d=4 e=5");
      EXPECT_EQ(written(co_await txn.scan(kAll, {.order = Order::kDescending})), "e=5 d=4 c=3 b=2 a=1");
      EXPECT_EQ(written(co_await txn.scan(b_to_d)), "b=2 c=3");
      EXPECT_EQ(written(co_await txn.scan(b_to_d, {.order = Order::kDescending})), "c=3 b=2");
      EXPECT_EQ(written(co_await txn.scan(kAll, {.limit = 2})), "a=1 b=2");
      EXPECT_EQ(written(co_await txn.scan(kAll, {.limit = 2, .order = Order::kDescending})), "e=5 d=4");
      EXPECT_EQ(written(co_await txn.scan(after(kAll, Key("b")), {.limit = 2})), "c=3 d=4");
      EXPECT_EQ(written(co_await txn.scan({Key("d"), Key("b")})), "");
      EXPECT_EQ(written(co_await txn.scan({"", "\xFF\xFF"})), "a=1 b=2 c=3 d=4 e=5");
    };
    co_await store.transact(body);
  });
}

TEST_P(StoreTest, SeesItsOwnWrites) {
  run([](Store& store, Executor) -> Task<> {
    co_await fill(store);
    auto body = [](Txn& txn) -> Task<> {
      txn.put(Key("bb"), "new");
      txn.put(Key("c"), "other");
      txn.erase(Key("a"));
      EXPECT_EQ(co_await txn.get(Key("bb")), "new");
      EXPECT_EQ(co_await txn.get(Key("c")), "other");
      EXPECT_EQ(co_await txn.get(Key("a")), std::nullopt);
      EXPECT_EQ(written(co_await txn.scan(kAll)), "b=2 bb=new c=other d=4 e=5");
      EXPECT_EQ(written(co_await txn.scan(kAll, {.limit = 3, .order = Order::kDescending})),
                "e=5 d=4 c=other");
      txn.erase_range({Key("bb"), Key("d")});
      txn.put(Key("cc"), "late");
      EXPECT_EQ(co_await txn.get(Key("bb")), std::nullopt);
      EXPECT_EQ(co_await txn.get(Key("c")), std::nullopt);
      EXPECT_EQ(written(co_await txn.scan(kAll)), "b=2 cc=late d=4 e=5");
      EXPECT_EQ(written(co_await txn.scan(kAll, {.order = Order::kDescending})), "e=5 d=4 cc=late b=2");
      txn.erase_range({Key("d"), Key("dd")});
      txn.erase_range({Key("e"), Key("b")});
      EXPECT_EQ(written(co_await txn.scan(kAll)), "b=2 cc=late e=5");
    };
    co_await store.transact(body);
    EXPECT_EQ(co_await contents(store), "b=2 cc=late e=5");
  });
}

TEST_P(StoreTest, ErasesRangesOfAnySize) {
  run([](Store& store, Executor) -> Task<> {
    auto many = [](Txn& txn) -> Task<> {
      for (int i = 0; i < 1000; ++i) txn.put(Key("n", i), "x");
      txn.put(Key("o"), "kept");
      co_return;
    };
    co_await store.transact(many);
    auto erase_most = [](Txn& txn) -> Task<> {
      txn.erase_range({Key("n", 10), Key("n", 990)});
      txn.put(Key("n", 500), "again");
      co_return;
    };
    co_await store.transact(erase_most);
    auto count = [](Txn& txn) -> Task<std::size_t> {
      EXPECT_EQ(co_await txn.get(Key("n", 500)), "again");
      EXPECT_EQ(co_await txn.get(Key("n", 501)), std::nullopt);
      co_return (co_await txn.scan(prefix_range("n"))).size();
    };
    EXPECT_EQ(co_await store.transact(count), 21u);
  });
}

TEST_P(StoreTest, AnExceptionAbandonsTheTransaction) {
  run([](Store& store, Executor) -> Task<> {
    co_await fill(store);
    bool acted = false;
    bool thrown = false;
    auto body = [&](Txn& txn) -> Task<> {
      txn.erase_range(kAll);
      txn.after_commit([&] { acted = true; });
      throw std::invalid_argument("expected");
      co_return;
    };
    try {
      co_await store.transact(body);
    } catch (const std::invalid_argument&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    EXPECT_FALSE(acted);
    EXPECT_EQ(co_await contents(store), "a=1 b=2 c=3 d=4 e=5");
  });
}

/// Runs a transaction that reads with `read`, waits, and writes "mine" while another one commits `write` in
/// between. Returns how many attempts it took.
Task<int> attempts(Store& store, Executor executor, std::function<Task<>(Txn&)> read,
                   std::function<void(Txn&)> write) {
  int count = 0;
  TaskGroup group(executor);
  auto other = [&](Txn& txn) -> Task<> {
    write(txn);
    co_return;
  };
  auto mine = [&](Txn& txn) -> Task<> {
    co_await read(txn);
    if (++count == 1) {
      group.spawn("other", store.transact(other));
      co_await group.join();
    }
    txn.put(Key("mine"), std::to_string(count));
  };
  co_await store.transact(mine);
  co_return count;
}

TEST_P(StoreTest, RunsAgainWhenWhatItReadHasChanged) {
  run([](Store& store, Executor executor) -> Task<> {
    co_await fill(store);
    auto get_b = [](Txn& txn) -> Task<> { co_await txn.get(Key("b")); };
    auto get_absent = [](Txn& txn) -> Task<> { co_await txn.get(Key("bx")); };
    auto scan_b_to_d = [](Txn& txn) -> Task<> { co_await txn.scan({Key("b"), Key("d")}); };
    auto scan_last = [](Txn& txn) -> Task<> {
      co_await txn.scan({Key("a"), Key("d")}, {.limit = 1, .order = Order::kDescending});
    };
    auto put = [](const char* key) { return [key](Txn& txn) { txn.put(Key(key), "other"); }; };
    auto erase = [](const char* key) { return [key](Txn& txn) { txn.erase(Key(key)); }; };
    auto erase_range = [](const char* begin, const char* end) {
      return [begin, end](Txn& txn) { txn.erase_range({Key(begin), Key(end)}); };
    };
    EXPECT_EQ(co_await attempts(store, executor, get_b, put("b")), 2);
    EXPECT_EQ(co_await attempts(store, executor, get_b, put("a")), 1);
    EXPECT_EQ(co_await attempts(store, executor, get_b, erase_range("bb", "c")), 1);
    EXPECT_EQ(co_await attempts(store, executor, get_b, erase_range("b", "bb")), 2);
    co_await fill(store);
    EXPECT_EQ(co_await attempts(store, executor, get_absent, put("bx")), 2);
    EXPECT_EQ(co_await attempts(store, executor, scan_b_to_d, put("bz")), 2);
    EXPECT_EQ(co_await attempts(store, executor, scan_b_to_d, erase("c")), 2);
    EXPECT_EQ(co_await attempts(store, executor, scan_b_to_d, put("d")), 1);
    EXPECT_EQ(co_await attempts(store, executor, scan_b_to_d, erase_range("a", "b")), 1);
    EXPECT_EQ(co_await attempts(store, executor, scan_b_to_d, erase_range("a", "ba")), 2);
    // A limited scan depends only on the part that it has seen.
    co_await fill(store);
    EXPECT_EQ(co_await attempts(store, executor, scan_last, put("b")), 1);
    EXPECT_EQ(co_await attempts(store, executor, scan_last, put("c")), 2);
    EXPECT_EQ(co_await attempts(store, executor, scan_last, put("cc")), 2);
  });
}

TEST_P(StoreTest, WritingBlindlyOrReadingOnlyNeverRunsAgain) {
  run([](Store& store, Executor executor) -> Task<> {
    co_await fill(store);
    auto blind = [](Txn& txn) -> Task<> {
      txn.put(Key("b"), "mine");
      txn.erase_range({Key("c"), Key("e")});
      // What it wrote itself it reads from itself.
      EXPECT_EQ(co_await txn.get(Key("b")), "mine");
      EXPECT_EQ(co_await txn.get(Key("c")), std::nullopt);
    };
    EXPECT_EQ(co_await attempts(store, executor, blind, [](Txn& txn) { txn.put(Key("b"), "other"); }), 1);
    EXPECT_EQ(co_await contents(store), "a=1 b=mine e=5 mine=1");

    TaskGroup group(executor);
    int count = 0;
    auto other = [](Txn& txn) -> Task<> {
      txn.put(Key("a"), "changed");
      co_return;
    };
    auto reader = [&](Txn& txn) -> Task<std::string> {
      ++count;
      EXPECT_EQ(co_await txn.get(Key("a")), "1");
      group.spawn("other", store.transact(other));
      co_await group.join();
      co_return written(co_await txn.scan(kAll));
    };
    EXPECT_EQ(co_await store.transact(reader), "a=1 b=mine e=5 mine=1");
    EXPECT_EQ(count, 1);
    EXPECT_EQ(co_await contents(store), "a=changed b=mine e=5 mine=1");
  });
}

TEST_P(StoreTest, EndlessConflictsReachTheCaller) {
  run([](Store& store, Executor executor) -> Task<> {
    TaskGroup group(executor);
    auto bump = [](Txn& txn) -> Task<> {
      txn.put(Key("a"), "x");
      co_return;
    };
    auto body = [&](Txn& txn) -> Task<> {
      co_await txn.get(Key("a"));
      group.spawn("bump", store.transact(bump));
      co_await group.join();
      txn.put(Key("mine"), "x");
    };
    bool thrown = false;
    try {
      co_await store.transact(body);
    } catch (const Conflict&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    EXPECT_EQ(co_await contents(store), "a=x");
  });
}

TEST_P(StoreTest, ActionsRunOnceAfterTheCommitAndBeforeItsEnd) {
  run([](Store& store, Executor executor) -> Task<> {
    TaskGroup group(executor);
    std::string trace;
    auto other = [](Txn& txn) -> Task<> {
      txn.put(Key("a"), "2");
      co_return;
    };
    auto body = [&](Txn& txn) -> Task<> {
      const auto seen = co_await txn.get(Key("a"));
      if (!seen) {
        group.spawn("other", store.transact(other));
        co_await group.join();
      }
      txn.put(Key("b"), "1");
      txn.after_commit([&trace, seen] { trace += "first after " + seen.value_or("nothing") + ", "; });
      txn.after_commit([] { throw std::runtime_error("expected by this test"); });
      txn.after_commit([&trace] { trace += "second"; });
    };
    co_await store.transact(body);
    EXPECT_EQ(trace, "first after 2, second");
    auto reader = [&](Txn& txn) -> Task<> {
      txn.after_commit([&trace] { trace += ", reader"; });
      co_return;
    };
    co_await store.transact(reader);
    EXPECT_EQ(trace, "first after 2, second, reader");
  });
}

TEST_P(StoreTest, ClearForgetsEverythingAndInterrupts) {
  run([](Store& store, Executor executor) -> Task<> {
    co_await fill(store);
    TaskGroup group(executor);
    int count = 0;
    auto body = [&](Txn& txn) -> Task<> {
      if (++count == 1) {
        group.spawn("clear", store.clear());
        co_await group.join();
      }
      txn.put(Key("after"), "x");
    };
    co_await store.transact(body);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(co_await contents(store), "after=x");
  });
}

TEST_P(StoreTest, RefusesKeysThatAreNone) {
  run([](Store& store, Executor) -> Task<> {
    auto body = [](Txn& txn) -> Task<> {
      EXPECT_THROW(txn.put("", "x"), std::logic_error);
      EXPECT_THROW(txn.put(std::string(1, '\0'), "x"), std::logic_error);
      EXPECT_THROW(txn.erase("\xFF"), std::logic_error);
      co_return;
    };
    co_await store.transact(body);
  });
}

TEST_P(StoreTest, NothingWorksOnceItIsClosed) {
  run([](Store& store, Executor executor) -> Task<> {
    co_await fill(store);
    TaskGroup group(executor);
    bool refused = false;
    auto body = [&](Txn& txn) -> Task<> {
      group.spawn("close", store.close());
      co_await group.join();
      txn.put(Key("late"), "x");
    };
    try {
      co_await store.transact(body);
    } catch (const std::runtime_error& error) {
      refused = std::string(error.what()) == "the store is closed";
    }
    EXPECT_TRUE(refused);
    refused = false;
    try {
      co_await fill(store);
    } catch (const std::runtime_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

}  // namespace
}  // namespace martlet::store
