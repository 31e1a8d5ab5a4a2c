#include "services/logs/function_logs.h"

#include <gtest/gtest.h>

#include <set>

#include "services/logs/logs_fixture_test.h"

namespace martlet::logs {
namespace {

environments::Spec spec_of(std::string function) {
  environments::Spec spec;
  spec.account = "123456789012";
  spec.region = "eu-west-1";
  spec.function_name = function;
  spec.function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:" + function;
  spec.log_group = "/aws/lambda/" + function;
  spec.role_arn = "arn:aws:iam::123456789012:role/r";
  return spec;
}

TEST(FunctionLogs, MakesGroupAndStreamAndIsSeenAtOnce) {
  with_service([](Fixture& f) -> Task<> {
    const environments::Spec spec = spec_of("hello");
    environments::LogSink& sink = f.service.function_logs();
    co_await sink.write(spec, "2024/05/01/[$LATEST]abc", {{kNow, "START\n"}, {kNow, ""}, {kNow, "END\n"}});
    co_await sink.write(spec, "2024/05/01/[$LATEST]abc",
                        {{kNow + 1, "again\n"}, {kNow + kHourMs, "an hour later\n"}});
    co_await sink.write(spec, "other", {{kNow + 2, "other\n"}});
    const auto found = co_await f.filter("/aws/lambda/hello");
    EXPECT_EQ(messages(found), (Texts{"START\n", "END\n", "again\n", "other\n", "an hour later\n"}));
    EXPECT_EQ(found.events->front().log_stream_name, "2024/05/01/[$LATEST]abc");
    const auto groups = co_await f.service.DescribeLogGroups(f.context, {});
    EXPECT_EQ(groups.log_groups->front().stored_bytes, 5 * 26 + 6 + 4 + 6 + 6 + 14);
  });
}

TEST(FunctionLogs, SurvivesDeletionAndReset) {
  with_service([](Fixture& f) -> Task<> {
    const environments::Spec spec = spec_of("hello");
    environments::LogSink& sink = f.service.function_logs();
    co_await sink.write(spec, "s", {{kNow, "1"}});
    co_await f.service.DeleteLogGroup(f.context, {spec.log_group});
    co_await sink.write(spec, "s", {{kNow, "2"}});
    EXPECT_EQ(messages(co_await f.filter(spec.log_group)), Texts{"2"});
    co_await f.service.DeleteLogStream(f.context, {spec.log_group, "s"});
    co_await sink.write(spec, "s", {{kNow, "3"}});
    EXPECT_EQ(messages(co_await f.filter(spec.log_group)), Texts{"3"});
    co_await f.store->clear();
    f.service.reset();
    co_await sink.write(spec, "s", {{kNow, "4"}});
    EXPECT_EQ(messages(co_await f.filter(spec.log_group)), Texts{"4"});
  });
}

TEST(FunctionLogs, ARestartedServiceGoesOnWithoutOverwriting) {
  with_service([](Fixture& f) -> Task<> {
    const environments::Spec spec = spec_of("hello");
    co_await f.service.function_logs().write(spec, "s", {{kNow, "before"}});
    LogsService restarted(*f.store, *f.clock, f.ids);
    co_await restarted.function_logs().write(spec, "s", {{kNow, "after"}});
    EXPECT_EQ(messages(co_await f.filter(spec.log_group)), (Texts{"before", "after"}));
    const auto groups = co_await f.service.DescribeLogGroups(f.context, {});
    EXPECT_EQ(groups.log_groups->front().stored_bytes, 2 * 26 + 6 + 5);
  });
}

/// Lets functions do some actions, and keeps what was asked.
class Permission {
 public:
  std::vector<std::string> asked = {};

  void allow(std::set<std::string> actions) {
    allowed_ = std::move(actions);
    ++version_;
  }
  LogPermission permission() {
    return {.version = [this] { return version_; },
            .may =
                [this](const environments::Spec& spec, std::string action, std::string resource) {
                  return answer(spec.role_arn, std::move(action), std::move(resource));
                }};
  }

 private:
  Task<bool> answer(std::string role, std::string action, std::string resource) {
    EXPECT_EQ(role, "arn:aws:iam::123456789012:role/r");
    asked.push_back(action + " " + resource);
    co_return allowed_.contains(action);
  }

  std::set<std::string> allowed_ = {};
  std::uint64_t version_ = 1;
};

Task<std::size_t> groups_of(Fixture& f) {
  const auto found = co_await f.service.DescribeLogGroups(f.context, {});
  co_return found.log_groups->size();
}

Task<std::size_t> streams_of(Fixture& f, std::string group) {
  DescribeLogStreamsRequest input;
  input.log_group_name = std::move(group);
  const auto found = co_await f.service.DescribeLogStreams(f.context, std::move(input));
  co_return found.log_streams->size();
}

TEST(FunctionLogs, ABatchGoesAsFarAsTheRoleMay) {
  with_service([](Fixture& f) -> Task<> {
    const environments::Spec spec = spec_of("hello");
    environments::LogSink& sink = f.service.function_logs();
    Permission permission;
    f.service.set_log_permission(permission.permission());
    co_await sink.write(spec, "s", {{kNow, "1"}});
    EXPECT_EQ(co_await groups_of(f), 0U);
    permission.allow({"logs:CreateLogGroup", "logs:PutLogEvents"});
    co_await sink.write(spec, "s", {{kNow, "2"}});
    EXPECT_EQ(co_await groups_of(f), 1U);
    EXPECT_EQ(co_await streams_of(f, spec.log_group), 0U);
    permission.allow({"logs:CreateLogStream"});
    co_await sink.write(spec, "s", {{kNow, "3"}});
    EXPECT_EQ(co_await streams_of(f, spec.log_group), 1U);
    co_await sink.write(spec, "s", {{kNow, "4"}});
    EXPECT_EQ(messages(co_await f.filter(spec.log_group)), Texts{});
    permission.allow({"logs:PutLogEvents"});
    co_await sink.write(spec, "s", {{kNow, "5"}, {kNow, "6"}});
    EXPECT_EQ(messages(co_await f.filter(spec.log_group)), (Texts{"5", "6"}));
  });
}

TEST(FunctionLogs, AsksOnceForEachStreamAndVersionOfThePolicies) {
  with_service([](Fixture& f) -> Task<> {
    const environments::Spec spec = spec_of("hello");
    environments::LogSink& sink = f.service.function_logs();
    Permission permission;
    permission.allow({"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"});
    f.service.set_log_permission(permission.permission());
    const std::string streams =
        " arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/hello:log-stream:";
    co_await sink.write(spec, "s", {{kNow, "1"}, {kNow, "2"}});
    EXPECT_EQ(permission.asked,
              (Texts{"logs:CreateLogGroup" + streams, "logs:CreateLogStream" + streams + "s",
                     "logs:PutLogEvents" + streams + "s"}));
    permission.asked.clear();
    co_await sink.write(spec, "s", {{kNow, "3"}, {kNow, "4"}});
    EXPECT_EQ(permission.asked, Texts{});
    const std::set<std::string> writing{"logs:PutLogEvents"};
    permission.allow(writing);
    for (const char* text : {"5", "6"}) co_await sink.write(spec, "s", {{kNow, text}});
    EXPECT_EQ(permission.asked, Texts{"logs:PutLogEvents" + streams + "s"});
    f.clock->advance(std::chrono::seconds(61));
    for (const char* text : {"7", "8"}) co_await sink.write(spec, "s", {{kNow, text}});
    EXPECT_EQ(permission.asked, Texts(2, "logs:PutLogEvents" + streams + "s"));
    EXPECT_EQ(messages(co_await f.filter(spec.log_group)), (Texts{"1", "2", "3", "4", "5", "6", "7", "8"}));
    // What was deleted is made again only if it may be.
    co_await f.service.DeleteLogGroup(f.context, {spec.log_group});
    co_await sink.write(spec, "s", {{kNow, "9"}});
    EXPECT_EQ(co_await groups_of(f), 0U);
  });
}

}  // namespace
}  // namespace martlet::logs
