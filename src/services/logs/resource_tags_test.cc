// Tags of groups as those who decide see them, and when they look again.

#include "services/logs/logs_fixture_test.h"
#include "services/logs/names.h"

namespace martlet::logs {
namespace {

using authorization::Tags;

Task<Tags> tags_of(Fixture& f, std::string arn) {
  co_return (co_await f.service.resource_tags().find(std::move(arn))).tags;
}

TEST(ResourceTags, AreThoseOfTheGroupForItsStreamsToo) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("/g", {"s"});
    co_await f.service.TagLogGroup(f.context, {.log_group_name = "/g", .tags = {{"a", "1"}}});
    const std::string arn = group_arn(f.context, "/g");
    for (const char* more : {"", ":*", ":log-stream:", ":log-stream:s", ":log-stream:not:there"})
      EXPECT_EQ(co_await tags_of(f, arn + more), (Tags{{"a", "1"}})) << more;
    for (const std::string& other : {std::string(), std::string("*"), arn + "x", arn + ":x",
                                     group_arn(f.context, ""), group_arn(f.context, ":log-stream:"),
                                     group_arn(f.context, "*"), f.context.arn("logs", "destination:d")})
      EXPECT_EQ(co_await tags_of(f, other), Tags()) << other;
  });
}

TEST(ResourceTags, ChangeTheVersionAndEventsDoNot) {
  with_service([](Fixture& f) -> Task<> {
    const auto& tags = f.service.resource_tags();
    co_await f.make("g", {"s"});
    std::uint64_t before = tags.version();
    const auto changes = [&] {
      const std::uint64_t last = std::exchange(before, tags.version());
      return before != last;
    };
    co_await f.put("g", "s", {{0, "m"}});
    co_await f.service.PutRetentionPolicy(f.context, {.log_group_name = "g", .retention_in_days = 1});
    EXPECT_FALSE(changes());
    const std::string arn = group_arn(f.context, "g");
    co_await f.service.TagResource(f.context, {.resource_arn = arn, .tags = {{"a", "1"}}});
    EXPECT_TRUE(changes());
    co_await f.service.UntagResource(f.context, {.resource_arn = arn, .tag_keys = {"a"}});
    EXPECT_TRUE(changes());
    co_await f.service.UntagLogGroup(f.context, {.log_group_name = "g", .tags = {"a"}});
    EXPECT_FALSE(changes()) << "there was none";
    co_await f.service.DeleteLogGroup(f.context, {.log_group_name = "g"});
    EXPECT_TRUE(changes());
    f.service.reset();
    EXPECT_TRUE(changes());
  });
}

}  // namespace
}  // namespace martlet::logs
