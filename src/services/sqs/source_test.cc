#include "services/sqs/source.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/task_group.h"
#include "services/sqs/sqs_fixture_test.h"

namespace martlet::sqs {

namespace {

namespace json = boost::json;
using Records = std::vector<sources::Record>;

Task<> finish(Fixture& fixture, sources::Reader& reader, Records records) {
  co_await fixture.store->transact([&](store::Txn& txn) -> Task<> { co_await reader.done(txn, records); });
}

Task<> give_back(Fixture& fixture, sources::Reader& reader, Records records, Duration delay) {
  co_await fixture.store->transact(
      [&](store::Txn& txn) -> Task<> { co_await reader.give_back(txn, records, delay); });
}

Task<> read_into(sources::Reader& reader, std::optional<std::size_t>& got) {
  got = (co_await reader.read({})).size();
}

TEST(QueueSource, RecordsHaveTheFormThatFunctionsGet) {
  with_service([](Fixture& fixture) -> Task<> {
    const std::string url = co_await fixture.make("orders");
    SendMessageRequest send;
    send.queue_url = url;
    send.message_body = "a \"b\"\n";
    auto& attributes = send.message_attributes.emplace();
    attributes["text"].data_type = "String";
    attributes["text"].string_value = "x";
    attributes["bytes"].data_type = "Binary";
    attributes["bytes"].binary_value = std::string("\0\1", 2);
    const SendMessageResult sent = co_await fixture.service.SendMessage(fixture.context, send);
    const auto reader = fixture.service.source().open(fixture.arn("orders"), "");
    const Records records = co_await reader->read({});
    EXPECT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].id, sent.message_id);
    EXPECT_EQ(records[0].group, "");
    const json::object record = json::parse(records[0].json).as_object();
    EXPECT_EQ(record.at("messageId").as_string(), *sent.message_id);
    EXPECT_EQ(record.at("receiptHandle").as_string(), records[0].handle);
    EXPECT_EQ(record.at("body").as_string(), "a \"b\"\n");
    EXPECT_EQ(record.at("attributes"),
              json::parse(R"({"ApproximateReceiveCount": "1", "SentTimestamp": "1714521600000",
                              "SenderId": "123456789012", "ApproximateFirstReceiveTimestamp": "1714521600000"})"));
    EXPECT_EQ(record.at("messageAttributes"),
              json::parse(R"({"text": {"stringValue": "x", "stringListValues": [], "binaryListValues": [],
                                       "dataType": "String"},
                              "bytes": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [],
                                        "dataType": "Binary"}})"));
    EXPECT_EQ(record.at("md5OfBody").as_string(), *sent.md5_of_message_body);
    EXPECT_EQ(record.at("md5OfMessageAttributes").as_string(), *sent.md5_of_message_attributes);
    EXPECT_EQ(record.at("eventSource").as_string(), "aws:sqs");
    EXPECT_EQ(record.at("eventSourceARN").as_string(), "arn:aws:sqs:eu-west-1:123456789012:orders");
    EXPECT_EQ(record.at("awsRegion").as_string(), "eu-west-1");
    EXPECT_EQ(record.size(), 10U);
  });
}

TEST(QueueSource, FifoRecordsTellTheirGroup) {
  with_service([](Fixture& fixture) -> Task<> {
    const std::string url = co_await fixture.make("orders.fifo");
    co_await fixture.send(url, "one", "g");
    const auto reader = fixture.service.source().open(fixture.arn("orders.fifo"), "");
    const Records records = co_await reader->read({});
    EXPECT_EQ(records.at(0).group, "g");
    const json::object attributes = json::parse(records[0].json).at("attributes").as_object();
    EXPECT_EQ(attributes.at("MessageGroupId").as_string(), "g");
    EXPECT_EQ(attributes.at("MessageDeduplicationId").as_string(), "one");
    EXPECT_EQ(attributes.at("SequenceNumber").as_string().size(), 20U);
    const auto description =
        co_await fixture.store->transact([&](store::Txn& txn) -> Task<sources::Description> {
          co_return co_await fixture.service.source().describe(txn, fixture.arn("orders.fifo"));
        });
    EXPECT_TRUE(description.ordered);
    EXPECT_EQ(description.visibility, std::chrono::seconds(30));
  });
}

TEST(QueueSource, WhatIsDoneIsGoneAndWhatIsGivenBackComesAgain) {
  with_service([](Fixture& fixture) -> Task<> {
    const std::string url = co_await fixture.make("orders");
    co_await fixture.send(url, "one");
    co_await fixture.send(url, "two");
    const auto reader = fixture.service.source().open(fixture.arn("orders"), "");
    Records records = co_await reader->read({});
    EXPECT_EQ(records.size(), 2U);
    co_await finish(fixture, *reader, {records[0]});
    co_await give_back(fixture, *reader, {records[1]}, std::chrono::seconds(10));
    EXPECT_EQ((co_await reader->read_until({}, fixture.clock->now())).size(), 0U);
    fixture.clock->advance(std::chrono::seconds(10));
    records = co_await reader->read({.visibility = std::chrono::seconds(5)});
    EXPECT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].receives, 2U);
    fixture.clock->advance(std::chrono::seconds(5));
    EXPECT_EQ((co_await reader->read({})).size(), 1U);
  });
}

TEST(QueueSource, RedriveAppliesToItsReaders) {
  with_service([](Fixture& fixture) -> Task<> {
    const std::string dead = co_await fixture.make("dead");
    const std::string url = co_await fixture.make(
        "orders", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + fixture.arn("dead").str() +
                                         R"(","maxReceiveCount":1})"}});
    co_await fixture.send(url, "poison");
    const auto reader = fixture.service.source().open(fixture.arn("orders"), "");
    EXPECT_EQ((co_await reader->read({})).size(), 1U);
    fixture.clock->advance(std::chrono::seconds(30));
    EXPECT_EQ((co_await reader->read_until({}, fixture.clock->now())).size(), 0U);
    const auto messages = co_await fixture.receive(dead);
    EXPECT_EQ(messages.at(0).body, "poison");
    EXPECT_EQ(messages.at(0).attributes->at("DeadLetterQueueSourceArn"), fixture.arn("orders").str());
  });
}

TEST(QueueSource, WhoWaitsGoesByTheNewRedrivePolicy) {
  with_service([](Fixture& fixture) -> Task<> {
    const std::string dead = co_await fixture.make("dead");
    const std::string url = co_await fixture.make("orders");
    co_await fixture.send(url, "poison");
    const auto reader = fixture.service.source().open(fixture.arn("orders"), "");
    EXPECT_EQ((co_await reader->read({})).size(), 1U);
    TaskGroup tasks(fixture.executor);
    std::optional<std::size_t> got;
    tasks.spawn("read", read_into(*reader, got));
    co_await settle(fixture.executor);
    SetQueueAttributesRequest change;
    change.queue_url = url;
    change.attributes["RedrivePolicy"] =
        R"({"deadLetterTargetArn":")" + fixture.arn("dead").str() + R"(","maxReceiveCount":1})";
    co_await fixture.service.SetQueueAttributes(fixture.context, change);
    fixture.clock->advance(std::chrono::seconds(30));
    co_await settle(fixture.executor);
    EXPECT_EQ((co_await fixture.receive(dead)).size(), 1U);
    EXPECT_FALSE(got);
    // And without it when the dead-letter queue is deleted while somebody waits.
    co_await fixture.send(url, "stays");
    co_await tasks.join();
    EXPECT_EQ(got, 1U);
    got.reset();
    tasks.spawn("read", read_into(*reader, got));
    co_await settle(fixture.executor);
    co_await fixture.service.DeleteQueue(fixture.context, {.queue_url = dead});
    fixture.clock->advance(std::chrono::seconds(30));
    co_await tasks.join();
    EXPECT_EQ(got, 1U);
  });
}

TEST(QueueSource, ClosingEndsReads) {
  with_service([](Fixture& fixture) -> Task<> {
    co_await fixture.make("orders");
    const auto reader = fixture.service.source().open(fixture.arn("orders"), "");
    const auto other = fixture.service.source().open(fixture.arn("orders"), "");
    TaskGroup tasks(fixture.executor);
    std::optional<std::size_t> first;
    std::optional<std::size_t> second;
    tasks.spawn("read", read_into(*reader, first));
    tasks.spawn("read", read_into(*other, second));
    co_await settle(fixture.executor);
    reader->close();
    co_await fixture.send("orders", "for the other one");
    co_await tasks.join();
    EXPECT_EQ(first, 0U);
    EXPECT_EQ(second, 1U);
    EXPECT_EQ((co_await reader->read({})).size(), 0U);
  });
}

TEST(QueueSource, OfNoQueue) {
  with_service([](Fixture& fixture) -> Task<> {
    const auto reader = fixture.service.source().open(fixture.arn("none"), "");
    EXPECT_EQ((co_await reader->read({})).size(), 0U);
    const std::string code =
        co_await error_of(fixture.store->transact([&](store::Txn& txn) -> Task<sources::Description> {
          co_return co_await fixture.service.source().describe(txn, fixture.arn("none"));
        }));
    EXPECT_EQ(code, "QueueDoesNotExist");
  });
}

Task<> deliver(Fixture& fixture, targets::Delivery delivery) {
  co_await fixture.store->transact(
      [&](store::Txn& txn) -> Task<> { co_await fixture.service.target().deliver(txn, delivery); });
}

targets::Delivery delivery_to(const Arn& arn) {
  targets::Delivery delivery;
  delivery.to = arn;
  delivery.body = "hello";
  return delivery;
}

TEST(QueueTarget, DeliveriesBecomeMessages) {
  with_service([](Fixture& fixture) -> Task<> {
    const std::string url = co_await fixture.make("orders");
    targets::Delivery delivery = delivery_to(fixture.arn("orders"));
    delivery.attributes["a"] = {"String.Array", R"(["x"])"};
    delivery.attributes["b"] = {"Binary", std::string("\0\1", 2)};
    delivery.trace_header = "Root=1";
    co_await deliver(fixture, delivery);
    const auto messages = co_await fixture.receive(url);
    EXPECT_EQ(messages.at(0).body, "hello");
    EXPECT_EQ(messages.at(0).message_attributes->at("a").string_value, R"(["x"])");
    EXPECT_EQ(messages.at(0).message_attributes->at("b").binary_value, std::string("\0\1", 2));
    EXPECT_EQ(messages.at(0).attributes->at("AWSTraceHeader"), "Root=1");
  });
}

TEST(QueueTarget, FifoQueuesNeedAGroup) {
  with_service([](Fixture& fixture) -> Task<> {
    const std::string url = co_await fixture.make("orders.fifo");
    targets::Delivery delivery = delivery_to(fixture.arn("orders.fifo"));
    EXPECT_EQ(co_await error_of(deliver(fixture, delivery)), "MissingParameter");
    delivery.group_id = "g";
    EXPECT_EQ(co_await error_of(deliver(fixture, delivery)), "InvalidParameterValue");
    delivery.deduplication_id = "d";
    co_await deliver(fixture, delivery);
    co_await deliver(fixture, delivery);
    EXPECT_EQ((co_await fixture.receive(url)).size(), 1U);
    EXPECT_EQ(co_await error_of(deliver(fixture, delivery_to(fixture.arn("none")))), "QueueDoesNotExist");
  });
}

}  // namespace

}  // namespace martlet::sqs
