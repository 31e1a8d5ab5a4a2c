#include "environments/log_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

}  // namespace
}  // namespace martlet::environments
