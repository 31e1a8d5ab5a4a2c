#include "services/sqs/queue_url.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace martlet::sqs {

namespace {

constexpr const char* kAccount = "123456789012";

void expect_address(const std::string& url, const QueueAddress& expected) {
  const auto found = parse_queue_url(url);
  ASSERT_TRUE(found) << url;
  EXPECT_EQ(found->region, expected.region) << url;
  EXPECT_EQ(found->account, expected.account) << url;
  EXPECT_EQ(found->name, expected.name) << url;
}

TEST(QueueUrl, ReadsEveryFormThatClientsHave) {
  const QueueAddress open{.region = "", .account = kAccount, .name = "orders"};
  const QueueAddress placed{.region = "eu-west-1", .account = kAccount, .name = "orders"};
  expect_address("http://localhost:4566/123456789012/orders", open);
  expect_address("http://127.0.0.1:4566/123456789012/orders", open);
  expect_address("/123456789012/orders", open);
  expect_address("123456789012/orders", open);
  expect_address("http://localhost:4566/queue/eu-west-1/123456789012/orders", placed);
  expect_address("/queue/eu-west-1/123456789012/orders", placed);
  expect_address("http://sqs.eu-west-1.localhost.localstack.cloud:4566/123456789012/orders", placed);
  expect_address("https://sqs.eu-west-1.amazonaws.com/123456789012/orders", placed);
  expect_address("HTTPS://SQS.EU-WEST-1.AMAZONAWS.COM/123456789012/orders", placed);
  expect_address("https://eu-west-1.queue.amazonaws.com/123456789012/orders", placed);
  expect_address("http://queue.localhost.localstack.cloud:4566/123456789012/orders", open);
  expect_address("https://queue.amazonaws.com/123456789012/orders",
                 {.region = "us-east-1", .account = kAccount, .name = "orders"});
  expect_address("orders.fifo", {.region = "", .account = "", .name = "orders.fifo"});
}

TEST(QueueUrl, RefusesWhatIsNone) {
  for (const char* url :
       {"", "/", "http://localhost:4566", "http://localhost:4566/", "ftp://localhost/123456789012/q",
        "http://localhost:4566/orders/queue", "http://localhost:4566/123456789012/",
        "http://localhost:4566/123456789012/a/b", "/12345/orders", "http:///123456789012/q"})
    EXPECT_FALSE(parse_queue_url(url)) << url;
}

TEST(QueueUrl, TakesFromTheRequestWhatTheUrlLeavesOpen) {
  wire::Context context;
  context.account = "000000000000";
  context.region = "us-west-2";
  context.base_url = "http://localhost:4566";
  EXPECT_EQ(queue_of_url(context, "orders"), (QueueName{"000000000000", "us-west-2", "orders"}));
  EXPECT_EQ(queue_of_url(context, "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"),
            (QueueName{kAccount, "eu-west-1", "orders"}));
  EXPECT_EQ(url_of(context, {kAccount, "us-west-2", "orders"}), "http://localhost:4566/123456789012/orders");
  EXPECT_THROW(queue_of_url(context, "http://localhost/x/y/z"), aws::Error);
}

TEST(QueueUrl, NamesOfQueues) {
  EXPECT_TRUE(is_queue_name("Orders-2_new"));
  EXPECT_TRUE(is_queue_name("orders.fifo"));
  EXPECT_TRUE(is_queue_name(std::string(80, 'a')));
  EXPECT_FALSE(is_queue_name(std::string(81, 'a')));
  EXPECT_FALSE(is_queue_name(std::string(76, 'a') + ".fifo"));
  for (const char* name : {"", ".fifo", "a.b", "a b", "a.fifo.fifo", "\xC3\xA9"})
    EXPECT_FALSE(is_queue_name(name)) << name;
}

TEST(QueueUrl, Arns) {
  const QueueName name{kAccount, "eu-west-1", "orders"};
  EXPECT_EQ(arn_of("aws", name), "arn:aws:sqs:eu-west-1:123456789012:orders");
  EXPECT_EQ(queue_of_arn(std::string_view("arn:aws:sqs:eu-west-1:123456789012:orders")), name);
  for (const char* arn : {"orders", "arn:aws:sns:eu-west-1:123456789012:orders",
                          "arn:aws:sqs:eu-west-1::orders", "arn:aws:sqs:eu-west-1:123456789012:a/b"})
    EXPECT_FALSE(queue_of_arn(std::string_view(arn))) << arn;
}

}  // namespace

}  // namespace martlet::sqs
