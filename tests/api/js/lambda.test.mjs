// The operations of Lambda beside functions and Invoke, a test for each noun: what succeeds, a documented error, and pages.
// Runs as sdk.test.mjs does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import * as sdk from "@aws-sdk/client-lambda";

const lambda = new sdk.LambdaClient({
  endpoint: process.env.MARTLET_ENDPOINT,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});
const FunctionName = "js-groups";
const FunctionArn = `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}`;
const ZipFile = readFileSync(join(process.env.MARTLET_PACKAGES, "echo.zip"));

const call = (operation, input = {}) => lambda.send(new sdk[`${operation}Command`](input));
const refused = (name, operation, input) => assert.rejects(call(operation, input), { name });

async function pages(operation, input, member) {
  const found = [];
  for await (const page of sdk[`paginate${operation}`]({ client: lambda, pageSize: 1 }, input)) found.push(...page[member]);
  return found;
}

before(async () => {
  const Role = "arn:aws:iam::000000000000:role/js";
  await call("CreateFunction", { FunctionName, Runtime: process.env.MARTLET_PYTHON, Handler: "app.handler", Role, Code: { ZipFile } });
  await call("PublishVersion", { FunctionName });
  await call("UpdateFunctionConfiguration", { FunctionName, MemorySize: 256 });
  await call("PublishVersion", { FunctionName });
});

after(() => call("DeleteFunction", { FunctionName }));

test("versions", async () => {
  const found = await pages("ListVersionsByFunction", { FunctionName }, "Versions");
  assert.deepEqual(found.map((one) => one.Version), ["$LATEST", "1", "2"]);
  await refused("ResourceNotFoundException", "PublishVersion", { FunctionName: "nowhere" });
});

test("aliases", async () => {
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } };
  for (const Name of ["a", "b"]) await call("CreateAlias", { FunctionName, Name, FunctionVersion: "1", RoutingConfig });
  assert.deepEqual((await call("GetAlias", { FunctionName, Name: "a" })).RoutingConfig, RoutingConfig);
  await refused("ResourceConflictException", "CreateAlias", { FunctionName, Name: "a", FunctionVersion: "1" });
  assert.deepEqual((await pages("ListAliases", { FunctionName }, "Aliases")).map((one) => one.Name), ["a", "b"]);
  for (const Name of ["a", "b"]) await call("DeleteAlias", { FunctionName, Name });
});

test("layers", async () => {
  const LayerName = "js-layer";
  for (const Description of ["one", "two"]) await call("PublishLayerVersion", { LayerName, Description, Content: { ZipFile } });
  const found = await pages("ListLayerVersions", { LayerName }, "LayerVersions");
  assert.deepEqual(found.map((one) => [one.Version, one.Description]), [[2, "two"], [1, "one"]]);
  await refused("ResourceNotFoundException", "GetLayerVersion", { LayerName, VersionNumber: 9 });
  for (const VersionNumber of [1, 2]) await call("DeleteLayerVersion", { LayerName, VersionNumber });
});

test("permissions", async () => {
  const statement = { FunctionName, StatementId: "s", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };
  await call("AddPermission", statement);
  await refused("ResourceConflictException", "AddPermission", statement);
  assert.equal(JSON.parse((await call("GetPolicy", { FunctionName })).Policy).Statement[0].Resource, FunctionArn);
  await call("RemovePermission", { FunctionName, StatementId: "s" });
  await refused("ResourceNotFoundException", "GetPolicy", { FunctionName });
});

test("reserved concurrency and the account", async () => {
  await call("PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions: 7 });
  assert.equal((await call("GetFunctionConcurrency", { FunctionName })).ReservedConcurrentExecutions, 7);
  const { AccountLimit } = await call("GetAccountSettings");
  assert.equal(AccountLimit.ConcurrentExecutions - AccountLimit.UnreservedConcurrentExecutions, 7);
  await refused("InvalidParameterValueException", "PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions: 1e6 });
  await call("DeleteFunctionConcurrency", { FunctionName });
});

test("provisioned concurrency", async () => {
  for (const Qualifier of ["1", "2"]) {
    await call("PutProvisionedConcurrencyConfig", { FunctionName, Qualifier, ProvisionedConcurrentExecutions: 1 });
  }
  const found = await pages("ListProvisionedConcurrencyConfigs", { FunctionName }, "ProvisionedConcurrencyConfigs");
  assert.deepEqual(found.map((one) => one.FunctionArn).sort(), [`${FunctionArn}:1`, `${FunctionArn}:2`]);
  for (const Qualifier of ["1", "2"]) await call("DeleteProvisionedConcurrencyConfig", { FunctionName, Qualifier });
  await refused("ProvisionedConcurrencyConfigNotFoundException", "GetProvisionedConcurrencyConfig", { FunctionName, Qualifier: "1" });
});

test("event invoke configurations", async () => {
  for (const Qualifier of ["1", "2"]) await call("PutFunctionEventInvokeConfig", { FunctionName, Qualifier, MaximumRetryAttempts: 1 });
  const found = await pages("ListFunctionEventInvokeConfigs", { FunctionName }, "FunctionEventInvokeConfigs");
  assert.deepEqual(found.map((one) => one.MaximumRetryAttempts), [1, 1]);
  await refused("ResourceNotFoundException", "GetFunctionEventInvokeConfig", { FunctionName });
});

test("function URLs", async () => {
  const made = await call("CreateFunctionUrlConfig", { FunctionName, AuthType: "NONE" });
  assert.equal((await call("GetFunctionUrlConfig", { FunctionName })).FunctionUrl, made.FunctionUrl);
  await refused("ResourceConflictException", "CreateFunctionUrlConfig", { FunctionName, AuthType: "NONE" });
  assert.equal((await pages("ListFunctionUrlConfigs", { FunctionName }, "FunctionUrlConfigs")).length, 1);
  await call("DeleteFunctionUrlConfig", { FunctionName });
});

test("runtime management, recursion, tags", async () => {
  await call("PutRuntimeManagementConfig", { FunctionName, UpdateRuntimeOn: "FunctionUpdate" });
  assert.equal((await call("GetRuntimeManagementConfig", { FunctionName })).UpdateRuntimeOn, "FunctionUpdate");
  await call("PutFunctionRecursionConfig", { FunctionName, RecursiveLoop: "Allow" });
  assert.equal((await call("GetFunctionRecursionConfig", { FunctionName })).RecursiveLoop, "Allow");
  await call("TagResource", { Resource: FunctionArn, Tags: { a: "1", b: "2" } });
  await call("UntagResource", { Resource: FunctionArn, TagKeys: ["a"] });
  assert.deepEqual((await call("ListTags", { Resource: FunctionArn })).Tags, { b: "2" });
  await refused("ResourceNotFoundException", "ListTags", { Resource: `${FunctionArn}-not` });
});

test("code signing configurations", async () => {
  const AllowedPublishers = { SigningProfileVersionArns: ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/shop/abcdefghij"] };
  const made = [];
  for (const Description of ["one", "two"]) {
    made.push((await call("CreateCodeSigningConfig", { Description, AllowedPublishers })).CodeSigningConfig.CodeSigningConfigArn);
  }
  const found = await pages("ListCodeSigningConfigs", {}, "CodeSigningConfigs");
  assert.deepEqual(found.map((one) => one.CodeSigningConfigArn).sort(), [...made].sort());
  for (const CodeSigningConfigArn of made) await call("DeleteCodeSigningConfig", { CodeSigningConfigArn });
  await refused("ResourceNotFoundException", "GetCodeSigningConfig", { CodeSigningConfigArn: made[0] });
});
