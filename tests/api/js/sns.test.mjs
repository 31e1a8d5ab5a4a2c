// SNS: every operation that is built, and errors by their classes.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import * as sdk from "@aws-sdk/client-sns";
import * as queues from "@aws-sdk/client-sqs";

import { messagingOf } from "./messaging.mjs";

const account = "666677770002";
const { call, refused, pages, notShown } = messagingOf(sdk, sdk.SNSClient, account);
const sqs = messagingOf(queues, queues.SQSClient, account);
const NOT_BUILT = `
  PutDataProtectionPolicy GetDataProtectionPolicy CreatePlatformApplication DeletePlatformApplication
  GetPlatformApplicationAttributes SetPlatformApplicationAttributes ListPlatformApplications CreatePlatformEndpoint
  DeleteEndpoint GetEndpointAttributes SetEndpointAttributes ListEndpointsByPlatformApplication
`.trim().split(/\s+/);
const make = async (Name, more = {}) => (await call("CreateTopic", { Name, ...more })).TopicArn;
const outbox = async (to) => (await fetch(`${process.env.MARTLET_ENDPOINT}/_martlet/outbox?to=${encodeURIComponent(to)}`)).json();

/** A queue that a topic delivers to: its URL and the subscription. */
async function subscribed(TopicArn, QueueName, Attributes = {}, queueAttributes = {}) {
  const { QueueUrl } = await sqs.call("CreateQueue", { QueueName, Attributes: queueAttributes });
  const Endpoint = `arn:aws:sqs:us-east-1:${account}:${QueueName}`;
  const { SubscriptionArn } = await call("Subscribe", { TopicArn, Protocol: "sqs", Endpoint, Attributes, ReturnSubscriptionArn: true });
  return { QueueUrl, SubscriptionArn };
}
const received = async (QueueUrl) =>
  (await sqs.call("ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] })).Messages ?? [];

after(() => assert.deepEqual(notShown(NOT_BUILT), [], "operations that no test has called"));

test("topics, their attributes, tags and permissions", async () => {
  const TopicArn = await make("js-topic", { Tags: [{ Key: "team", Value: "shop" }] });
  await call("SetTopicAttributes", { TopicArn, AttributeName: "DisplayName", AttributeValue: "Shop" });
  const { Attributes } = await call("GetTopicAttributes", { TopicArn });
  assert.deepEqual([Attributes.DisplayName, Attributes.Owner], ["Shop", account]);
  await call("TagResource", { ResourceArn: TopicArn, Tags: [{ Key: "stage", Value: "test" }] });
  await call("UntagResource", { ResourceArn: TopicArn, TagKeys: ["team"] });
  assert.deepEqual((await call("ListTagsForResource", { ResourceArn: TopicArn })).Tags, [{ Key: "stage", Value: "test" }]);
  await call("AddPermission", { TopicArn, Label: "one", AWSAccountId: ["111122223333"], ActionName: ["Publish"] });
  await call("RemovePermission", { TopicArn, Label: "one" });
  const arns = (await pages("ListTopics", {}, "Topics")).map((topic) => topic.TopicArn);
  assert.ok(arns.includes(TopicArn), arns);
  const missing = TopicArn + "-missing";
  await refused(sdk.NotFoundException, "GetTopicAttributes", { TopicArn: missing });
  await refused(sdk.NotFoundException, "Publish", { TopicArn: missing, Message: "x" });
  await refused(sdk.ResourceNotFoundException, "ListTagsForResource", { ResourceArn: missing });
  await refused(sdk.InvalidParameterException, "CreateTopic", { Name: "not a name" });
  await refused(sdk.InvalidParameterException, "SetTopicAttributes", { TopicArn, AttributeName: "Colour", AttributeValue: "red" });
  await call("DeleteTopic", { TopicArn });
});

test("subscriptions", async () => {
  const TopicArn = await make("js-subscriptions");
  const { SubscriptionArn } = await subscribed(TopicArn, "js-subscribed", { RawMessageDelivery: "true" });
  await call("SetSubscriptionAttributes", { SubscriptionArn, AttributeName: "FilterPolicy", AttributeValue: '{"kind":["a"]}' });
  const { Attributes } = await call("GetSubscriptionAttributes", { SubscriptionArn });
  assert.deepEqual([Attributes.FilterPolicy, Attributes.RawMessageDelivery], ['{"kind":["a"]}', "true"]);
  for (const [operation, input] of [["ListSubscriptions", {}], ["ListSubscriptionsByTopic", { TopicArn }]]) {
    const found = await pages(operation, input, "Subscriptions");
    assert.ok(found.some((one) => one.SubscriptionArn === SubscriptionArn), operation);
  }
  const pending = await call("Subscribe", { TopicArn, Protocol: "email", Endpoint: "js@example.com" });
  assert.equal(pending.SubscriptionArn, "pending confirmation");
  const [mail] = await outbox("js@example.com");
  const [, Token] = mail.body.match(/Token=([0-9a-f]+)/);
  const confirmed = await call("ConfirmSubscription", { TopicArn, Token });
  assert.ok(confirmed.SubscriptionArn.startsWith(TopicArn + ":"));
  await call("Unsubscribe", { SubscriptionArn });
  await refused(sdk.NotFoundException, "GetSubscriptionAttributes", { SubscriptionArn });
  await refused(sdk.InvalidParameterException, "Subscribe", { TopicArn, Protocol: "sqs", Endpoint: "none" });
});

test("messages, one and in batches", async () => {
  const TopicArn = await make("js-messages");
  const { QueueUrl } = await subscribed(TopicArn, "js-messages", { RawMessageDelivery: "true", FilterPolicy: '{"n":[{"numeric":[">",1]}]}' });
  const n = (StringValue) => ({ n: { DataType: "Number", StringValue }, bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) } });
  await call("Publish", { TopicArn, Message: "small", MessageAttributes: n("1") });
  await call("Publish", { TopicArn, Message: "large ✓", MessageAttributes: n("2") });
  const batch = [
    { Id: "a", Message: "3", MessageAttributes: n("3") },
    { Id: "b", Message: "" },
  ];
  const { Successful, Failed } = await call("PublishBatch", { TopicArn, PublishBatchRequestEntries: batch });
  assert.deepEqual([Successful.map((one) => one.Id), Failed.map((one) => [one.Id, one.SenderFault])], [["a"], [["b", true]]]);
  const messages = await received(QueueUrl);
  assert.deepEqual(messages.map((one) => one.Body), ["large ✓", "3"]);
  assert.deepEqual([...messages[0].MessageAttributes.bytes.BinaryValue], [0, 255]);
  await refused(sdk.EmptyBatchRequestException, "PublishBatch", { TopicArn, PublishBatchRequestEntries: [] });
  const twice = [batch[0], batch[0]];
  await refused(sdk.BatchEntryIdsNotDistinctException, "PublishBatch", { TopicArn, PublishBatchRequestEntries: twice });
  await refused(sdk.InvalidParameterException, "Publish", { TopicArn, Message: "" });
});

test("a FIFO topic keeps order and takes a message once", async () => {
  const TopicArn = await make("js.fifo", { Attributes: { FifoTopic: "true", ContentBasedDeduplication: "true" } });
  const { QueueUrl } = await subscribed(TopicArn, "js-topic.fifo", { RawMessageDelivery: "true" }, { FifoQueue: "true" });
  for (const Message of ["1", "2", "1", "3"]) {
    const { SequenceNumber } = await call("Publish", { TopicArn, Message, MessageGroupId: "g" });
    assert.match(SequenceNumber, /^\d{20}$/);
  }
  assert.deepEqual((await received(QueueUrl)).map((one) => [one.Body, one.Attributes.MessageGroupId]), [["1", "g"], ["2", "g"], ["3", "g"]]);
});

test("text messages", async () => {
  const phoneNumber = "+4915112345678";
  await call("SetSMSAttributes", { attributes: { DefaultSMSType: "Transactional" } });
  assert.equal((await call("GetSMSAttributes")).attributes.DefaultSMSType, "Transactional");
  await call("Publish", { PhoneNumber: phoneNumber, Message: "your code" });
  assert.deepEqual((await outbox(phoneNumber)).map((one) => one.body), ["your code"]);
  assert.equal((await call("CheckIfPhoneNumberIsOptedOut", { phoneNumber })).isOptedOut, false);
  assert.deepEqual((await call("ListPhoneNumbersOptedOut")).phoneNumbers ?? [], []);
  await call("OptInPhoneNumber", { phoneNumber });
  await call("GetSMSSandboxAccountStatus");
  await call("CreateSMSSandboxPhoneNumber", { PhoneNumber: phoneNumber });
  assert.equal((await call("ListSMSSandboxPhoneNumbers")).PhoneNumbers.length, 1);
  await call("VerifySMSSandboxPhoneNumber", { PhoneNumber: phoneNumber, OneTimePassword: "123456" });
  await call("DeleteSMSSandboxPhoneNumber", { PhoneNumber: phoneNumber });
  await call("ListOriginationNumbers");
});

test("operations that are not built say so", async () => {
  await refused("NotImplemented", "ListPlatformApplications");
});
