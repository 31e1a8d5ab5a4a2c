// SQS: every operation, and errors by their classes. The SDK itself checks the MD5 of what it receives.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import * as sdk from "@aws-sdk/client-sqs";

import { messagingOf } from "./messaging.mjs";

const account = "666677770001";
const { call, refused, pages, notShown } = messagingOf(sdk, sdk.SQSClient, account);
const arnOf = (name) => `arn:aws:sqs:us-east-1:${account}:${name}`;
const make = async (QueueName, Attributes = {}, tags = {}) => (await call("CreateQueue", { QueueName, Attributes, tags })).QueueUrl;
const receive = async (QueueUrl, more = {}) => (await call("ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10, ...more })).Messages ?? [];

after(() => assert.deepEqual(notShown(), [], "operations that no test has called"));

test("queues, their attributes, tags and permissions", async () => {
  const QueueUrl = await make("js-queue", { DelaySeconds: "0", VisibilityTimeout: "43200" }, { team: "shop" });
  assert.equal((await call("GetQueueUrl", { QueueName: "js-queue" })).QueueUrl, QueueUrl);
  await call("SetQueueAttributes", { QueueUrl, Attributes: { VisibilityTimeout: "7", KmsMasterKeyId: "alias/aws/sqs" } });
  const { Attributes } = await call("GetQueueAttributes", { QueueUrl, AttributeNames: ["VisibilityTimeout", "KmsMasterKeyId", "QueueArn"] });
  assert.deepEqual(Attributes, { VisibilityTimeout: "7", KmsMasterKeyId: "alias/aws/sqs", QueueArn: arnOf("js-queue") });
  await call("TagQueue", { QueueUrl, Tags: { stage: "test" } });
  await call("UntagQueue", { QueueUrl, TagKeys: ["team"] });
  assert.deepEqual((await call("ListQueueTags", { QueueUrl })).Tags, { stage: "test" });
  await call("AddPermission", { QueueUrl, Label: "one", AWSAccountIds: ["111122223333"], Actions: ["SendMessage"] });
  await call("RemovePermission", { QueueUrl, Label: "one" });
  const second = await make("js-queue-2");
  assert.deepEqual((await pages("ListQueues", { QueueNamePrefix: "js-queue" }, "QueueUrls")).sort(), [QueueUrl, second].sort());
  await call("DeleteQueue", { QueueUrl: second });
  await refused(sdk.QueueDeletedRecently, "CreateQueue", { QueueName: "js-queue-2" });
  await refused(sdk.QueueNameExists, "CreateQueue", { QueueName: "js-queue", Attributes: { VisibilityTimeout: "9" } });
  await refused(sdk.QueueDoesNotExist, "GetQueueUrl", { QueueName: "js-queue-2" });
  await refused(sdk.InvalidAttributeName, "SetQueueAttributes", { QueueUrl, Attributes: { Colour: "red" } });
  await refused(sdk.InvalidAttributeValue, "SetQueueAttributes", { QueueUrl, Attributes: { VisibilityTimeout: "43201" } });
});

test("messages, one by one", async () => {
  const QueueUrl = await make("js-messages");
  const MessageAttributes = {
    text: { DataType: "String", StringValue: "grün ✓" },
    number: { DataType: "Number.int", StringValue: "-12.5e3" },
    bytes: { DataType: "Binary.png", BinaryValue: new Uint8Array([0, 255, 128]) },
  };
  const sent = await call("SendMessage", { QueueUrl, MessageBody: "é€😀\t\n", MessageAttributes });
  const [message] = await receive(QueueUrl, { MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] });
  assert.deepEqual([message.Body, message.MessageId], ["é€😀\t\n", sent.MessageId]);
  assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.deepEqual([...message.MessageAttributes.bytes.BinaryValue], [0, 255, 128]);
  assert.equal(message.Attributes.ApproximateReceiveCount, "1");
  const { ReceiptHandle } = message;
  await call("ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
  await refused(sdk.MessageNotInflight, "ChangeMessageVisibility", { QueueUrl, ReceiptHandle, VisibilityTimeout: 5 });
  const [again] = await receive(QueueUrl);
  await call("DeleteMessage", { QueueUrl, ReceiptHandle: again.ReceiptHandle });
  assert.deepEqual(await receive(QueueUrl), []);
  await refused(sdk.InvalidMessageContents, "SendMessage", { QueueUrl, MessageBody: "\u0001" });
  await refused(sdk.ReceiptHandleIsInvalid, "DeleteMessage", { QueueUrl, ReceiptHandle: "none" });
  await call("SendMessage", { QueueUrl, MessageBody: "gone soon" });
  await call("PurgeQueue", { QueueUrl });
  assert.deepEqual(await receive(QueueUrl), []);
  await refused(sdk.PurgeQueueInProgress, "PurgeQueue", { QueueUrl });
});

test("batches", async () => {
  const QueueUrl = await make("js-batches");
  const Entries = [{ Id: "a", MessageBody: "1" }, { Id: "b", MessageBody: "2" }, { Id: "c", MessageBody: "" }];
  const sent = await call("SendMessageBatch", { QueueUrl, Entries });
  assert.deepEqual([sent.Successful.map((one) => one.Id), sent.Failed.map((one) => [one.Id, one.SenderFault])], [["a", "b"], [["c", true]]]);
  const handles = (await receive(QueueUrl)).map(({ ReceiptHandle }, index) => ({ Id: `m${index}`, ReceiptHandle }));
  const changed = handles.map((entry) => ({ ...entry, VisibilityTimeout: 60 }));
  assert.equal((await call("ChangeMessageVisibilityBatch", { QueueUrl, Entries: changed })).Successful.length, 2);
  const deleted = await call("DeleteMessageBatch", { QueueUrl, Entries: [...handles, { Id: "x", ReceiptHandle: "none" }] });
  assert.deepEqual([deleted.Successful.length, deleted.Failed.map((one) => one.Code)], [2, ["ReceiptHandleIsInvalid"]]);
  await refused(sdk.EmptyBatchRequest, "SendMessageBatch", { QueueUrl, Entries: [] });
  await refused(sdk.BatchEntryIdsNotDistinct, "SendMessageBatch", { QueueUrl, Entries: [Entries[0], Entries[0]] });
  await refused(sdk.InvalidBatchEntryId, "SendMessageBatch", { QueueUrl, Entries: [{ Id: "no/id", MessageBody: "1" }] });
  const eleven = Array.from({ length: 11 }, (_, i) => ({ Id: `${i}`, MessageBody: "x" }));
  await refused(sdk.TooManyEntriesInBatchRequest, "SendMessageBatch", { QueueUrl, Entries: eleven });
  const large = [{ Id: "a", MessageBody: "x".repeat(600_000) }, { Id: "b", MessageBody: "x".repeat(600_000) }];
  await refused(sdk.BatchRequestTooLong, "SendMessageBatch", { QueueUrl, Entries: large });
  await call("SendMessageBatch", { QueueUrl, Entries: [{ Id: "a", MessageBody: "x".repeat(1024 * 1024) }] });
  assert.equal((await receive(QueueUrl))[0].Body.length, 1024 * 1024);
});

test("FIFO queues", async () => {
  const QueueUrl = await make("js.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const first = await call("SendMessage", { QueueUrl, MessageBody: "1", MessageGroupId: "g" });
  const same = await call("SendMessage", { QueueUrl, MessageBody: "1", MessageGroupId: "g" });
  assert.deepEqual([same.MessageId, same.SequenceNumber], [first.MessageId, first.SequenceNumber]);
  await call("SendMessage", { QueueUrl, MessageBody: "2", MessageGroupId: "g" });
  const got = await receive(QueueUrl, { ReceiveRequestAttemptId: "attempt" });
  assert.deepEqual(got.map((one) => one.Body), ["1", "2"]);
  const again = await receive(QueueUrl, { ReceiveRequestAttemptId: "attempt" });
  assert.deepEqual(again.map((one) => one.MessageId), got.map((one) => one.MessageId));
  await refused("MissingParameter", "SendMessage", { QueueUrl, MessageBody: "3" });
});

test("dead-letter queues and move tasks", async () => {
  const dead = await make("js-dead");
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf("js-dead"), maxReceiveCount: 1 });
  const QueueUrl = await make("js-source", { RedrivePolicy, VisibilityTimeout: "0" });
  assert.deepEqual(await pages("ListDeadLetterSourceQueues", { QueueUrl: dead }, "queueUrls"), [QueueUrl]);
  for (const MessageBody of ["1", "2"]) await call("SendMessage", { QueueUrl, MessageBody });
  assert.equal((await receive(QueueUrl)).length, 2);
  assert.equal((await receive(QueueUrl)).length, 0);
  const task = { SourceArn: arnOf("js-dead"), DestinationArn: arnOf("js-source"), MaxNumberOfMessagesPerSecond: 1 };
  const { TaskHandle } = await call("StartMessageMoveTask", task);
  await refused(sdk.UnsupportedOperation, "StartMessageMoveTask", task);
  const [running] = (await call("ListMessageMoveTasks", { SourceArn: arnOf("js-dead") })).Results;
  assert.deepEqual([running.Status, running.TaskHandle], ["RUNNING", TaskHandle]);
  await call("CancelMessageMoveTask", { TaskHandle });
  await refused(sdk.UnsupportedOperation, "CancelMessageMoveTask", { TaskHandle });
  await refused(sdk.ResourceNotFoundException, "ListMessageMoveTasks", { SourceArn: arnOf("js-missing") });
});
