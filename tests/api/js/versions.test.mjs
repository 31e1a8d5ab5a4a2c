// Versions and aliases.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { arnOf, clientOf, operationsOf } from "./suite.mjs";

const { call, refused, pages, deploy } = operationsOf(clientOf());
const FunctionName = "js-versions";

before(async () => {
  await deploy(FunctionName);
  await call("PublishVersion", { FunctionName });
  await call("UpdateFunctionConfiguration", { FunctionName, MemorySize: 256 });
  await call("PublishVersion", { FunctionName, Description: "two" });
});
after(() => call("DeleteFunction", { FunctionName }));

test("versions", async () => {
  const found = await pages("ListVersionsByFunction", { FunctionName }, "Versions");
  assert.deepEqual(found.map((one) => one.Version), ["$LATEST", "1", "2"]);
  assert.deepEqual(found.map((one) => one.MemorySize), [256, 128, 256]);
  const { RevisionId, CodeSha256 } = await call("GetFunctionConfiguration", { FunctionName });
  assert.equal((await call("PublishVersion", { FunctionName, RevisionId, CodeSha256 })).Version, "2");
  await refused("PreconditionFailedException", "PublishVersion", { FunctionName, RevisionId: "another" });
  await refused("InvalidParameterValueException", "PublishVersion", { FunctionName, CodeSha256: "another" });
});

test("aliases", async () => {
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } };
  for (const Name of ["a", "b"]) await call("CreateAlias", { FunctionName, Name, FunctionVersion: "1", RoutingConfig });
  const found = await call("GetAlias", { FunctionName, Name: "a" });
  assert.deepEqual([found.RoutingConfig, found.AliasArn], [RoutingConfig, `${arnOf(FunctionName)}:a`]);
  assert.deepEqual((await pages("ListAliases", { FunctionName }, "Aliases")).map((one) => one.Name), ["a", "b"]);

  const changed = await call("UpdateAlias", { FunctionName, Name: "a", FunctionVersion: "2", RoutingConfig: { AdditionalVersionWeights: {} } });
  assert.deepEqual([changed.FunctionVersion, changed.RoutingConfig], ["2", undefined]);
  await refused("PreconditionFailedException", "UpdateAlias", { FunctionName, Name: "a", RevisionId: found.RevisionId });
  const of2 = await pages("ListAliases", { FunctionName, FunctionVersion: "2" }, "Aliases");
  assert.deepEqual(of2.map((one) => one.Name), ["a", "b"]);
  for (const Name of ["a", "b"]) await call("DeleteAlias", { FunctionName, Name });
  await refused("ResourceNotFoundException", "GetAlias", { FunctionName, Name: "a" });
  await refused("ResourceNotFoundException", "UpdateAlias", { FunctionName, Name: "a" });
});

test("aliases are refused", async () => {
  const alias = { FunctionName, Name: "c", FunctionVersion: "1" };
  await call("CreateAlias", alias);
  await refused("ResourceConflictException", "CreateAlias", alias);
  await refused("ResourceNotFoundException", "CreateAlias", { ...alias, Name: "d", FunctionVersion: "9" });
  await refused("ValidationException", "CreateAlias", { ...alias, Name: "1" });
  const twice = { AdditionalVersionWeights: { 1: 0.5 } };
  await refused("InvalidParameterValueException", "CreateAlias", { ...alias, Name: "d", RoutingConfig: twice });
  await refused("InvalidParameterValueException", "UpdateAlias", { FunctionName, Name: "c", RoutingConfig: twice });
  await call("DeleteAlias", { FunctionName, Name: "c" });
});
