// What only the engine on disk does: it keeps what was written, guards its directory and refuses what is not
// its own.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/async_test.h"
#include "store/engine.h"
#include "store/key.h"
#include "store/store.h"
#include "store/test_directory.h"

namespace martlet::store {
namespace {

namespace fs = std::filesystem;

/// What the refusal to open `directory` says; "" when it opens.
std::string refusal(const Executor& executor, const std::string& directory) {
  try {
    open_rocksdb_store(executor, {.directory = directory});
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

void write_raw(const std::string& directory, std::string key, std::string value) {
  const auto engine = open_rocksdb_engine(directory);
  Batch batch;
  batch.points.emplace(std::move(key), std::move(value));
  engine->write(batch);
  engine->close();
}

TEST(RocksDbStore, KeepsWhatWasCommittedInAPrivateDirectory) {
  run_async([](Executor executor) -> Task<> {
    const TestDirectory directory;
    const std::string path = directory.path() + "/data/store";
    for (int count = 0; count < 5; ++count) {
      const auto store = open_rocksdb_store(executor, {.directory = path});
      auto body = [count](Txn& txn) -> Task<> {
        EXPECT_EQ((co_await txn.scan(prefix_range("n"))).size(), static_cast<std::size_t>(count));
        txn.put(Key("n", count), "x");
      };
      co_await store->transact(body);
      if (count % 2 == 0) co_await store->close();
    }
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
  });
}

TEST(RocksDbStore, RefusesADirectoryInUse) {
  run_async([](Executor executor) -> Task<> {
    const TestDirectory directory;
    const auto store = open_rocksdb_store(executor, {.directory = directory.path()});
    EXPECT_NE(refusal(executor, directory.path()).find("in use by another Martlet"), std::string::npos);
    co_await store->close();
    EXPECT_EQ(refusal(executor, directory.path()), "");
  });
}

TEST(RocksDbStore, RefusesWhatItCannotUse) {
  run_async([](Executor executor) -> Task<> {
    const TestDirectory directory;
    std::ofstream(directory.path() + "/file") << "text";
    EXPECT_NE(refusal(executor, directory.path() + "/file").find("--data"), std::string::npos);
    EXPECT_NE(refusal(executor, directory.path() + "/file/below").find("cannot create"), std::string::npos);

    write_raw(directory.path() + "/foreign", "key", "value");
    EXPECT_NE(refusal(executor, directory.path() + "/foreign").find("not Martlet's"), std::string::npos);
    write_raw(directory.path() + "/newer", std::string("\0format", 7), "2");
    EXPECT_NE(refusal(executor, directory.path() + "/newer").find("newer Martlet"), std::string::npos);

    write_raw(directory.path() + "/damaged", "key", "value");
    for (const auto& file : fs::directory_iterator(directory.path() + "/damaged")) {
      if (file.path().filename().string().starts_with("MANIFEST")) fs::resize_file(file.path(), 20);
    }
    EXPECT_NE(refusal(executor, directory.path() + "/damaged").find("is damaged"), std::string::npos);
    co_return;
  });
}

TEST(RocksDbStore, ClearKeepsTheFormat) {
  run_async([](Executor executor) -> Task<> {
    const TestDirectory directory;
    const auto store = open_rocksdb_store(executor, {.directory = directory.path()});
    co_await store->clear();
    co_await store->close();
    EXPECT_EQ(refusal(executor, directory.path()), "");
  });
}

}  // namespace
}  // namespace martlet::store
