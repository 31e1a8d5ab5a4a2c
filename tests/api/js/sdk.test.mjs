// STS, IAM and CloudWatch Logs with the AWS SDK for JavaScript v3 against a running server, $MARTLET_ENDPOINT.

import assert from "node:assert/strict";
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
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const settings = {
  endpoint: process.env.MARTLET_ENDPOINT,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
};
const logs = new CloudWatchLogsClient(settings);
const iam = new IAMClient(settings);
const sts = new STSClient(settings);

const Role = "arn:aws:iam::000000000000:role/js";

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

test("operations that are not built say so", async () => {
  const query = { startTime: 1, endTime: 2, queryString: "x", logGroupName: "g" };
  await assert.rejects(logs.send(new StartQueryCommand(query)), { name: "NotImplemented", message: /StartQuery/ });
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
