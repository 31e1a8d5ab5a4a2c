#include "services/lambda/answer_channel.h"

#include <gtest/gtest.h>

#include "base/async_test.h"
#include "base/task_group.h"

namespace martlet::lambda {
namespace {

using Channel = std::shared_ptr<AnswerChannel>;

Task<> write_three(Channel channel, int& written) {
  channel->announce("7", "trace");
  co_await channel->begin("text/plain");
  for (const char* piece : {"a", "b", "c"}) {
    co_await channel->write(piece);
    ++written;
  }
  channel->end({.version = "7", .outcome = {.payload = "whole"}, .trace = "trace"}, nullptr);
}

TEST(AnswerChannel, AReaderHoldsTheWriterBack) {
  run_async([](Executor executor) -> Task<> {
    TaskGroup tasks(executor);
    const auto channel = std::make_shared<AnswerChannel>(executor);
    int written = 0;
    tasks.spawn("writer", write_three(channel, written));
    EXPECT_TRUE(co_await channel->begun());
    EXPECT_EQ(channel->content_type(), "text/plain");
    EXPECT_EQ(channel->version(), "7");
    EXPECT_LE(written, 1);
    std::string all;
    while (const auto piece = co_await channel->next()) {
      all += *piece;
      EXPECT_LE(written, static_cast<int>(all.size()) + 1);
    }
    EXPECT_EQ(all, "abc");
    EXPECT_EQ(channel->outcome().payload, "whole");
    co_await tasks.join();
  });
}

TEST(AnswerChannel, AWriterLearnsThatNobodyReads) {
  run_async([](Executor executor) -> Task<> {
    TaskGroup tasks(executor);
    const auto channel = std::make_shared<AnswerChannel>(executor);
    int written = 0;
    tasks.spawn("writer", write_three(channel, written));
    {
      const ChannelReader reader(channel);
      EXPECT_TRUE(co_await reader->begun());
    }
    co_await tasks.join();
    EXPECT_LT(written, 3);
  });
}

TEST(AnswerChannel, AnInvocationMayEndWithoutAnAnswer) {
  run_async([](Executor executor) -> Task<> {
    const auto channel = std::make_shared<AnswerChannel>(executor);
    channel->end({}, std::make_exception_ptr(std::runtime_error("no sandbox")));
    EXPECT_FALSE(co_await channel->begun());
    EXPECT_FALSE(co_await channel->next());
    EXPECT_THROW(static_cast<void>(channel->outcome()), std::runtime_error);
  });
}

}  // namespace
}  // namespace martlet::lambda
