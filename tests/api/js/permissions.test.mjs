// Resource-based policies of functions.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { arnOf, clientOf, operationsOf } from "./suite.mjs";

const { call, refused, deploy } = operationsOf(clientOf());
const FunctionName = "js-permissions";
const statement = { FunctionName, StatementId: "s", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };

before(() => deploy(FunctionName, "echo", { Publish: true }));
after(() => call("DeleteFunction", { FunctionName }));

test("statements are added, shown and removed", async () => {
  const SourceArn = "arn:aws:s3:::bucket";
  const added = await call("AddPermission", { ...statement, SourceArn, SourceAccount: "000000000000" });
  const one = JSON.parse(added.Statement);
  assert.deepEqual(one, {
    Sid: "s",
    Effect: "Allow",
    Principal: { Service: "s3.amazonaws.com" },
    Action: "lambda:InvokeFunction",
    Resource: arnOf(FunctionName),
    Condition: { StringEquals: { "AWS:SourceAccount": "000000000000" }, ArnLike: { "AWS:SourceArn": SourceArn } },
  });
  await call("AddPermission", { ...statement, Qualifier: "1" });
  const policy = await call("GetPolicy", { FunctionName });
  assert.deepEqual(JSON.parse(policy.Policy).Statement, [one]);
  const of1 = await call("GetPolicy", { FunctionName, Qualifier: "1" });
  assert.equal(JSON.parse(of1.Policy).Statement[0].Resource, `${arnOf(FunctionName)}:1`);

  await refused("PreconditionFailedException", "AddPermission", { ...statement, StatementId: "t", RevisionId: "another" });
  await refused("PreconditionFailedException", "RemovePermission", { FunctionName, StatementId: "s", RevisionId: "another" });
  await call("RemovePermission", { FunctionName, StatementId: "s", RevisionId: policy.RevisionId });
  await refused("ResourceNotFoundException", "GetPolicy", { FunctionName });
  await refused("ResourceNotFoundException", "RemovePermission", { FunctionName, StatementId: "s" });
});

test("statements are refused", async () => {
  await call("AddPermission", statement);
  await refused("ResourceConflictException", "AddPermission", statement);
  await refused("InvalidParameterValueException", "AddPermission", { ...statement, StatementId: "t", FunctionUrlAuthType: "NONE" });
  await refused("InvalidParameterValueException", "AddPermission", { ...statement, StatementId: "t", Principal: "nobody" });
  await refused("ValidationException", "RemovePermission", { FunctionName, StatementId: "no such id!" });
  await call("RemovePermission", { FunctionName, StatementId: "s" });
});

test("policies have at most 20 KB", async () => {
  const long = async () => {
    for (let n = 0; n < 300; ++n) await call("AddPermission", { ...statement, StatementId: `${"x".repeat(80)}-${n}` });
  };
  await assert.rejects(long, (error) => {
    assert.deepEqual([error.name, error.$metadata.httpStatusCode], ["PolicyLengthExceededException", 400]);
    return true;
  });
});
