// Code signing configurations, and functions that have one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arnOf, clientOf, operationsOf } from "./suite.mjs";

const account = "555566667777";
const { call, refused, pages, deploy } = operationsOf(clientOf(account));
const AllowedPublishers = { SigningProfileVersionArns: ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/shop/abcdefghij"] };
const missing = `arn:aws:lambda:us-east-1:${account}:code-signing-config:csc-0123456789abcdefg`;

test("configurations", async () => {
  const made = [];
  for (const Description of ["one", "two"]) {
    made.push((await call("CreateCodeSigningConfig", { Description, AllowedPublishers })).CodeSigningConfig.CodeSigningConfigArn);
  }
  const found = await pages("ListCodeSigningConfigs", {}, "CodeSigningConfigs");
  assert.deepEqual(found.map((one) => one.CodeSigningConfigArn).sort(), [...made].sort());
  const CodeSigningPolicies = { UntrustedArtifactOnDeployment: "Enforce" };
  await call("UpdateCodeSigningConfig", { CodeSigningConfigArn: made[0], CodeSigningPolicies });
  const { CodeSigningConfig } = await call("GetCodeSigningConfig", { CodeSigningConfigArn: made[0] });
  assert.deepEqual([CodeSigningConfig.Description, CodeSigningConfig.CodeSigningPolicies], ["one", CodeSigningPolicies]);
  for (const CodeSigningConfigArn of made) await call("DeleteCodeSigningConfig", { CodeSigningConfigArn });
});

test("configurations are refused", async () => {
  await refused("ValidationException", "CreateCodeSigningConfig", { AllowedPublishers: { SigningProfileVersionArns: [] } });
  const operations = ["GetCodeSigningConfig", "UpdateCodeSigningConfig", "DeleteCodeSigningConfig", "ListFunctionsByCodeSigningConfig"];
  for (const operation of operations) {
    await refused("ResourceNotFoundException", operation, { CodeSigningConfigArn: missing });
    await refused("ValidationException", operation, { CodeSigningConfigArn: "no ARN" });
  }
});

test("functions with a configuration", async () => {
  const { CodeSigningConfigArn } = (await call("CreateCodeSigningConfig", { AllowedPublishers })).CodeSigningConfig;
  const names = ["js-signed-a", "js-signed-b"];
  await deploy(names[0], "echo", { CodeSigningConfigArn });
  await deploy(names[1]);
  assert.ok(!(await call("GetFunctionCodeSigningConfig", { FunctionName: names[1] })).CodeSigningConfigArn);
  await call("PutFunctionCodeSigningConfig", { FunctionName: names[1], CodeSigningConfigArn });
  for (const FunctionName of names) {
    const got = await call("GetFunctionCodeSigningConfig", { FunctionName });
    assert.deepEqual([got.CodeSigningConfigArn, got.FunctionName], [CodeSigningConfigArn, FunctionName]);
  }
  const users = await pages("ListFunctionsByCodeSigningConfig", { CodeSigningConfigArn }, "FunctionArns");
  assert.deepEqual(users, names.map((name) => arnOf(name, account)));

  await refused("ResourceConflictException", "DeleteCodeSigningConfig", { CodeSigningConfigArn });
  await refused("CodeSigningConfigNotFoundException", "PutFunctionCodeSigningConfig", { FunctionName: names[0], CodeSigningConfigArn: missing });
  await call("DeleteFunctionCodeSigningConfig", { FunctionName: names[0] });
  await call("DeleteFunction", { FunctionName: names[1] });
  await call("DeleteCodeSigningConfig", { CodeSigningConfigArn });
  await call("DeleteFunction", { FunctionName: names[0] });
});
