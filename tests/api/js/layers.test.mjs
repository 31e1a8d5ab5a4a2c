// Layers, and who else may use them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clientOf, operationsOf, packaged } from "./suite.mjs";

const account = "222233334444";
const { call, refused, pages, deploy } = operationsOf(clientOf(account));
const Content = { ZipFile: packaged("echo") };
const LayerArn = `arn:aws:lambda:us-east-1:${account}:layer:js-layer`;

test("layers and their versions", async () => {
  for (const LayerName of ["js-layer", "js-second"]) {
    for (const Description of ["one", "two"]) await call("PublishLayerVersion", { LayerName, Description, Content, CompatibleRuntimes: ["nodejs20.x"] });
  }
  const layers = await pages("ListLayers", {}, "Layers");
  assert.deepEqual(layers.map((one) => [one.LayerName, one.LatestMatchingVersion.Version]), [["js-layer", 2], ["js-second", 2]]);
  assert.deepEqual((await call("ListLayers", { CompatibleRuntime: "python3.12" })).Layers, []);
  const versions = await pages("ListLayerVersions", { LayerName: "js-layer" }, "LayerVersions");
  assert.deepEqual(versions.map((one) => [one.Version, one.Description]), [[2, "two"], [1, "one"]]);

  const first = await call("GetLayerVersion", { LayerName: "js-layer", VersionNumber: 1 });
  assert.deepEqual([first.LayerArn, first.Description, first.CompatibleRuntimes], [LayerArn, "one", ["nodejs20.x"]]);
  const same = await call("GetLayerVersionByArn", { Arn: `${LayerArn}:1` });
  assert.deepEqual([same.LayerVersionArn, same.Content.CodeSha256], [`${LayerArn}:1`, first.Content.CodeSha256]);
  const downloaded = await fetch(same.Content.Location);
  assert.deepEqual(Buffer.from(await downloaded.arrayBuffer()), packaged("echo"));

  await deploy("js-layered", "echo", { Layers: [`${LayerArn}:2`] });
  assert.equal((await call("GetFunctionConfiguration", { FunctionName: "js-layered" })).Layers[0].Arn, `${LayerArn}:2`);
  await call("DeleteFunction", { FunctionName: "js-layered" });
  for (const VersionNumber of [1, 2]) await call("DeleteLayerVersion", { LayerName: "js-second", VersionNumber });
  assert.equal((await call("ListLayers")).Layers.length, 1);
});

test("layers are refused", async () => {
  await refused("ResourceNotFoundException", "GetLayerVersion", { LayerName: "js-layer", VersionNumber: 9 });
  await refused("ResourceNotFoundException", "GetLayerVersionByArn", { Arn: `${LayerArn}:9` });
  for (const operation of ["GetLayerVersion", "DeleteLayerVersion", "GetLayerVersionPolicy"]) {
    await refused("InvalidParameterValueException", operation, { LayerName: "js-layer", VersionNumber: 0 });
  }
  await refused("ValidationException", "GetLayerVersionByArn", { Arn: "no ARN" });
  await refused("InvalidParameterValueException", "PublishLayerVersion", { LayerName: "js-broken", Content: { ZipFile: new Uint8Array([1]) } });
  await refused("ValidationException", "ListLayerVersions", { LayerName: "js-layer", CompatibleRuntime: "cobol" });
});

test("permissions of layer versions", async () => {
  const of = { LayerName: "js-layer", VersionNumber: 1 };
  const statement = { ...of, StatementId: "all", Action: "lambda:GetLayerVersion", Principal: "*" };
  await refused("ResourceNotFoundException", "GetLayerVersionPolicy", of);
  const added = await call("AddLayerVersionPermission", { ...statement, OrganizationId: "o-a1b2c3d4e5" });
  const one = JSON.parse(added.Statement);
  assert.deepEqual([one.Sid, one.Resource, one.Condition], ["all", `${LayerArn}:1`, { StringEquals: { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } }]);
  const policy = await call("GetLayerVersionPolicy", of);
  assert.deepEqual([JSON.parse(policy.Policy).Statement, policy.RevisionId], [[one], added.RevisionId]);

  await refused("ResourceConflictException", "AddLayerVersionPermission", statement);
  await refused("PreconditionFailedException", "AddLayerVersionPermission", { ...statement, StatementId: "b", RevisionId: "another" });
  await refused("PreconditionFailedException", "RemoveLayerVersionPermission", { ...of, StatementId: "all", RevisionId: "another" });
  await refused("ResourceNotFoundException", "AddLayerVersionPermission", { ...statement, VersionNumber: 9 });
  await refused("ResourceNotFoundException", "RemoveLayerVersionPermission", { ...of, StatementId: "not-there" });
  await refused("ValidationException", "AddLayerVersionPermission", { ...statement, StatementId: "b", Action: "lambda:Invoke" });
  await refused("InvalidParameterValueException", "RemoveLayerVersionPermission", { ...of, VersionNumber: 0, StatementId: "all" });
  const long = async () => {
    for (let n = 0; n < 300; ++n) await call("AddLayerVersionPermission", { ...statement, StatementId: `${"x".repeat(80)}-${n}` });
  };
  await assert.rejects(long, { name: "PolicyLengthExceededException" });
  await call("RemoveLayerVersionPermission", { ...of, StatementId: "all", RevisionId: (await call("GetLayerVersionPolicy", of)).RevisionId });
});

test("another account", async () => {
  const other = operationsOf(clientOf("333344445555"));
  const Arn = `${LayerArn}:2`;
  await other.refused("AccessDeniedException", "GetLayerVersionByArn", { Arn });
  const statement = { LayerName: "js-layer", VersionNumber: 2, StatementId: "x", Action: "lambda:GetLayerVersion", Principal: "333344445555" };
  await call("AddLayerVersionPermission", statement);
  assert.equal((await other.call("GetLayerVersionByArn", { Arn })).LayerVersionArn, Arn);
});
