#include "store/record.h"

#include <gtest/gtest.h>

#include "base/async_test.h"
#include "store/key.h"

namespace martlet::store {
namespace {

enum class State : std::uint8_t { kPending, kActive };

struct Layer {
  std::string arn;
  std::int64_t size = 0;
  void fields(auto& f) {
    f(1, arn);
    f(2, size);
  }
  bool operator==(const Layer&) const = default;
};

struct Function {
  static constexpr std::uint32_t kVersion = 1;
  std::string name = "unnamed";
  std::int64_t offset = 0;
  std::uint64_t bytes = 7;
  std::int32_t memory = 128;
  bool traced = false;
  double weight = 0.5;
  State state = State::kPending;
  std::optional<std::string> key = {};
  std::optional<Layer> first = {};
  std::vector<Layer> layers = {};
  std::vector<std::int64_t> numbers = {};
  std::map<std::string, std::string> environment = {};
  void fields(auto& f) {
    f(1, name);
    f(2, offset);
    f(3, bytes);
    f(4, memory);
    f(5, traced);
    f(6, weight);
    f(7, state);
    f(8, key);
    f(9, first);
    f(10, layers);
    f(11, numbers);
    f(12, environment);
  }
  bool operator==(const Function&) const = default;
};

TEST(Record, ComesBack) {
  Function full{.name = "",
                .offset = INT64_MIN,
                .bytes = UINT64_MAX,
                .memory = -3,
                .traced = true,
                .weight = -0.0,
                .state = State::kActive,
                .key = "",
                .first = Layer{},
                .layers = {{"a", 1}, {}, {"b", -1}},
                .numbers = {0, 1, -1, INT64_MAX},
                .environment = {{"", ""}, {"A", std::string("\0x", 2)}}};
  EXPECT_EQ(decode<Function>(encode(full)), full);
  EXPECT_EQ(decode<Function>(encode(Function{})), Function{});
}

struct FunctionLater {
  static constexpr std::uint32_t kVersion = 2;
  std::string name;
  /// Version 1 wrote MiB.
  std::int64_t memory_bytes = 0;
  std::string added = "default";
  void fields(auto& f) {
    f(1, name);
    f(4, memory_bytes);
    f(13, added);
    if (f.version() == 1) memory_bytes *= 1024 * 1024;
  }
};

TEST(Record, LaterProgramsReadWhatEarlierOnesWrote) {
  const auto later = decode<FunctionLater>(encode(Function{.name = "f"}));
  EXPECT_EQ(later.name, "f");
  EXPECT_EQ(later.memory_bytes, 128 * 1024 * 1024);
  EXPECT_EQ(later.added, "default");
}

TEST(Record, EarlierProgramsRefuseWhatLaterOnesWrote) {
  EXPECT_THROW(decode<Function>(encode(FunctionLater{})), MalformedRecord);
}

TEST(Record, RefusesWhatItNeverWrote) {
  const std::string good = encode(Function{.layers = {{"arn", 1}}, .environment = {{"A", "b"}}});
  for (std::size_t length = 0; length < good.size(); ++length) {
    try {
      decode<Function>(
          std::string_view(good).substr(0, length));  // cut between fields it is a shorter record
    } catch (const MalformedRecord&) {
    }
  }
  const auto number = record::Kind::kInteger;
  auto with_field = [](std::uint32_t field, record::Kind kind, std::uint64_t value) {
    std::string out = "\x01";
    record::append_tag(out, field, kind);
    record::append_varint(out, value);
    return out;
  };
  EXPECT_THROW(decode<Function>(""), MalformedRecord);
  EXPECT_THROW(decode<Function>(std::string(1, '\0')), MalformedRecord);
  EXPECT_THROW(decode<Function>(with_field(1, number, 5)), MalformedRecord);                // not text
  EXPECT_THROW(decode<Function>(with_field(2, record::Kind::kBytes, 0)), MalformedRecord);  // not a number
  EXPECT_THROW(decode<Function>(with_field(1, record::Kind::kBytes, 9)), MalformedRecord);  // too short
  EXPECT_THROW(decode<Function>(with_field(4, number, UINT64_MAX)), MalformedRecord);       // over 32 bits
  EXPECT_THROW(decode<Function>("\x01" + std::string(11, '\xFF')), MalformedRecord);        // endless number
  EXPECT_EQ(decode<Function>(with_field(99, number, 5)), Function{});                       // unknown field
}

TEST(Record, LiesInTheStore) {
  run_async([](Executor executor) -> Task<> {
    const auto store = make_memory_store(executor);
    auto write = [](Txn& txn) -> Task<> {
      put_record(txn, Key("f", 1), Function{.name = "kept"});
      co_return;
    };
    co_await store->transact(write);
    auto read = [](Txn& txn) -> Task<std::optional<Function>> {
      EXPECT_FALSE(co_await get_record<Function>(txn, Key("f", 2)));
      co_return co_await get_record<Function>(txn, Key("f", 1));
    };
    const std::optional<Function> found = co_await store->transact(read);
    EXPECT_TRUE(found && found->name == "kept");
  });
}

}  // namespace
}  // namespace martlet::store
