// The values of event source mappings: batches, answers, scaling.

#include <gtest/gtest.h>

#include "base/clock.h"
#include "services/lambda/mapping_batch.h"
#include "services/lambda/mapping_response.h"
#include "services/lambda/mapping_scaling.h"

namespace martlet::lambda {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart = from_epoch_ms(1'700'000'000'000);

std::vector<HeldRecord> records(const std::vector<std::string>& ids) {
  std::vector<HeldRecord> made;
  for (const std::string& id : ids) {
    made.emplace_back();
    made.back().record.id = id;
  }
  return made;
}

std::string failed_of(std::string_view answer) {
  std::string failed;
  for (const HeldRecord& held : split_by_answer(records({"a", "b", "c"}), answer).failed)
    failed += held.record.id;
  return failed;
}

// ---- Answers

TEST(MappingResponse, AnAnswerThatNamesNothingIsASuccess) {
  for (const char* answer : {"", "null", " null ", "{}", R"("")", R"({"batchItemFailures":[]})",
                             R"({"batchItemFailures":null})", R"({"statusCode":200})"})
    EXPECT_EQ(failed_of(answer), "") << answer;
}

TEST(MappingResponse, NamedRecordsFailed) {
  EXPECT_EQ(failed_of(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})"), "b");
  EXPECT_EQ(failed_of(R"({"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"},
                                               {"itemIdentifier":"a"}]})"),
            "ac");
}

TEST(MappingResponse, AnAnswerThatIsNoneFailsTheWholeBatch) {
  for (const char* answer :
       {"{not json", R"("done")", "[]", "7", R"({"batchItemFailures":{}})", R"({"batchItemFailures":"a"})",
        R"({"batchItemFailures":["a"]})", R"({"batchItemFailures":[{"itemIdentifier":""}]})",
        R"({"batchItemFailures":[{"itemIdentifier":null}]})",
        R"({"batchItemFailures":[{"itemIdentifier":1}]})", R"({"batchItemFailures":[{"identifier":"a"}]})",
        R"({"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"stranger"}]})"})
    EXPECT_EQ(failed_of(answer), "abc") << answer;
}

// ---- Batches

TEST(MappingBatch, ItsEventHoldsItsRecords) {
  Batch batch(3);
  EXPECT_EQ(batch.event(), R"({"Records":[]})");
  for (const char* json : {R"({"a":1})", R"({"b":2})"}) {
    HeldRecord held;
    held.record.json = json;
    held.record.trace_header = "same";
    held.due = kStart + Duration(batch.size());
    EXPECT_TRUE(batch.add(held));
  }
  EXPECT_EQ(batch.event(), R"({"Records":[{"a":1},{"b":2}]})");
  EXPECT_EQ(batch.trace_headers(), std::vector<std::string>{"same"});
  EXPECT_EQ(batch.due(), kStart);
  EXPECT_EQ(batch.missing(), 1U);
}

// ---- Scaling

TEST(MappingScaling, GrowsByThreeHundredInAMinuteWhileItIsNotEnough) {
  MappingScaling scaling({});
  EXPECT_TRUE(scaling.admits(4));
  EXPECT_FALSE(scaling.admits(5));
  EXPECT_EQ(scaling.wait(kStart), kStart + 200ms);
  EXPECT_EQ(scaling.wait(kStart + 100ms), kStart + 200ms);
  EXPECT_EQ(scaling.limit(), 5U);
  EXPECT_EQ(scaling.wait(kStart + 200ms), kStart + 200ms);
  EXPECT_EQ(scaling.limit(), 6U);
}

TEST(MappingScaling, NeverBeyondWhatIsAllowed) {
  MappingScaling scaling(limits_of_maximum_concurrency(5));
  EXPECT_EQ(scaling.wait(kStart), std::nullopt);
  EXPECT_EQ(limits_of_maximum_concurrency(2).first, 2U);
  EXPECT_EQ(limits_of_maximum_concurrency(1000).first, 5U);
  EXPECT_EQ(limits_of_pollers(2, 200).first, 20U);
  EXPECT_EQ(limits_of_pollers(2, 200).most, 2000U);
}

TEST(MappingScaling, AFunctionThatFailsIsGivenLess) {
  MappingScaling scaling({});
  for (int i = 0; i < 10; ++i) scaling.failed();
  EXPECT_EQ(scaling.limit(), 2U);
  for (int i = 0; i < 10; ++i) scaling.succeeded();
  EXPECT_EQ(scaling.limit(), 5U);
}

TEST(MappingScaling, AThrottleHalvesAndNothingIsAddedSoon) {
  MappingScaling scaling({});
  scaling.throttled(kStart);
  EXPECT_EQ(scaling.limit(), 2U);
  EXPECT_EQ(scaling.wait(kStart + 1s), kStart + 10s);
  scaling.throttled(kStart);
  scaling.throttled(kStart);
  EXPECT_EQ(scaling.limit(), 1U);
}

TEST(MappingScaling, WithoutABacklogItBeginsAnew) {
  MappingScaling scaling({});
  for (TimePoint now = kStart; now < kStart + 1s; now += 100ms) scaling.wait(now);
  EXPECT_GT(scaling.limit(), 5U);
  scaling.began(kStart + 30s);
  EXPECT_GT(scaling.limit(), 5U);
  scaling.began(kStart + 61s);
  EXPECT_EQ(scaling.limit(), 5U);
}

}  // namespace
}  // namespace martlet::lambda
