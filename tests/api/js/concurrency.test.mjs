// Reserved and provisioned concurrency, and what the account has left.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { arnOf, clientOf, operationsOf } from "./suite.mjs";

const account = "444455556666";
const { call, refused, pages, deploy } = operationsOf(clientOf(account));
const FunctionName = "js-concurrency";

before(async () => {
  await deploy(FunctionName, "echo", { Publish: true });
  await call("UpdateFunctionConfiguration", { FunctionName, MemorySize: 256 });
  await call("PublishVersion", { FunctionName });
});
after(() => call("DeleteFunction", { FunctionName }));

test("reserved concurrency and the account", async () => {
  const before = await call("GetAccountSettings");
  assert.equal(before.AccountLimit.UnreservedConcurrentExecutions, 1000);
  assert.equal(before.AccountUsage.FunctionCount, 1);
  assert.ok(before.AccountUsage.TotalCodeSize > 0);
  await call("PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions: 7 });
  assert.equal((await call("GetFunctionConcurrency", { FunctionName })).ReservedConcurrentExecutions, 7);
  assert.equal((await call("GetFunction", { FunctionName })).Concurrency.ReservedConcurrentExecutions, 7);
  assert.equal((await call("GetAccountSettings")).AccountLimit.UnreservedConcurrentExecutions, 993);
  await refused("InvalidParameterValueException", "PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions: 901 });
  await refused("ValidationException", "PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions: -1 });
  await call("DeleteFunctionConcurrency", { FunctionName });
  assert.equal((await call("GetFunctionConcurrency", { FunctionName })).ReservedConcurrentExecutions, undefined);
});

test("provisioned concurrency", async () => {
  for (const Qualifier of ["1", "2"]) {
    const put = await call("PutProvisionedConcurrencyConfig", { FunctionName, Qualifier, ProvisionedConcurrentExecutions: 1 });
    assert.deepEqual([put.Status, put.RequestedProvisionedConcurrentExecutions], ["IN_PROGRESS", 1]);
  }
  const found = await pages("ListProvisionedConcurrencyConfigs", { FunctionName }, "ProvisionedConcurrencyConfigs");
  const arn = arnOf(FunctionName, account);
  assert.deepEqual(found.map((one) => one.FunctionArn).sort(), [`${arn}:1`, `${arn}:2`]);
  const one = await call("GetProvisionedConcurrencyConfig", { FunctionName, Qualifier: "1" });
  assert.equal(one.RequestedProvisionedConcurrentExecutions, 1);

  await call("CreateAlias", { FunctionName, Name: "live", FunctionVersion: "1" });
  const put = { FunctionName, Qualifier: "live", ProvisionedConcurrentExecutions: 1 };
  await refused("ResourceConflictException", "PutProvisionedConcurrencyConfig", put);
  for (const Qualifier of ["1", "2"]) await call("DeleteProvisionedConcurrencyConfig", { FunctionName, Qualifier });
  await refused("ProvisionedConcurrencyConfigNotFoundException", "GetProvisionedConcurrencyConfig", { FunctionName, Qualifier: "1" });
});

test("provisioned concurrency is refused", async () => {
  const put = { FunctionName, Qualifier: "1", ProvisionedConcurrentExecutions: 1 };
  await refused("InvalidParameterValueException", "PutProvisionedConcurrencyConfig", { ...put, Qualifier: "$LATEST" });
  await refused("InvalidParameterValueException", "PutProvisionedConcurrencyConfig", { ...put, ProvisionedConcurrentExecutions: 901 });
  await refused("ResourceNotFoundException", "PutProvisionedConcurrencyConfig", { ...put, Qualifier: "9" });
  for (const operation of ["GetProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig"]) {
    await refused("InvalidParameterValueException", operation, { FunctionName, Qualifier: "$LATEST" });
    await refused("ResourceNotFoundException", operation, { FunctionName, Qualifier: "9" });
  }
});
