// Random histories of interleaved transactions. Each runs on both engines, which must show the same reads,
// conflicts and contents; and each must be serializable: run one after the other in the order of their
// commits, on a plain map, the transactions read what they read.

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <memory>
#include <random>

#include "base/async_test.h"
#include "base/task_group.h"
#include "store/key.h"
#include "store/store.h"
#include "store/test_directory.h"

namespace martlet::store {
namespace {

using Model = std::map<std::string, std::string>;

constexpr int kTransactions = 60;
constexpr int kWorkers = 6;
constexpr int kKeys = 12;

struct Step {
  enum class Kind { kGet, kScan, kPut, kErase, kEraseRange };
  Kind kind;
  std::string key;
  std::string value;
  Range range;
  ScanOptions options;
  /// What a get or a scan gave.
  std::string seen;
};

/// One transaction as it went in its last attempt.
struct Passage {
  int number = 0;
  int attempts = 0;
  std::vector<Step> steps;
  bool writes = false;
  /// Commits of others before its first read: a transaction that only reads belongs there.
  std::size_t commits_before = 0;
};

struct History {
  /// In the order of commits.
  std::vector<Passage> passages;
  std::size_t commits = 0;
  std::string contents;

  [[nodiscard]] std::string text() const {
    std::string all;
    for (const Passage& passage : passages) {
      all += std::to_string(passage.number) + " in " + std::to_string(passage.attempts) + ":";
      for (const Step& step : passage.steps) all += " " + step.seen;
      all += "\n";
    }
    return all + contents;
  }
};

std::string show(const std::optional<std::string>& value) { return value ? "=" + *value : "none"; }

std::string show(const std::vector<KeyValue>& pairs) {
  std::string text = "[";
  for (const KeyValue& pair : pairs)
    text += std::to_string(std::get<0>(unpack<int>(pair.key))) + "=" + pair.value + " ";
  return text + "]";
}

Step random_step(std::mt19937& random, const std::string& value) {
  auto key = [&] { return Key(static_cast<int>(random() % kKeys)).str(); };
  Step step{.kind = Step::Kind::kGet,
            .key = key(),
            .value = value,
            .range = {key(), key()},
            .options = {},
            .seen = {}};
  step.options.limit = random() % 4;
  step.options.order = random() % 2 ? Order::kAscending : Order::kDescending;
  const auto dice = random() % 20;
  if (dice < 6)
    step.kind = Step::Kind::kGet;
  else if (dice < 11)
    step.kind = Step::Kind::kScan;
  else if (dice < 16)
    step.kind = Step::Kind::kPut;
  else if (dice < 18)
    step.kind = Step::Kind::kErase;
  else
    step.kind = Step::Kind::kEraseRange;
  return step;
}

std::vector<Step> random_steps(std::uint32_t seed, int number) {
  std::mt19937 random(seed * 1000 + static_cast<std::uint32_t>(number));
  std::vector<Step> steps;
  const bool reads_only = random() % 5 == 0;
  for (auto left = 1 + random() % 6; left > 0; --left) {
    Step step = random_step(random, std::to_string(number) + "." + std::to_string(left));
    if (reads_only) step.kind = random() % 2 ? Step::Kind::kGet : Step::Kind::kScan;
    steps.push_back(std::move(step));
  }
  return steps;
}

Task<> take(Txn& txn, Step& step) {
  switch (step.kind) {
    case Step::Kind::kGet:
      step.seen = show(co_await txn.get(step.key));
      break;
    case Step::Kind::kScan:
      step.seen = show(co_await txn.scan(step.range, step.options));
      break;
    case Step::Kind::kPut:
      txn.put(step.key, step.value);
      break;
    case Step::Kind::kErase:
      txn.erase(step.key);
      break;
    case Step::Kind::kEraseRange:
      txn.erase_range(step.range);
      break;
  }
}

/// As take(), on a plain map.
void take(Model& model, Step& step) {
  const bool empty = step.range.begin >= step.range.end;
  const auto begin = model.lower_bound(step.range.begin);
  const auto end = empty ? begin : model.lower_bound(step.range.end);
  switch (step.kind) {
    case Step::Kind::kGet: {
      const auto found = model.find(step.key);
      step.seen = show(found == model.end() ? std::nullopt : std::optional(found->second));
      break;
    }
    case Step::Kind::kScan: {
      std::vector<KeyValue> pairs;
      for (auto it = begin; it != end; ++it) pairs.push_back({it->first, it->second});
      if (step.options.order == Order::kDescending) std::reverse(pairs.begin(), pairs.end());
      if (step.options.limit != 0 && pairs.size() > step.options.limit) pairs.resize(step.options.limit);
      step.seen = show(pairs);
      break;
    }
    case Step::Kind::kPut:
      model[step.key] = step.value;
      break;
    case Step::Kind::kErase:
      model.erase(step.key);
      break;
    case Step::Kind::kEraseRange:
      model.erase(begin, end);
      break;
  }
}

Task<> work(Store& store, Executor executor, std::uint32_t seed, int& next, History& history) {
  while (next < kTransactions) {
    Passage passage;
    passage.number = next++;
    std::mt19937 pace(seed + static_cast<std::uint32_t>(passage.number));
    auto body = [&](Txn& txn) -> Task<> {
      passage.steps = random_steps(seed, passage.number);
      passage.writes = false;
      ++passage.attempts;
      bool reads = false;
      for (Step& step : passage.steps) {
        const bool is_empty = step.range.begin >= step.range.end;
        const bool is_read = step.kind == Step::Kind::kGet || (step.kind == Step::Kind::kScan && !is_empty);
        if (is_read && !reads) passage.commits_before = history.commits;
        reads = reads || is_read;
        passage.writes = passage.writes || step.kind == Step::Kind::kPut || step.kind == Step::Kind::kErase ||
                         (step.kind == Step::Kind::kEraseRange && !is_empty);
        co_await take(txn, step);
        for (auto turns = pace() % 3; turns > 0; --turns)
          co_await boost::asio::post(executor, boost::asio::use_awaitable);
      }
      txn.after_commit([&] {
        if (passage.writes) ++history.commits;
        history.passages.push_back(passage);
      });
    };
    co_await store.transact(body);
  }
}

Task<History> random_history(Store& store, Executor executor, std::uint32_t seed) {
  History history;
  TaskGroup group(executor);
  int next = 0;
  for (int worker = 0; worker < kWorkers; ++worker)
    group.spawn("worker", work(store, executor, seed, next, history));
  co_await group.join();
  auto read_all = [](Txn& txn) -> Task<std::string> { co_return show(co_await txn.scan(prefix_range())); };
  history.contents = co_await store.transact(read_all);
  co_return history;
}

void expect_serializable(const History& history) {
  std::vector<Model> states(1);
  for (const Passage& passage : history.passages) {
    Model model = passage.writes ? states.back() : states.at(passage.commits_before);
    for (Step step : passage.steps) {
      const std::string seen = step.seen;
      step.seen.clear();
      take(model, step);
      ASSERT_EQ(seen, step.seen) << "transaction " << passage.number;
    }
    if (passage.writes) states.push_back(std::move(model));
  }
  std::vector<KeyValue> pairs;
  for (const auto& [key, value] : states.back()) pairs.push_back({key, value});
  EXPECT_EQ(history.contents, show(pairs));
}

TEST(History, IsTheSameOnBothEnginesAndSerializable) {
  run_async([](Executor executor) -> Task<> {
    const TestDirectory directory;
    const auto memory = make_memory_store(executor);
    const auto disk = open_rocksdb_store(executor, {.directory = directory.path()});
    int conflicts = 0;
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
      co_await memory->clear();
      co_await disk->clear();
      const History on_memory = co_await random_history(*memory, executor, seed);
      const History on_disk = co_await random_history(*disk, executor, seed);
      EXPECT_EQ(on_memory.text(), on_disk.text()) << "seed " << seed;
      EXPECT_EQ(on_memory.passages.size(), static_cast<std::size_t>(kTransactions));
      expect_serializable(on_memory);
      if (testing::Test::HasFailure()) break;
      for (const Passage& passage : on_memory.passages) conflicts += passage.attempts - 1;
    }
    EXPECT_GT(conflicts, 500);  // else the histories try nothing
    co_await disk->close();
  });
}

}  // namespace
}  // namespace martlet::store
