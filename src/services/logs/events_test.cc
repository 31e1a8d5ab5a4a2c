// Events: putting, getting, searching.

#include <algorithm>
#include <chrono>
#include <set>

#include "services/logs/limits.h"
#include "services/logs/logs_fixture_test.h"

namespace martlet::logs {
namespace {

GetLogEventsRequest get_from(std::string group, std::string stream) {
  GetLogEventsRequest input;
  input.log_group_name = std::move(group);
  input.log_stream_name = std::move(stream);
  return input;
}

/// `count` events a second apart, from `start` after kNow: "prefix0", "prefix1", ...
std::vector<std::pair<std::int64_t, std::string>> series(std::string prefix, int count,
                                                         std::int64_t start = 0) {
  std::vector<std::pair<std::int64_t, std::string>> events;
  for (int i = 0; i < count; ++i) events.emplace_back(start + i * 1000, prefix + std::to_string(i));
  return events;
}

TEST(PutLogEvents, NeedsItsGroupAndStream) {
  with_service([](Fixture& f) -> Task<> {
    EXPECT_EQ((co_await error_of(f.put("g", "s", {{0, "x"}})))->message(),
              "The specified log group does not exist.");
    co_await f.make("g");
    EXPECT_EQ((co_await error_of(f.put("g", "s", {{0, "x"}})))->message(),
              "The specified log stream does not exist.");
  });
}

TEST(PutLogEvents, GivesATokenAndKeepsTheOrderOfArrival) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    const auto out = co_await f.put("g", "s", {{0, "b"}, {0, "a"}});
    EXPECT_EQ(out.next_sequence_token->size(), 56U);
    EXPECT_FALSE(out.rejected_log_events_info);
    co_await f.put("g", "s", {{-1, "earlier"}, {0, "c"}});
    EXPECT_EQ(messages(co_await f.service.GetLogEvents(f.context, get_from("g", "s"))),
              (Texts{"earlier", "b", "a", "c"}));
  });
}

TEST(PutLogEvents, RefusesBatchesThatBreakTheRules) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    EXPECT_EQ((co_await error_of(f.put("g", "s", {{1, "x"}, {0, "y"}})))->message(),
              "Log events in a single PutLogEvents request must be in chronological order.");
    const std::string half(kMaxBatchBytes / 2 - kEventOverheadBytes, 'x');
    co_await f.put("g", "s", {{0, half}, {0, half}});
    EXPECT_EQ((co_await error_of(f.put("g", "s", {{0, half}, {0, half + "x"}})))->message(),
              "Upload too large: 1048577 bytes exceeds limit of 1048576");
    EXPECT_EQ((co_await error_of(f.put("g", "s", {{0, std::string(kMaxEventBytes + 1, 'x')}})))->message(),
              "Log event too large: 1048577 bytes exceeds limit of 1048576");
    const std::int64_t day = 24 * kHourMs;
    co_await f.put("g", "s", {{-day, "x"}, {0, "y"}});
    EXPECT_EQ((co_await error_of(f.put("g", "s", {{-day - 1, "x"}, {0, "y"}})))->message(),
              "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  });
}

TEST(PutLogEvents, LeavesOutEventsThatAreTooOldOrTooNew) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    const std::int64_t day = 24 * kHourMs;
    const auto out = co_await f.put(
        "g", "s",
        {{-14 * day - 1, "too old"}, {0, "fits"}, {2 * kHourMs, "just"}, {2 * kHourMs + 1, "too new"}});
    EXPECT_EQ(out.rejected_log_events_info->too_old_log_event_end_index, 1);
    EXPECT_EQ(out.rejected_log_events_info->too_new_log_event_start_index, 3);
    EXPECT_FALSE(out.rejected_log_events_info->expired_log_event_end_index);
    EXPECT_EQ(messages(co_await f.filter("g")), (Texts{"fits", "just"}));

    co_await f.service.PutRetentionPolicy(f.context, {"g", 3});
    const auto expired = co_await f.put("g", "s", {{-14 * day - 1, "too old"}, {-3 * day - 1, "expired"}});
    EXPECT_EQ(expired.rejected_log_events_info->too_old_log_event_end_index, 1);
    EXPECT_EQ(expired.rejected_log_events_info->expired_log_event_end_index, 2);
    EXPECT_EQ(expired.next_sequence_token->size(), 56U);
  });
}

TEST(GetLogEvents, LatestFirstUnlessFromTheHead) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    co_await f.put("g", "s", series("e", 5));
    auto input = get_from("g", "s");
    input.limit = 2;
    EXPECT_EQ(messages(co_await f.service.GetLogEvents(f.context, input)), (Texts{"e3", "e4"}));
    input.start_from_head = true;
    const auto head = co_await f.service.GetLogEvents(f.context, input);
    EXPECT_EQ(messages(head), (Texts{"e0", "e1"}));
    EXPECT_EQ(head.events->front().timestamp, kNow);
    EXPECT_EQ(head.events->front().ingestion_time, kNow);
  });
}

TEST(GetLogEvents, TokensGoBothWaysAndStayAtTheEnds) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    co_await f.put("g", "s", series("e", 5));
    const auto page = [&](std::string token) -> Task<GetLogEventsResponse> {
      auto input = get_from("g", "s");
      input.limit = 2;
      input.start_from_head = true;
      if (!token.empty()) input.next_token = token;
      co_return co_await f.service.GetLogEvents(f.context, input);
    };
    const auto first = co_await page("");
    const auto second = co_await page(*first.next_forward_token);
    const auto third = co_await page(*second.next_forward_token);
    EXPECT_EQ(messages(second), (Texts{"e2", "e3"}));
    EXPECT_EQ(messages(third), Texts{"e4"});
    const auto end = co_await page(*third.next_forward_token);
    EXPECT_EQ(messages(end), Texts{});
    EXPECT_EQ(end.next_forward_token, third.next_forward_token);
    EXPECT_EQ(messages(co_await page(*end.next_backward_token)), (Texts{"e3", "e4"}));
    EXPECT_EQ(messages(co_await page(*third.next_backward_token)), (Texts{"e2", "e3"}));
    const auto start = co_await page(*first.next_backward_token);
    EXPECT_EQ(messages(start), Texts{});
    EXPECT_EQ(start.next_backward_token, first.next_backward_token);
    EXPECT_EQ(messages(co_await page(*start.next_forward_token)), (Texts{"e0", "e1"}));
    co_await f.put("g", "s", {{60'000, "new"}});
    EXPECT_EQ(messages(co_await page(*end.next_forward_token)), Texts{"new"});
    EXPECT_EQ(end.next_forward_token->substr(0, 2), "f/");
    EXPECT_EQ(end.next_forward_token->size(), 60U);
    for (const char* bad :
         {"x", "f/", "f/1/s", "b//s", "q/30000000000000000000000000000000000000000000000000000000/s",
          "f/3-0000000000000000000000000000000000000000000000000000000/s"}) {
      EXPECT_EQ((co_await error_of(page(bad)))->message(), "The specified nextToken is invalid.") << bad;
    }
  });
}

TEST(GetLogEvents, AnEmptyStreamHasTokensThatFindWhatComes) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    auto input = get_from("g", "s");
    const auto empty = co_await f.service.GetLogEvents(f.context, input);
    EXPECT_TRUE(empty.events->empty());
    co_await f.put("g", "s", {{0, "x"}});
    input.next_token = empty.next_forward_token;
    EXPECT_EQ(messages(co_await f.service.GetLogEvents(f.context, input)), Texts{"x"});
  });
}

TEST(GetLogEvents, TheEndOfTheRangeIsNotPartOfIt) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    co_await f.put("g", "s", series("e", 5));
    auto input = get_from("g", "s");
    input.start_time = kNow + 1000;
    input.end_time = kNow + 3000;
    EXPECT_EQ(messages(co_await f.service.GetLogEvents(f.context, input)), (Texts{"e1", "e2"}));
    input.end_time = kNow;
    EXPECT_EQ(messages(co_await f.service.GetLogEvents(f.context, input)), Texts{});
    input.log_group_name.reset();
    EXPECT_EQ((co_await error_of(f.service.GetLogEvents(f.context, input)))->code(),
              "InvalidParameterException");
    input.log_group_identifier = "arn:aws:logs:us-west-2:123456789012:log-group:g";
    EXPECT_EQ((co_await error_of(f.service.GetLogEvents(f.context, input)))->code(),
              "ResourceNotFoundException");
  });
}

TEST(GetLogEvents, APageHoldsAMegabyte) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    const std::string large(300'000, 'x');
    for (int i = 0; i < 3; ++i) co_await f.put("g", "s", {{i, large}, {i, large}});
    EXPECT_EQ((co_await f.service.GetLogEvents(f.context, get_from("g", "s"))).events->size(), 3U);
    std::size_t found = 0;
    FilterLogEventsRequest input;
    input.log_group_name = "g";
    do {
      const auto page = co_await f.service.FilterLogEvents(f.context, input);
      EXPECT_LE(page.events->size(), 3U);
      found += page.events->size();
      input.next_token = page.next_token;
    } while (input.next_token);
    EXPECT_EQ(found, 6U);
  });
}

TEST(FilterLogEvents, MergesStreamsByTime) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"a", "b", "c"});
    co_await f.put("g", "a", {{0, "a0"}, {20, "a20"}, {3 * kHourMs - kHourMs - 1, "a late"}});
    co_await f.put("g", "b", {{10, "b10"}, {20, "b20"}});
    co_await f.put("g", "c", {{-5 * kHourMs, "c early"}, {15, "c15"}});
    const auto all = co_await f.filter("g");
    EXPECT_EQ(messages(all), (Texts{"c early", "a0", "b10", "c15", "a20", "b20", "a late"}));
    EXPECT_EQ(all.events->at(2).log_stream_name, "b");
    EXPECT_TRUE(all.searched_log_streams->empty());
    EXPECT_FALSE(all.next_token);
    std::set<std::string> ids;
    for (const FilteredLogEvent& event : *all.events) {
      EXPECT_EQ(event.event_id->size(), 56U);
      ids.insert(*event.event_id);
    }
    EXPECT_EQ(ids.size(), 7U);
  });
}

TEST(FilterLogEvents, ByPatternStreamAndTime) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"a1", "a2", "b"});
    co_await f.put("g", "a1", {{0, "ERROR one"}, {1, "fine"}});
    co_await f.put("g", "a2", {{2, "ERROR two"}});
    co_await f.put("g", "b", {{3, "ERROR three"}});
    EXPECT_EQ(messages(co_await f.filter("g", "ERROR")), (Texts{"ERROR one", "ERROR two", "ERROR three"}));
    FilterLogEventsRequest input;
    input.log_group_identifier = "g";
    input.log_stream_name_prefix = "a";
    input.filter_pattern = "ERROR";
    EXPECT_EQ(messages(co_await f.service.FilterLogEvents(f.context, input)),
              (Texts{"ERROR one", "ERROR two"}));
    input.log_stream_names = {"b", "a1"};
    EXPECT_EQ((co_await error_of(f.service.FilterLogEvents(f.context, input)))->code(),
              "InvalidParameterException");
    input.log_stream_name_prefix.reset();
    EXPECT_EQ(messages(co_await f.service.FilterLogEvents(f.context, input)),
              (Texts{"ERROR one", "ERROR three"}));
    input.start_time = kNow + 1;
    input.end_time = kNow + 3;  // included
    EXPECT_EQ(messages(co_await f.service.FilterLogEvents(f.context, input)), Texts{"ERROR three"});
    input.end_time = kNow + 2;
    EXPECT_EQ(messages(co_await f.service.FilterLogEvents(f.context, input)), Texts{});
    input.log_stream_names = {"absent"};
    EXPECT_EQ((co_await error_of(f.service.FilterLogEvents(f.context, input)))->message(),
              "The specified log stream does not exist.");
    EXPECT_TRUE(
        (co_await error_of(f.filter("g", "[broken")))->message().starts_with("Invalid filter pattern"));
    EXPECT_EQ((co_await error_of(f.filter("none")))->message(), "The specified log group does not exist.");
  });
}

/// All pages of `input`, joined.
Task<Texts> all_pages(Fixture& f, FilterLogEventsRequest input) {
  Texts found;
  for (int page = 0; page < 1000; ++page) {
    const auto answer = co_await f.service.FilterLogEvents(f.context, input);
    for (std::string& message : messages(answer)) found.push_back(std::move(message));
    if (!answer.next_token) co_return found;
    input.next_token = answer.next_token;
  }
  throw std::runtime_error("the pages do not end");
}

TEST(FilterLogEvents, PagesJoinToTheWhole) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"a", "b", "c"});
    for (int round = 0; round < 6; ++round) {
      for (const char* stream : {"a", "b", "c"}) {
        co_await f.put("g", stream,
                       series(std::string(stream) + std::to_string(round) + ".", 40, (round - 5) * kHourMs));
      }
    }
    const Texts whole = messages(co_await f.filter("g"));
    EXPECT_EQ(whole.size(), 720U);
    for (const std::int32_t limit : {1, 7, 100, 720, 10'000}) {
      FilterLogEventsRequest input;
      input.log_group_name = "g";
      input.limit = limit;
      EXPECT_EQ(co_await all_pages(f, input), whole) << limit;
      input.start_from_head = false;
      Texts backwards = co_await all_pages(f, input);
      std::ranges::reverse(backwards);
      EXPECT_EQ(backwards, whole) << limit;
    }
    FilterLogEventsRequest bad;
    bad.log_group_name = "g";
    for (const char* token : {"x", "a3", "zz"}) {
      bad.next_token = token;
      EXPECT_EQ((co_await error_of(f.service.FilterLogEvents(f.context, bad)))->message(),
                "The specified nextToken is invalid.");
    }
  });
}

TEST(FilterLogEvents, ExtremeTimesAreHarmless) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    co_await f.put("g", "s", {{0, "x"}});
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t start : {std::int64_t{0}, kNow, kMax - 1, kMax}) {
      for (const std::int64_t end : {std::int64_t{0}, kNow, kMax - 1, kMax}) {
        FilterLogEventsRequest input;
        input.log_group_name = "g";
        input.start_time = start;
        input.end_time = end;
        const bool inside = start <= kNow && end >= kNow;
        EXPECT_EQ((co_await f.service.FilterLogEvents(f.context, input)).events->size(), inside ? 1U : 0U);
        auto get = get_from("g", "s");
        get.start_time = start;
        get.end_time = end;
        static_cast<void>(co_await f.service.GetLogEvents(f.context, get));
      }
    }
  });
}

TEST(FilterLogEvents, ASearchWithoutMatchesPausesWithAToken) {
  with_service([](Fixture& f) -> Task<> {
    co_await f.make("g", {"s"});
    for (int i = 0; i < 3; ++i) {
      std::vector<std::pair<std::int64_t, std::string>> batch(4000, {i, "no"});
      co_await f.put("g", "s", std::move(batch));
    }
    co_await f.put("g", "s", {{5, "yes"}});
    const auto first = co_await f.filter("g", "yes");
    EXPECT_TRUE(first.events->empty());
    FilterLogEventsRequest input;
    input.log_group_name = "g";
    input.filter_pattern = "yes";
    EXPECT_TRUE(first.next_token.has_value());
    EXPECT_EQ(co_await all_pages(f, input), Texts{"yes"});
  });
}

}  // namespace
}  // namespace martlet::logs
