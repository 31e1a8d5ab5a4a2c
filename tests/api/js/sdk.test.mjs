// The AWS SDK for JavaScript v3 against a running server: $MARTLET_ENDPOINT. test_sdk_javascript.py starts it and puts the
// packages of the functions used here into $MARTLET_PACKAGES.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  StartQueryCommand,
  paginateDescribeLogGroups,
} from "@aws-sdk/client-cloudwatch-logs";
import { AttachRolePolicyCommand, CreateRoleCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  paginateListFunctions,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const settings = {
  endpoint: process.env.MARTLET_ENDPOINT,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
};
const lambda = new LambdaClient(settings);
const logs = new CloudWatchLogsClient(settings);
const iam = new IAMClient(settings);
const sts = new STSClient(settings);

const Role = "arn:aws:iam::000000000000:role/js";
const packaged = (name) => readFileSync(join(process.env.MARTLET_PACKAGES, `${name}.zip`));
const text = (bytes) => new TextDecoder().decode(bytes);

async function deploy(FunctionName, name = "echo", more = {}) {
  const Code = { ZipFile: packaged(name) };
  const Runtime = process.env.MARTLET_PYTHON;
  return lambda.send(new CreateFunctionCommand({ FunctionName, Runtime, Handler: "app.handler", Role, Code, Timeout: 30, ...more }));
}

async function invoke(FunctionName, event, more = {}) {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }));
  return { ...answer, value: JSON.parse(text(answer.Payload)) };
}

test("STS tells who the caller is", async () => {
  const told = await sts.send(new GetCallerIdentityCommand({}));
  assert.deepEqual([told.Account, told.Arn], ["000000000000", "arn:aws:iam::000000000000:root"]);
});

test("IAM roles", async () => {
  const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  const made = await iam.send(new CreateRoleCommand({ RoleName: "js", AssumeRolePolicyDocument: JSON.stringify(policy) }));
  assert.equal(made.Role.Arn, Role);
  assert.ok(made.Role.CreateDate instanceof Date);
  await iam.send(new AttachRolePolicyCommand({ RoleName: "js", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" }));
  const found = await iam.send(new GetRoleCommand({ RoleName: "js" }));
  assert.deepEqual(JSON.parse(decodeURIComponent(found.Role.AssumeRolePolicyDocument)), policy);
  await assert.rejects(iam.send(new GetRoleCommand({ RoleName: "nobody" })), { name: "NoSuchEntityException" });
});

test("a function's life", async () => {
  const made = await deploy("js-life", "echo", { Environment: { Variables: { STAGE: "ü" } } });
  assert.equal(made.$metadata.httpStatusCode, 201);
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName: "js-life" });
  const found = await lambda.send(new GetFunctionCommand({ FunctionName: "js-life" }));
  assert.deepEqual(found.Configuration.Environment.Variables, { STAGE: "ü" });
  const downloaded = await fetch(found.Code.Location);
  assert.deepEqual(Buffer.from(await downloaded.arrayBuffer()), packaged("echo"));

  assert.deepEqual((await invoke("js-life", { n: [1, "✓"] })).value, { n: [1, "✓"] });
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "js-life", ZipFile: packaged("other") }));
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30 }, { FunctionName: "js-life" });
  assert.equal((await invoke("js-life", {})).value, "other");
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "js-life", MemorySize: 256 }));
  assert.equal((await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "js-life" }))).MemorySize, 256);
  await lambda.send(new DeleteFunctionCommand({ FunctionName: "js-life" }));
  await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName: "js-life" })), (error) => {
    assert.equal(error.name, "ResourceNotFoundException");
    assert.equal(error.$metadata.httpStatusCode, 404);
    assert.equal(error.message, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:js-life");
    return true;
  });
});

test("listing in pages", async () => {
  const names = ["js-list-a", "js-list-b", "js-list-c"];
  for (const name of names) await deploy(name);
  const found = [];
  for await (const page of paginateListFunctions({ client: lambda, pageSize: 2 }, {})) {
    found.push(...page.Functions.map((one) => one.FunctionName).filter((name) => name.startsWith("js-list")));
  }
  assert.deepEqual(found, names);
  for (const name of names) await lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
});

test("invoking: dry run, tail, function errors", async () => {
  await deploy("js-invoke", "raises");
  const dry = await lambda.send(new InvokeCommand({ FunctionName: "js-invoke", InvocationType: "DryRun" }));
  assert.equal(dry.StatusCode, 204);
  const answer = await invoke("js-invoke", {}, { LogType: "Tail" });
  assert.equal(answer.StatusCode, 200);
  assert.equal(answer.FunctionError, "Unhandled");
  assert.equal(answer.ExecutedVersion, "$LATEST");
  assert.equal(answer.value.errorType, "ValueError");
  const tail = Buffer.from(answer.LogResult, "base64").toString();
  assert.match(tail, /^START RequestId: [0-9a-f-]{36} Version: \$LATEST\n/);
  assert.match(tail, /\nREPORT RequestId: /);
  await lambda.send(new DeleteFunctionCommand({ FunctionName: "js-invoke" }));
});

test("a streamed answer", async () => {
  const Runtime = `nodejs${process.versions.node.split(".")[0]}.x`;
  await deploy("js-stream", "streams", { Runtime });
  const stream = async (event) => {
    const Payload = JSON.stringify(event);
    const answer = await lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: "js-stream", Payload, LogType: "Tail" }));
    assert.deepEqual([answer.StatusCode, answer.ExecutedVersion], [200, "$LATEST"]);
    const pieces = [];
    let complete;
    for await (const event of answer.EventStream) {
      if (event.PayloadChunk) pieces.push(text(event.PayloadChunk.Payload));
      if (event.InvokeComplete) complete = event.InvokeComplete;
    }
    return { body: pieces.join(""), complete };
  };
  const whole = await stream({});
  assert.equal(whole.body, "first second");
  assert.equal(whole.complete.ErrorCode, undefined);
  assert.match(atob(whole.complete.LogResult), /REPORT RequestId/);
  const broken = await stream({ fail: true });
  assert.deepEqual([broken.body, broken.complete.ErrorCode], ["first ", "Unhandled"]);
  assert.equal(JSON.parse(broken.complete.ErrorDetails).errorMessage, "half-way");
  await assert.rejects(lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: "nobody" })), { name: "ResourceNotFoundException" });
  await lambda.send(new DeleteFunctionCommand({ FunctionName: "js-stream" }));
});

test("errors carry the names that the SDK knows", async () => {
  await deploy("js-taken");
  await assert.rejects(deploy("js-taken"), { name: "ResourceConflictException", Type: "User" });
  await lambda.send(new DeleteFunctionCommand({ FunctionName: "js-taken" }));
  const Code = { ZipFile: new Uint8Array([1, 2, 3]) };
  const broken = { FunctionName: "js-broken", Runtime: process.env.MARTLET_PYTHON, Handler: "a.b", Role, Code };
  await assert.rejects(lambda.send(new CreateFunctionCommand(broken)), { name: "InvalidParameterValueException" });
  await assert.rejects(lambda.send(new ListEventSourceMappingsCommand({})), (error) => {
    assert.equal(error.name, "NotImplemented");
    assert.match(error.message, /ListEventSourceMappings/);
    return true;
  });
  await assert.rejects(logs.send(new StartQueryCommand({ startTime: 1, endTime: 2, queryString: "x", logGroupName: "g" })), {
    name: "NotImplemented",
  });
});

test("log groups, streams and events", async () => {
  const logGroupName = "/js/group";
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await assert.rejects(logs.send(new CreateLogGroupCommand({ logGroupName })), { name: "ResourceAlreadyExistsException" });
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "one" }));
  const timestamp = Date.now();
  const logEvents = [
    { timestamp, message: 'INFO {"level": "not json"}' },
    { timestamp: timestamp + 1, message: '{"level": "error", "code": 500}' },
    { timestamp: timestamp + 2, message: "ERROR something ✓ broke" },
  ];
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: "one", logEvents }));
  const got = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: "one", startFromHead: true }));
  assert.deepEqual(got.events.map(({ timestamp, message }) => ({ timestamp, message })), logEvents);
  const filter = async (filterPattern) => {
    const found = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern }));
    return found.events.map((event) => logEvents.findIndex((one) => one.message === event.message));
  };
  assert.deepEqual(await filter("ERROR"), [2]);
  assert.deepEqual(await filter('{ $.code >= 500 && $.level = "error" }'), [1]);
  assert.deepEqual(await filter('"something ✓"'), [2]);
  const streams = await logs.send(new DescribeLogStreamsCommand({ logGroupName }));
  assert.deepEqual(streams.logStreams.map((stream) => stream.logStreamName), ["one"]);
  const groups = [];
  for await (const page of paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix: "/js/" })) groups.push(...page.logGroups);
  assert.deepEqual(groups.map((group) => [group.logGroupName, group.retentionInDays]), [[logGroupName, 7]]);
  await logs.send(new DeleteLogGroupCommand({ logGroupName }));
});
