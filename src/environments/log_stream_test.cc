#include "environments/log_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/signal.h"
#include "environments/fleet_test_support_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

/// A sink that does not finish its writes until it is told to.
class SlowSink final : public LogSink {
 public:
  explicit SlowSink(Executor executor) : opened(std::move(executor)) {}
  Task<> write(const Spec&, const std::string&, std::vector<LogEvent> events) override {
    while (!open) co_await opened.wait();
    for (const LogEvent& event : events) bytes += event.message.size();
  }
  Signal opened;
  bool open = false;
  std::size_t bytes = 0;
};

TEST(LogStream, StopsReadingWhileTheSinkIsBehind) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_system_clock(executor);
    SlowSink sink(executor);
    TaskGroup tasks(executor);
    LogStream stream(executor, *clock, sink, tasks, std::make_shared<Spec>(), "stream");
    int out[2];
    int err[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
    EXPECT_EQ(::pipe2(err, O_CLOEXEC), 0);
    ::close(err[1]);
    stream.attach(out[0], err[0]);
    const std::string line = std::string(999, 'x') + "\n";
    std::size_t written = 0;
    // The pipe is full for good once the stream holds what it may: then writes fail however long one waits.
    for (int refused = 0; refused < 20;) {
      const ssize_t count = ::write(out[1], line.data(), line.size());
      if (count > 0) {
        written += static_cast<std::size_t>(count);
        refused = 0;
      } else {
        ++refused;
        co_await clock->sleep_elapsed(2ms);
      }
    }
    EXPECT_LT(written, 4u << 20);
    EXPECT_GT(written, 1u << 20);
    sink.open = true;
    sink.opened.notify_all();
    ::close(out[1]);
    co_await stream.finished();
    EXPECT_GE(sink.bytes, written);
    co_await tasks.join();
  });
}

TEST(LogStream, DrainTakesWhatWasWrittenAndAnUnfinishedLine) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_system_clock(executor);
    CollectingSink sink;
    TaskGroup tasks(executor);
    LogStream stream(executor, *clock, sink, tasks, std::make_shared<Spec>(), "stream");
    int out[2];
    int err[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(err, O_CLOEXEC), 0);
    stream.attach(out[0], err[0]);
    stream.begin_tail();
    EXPECT_EQ(::write(out[1], "a\nb", 3), 3);
    EXPECT_EQ(::write(err[1], "c\n", 2), 2);
    stream.drain();
    stream.add(End{"id"});
    EXPECT_EQ(stream.tail(), "a\nc\nb\nEND RequestId: id\n");
    ::close(out[1]);
    ::close(err[1]);
    co_await stream.finished();
    EXPECT_EQ(sink.messages.size(), 4u);
    co_await tasks.join();
  });
}

/// What a stream with that logging makes of events and lines; function's line first, then the extension's.
std::vector<std::string> messages_of(const Logging& logging, const std::vector<PlatformEvent>& events,
                                     const std::string& printed, const std::string& by_extension) {
  std::vector<std::string> messages;
  run_async([&](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(0));
    CollectingSink sink;
    TaskGroup tasks(executor);
    auto spec = std::make_shared<Spec>();
    spec->logging = logging;
    auto stream = std::make_unique<LogStream>(executor, *clock, sink, tasks, spec, "stream");
    for (const PlatformEvent& event : events) stream->add(event);
    for (const std::string* text : {&printed, &by_extension}) {
      int out[2];
      int err[2];
      EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
      EXPECT_EQ(::pipe2(err, O_CLOEXEC), 0);
      EXPECT_EQ(::write(err[1], text->data(), text->size()), static_cast<ssize_t>(text->size()));
      ::close(out[1]);
      ::close(err[1]);
      if (text == &printed)
        stream->attach(out[0], err[0]);
      else
        stream->attach_extension("agent", out[0], err[0]);
      co_await stream->finished();
    }
    co_await tasks.join();
    stream.reset();
    // Its alarm lets go of the clock at its next step.
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    messages = sink.messages;
  });
  return messages;
}

using Messages = std::vector<std::string>;

TEST(LogStream, TextIsWrittenWholeWhateverTheLevels) {
  const Logging logging{
      .format = Logging::Format::kText, .application_level = "FATAL", .system_level = "WARN"};
  EXPECT_EQ(messages_of(logging, {Start{"id", "1"}, RuntimeDone{.request_id = "id"}, End{"id"}},
                        "{\"level\":\"debug\"}\n", "by the extension\n"),
            (Messages{"START RequestId: id Version: 1\n", "END RequestId: id\n", "{\"level\":\"debug\"}\n",
                      "by the extension\n"}));
}

TEST(LogStream, JsonIsFilteredByBothLevels) {
  const std::vector<PlatformEvent> events{Start{"id", "1"}, RuntimeDone{.request_id = "id"}, End{"id"},
                                          RuntimeDone{.request_id = "x", .status = Status::kFailure}};
  const std::string printed = "{\"level\":\"error\",\"time\":\"2026-01-31T12:00:00Z\"}\n{\"msg\":1}\ntext\n";
  Logging logging{.format = Logging::Format::kJson, .application_level = "WARN", .system_level = "INFO"};
  auto messages = messages_of(logging, events, printed, "{\"msg\":2}\n");
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(
      messages[0],
      "{\"time\":\"1970-01-01T00:00:00.000Z\",\"type\":\"platform.start\",\"record\":{\"requestId\":\"id\","
      "\"version\":\"1\"}}\n");
  EXPECT_NE(messages[1].find("\"requestId\":\"x\",\"status\":\"failure\""), std::string::npos);
  EXPECT_EQ(messages[2], "{\"level\":\"error\",\"time\":\"2026-01-31T12:00:00Z\"}\n");
  EXPECT_EQ(messages[3], "text\n");
  EXPECT_EQ(messages[4], "{\"msg\":2}\n");
  logging.system_level = "DEBUG";
  logging.application_level = "INFO";
  EXPECT_EQ(messages_of(logging, events, printed, "").size(), 6U);
  logging.system_level = "WARN";
  EXPECT_EQ(messages_of(logging, events, "", "").size(), 1U);
}

}  // namespace
}  // namespace martlet::environments
