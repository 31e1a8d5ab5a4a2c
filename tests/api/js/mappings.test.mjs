// Event source mappings: their life, their settings, lists and refusals. Queues are made and watched over plain HTTP.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { arnOf, clientOf, operationsOf } from "./suite.mjs";

const account = "888899990000";
const { call, refused, pages, deploy } = operationsOf(clientOf(account));
const FunctionName = "js-mapped";
const unknown = "00000000-0000-0000-0000-000000000000";
const queueArn = (name) => `arn:aws:sqs:us-east-1:${account}:${name}`;

async function sqs(operation, document) {
  const answer = await fetch(process.env.MARTLET_ENDPOINT, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `AmazonSQS.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(document),
  });
  const body = await answer.text();
  assert.equal(answer.status, 200, `${operation}: ${body}`);
  return body ? JSON.parse(body) : {};
}

const makeQueue = async (QueueName) => (await sqs("CreateQueue", { QueueName })).QueueUrl;

async function until(what, condition) {
  const deadline = Date.now() + 20000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `did not happen: ${what}`);
    await new Promise((go) => setTimeout(go, 20));
  }
}

const isGone = (UUID) => () =>
  call("GetEventSourceMapping", { UUID }).then(
    () => false,
    (error) => error.name === "ResourceNotFoundException" || Promise.reject(error),
  );

async function forget(UUID) {
  await call("DeleteEventSourceMapping", { UUID });
  await until("the mapping is gone", isGone(UUID));
}

before(async () => {
  await makeQueue("js-first");
  await makeQueue("js-second");
  await deploy(FunctionName);
});
after(() => call("DeleteFunction", { FunctionName }));

test("a mapping from its creation to its end", async () => {
  const created = await call("CreateEventSourceMapping", {
    EventSourceArn: queueArn("js-first"),
    FunctionName,
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 5,
    FilterCriteria: { Filters: [{ Pattern: '{"body": {"kind": ["order"]}}' }] },
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    ScalingConfig: { MaximumConcurrency: 7 },
    MetricsConfig: { Metrics: ["EventCount"] },
    Tags: { team: "a" },
  });
  const { UUID } = created;
  assert.equal(created.$metadata.httpStatusCode, 202);
  assert.equal(created.State, "Creating");
  assert.equal(created.FunctionArn, arnOf(FunctionName, account));
  assert.ok(created.LastModified instanceof Date);

  const got = await call("GetEventSourceMapping", { UUID });
  assert.equal(got.State, "Enabled");
  assert.equal(got.BatchSize, 100);
  assert.equal(got.MaximumBatchingWindowInSeconds, 5);
  assert.deepEqual(got.FilterCriteria, { Filters: [{ Pattern: '{"body": {"kind": ["order"]}}' }] });
  assert.deepEqual(got.FunctionResponseTypes, ["ReportBatchItemFailures"]);
  assert.deepEqual(got.ScalingConfig, { MaximumConcurrency: 7 });
  assert.deepEqual(got.MetricsConfig, { Metrics: ["EventCount"] });
  assert.equal(got.EventSourceMappingArn, `arn:aws:lambda:us-east-1:${account}:event-source-mapping:${UUID}`);
  assert.deepEqual((await call("ListTags", { Resource: got.EventSourceMappingArn })).Tags, { team: "a" });

  const updated = await call("UpdateEventSourceMapping", { UUID, Enabled: false, FilterCriteria: {} });
  assert.equal(updated.State, "Disabling");
  await until("it is disabled", async () => (await call("GetEventSourceMapping", { UUID })).State === "Disabled");
  assert.equal((await call("GetEventSourceMapping", { UUID })).FilterCriteria, undefined);

  const deleted = await call("DeleteEventSourceMapping", { UUID });
  assert.equal(deleted.State, "Deleting");
  assert.equal(deleted.$metadata.httpStatusCode, 202);
  await until("it is gone", isGone(UUID));
});

test("lists come in pages and by source and function", async () => {
  const made = [];
  for (const queue of ["js-first", "js-second"])
    made.push((await call("CreateEventSourceMapping", { EventSourceArn: queueArn(queue), FunctionName })).UUID);
  const listed = async (filter) =>
    (await call("ListEventSourceMappings", filter)).EventSourceMappings.map((one) => one.UUID).sort();
  assert.deepEqual((await pages("ListEventSourceMappings", { FunctionName }, "EventSourceMappings")).map((one) => one.UUID), [
    ...made,
  ].sort());
  assert.deepEqual(await listed({ EventSourceArn: queueArn("js-second") }), [made[1]]);
  assert.deepEqual(await listed({ FunctionName: "js-nobody" }), []);
  for (const UUID of made) await forget(UUID);
});

test("what cannot be created or changed", async () => {
  const EventSourceArn = queueArn("js-first");
  const { UUID } = await call("CreateEventSourceMapping", { EventSourceArn, FunctionName });
  const create = (name, input) => refused(name, "CreateEventSourceMapping", { EventSourceArn, FunctionName, ...input });
  await create("ResourceConflictException", {});
  await create("ResourceNotFoundException", { FunctionName: "js-nobody" });
  await create("InvalidParameterValueException", { EventSourceArn: queueArn("js-nowhere") });
  await create("InvalidParameterValueException", { StartingPosition: "LATEST" });

  const update = (name, input) => refused(name, "UpdateEventSourceMapping", { UUID, ...input });
  await update("InvalidParameterValueException", { BatchSize: 11 });
  await update("InvalidParameterValueException", { FilterCriteria: { Filters: [{ Pattern: "{" }] } });
  await update("ResourceNotFoundException", { FunctionName: "js-nobody" });
  await deploy("js-mapped-too");
  const twin = await call("CreateEventSourceMapping", { EventSourceArn, FunctionName: "js-mapped-too" });
  await update("ResourceConflictException", { FunctionName: "js-mapped-too" });
  assert.equal((await call("GetEventSourceMapping", { UUID })).BatchSize, 10);
  for (const one of [UUID, twin.UUID]) await forget(one);
  await call("DeleteFunction", { FunctionName: "js-mapped-too" });

  for (const operation of ["Get", "Update", "Delete"])
    await refused("ResourceNotFoundException", `${operation}EventSourceMapping`, { UUID: unknown });
});

test("a mapping that is being deleted is in use until its batch has ended", async () => {
  const QueueUrl = await makeQueue("js-busy");
  await deploy("js-busy", "sleeps");
  const { UUID } = await call("CreateEventSourceMapping", { EventSourceArn: queueArn("js-busy"), FunctionName: "js-busy" });
  await sqs("SendMessage", { QueueUrl, MessageBody: "x" });
  const attribute = async (name) =>
    Number((await sqs("GetQueueAttributes", { QueueUrl, AttributeNames: [name] })).Attributes[name]);
  await until("its batch is under way", async () => (await attribute("ApproximateNumberOfMessagesNotVisible")) === 1);
  await call("DeleteEventSourceMapping", { UUID });
  assert.equal((await call("GetEventSourceMapping", { UUID })).State, "Deleting");
  await refused("ResourceInUseException", "DeleteEventSourceMapping", { UUID });
  await refused("ResourceInUseException", "UpdateEventSourceMapping", { UUID, Enabled: false });
  await until("it is gone", isGone(UUID));
  assert.equal(await attribute("ApproximateNumberOfMessagesNotVisible"), 0);
  assert.equal(await attribute("ApproximateNumberOfMessages"), 0);
  await call("DeleteFunction", { FunctionName: "js-busy" });
});
