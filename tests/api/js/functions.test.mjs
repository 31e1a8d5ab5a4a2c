// Functions: their life, their lists, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arnOf, clientOf, operationsOf, packaged, sdk, text } from "./suite.mjs";

const lambda = clientOf();
const { call, refused, deploy } = operationsOf(lambda);

test("a function's life", async () => {
  const FunctionName = "js-life";
  const made = await deploy(FunctionName, "echo", { Environment: { Variables: { STAGE: "ü" } } });
  assert.equal(made.$metadata.httpStatusCode, 201);
  await sdk.waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
  const found = await call("GetFunction", { FunctionName });
  assert.deepEqual(found.Configuration.Environment.Variables, { STAGE: "ü" });
  const downloaded = await fetch(found.Code.Location);
  assert.deepEqual(Buffer.from(await downloaded.arrayBuffer()), packaged("echo"));

  const answer = async (event) => JSON.parse(text((await call("Invoke", { FunctionName, Payload: JSON.stringify(event) })).Payload));
  assert.deepEqual(await answer({ n: [1, "✓"] }), { n: [1, "✓"] });
  await call("UpdateFunctionCode", { FunctionName, ZipFile: packaged("other") });
  await sdk.waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
  assert.equal(await answer({}), "other");
  await call("UpdateFunctionConfiguration", { FunctionName, MemorySize: 256 });
  assert.equal((await call("GetFunctionConfiguration", { FunctionName })).MemorySize, 256);
  await call("DeleteFunction", { FunctionName });
  const gone = await refused("ResourceNotFoundException", "GetFunction", { FunctionName });
  assert.equal(gone.$metadata.httpStatusCode, 404);
  assert.equal(gone.message, `Function not found: ${arnOf(FunctionName)}`);
});

test("lists of functions come in pages", async () => {
  const account = operationsOf(clientOf("111122223333"));
  const names = ["js-list-a", "js-list-b", "js-list-c"];
  for (const name of names) await account.deploy(name);
  const found = await account.pages("ListFunctions", {}, "Functions");
  assert.deepEqual(found.map((one) => one.FunctionName), names);
  await account.call("PublishVersion", { FunctionName: names[0] });
  const versions = await account.pages("ListFunctions", { FunctionVersion: "ALL" }, "Functions");
  assert.deepEqual(versions.map((one) => one.Version).sort(), ["$LATEST", "$LATEST", "$LATEST", "1"]);
  for (const name of names) await account.call("DeleteFunction", { FunctionName: name });
});

test("creating is refused", async () => {
  await deploy("js-taken");
  const taken = await refused("ResourceConflictException", "CreateFunction", {
    FunctionName: "js-taken",
    Runtime: process.env.MARTLET_PYTHON,
    Handler: "app.handler",
    Role: "arn:aws:iam::000000000000:role/js",
    Code: { ZipFile: packaged("echo") },
  });
  assert.equal(taken.Type, "User");
  await call("DeleteFunction", { FunctionName: "js-taken" });
  await assert.rejects(deploy("js-broken", "echo", { Code: { ZipFile: new Uint8Array([1, 2, 3]) } }), {
    name: "InvalidParameterValueException",
  });
  await assert.rejects(deploy("js-broken", "echo", { MemorySize: 1 }), { name: "ValidationException" });
  const CodeSigningConfigArn = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdefg";
  await assert.rejects(deploy("js-broken", "echo", { CodeSigningConfigArn }), { name: "CodeSigningConfigNotFoundException" });
});

test("updating is refused", async () => {
  const FunctionName = "js-updates";
  await deploy(FunctionName);
  const RevisionId = "00000000-0000-0000-0000-000000000000";
  await refused("PreconditionFailedException", "UpdateFunctionCode", { FunctionName, RevisionId, ZipFile: packaged("other") });
  await refused("PreconditionFailedException", "UpdateFunctionConfiguration", { FunctionName, RevisionId, Timeout: 5 });
  await refused("InvalidParameterValueException", "UpdateFunctionCode", { FunctionName, ZipFile: new Uint8Array([1]) });
  await refused("InvalidParameterValueException", "UpdateFunctionConfiguration", {
    FunctionName,
    Environment: { Variables: { AWS_REGION: "x" } },
  });
  const dry = await call("UpdateFunctionCode", { FunctionName, ZipFile: packaged("other"), DryRun: true });
  const { CodeSha256, RevisionId: now } = await call("GetFunctionConfiguration", { FunctionName });
  assert.notEqual(dry.CodeSha256, CodeSha256);
  const updated = await call("UpdateFunctionConfiguration", { FunctionName, RevisionId: now, Timeout: 5 });
  assert.equal(updated.Timeout, 5);
  await call("DeleteFunction", { FunctionName });
});

test("a version that an alias names stays", async () => {
  const FunctionName = "js-kept";
  await deploy(FunctionName, "echo", { Publish: true });
  await call("CreateAlias", { FunctionName, Name: "live", FunctionVersion: "1" });
  await refused("ResourceConflictException", "DeleteFunction", { FunctionName, Qualifier: "1" });
  await refused("InvalidParameterValueException", "DeleteFunction", { FunctionName, Qualifier: "$LATEST" });
  await call("DeleteAlias", { FunctionName, Name: "live" });
  await call("DeleteFunction", { FunctionName, Qualifier: "1" });
  await call("DeleteFunction", { FunctionName });
});
