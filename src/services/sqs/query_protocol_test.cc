// The Query protocol as old clients of SQS speak it: names of lists and maps that differ from those of the
// JSON protocol, and queues that are named by the path.

#include <gtest/gtest.h>

#include "api/sqs/model.h"
#include "api/sqs/types.h"
#include "base/error.h"
#include "wire/endpoint.h"

namespace martlet::sqs {

namespace {

template <class Input>
Input decode(std::string_view operation, std::string_view form, std::string_view path = "/") {
  const wire::RequestView request{.method = "POST", .path = path, .query = {}, .headers = {}, .body = form};
  Input input;
  wire::decode_input(wire::Protocol::kQuery, model(), *model().find_operation(operation), request, &input);
  return input;
}

template <class Output>
std::string encode(std::string_view operation, const Output& output) {
  wire::Answer answer;
  wire::encode_output(wire::Protocol::kQuery, model(), *model().find_operation(operation), &output, "r",
                      answer);
  return answer.body;
}

TEST(SqsQuery, ListsAndMapsByTheirOldNames) {
  const auto sent = decode<SendMessageBatchRequest>(
      "SendMessageBatch",
      "Action=SendMessageBatch&QueueUrl=q&SendMessageBatchRequestEntry.1.Id=a"
      "&SendMessageBatchRequestEntry.1.MessageBody=x%20y"
      "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n"
      "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=Binary"
      "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.BinaryValue=AAE%3D"
      "&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=z");
  ASSERT_EQ(sent.entries.size(), 2U);
  EXPECT_EQ(sent.entries[0].message_body, "x y");
  EXPECT_EQ(sent.entries[0].message_attributes->at("n").binary_value, std::string("\0\1", 2));
  EXPECT_EQ(sent.entries[1].id, "b");

  const auto made = decode<CreateQueueRequest>("CreateQueue",
                                               "Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&"
                                               "Attribute.1.Value=5&Tag.1.Key=k&Tag.1.Value=v");
  EXPECT_EQ(made.attributes->at("DelaySeconds"), "5");
  EXPECT_EQ(made.tags->at("k"), "v");

  const auto asked = decode<GetQueueAttributesRequest>(
      "GetQueueAttributes",
      "Action=GetQueueAttributes&QueueUrl=q&AttributeName.1=All&AttributeName.2=QueueArn");
  EXPECT_EQ(asked.attribute_names, (std::vector<std::string>{"All", "QueueArn"}));
  const auto newer = decode<GetQueueAttributesRequest>(
      "GetQueueAttributes", "Action=GetQueueAttributes&QueueUrl=q&AttributeNames.1=All");
  EXPECT_EQ(newer.attribute_names, std::vector<std::string>{"All"});
}

TEST(SqsQuery, ThePathNamesTheQueue) {
  const std::string_view form = "Action=DeleteQueue";
  EXPECT_EQ(decode<DeleteQueueRequest>("DeleteQueue", form, "/000000000000/q").queue_url, "/000000000000/q");
  EXPECT_EQ(
      decode<DeleteQueueRequest>("DeleteQueue", "Action=DeleteQueue&QueueUrl=x", "/000000000000/q").queue_url,
      "x");
  EXPECT_THROW(decode<DeleteQueueRequest>("DeleteQueue", form), aws::Error);
  // An operation without queue is not harmed by a path.
  EXPECT_EQ(decode<CreateQueueRequest>("CreateQueue", "Action=CreateQueue&QueueName=q", "/x").queue_name,
            "q");
}

TEST(SqsQuery, AnswersByTheirOldNames) {
  GetQueueAttributesResult attributes;
  attributes.attributes.emplace()["DelaySeconds"] = "5";
  EXPECT_NE(encode("GetQueueAttributes", attributes)
                .find("<Attribute><Name>DelaySeconds</Name><Value>5</Value></Attribute>"),
            std::string::npos);
  ListQueuesResult queues;
  queues.queue_urls = {"a", "b"};
  EXPECT_NE(encode("ListQueues", queues).find("<QueueUrl>a</QueueUrl><QueueUrl>b</QueueUrl>"),
            std::string::npos);
  ReceiveMessageResult received;
  received.messages.emplace().emplace_back().body = "x";
  EXPECT_NE(encode("ReceiveMessage", received).find("<Message><Body>x</Body></Message>"), std::string::npos);
}

TEST(SqsQuery, ErrorsByTheirOldCodes) {
  const aws::Error error("QueueDoesNotExist", "no");
  const wire::Answer old = wire::encode_error(wire::Protocol::kQuery, &model(), error, "r");
  EXPECT_NE(old.body.find("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>"), std::string::npos);
  const wire::Answer json = wire::encode_error(wire::Protocol::kAwsJson10, &model(), error, "r");
  EXPECT_NE(json.body.find("QueueDoesNotExist"), std::string::npos);
}

}  // namespace

}  // namespace martlet::sqs
