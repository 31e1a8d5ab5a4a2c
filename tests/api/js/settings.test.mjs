// What belongs to functions: event invoke configurations, URLs, runtime management, recursion, scaling, tags.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { arnOf, clientOf, operationsOf } from "./suite.mjs";

const { call, refused, pages, deploy } = operationsOf(clientOf());
const FunctionName = "js-settings";
const arn = arnOf(FunctionName);

before(async () => {
  await deploy(FunctionName, "echo", { Publish: true });
  for (const Name of ["a", "b"]) await call("CreateAlias", { FunctionName, Name, FunctionVersion: "1" });
});
after(() => call("DeleteFunction", { FunctionName }));

test("event invoke configurations", async () => {
  for (const Qualifier of ["1", "a"]) await call("PutFunctionEventInvokeConfig", { FunctionName, Qualifier, MaximumRetryAttempts: 1 });
  const found = await pages("ListFunctionEventInvokeConfigs", { FunctionName }, "FunctionEventInvokeConfigs");
  assert.deepEqual(found.map((one) => one.FunctionArn).sort(), [`${arn}:1`, `${arn}:a`]);
  const OnFailure = { Destination: "arn:aws:sqs:us-east-1:000000000000:failed" };
  const updated = await call("UpdateFunctionEventInvokeConfig", { FunctionName, Qualifier: "a", DestinationConfig: { OnFailure } });
  assert.deepEqual([updated.MaximumRetryAttempts, updated.DestinationConfig.OnFailure], [1, OnFailure]);
  const got = await call("GetFunctionEventInvokeConfig", { FunctionName, Qualifier: "a" });
  assert.ok(got.LastModified instanceof Date);
  for (const Qualifier of ["1", "a"]) await call("DeleteFunctionEventInvokeConfig", { FunctionName, Qualifier });

  const one = { FunctionName, Qualifier: "a" };
  for (const operation of ["GetFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"]) await refused("ResourceNotFoundException", operation, one);
  await refused("ResourceNotFoundException", "UpdateFunctionEventInvokeConfig", { ...one, MaximumRetryAttempts: 0 });
  for (const operation of ["PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"]) {
    await refused("InvalidParameterValueException", operation, one);
    await refused("ValidationException", operation, { ...one, MaximumRetryAttempts: 3 });
  }
  const self = { OnSuccess: { Destination: arn } };
  await refused("InvalidParameterValueException", "PutFunctionEventInvokeConfig", { ...one, DestinationConfig: self });
});

test("function URLs", async () => {
  const made = await call("CreateFunctionUrlConfig", { FunctionName, AuthType: "NONE", Cors: { AllowOrigins: ["*"] } });
  assert.deepEqual([made.FunctionArn, made.Cors], [arn, { AllowOrigins: ["*"] }]);
  await call("CreateFunctionUrlConfig", { FunctionName, Qualifier: "a", AuthType: "AWS_IAM" });
  const updated = await call("UpdateFunctionUrlConfig", { FunctionName, InvokeMode: "RESPONSE_STREAM" });
  assert.deepEqual([updated.FunctionUrl, updated.InvokeMode], [made.FunctionUrl, "RESPONSE_STREAM"]);
  assert.equal((await call("GetFunctionUrlConfig", { FunctionName })).InvokeMode, "RESPONSE_STREAM");
  const found = await pages("ListFunctionUrlConfigs", { FunctionName }, "FunctionUrlConfigs");
  assert.deepEqual(found.map((one) => one.FunctionArn), [arn, `${arn}:a`]);

  await refused("ResourceConflictException", "CreateFunctionUrlConfig", { FunctionName, AuthType: "NONE" });
  await refused("ValidationException", "CreateFunctionUrlConfig", { FunctionName, Qualifier: "b", AuthType: "OPEN" });
  await refused("ValidationException", "UpdateFunctionUrlConfig", { FunctionName, InvokeMode: "FAST" });
  for (const Qualifier of [undefined, "a"]) await call("DeleteFunctionUrlConfig", { FunctionName, Qualifier });
  for (const operation of ["GetFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig"]) {
    await refused("ResourceNotFoundException", operation, { FunctionName });
    await refused("ValidationException", operation, { FunctionName, Qualifier: "1" });
  }
});

test("runtime management", async () => {
  assert.equal((await call("GetRuntimeManagementConfig", { FunctionName })).UpdateRuntimeOn, "Auto");
  const put = await call("PutRuntimeManagementConfig", { FunctionName, Qualifier: "1", UpdateRuntimeOn: "FunctionUpdate" });
  assert.equal(put.FunctionArn, `${arn}:1`);
  assert.equal((await call("GetRuntimeManagementConfig", { FunctionName, Qualifier: "1" })).UpdateRuntimeOn, "FunctionUpdate");
  await refused("InvalidParameterValueException", "PutRuntimeManagementConfig", { FunctionName, UpdateRuntimeOn: "Manual" });
  await refused("ValidationException", "PutRuntimeManagementConfig", { FunctionName, UpdateRuntimeOn: "Sometimes" });
});

test("recursion, and scaling of functions that have no capacity provider", async () => {
  assert.equal((await call("GetFunctionRecursionConfig", { FunctionName })).RecursiveLoop, "Terminate");
  assert.equal((await call("PutFunctionRecursionConfig", { FunctionName, RecursiveLoop: "Allow" })).RecursiveLoop, "Allow");
  assert.equal((await call("GetFunctionRecursionConfig", { FunctionName })).RecursiveLoop, "Allow");
  await refused("ValidationException", "PutFunctionRecursionConfig", { FunctionName, RecursiveLoop: "Perhaps" });
  const scaling = { FunctionName, Qualifier: "1" };
  await refused("InvalidParameterValueException", "GetFunctionScalingConfig", scaling);
  const FunctionScalingConfig = { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 2 };
  await refused("InvalidParameterValueException", "PutFunctionScalingConfig", { ...scaling, FunctionScalingConfig });
});

test("tags", async () => {
  await call("TagResource", { Resource: arn, Tags: { a: "1", b: "2" } });
  await call("UntagResource", { Resource: arn, TagKeys: ["a"] });
  assert.deepEqual((await call("ListTags", { Resource: arn })).Tags, { b: "2" });
  assert.deepEqual((await call("GetFunction", { FunctionName })).Tags, { b: "2" });
  const more = { TagResource: { Tags: { a: "1" } }, UntagResource: { TagKeys: ["a"] }, ListTags: {} };
  for (const [operation, input] of Object.entries(more)) {
    await refused("ResourceNotFoundException", operation, { Resource: `${arn}-not`, ...input });
    await refused("InvalidParameterValueException", operation, { Resource: `${arn}:1`, ...input });
  }
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ""]));
  await refused("InvalidParameterValueException", "TagResource", { Resource: arn, Tags: many });
  await refused("InvalidParameterValueException", "TagResource", { Resource: arn, Tags: { "aws:a": "1" } });
});
