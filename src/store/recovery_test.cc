// A child writes numbered transactions as fast as it can and tells of each one through a pipe once it is
// acknowledged. It is killed in the midst of that, again and again. Then every transaction that was
// acknowledged must be there, and none by half.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <random>

#include "base/async_test.h"
#include "base/task_group.h"
#include "store/key.h"
#include "store/store.h"
#include "store/test_directory.h"

namespace martlet::store {
namespace {

constexpr const char* kDirectory = "MARTLET_RECOVERY_TEST_DIRECTORY";
constexpr const char* kDurability = "MARTLET_RECOVERY_TEST_DURABILITY";
constexpr int kAcknowledgements = 3;  // the descriptor on which the child tells

using Number = std::int64_t;

/// How many records transaction `number` writes.
int records_of(Number number) { return static_cast<int>(1 + number % 5); }

std::string content_of(Number number, int index) {
  return std::string(static_cast<std::size_t>(number * 37 % 1500), static_cast<char>('a' + index)) +
         std::to_string(number);
}

/// Writes the next transaction and returns its number.
Task<Number> write_next(Store& store) {
  auto body = [](Txn& txn) -> Task<Number> {
    const auto last = co_await txn.get(Key("last"));
    const Number number = last ? std::stoll(*last) + 1 : 1;
    txn.put(Key("last"), std::to_string(number));
    for (int i = 0; i < records_of(number); ++i) txn.put(Key("n", number, i), content_of(number, i));
    // Every tenth one is taken back by the next.
    if (number % 10 == 1) txn.erase_range(prefix_range("n", number - 1));
    co_return number;
  };
  return store.transact(body);
}

Task<> write_forever(Store& store) {
  for (;;) {
    const Number number = co_await write_next(store);
    if (::write(kAcknowledgements, &number, sizeof number) != sizeof number) std::_Exit(1);
  }
}

/// The child's whole life. As a test of its own it does nothing.
TEST(Recovery, Child) {
  const char* directory = std::getenv(kDirectory);
  if (!directory) return;
  run_async([&](Executor executor) -> Task<> {
    const auto durability =
        std::strcmp(std::getenv(kDurability), "disk") == 0 ? Durability::kDisk : Durability::kProcess;
    const auto store = open_rocksdb_store(executor, {.directory = directory, .durability = durability});
    TaskGroup group(executor);
    for (int worker = 0; worker < 4; ++worker) group.spawn("writer", write_forever(*store));
    co_await group.join();
  });
}

/// This program again, as the child.
class Child {
 public:
  Child(const std::string& directory, const char* durability) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    read_end_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (ends[1] == kAcknowledgements) {
      posix_spawn_file_actions_adddup2(&actions, ends[1], ends[1] + 1);
      posix_spawn_file_actions_adddup2(&actions, ends[1] + 1, kAcknowledgements);
    } else {
      posix_spawn_file_actions_adddup2(&actions, ends[1], kAcknowledgements);
    }
    std::string program = "/proc/self/exe";
    std::string filter = "--gtest_filter=Recovery.Child";
    std::string where = std::string(kDirectory) + "=" + directory;
    std::string how = std::string(kDurability) + "=" + durability;
    std::array<char*, 3> arguments{program.data(), filter.data(), nullptr};
    std::array<char*, 3> environment{where.data(), how.data(), nullptr};
    const int failure =
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (failure != 0) throw std::runtime_error("posix_spawn");
  }
  ~Child() { ::close(read_end_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next acknowledged number; nullopt when the child has ended.
  std::optional<Number> next() {
    Number number = 0;
    if (::read(read_end_, &number, sizeof number) != sizeof number) return std::nullopt;
    return number;
  }

  void kill() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
  }

 private:
  pid_t pid_ = 0;
  int read_end_ = -1;
};

/// Lets a child run until about `count` acknowledgements; returns the last one that it made.
Number run_and_kill(const std::string& directory, const char* durability, unsigned count) {
  Child child(directory, durability);
  Number last = 0;
  for (unsigned seen = 0; seen < count; ++seen) {
    const auto number = child.next();
    if (!number) break;
    last = std::max(last, *number);
  }
  child.kill();
  while (const auto number = child.next()) last = std::max(last, *number);  // acknowledged before the end
  return last;
}

Task<> expect_whole(Store& store, Number acknowledged) {
  auto body = [&](Txn& txn) -> Task<> {
    const Number last = std::stoll((co_await txn.get(Key("last"))).value_or("0"));
    EXPECT_GE(last, acknowledged);
    std::size_t expected = 0;
    for (Number number = 1; number <= last; ++number) {
      const bool taken_back = number % 10 == 0 && number < last;
      if (!taken_back) expected += static_cast<std::size_t>(records_of(number));
    }
    const auto pairs = co_await txn.scan(prefix_range("n"));
    EXPECT_EQ(pairs.size(), expected);
    for (const KeyValue& pair : pairs) {
      const auto [n, number, index] = unpack<std::string, Number, int>(pair.key);
      EXPECT_LE(number, last);
      EXPECT_LT(index, records_of(number));
      EXPECT_EQ(pair.value, content_of(number, index));
    }
  };
  co_await store.transact(body);
}

class RecoveryTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Durabilities, RecoveryTest, testing::Values("process", "disk"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(RecoveryTest, NothingAcknowledgedIsLostAndNothingIsHalf) {
  const TestDirectory directory;
  std::mt19937 random(2);
  Number acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    const bool is_disk = std::strcmp(GetParam(), "disk") == 0;
    acknowledged =
        std::max(acknowledged, run_and_kill(directory.path(), GetParam(), random() % (is_disk ? 100 : 1000)));
    run_async([&](Executor executor) -> Task<> {
      const auto store = open_rocksdb_store(executor, {.directory = directory.path()});
      co_await expect_whole(*store, acknowledged);
      co_await store->close();
    });
    if (HasFailure()) break;
  }
  EXPECT_GT(acknowledged, 0);
}

}  // namespace
}  // namespace martlet::store
