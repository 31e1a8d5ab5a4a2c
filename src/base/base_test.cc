#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>
#include <chrono>
#include <thread>

#include "base/arn.h"
#include "base/async_test.h"
#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/strings.h"
#include "base/task_group.h"
#include "base/utf8.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

TEST(Arn, KeepsColonsOfTheResource) {
  const auto arn = Arn::parse("arn:aws:lambda:eu-west-1:123456789012:function:f:prod");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->service, "lambda");
  EXPECT_EQ(arn->resource, "function:f:prod");
  EXPECT_EQ(arn->str(), "arn:aws:lambda:eu-west-1:123456789012:function:f:prod");
}

TEST(Arn, RefusesWhatIsNotOne) {
  for (const char* text : {"", "arn", "arn:aws:s3", "arn:aws::r:a:x", "arn:aws:s3:::", "brn:aws:s3:::b"})
    EXPECT_FALSE(Arn::parse(text)) << text;
}

TEST(Crypto, KnownAnswers) {
  EXPECT_EQ(to_hex(as_view(sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(as_view(hmac_sha256("key", "The quick brown fox jumps over the lazy dog"))),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  EXPECT_EQ(to_hex(as_view(hmac_sha256({}, {}))),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(to_hex(as_view(hmac_sha256(std::string(131, '\xaa'),
                                       "Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(as_view(md5(""))), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);
  EXPECT_EQ(crc32("6789", crc32("12345")), 0xCBF43926u);
}

TEST(Crypto, Base64) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    EXPECT_EQ(base64_decode(base64_encode(text)), text);
  EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zm 9", "Zm9\n", "Zg==Zg=="})
    EXPECT_FALSE(base64_decode(text)) << text;
}

TEST(Strings, QuoteJson) {
  EXPECT_EQ(quote_json("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(quote_json("\xff"), "\"\xEF\xBF\xBD\"");
}

TEST(Strings, PercentCoding) {
  EXPECT_EQ(percent_encode("a b/c~"), "a%20b%2Fc~");
  EXPECT_EQ(percent_decode("a%20b+c"), "a b+c");
  EXPECT_EQ(percent_decode("a+b", Plus::kSpace), "a b");
  for (const char* text : {"%", "%2", "%zz", "a%"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(Utf8, OverlongSurrogateAndTruncatedAreNotWellFormed) {
  EXPECT_TRUE(is_utf8("h\xC3\xA9llo \xF0\x9F\x98\x80"));
  for (const char* text : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"})
    EXPECT_FALSE(is_utf8(text));
  EXPECT_EQ(to_valid_utf8("a\xE2\x82z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST(Ids, SeededOnesRepeatAndSecureOnesDiffer) {
  EXPECT_EQ(Ids(7).uuid(), Ids(7).uuid());
  Ids ids;
  EXPECT_NE(ids.uuid(), ids.uuid());
  EXPECT_EQ(ids.uuid()[14], '4');
  EXPECT_EQ(ids.hex(7).size(), 7u);
}

TEST(SimulatedClock, AdvanceWakesThoseWhoAreDueAndNoOther) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(0));
    TaskGroup group(executor);
    std::string woken;
    auto sleeper = [&](char name, Duration after) -> Task<> {
      co_await clock->sleep_for(after);
      woken += name;
    };
    group.spawn("a", sleeper('a', 10s));
    group.spawn("b", sleeper('b', 20s));
    auto real = make_system_clock(executor);
    co_await real->sleep_elapsed(1ms);
    clock->advance(15s);
    co_await real->sleep_elapsed(1ms);
    EXPECT_EQ(woken, "a");
    clock->advance(5s);
    co_await group.join();
    EXPECT_EQ(woken, "ab");
  });
}

TEST(SystemClock, AdvanceShortensWallWaitsOnly) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_system_clock(executor);
    TaskGroup group(executor);
    const auto began = clock->elapsed();
    group.spawn("sleeper", clock->sleep_for(1h));
    group.spawn("partly", clock->sleep_for(1h + 30ms));
    co_await clock->sleep_elapsed(1ms);
    clock->advance(1h);
    co_await group.join();
    EXPECT_LT(clock->elapsed() - began, 10s);
  });
}

TEST(TaskGroup, CancelEndsSleepersAndErrorsStayInside) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_system_clock(executor);
    TaskGroup group(executor);
    group.spawn("sleeper", clock->sleep_for(1h));
    group.spawn("elapsed sleeper", clock->sleep_elapsed(1h));
    auto fails = []() -> Task<> {
      throw std::runtime_error("expected by this test");
      co_return;
    };
    group.spawn("fails", fails());
    co_await clock->sleep_elapsed(1ms);
    EXPECT_EQ(group.size(), 2u);
    co_await group.stop();
    EXPECT_EQ(group.size(), 0u);
  });
}

TEST(BlockingPool, ReturnsValuesAndExceptionsToTheLoop) {
  run_async([](Executor) -> Task<> {
    BlockingPool pool(2);
    const auto loop_thread = std::this_thread::get_id();
    const auto worker = co_await pool.run([] { return std::this_thread::get_id(); });
    EXPECT_NE(worker, loop_thread);
    EXPECT_EQ(std::this_thread::get_id(), loop_thread);
    bool thrown = false;
    try {
      co_await pool.run([]() -> int { throw aws::Error("Code", "message"); });
    } catch (const aws::Error& error) {
      thrown = error.code() == "Code";
    }
    EXPECT_TRUE(thrown);
  });
}

}  // namespace
}  // namespace martlet
