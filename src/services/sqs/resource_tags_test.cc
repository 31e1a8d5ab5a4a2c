// Tags of queues as those who decide see them, and when they look again.

#include "services/sqs/sqs_fixture_test.h"

namespace martlet::sqs {
namespace {

using authorization::Tags;

Task<Tags> tags_of(Fixture& f, std::string arn) {
  co_return (co_await f.service.resource_tags().find(std::move(arn))).tags;
}

TEST(ResourceTags, AreThoseOfTheQueueWithThatArn) {
  with_service([](Fixture& f) -> Task<> {
    const std::string queue = co_await f.make("q");
    co_await f.service.TagQueue(f.context, {.queue_url = queue, .tags = {{"a", "1"}, {"b", ""}}});
    const std::string arn = f.arn("q").str();
    EXPECT_EQ(co_await tags_of(f, arn), (Tags{{"a", "1"}, {"b", ""}}));
    for (const std::string& other : {std::string(), std::string("*"), std::string("arn:aws:sqs:::q"),
                                     arn + ":q", arn + "*", f.arn("absent").str()})
      EXPECT_EQ(co_await tags_of(f, other), Tags()) << other;
  });
}

TEST(ResourceTags, ChangeTheVersionAndMessagesDoNot) {
  with_service([](Fixture& f) -> Task<> {
    const auto& tags = f.service.resource_tags();
    const std::string queue = co_await f.make("q");
    std::uint64_t before = tags.version();
    co_await f.send(queue, "m");
    const auto got = co_await f.receive(queue);
    co_await f.service.DeleteMessage(f.context,
                                     {.queue_url = queue, .receipt_handle = *got[0].receipt_handle});
    EXPECT_EQ(tags.version(), before);
    const auto changes = [&] {
      const std::uint64_t last = std::exchange(before, tags.version());
      return before != last;
    };
    co_await f.service.TagQueue(f.context, {.queue_url = queue, .tags = {{"a", "1"}}});
    EXPECT_TRUE(changes());
    co_await f.service.UntagQueue(f.context, {.queue_url = queue, .tag_keys = {"a"}});
    EXPECT_TRUE(changes());
    co_await f.service.DeleteQueue(f.context, {.queue_url = queue});
    EXPECT_TRUE(changes());
    f.service.reset();
    EXPECT_TRUE(changes());
  });
}

}  // namespace
}  // namespace martlet::sqs
