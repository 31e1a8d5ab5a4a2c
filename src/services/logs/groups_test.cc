// Groups, streams and tags.

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "services/logs/logs_fixture_test.h"

namespace martlet::logs {
namespace {

Texts names(const DescribeLogGroupsResponse& response) {
  Texts found;
  for (const LogGroup& group : *response.log_groups) found.push_back(*group.log_group_name);
  return found;
}

Texts names(const DescribeLogStreamsResponse& response) {
  Texts found;
  for (const LogStream& stream : *response.log_streams) found.push_back(*stream.log_stream_name);
  return found;
}

TEST(LogGroups, AreDescribedAsAwsDoes) {
  with_service([](Fixture& f) -> Task<> {
    CreateLogGroupRequest create;
    create.log_group_name = "/aws/lambda/hello";
    create.tags.emplace()["team"] = "blue";
    co_await f.service.CreateLogGroup(f.context, create);
    const auto described = co_await f.service.DescribeLogGroups(f.context, {});
    if (described.log_groups->size() != 1) throw std::runtime_error("one group expected");
    const LogGroup& group = described.log_groups->front();
    EXPECT_EQ(group.arn, "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/hello:*");
    EXPECT_EQ(group.log_group_arn, "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/hello");
    EXPECT_EQ(group.creation_time, kNow);
    EXPECT_EQ(group.stored_bytes, 0);
    EXPECT_EQ(group.metric_filter_count, 0);
    EXPECT_EQ(group.log_group_class, "STANDARD");
    EXPECT_FALSE(group.retention_in_days);
    EXPECT_FALSE(described.next_token);
  });
}

TEST(LogGroups, ExistOnce) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("a");
    const auto again = co_await error_of(f.make("a"));
    EXPECT_EQ(again->code(), "ResourceAlreadyExistsException");
    EXPECT_EQ(again->message(), "The specified log group already exists");
    f.context.region = "us-east-1";  // another region, another group
    co_await f.make("a");
    const auto reserved = co_await error_of(f.make("aws/x"));
    EXPECT_EQ(reserved->code(), "InvalidParameterException");
  });
}

TEST(LogGroups, AreListedByPrefixAndPatternInPages) {
  with_service([](Fixture& f) -> Task<> {
    for (const char* name : {"/b/Foo", "/a/one", "/a/two", "zFoo", "/a/three", "/a"}) co_await f.make(name);
    DescribeLogGroupsRequest input;
    input.log_group_name_prefix = "/a/";
    EXPECT_EQ(names(co_await f.service.DescribeLogGroups(f.context, input)),
              (Texts{"/a/one", "/a/three", "/a/two"}));
    input.limit = 2;
    const auto first = co_await f.service.DescribeLogGroups(f.context, input);
    EXPECT_EQ(names(first), (Texts{"/a/one", "/a/three"}));
    input.next_token = first.next_token;
    const auto second = co_await f.service.DescribeLogGroups(f.context, input);
    EXPECT_EQ(names(second), (Texts{"/a/two"}));
    EXPECT_FALSE(second.next_token);

    DescribeLogGroupsRequest by_pattern;
    by_pattern.log_group_name_pattern = "Foo";
    EXPECT_EQ(names(co_await f.service.DescribeLogGroups(f.context, by_pattern)), (Texts{"/b/Foo", "zFoo"}));
    by_pattern.log_group_name_prefix = "/b";
    EXPECT_EQ((co_await error_of(f.service.DescribeLogGroups(f.context, by_pattern)))->message(),
              "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    DescribeLogGroupsRequest by_name;
    by_name.log_group_identifiers = {"arn:aws:logs:eu-west-1:123456789012:log-group:/a:*", "zFoo", "absent"};
    EXPECT_EQ(names(co_await f.service.DescribeLogGroups(f.context, by_name)), (Texts{"/a", "zFoo"}));
    DescribeLogGroupsRequest bad;
    bad.next_token = "nonsense!";
    EXPECT_EQ((co_await error_of(f.service.DescribeLogGroups(f.context, bad)))->message(),
              "The specified nextToken is invalid.");
  });
}

TEST(LogGroups, AreDeletedWithAllTheyHold) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("keep", {"s"});
    co_await f.put("keep", "s", {{0, "stays"}});
    const std::size_t before = f.store->approximate_size();
    co_await f.make("g", {"s"});
    co_await f.put("g", "s", {{0, "goes"}});
    co_await f.service.DeleteLogGroup(f.context, {"g"});
    EXPECT_EQ(f.store->approximate_size(), before);
    EXPECT_EQ((co_await error_of(f.service.DeleteLogGroup(f.context, {"g"})))->message(),
              "The specified log group does not exist.");
    co_await f.make("g", {"s"});
    EXPECT_EQ(messages(co_await f.filter("g")), Texts{});
    EXPECT_EQ(messages(co_await f.filter("keep")), Texts{"stays"});
  });
}

TEST(LogGroups, MayBeProtectedFromDeletion) {
  with_service([](Fixture& f) -> Task<> {
    CreateLogGroupRequest create;
    create.log_group_name = "g";
    create.deletion_protection_enabled = true;
    co_await f.service.CreateLogGroup(f.context, create);
    EXPECT_EQ((co_await error_of(f.service.DeleteLogGroup(f.context, {"g"})))->code(), "ValidationException");
    co_await f.service.PutLogGroupDeletionProtection(f.context, {"g", false});
    co_await f.service.DeleteLogGroup(f.context, {"g"});
  });
}

TEST(LogGroups, Retention) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    EXPECT_EQ((co_await error_of(f.service.PutRetentionPolicy(f.context, {"g", 2})))->code(),
              "InvalidParameterException");
    EXPECT_EQ((co_await error_of(f.service.PutRetentionPolicy(f.context, {"x", 1})))->message(),
              "The specified log group does not exist.");
    co_await f.service.PutRetentionPolicy(f.context, {"g", 1});
    EXPECT_EQ((co_await f.service.DescribeLogGroups(f.context, {})).log_groups->front().retention_in_days, 1);
    const std::size_t empty = f.store->approximate_size();
    co_await f.put("g", "s", {{0, "old"}, {2 * kHourMs, "newer"}});
    f.clock->advance(std::chrono::hours(25));
    EXPECT_EQ(messages(co_await f.filter("g")), Texts{"newer"});  // gone for readers at once
    GetLogEventsRequest get;
    get.log_group_name = "g";
    get.log_stream_name = "s";
    EXPECT_EQ(messages(co_await f.service.GetLogEvents(f.context, get)), Texts{"newer"});
    co_await f.service.remove_expired();
    EXPECT_EQ(messages(co_await f.filter("g")), Texts{"newer"});
    f.clock->advance(std::chrono::hours(3));
    co_await f.service.remove_expired();
    EXPECT_EQ(f.store->approximate_size(), empty + 1);  // the epoch of sequence numbers
    co_await f.service.DeleteRetentionPolicy(f.context, {"g"});
    EXPECT_FALSE((co_await f.service.DescribeLogGroups(f.context, {})).log_groups->front().retention_in_days);
  });
}

TEST(LogGroups, RetentionRunsByTheClock) {
  run_async([](Executor executor) -> Task<> {
    Fixture f(executor);
    TaskGroup tasks(executor);
    f.service.start(tasks);
    co_await f.make("g", {"s"});
    co_await f.service.PutRetentionPolicy(f.context, {"g", 1});
    const std::size_t empty = f.store->approximate_size();
    co_await f.put("g", "s", {{0, "old"}});
    f.clock->advance(std::chrono::hours(26));
    for (int turn = 0; turn < 1000 && f.store->approximate_size() > empty + 1; ++turn) {
      co_await boost::asio::post(executor, boost::asio::use_awaitable);  // the sweep's turn on the loop
    }
    EXPECT_EQ(f.store->approximate_size(), empty + 1);
    co_await tasks.stop();
  });
}

TEST(LogStreams, AreDescribedAsAwsDoes) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"empty", "full"});
    co_await f.put("g", "full", {{-5, "a"}, {7, "b"}});
    DescribeLogStreamsRequest input;
    input.log_group_identifier = "arn:aws:logs:eu-west-1:123456789012:log-group:g";
    const auto described = co_await f.service.DescribeLogStreams(f.context, input);
    EXPECT_EQ(names(described), (Texts{"empty", "full"}));
    const LogStream& full = described.log_streams->at(1);
    EXPECT_EQ(full.arn, "arn:aws:logs:eu-west-1:123456789012:log-group:g:log-stream:full");
    EXPECT_EQ(full.first_event_timestamp, kNow - 5);
    EXPECT_EQ(full.last_event_timestamp, kNow + 7);
    EXPECT_EQ(full.last_ingestion_time, kNow);
    EXPECT_EQ(full.stored_bytes, 0);
    EXPECT_EQ(full.upload_sequence_token->size(), 56U);
    EXPECT_FALSE(described.log_streams->at(0).first_event_timestamp);
    EXPECT_EQ((co_await f.service.DescribeLogGroups(f.context, {})).log_groups->front().stored_bytes, 2 * 27);
  });
}

TEST(LogStreams, AreListedByNameAndByTimeInPages) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"a", "b1", "b2", "c"});
    co_await f.put("g", "b2", {{3, "x"}});
    co_await f.put("g", "a", {{5, "x"}});
    co_await f.put("g", "c", {{4, "x"}});
    const auto all = [&](DescribeLogStreamsRequest input) -> Task<Texts> {
      input.log_group_name = "g";
      input.limit = 2;
      Texts found;
      do {
        const auto page = co_await f.service.DescribeLogStreams(f.context, input);
        for (std::string& name : names(page)) found.push_back(std::move(name));
        input.next_token = page.next_token;
      } while (input.next_token);
      co_return found;
    };
    DescribeLogStreamsRequest input;
    EXPECT_EQ(co_await all(input), (Texts{"a", "b1", "b2", "c"}));
    input.descending = true;
    EXPECT_EQ(co_await all(input), (Texts{"c", "b2", "b1", "a"}));
    input.order_by = "LastEventTime";
    EXPECT_EQ(co_await all(input), (Texts{"a", "c", "b2", "b1"}));
    input.descending = false;
    EXPECT_EQ(co_await all(input), (Texts{"b1", "b2", "c", "a"}));
    input.order_by.reset();
    input.log_stream_name_prefix = "b";
    EXPECT_EQ(co_await all(input), (Texts{"b1", "b2"}));
    input.descending = true;
    EXPECT_EQ(co_await all(input), (Texts{"b2", "b1"}));
    input.order_by = "LastEventTime";
    EXPECT_EQ((co_await error_of(all(input)))->code(), "InvalidParameterException");
  });
}

TEST(LogStreams, ExistOnceAndAreDeletedWithTheirEvents) {
  with_service([](Fixture& f) -> Task<> {
    EXPECT_EQ((co_await error_of(f.service.CreateLogStream(f.context, {"g", "s"})))->message(),
              "The specified log group does not exist.");
    co_await f.make("g", {"s", "t"});
    EXPECT_EQ((co_await error_of(f.service.CreateLogStream(f.context, {"g", "s"})))->message(),
              "The specified log stream already exists");
    co_await f.put("g", "t", {{0, "stays"}});
    const std::size_t before = f.store->approximate_size();
    co_await f.put("g", "s", {{0, "goes"}, {kHourMs, "goes"}});
    co_await f.service.DeleteLogStream(f.context, {"g", "s"});
    EXPECT_EQ(f.store->approximate_size(), before - 1);
    EXPECT_EQ((co_await error_of(f.service.DeleteLogStream(f.context, {"g", "s"})))->message(),
              "The specified log stream does not exist.");
    EXPECT_EQ(messages(co_await f.filter("g")), Texts{"stays"});
  });
}

TEST(LogTags, ByArnAndByName) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g");
    const std::string arn = "arn:aws:logs:eu-west-1:123456789012:log-group:g";
    co_await f.service.TagResource(f.context, {arn, {{"a", "1"}, {"b", "2"}}});
    co_await f.service.TagLogGroup(f.context, {"g", {{"b", "3"}, {"c", "4"}}});
    co_await f.service.UntagResource(f.context, {arn + ":*", {"a", "absent"}});
    const std::map<std::string, std::string> both{{"b", "3"}, {"c", "4"}};
    EXPECT_EQ((co_await f.service.ListTagsForResource(f.context, {arn})).tags, both);
    co_await f.service.UntagLogGroup(f.context, {"g", {"b"}});
    const std::map<std::string, std::string> one{{"c", "4"}};
    EXPECT_EQ((co_await f.service.ListTagsLogGroup(f.context, {"g"})).tags, one);
  });
}

TEST(LogTags, Refusals) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g");
    const std::string arn = "arn:aws:logs:eu-west-1:123456789012:log-group:g";
    for (const std::string& other : {arn + "x", std::string("nonsense"), arn + ":log-stream:s",
                                     std::string("arn:aws:logs:eu-west-1:999999999999:log-group:g")}) {
      const auto error = co_await error_of(f.service.ListTagsForResource(f.context, {other}));
      EXPECT_EQ(error->code(), "ResourceNotFoundException") << other;
    }
    EXPECT_EQ((co_await error_of(f.service.TagResource(f.context, {arn, {{"aws:x", "1"}}})))->code(),
              "InvalidParameterException");
    std::map<std::string, std::string> many;
    for (int i = 0; i < 51; ++i) many["k" + std::to_string(i)] = "v";
    EXPECT_EQ((co_await error_of(f.service.TagResource(f.context, {arn, many})))->code(),
              "TooManyTagsException");
    EXPECT_TRUE((co_await f.service.ListTagsForResource(f.context, {arn})).tags->empty());
  });
}

}  // namespace
}  // namespace martlet::logs
