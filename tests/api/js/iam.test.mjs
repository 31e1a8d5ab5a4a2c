// IAM: its main groups of operations, with errors by their classes.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as sdk from "@aws-sdk/client-iam";

import { messagingOf } from "./messaging.mjs";

const account = "666677770004";
const { call, refused, pages } = messagingOf(sdk, sdk.IAMClient, account);
const arnOf = (resource) => `arn:aws:iam::${account}:${resource}`;
const documentOf = (Action, more = { Resource: "*" }) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, ...more }] });
const trust = documentOf("sts:AssumeRole", { Principal: { Service: "lambda.amazonaws.com" } });
const read = (document) => JSON.parse(decodeURIComponent(document));
const ReadOnly = "arn:aws:iam::aws:policy/ReadOnlyAccess";

test("users, their keys, profiles and groups", async () => {
  const UserName = "js-alice";
  const { User } = await call("CreateUser", { UserName, Path: "/team/", Tags: [{ Key: "team", Value: "red" }] });
  assert.deepEqual([User.Arn, User.UserId.slice(0, 4)], [arnOf("user/team/js-alice"), "AIDA"]);
  await refused(sdk.EntityAlreadyExistsException, "CreateUser", { UserName });
  assert.deepEqual((await call("ListUserTags", { UserName })).Tags, [{ Key: "team", Value: "red" }]);

  const { AccessKey } = await call("CreateAccessKey", { UserName });
  await call("UpdateAccessKey", { UserName, AccessKeyId: AccessKey.AccessKeyId, Status: "Inactive" });
  await call("CreateAccessKey", { UserName });
  const found = await pages("ListAccessKeys", { UserName }, "AccessKeyMetadata");
  assert.deepEqual(found.map((key) => key.Status).sort(), ["Active", "Inactive"]);
  await refused(sdk.LimitExceededException, "CreateAccessKey", { UserName });
  for (const { AccessKeyId } of found) await call("DeleteAccessKey", { UserName, AccessKeyId });

  await call("CreateLoginProfile", { UserName, Password: "a Password 1!" });
  assert.equal((await call("GetLoginProfile", { UserName })).LoginProfile.UserName, UserName);
  await call("DeleteLoginProfile", { UserName });
  await call("PutUserPolicy", { UserName, PolicyName: "own", PolicyDocument: documentOf("s3:*") });
  assert.deepEqual(read((await call("GetUserPolicy", { UserName, PolicyName: "own" })).PolicyDocument).Statement[0].Action, "s3:*");

  for (const GroupName of ["js-one", "js-two"]) {
    await call("CreateGroup", { GroupName });
    await call("AddUserToGroup", { GroupName, UserName });
  }
  const groups = await pages("ListGroupsForUser", { UserName }, "Groups");
  assert.deepEqual(groups.map((group) => group.GroupName), ["js-one", "js-two"]);
  await refused(sdk.DeleteConflictException, "DeleteUser", { UserName });
  for (const GroupName of ["js-one", "js-two"]) {
    await call("RemoveUserFromGroup", { GroupName, UserName });
    await call("DeleteGroup", { GroupName });
  }
  await call("DeleteUserPolicy", { UserName, PolicyName: "own" });
  await call("DeleteUser", { UserName });
  await refused(sdk.NoSuchEntityException, "GetUser", { UserName });
});

test("roles", async () => {
  const RoleName = "js-role";
  const { Role } = await call("CreateRole", { RoleName, AssumeRolePolicyDocument: trust, MaxSessionDuration: 7200, Tags: [{ Key: "a", Value: "b" }] });
  assert.deepEqual([Role.Arn, Role.CreateDate instanceof Date], [arnOf("role/js-role"), true]);
  await call("UpdateRole", { RoleName, Description: "by a test", MaxSessionDuration: 3600 });
  await call("PutRolePermissionsBoundary", { RoleName, PermissionsBoundary: ReadOnly });
  const told = (await call("GetRole", { RoleName })).Role;
  assert.deepEqual([told.Description, told.MaxSessionDuration, told.PermissionsBoundary.PermissionsBoundaryArn], ["by a test", 3600, ReadOnly]);
  assert.deepEqual(read(told.AssumeRolePolicyDocument), JSON.parse(trust));
  await call("AttachRolePolicy", { RoleName, PolicyArn: ReadOnly });
  assert.deepEqual((await call("ListAttachedRolePolicies", { RoleName })).AttachedPolicies, [{ PolicyArn: ReadOnly, PolicyName: "ReadOnlyAccess" }]);
  await refused(sdk.MalformedPolicyDocumentException, "UpdateAssumeRolePolicy", { RoleName, PolicyDocument: "{}" });

  const InstanceProfileName = "js-profile";
  await call("CreateInstanceProfile", { InstanceProfileName });
  await call("AddRoleToInstanceProfile", { InstanceProfileName, RoleName });
  const [profile] = await pages("ListInstanceProfilesForRole", { RoleName }, "InstanceProfiles");
  assert.deepEqual(profile.Roles.map((role) => role.RoleName), [RoleName]);
  await call("RemoveRoleFromInstanceProfile", { InstanceProfileName, RoleName });
  await call("DeleteInstanceProfile", { InstanceProfileName });
  await call("DetachRolePolicy", { RoleName, PolicyArn: ReadOnly });
  await call("DeleteRole", { RoleName });
});

test("managed policies and their versions", async () => {
  const { Policy } = await call("CreatePolicy", { PolicyName: "js-policy", PolicyDocument: documentOf("s3:Get*") });
  const PolicyArn = Policy.Arn;
  assert.equal(PolicyArn, arnOf("policy/js-policy"));
  for (let n = 2; n <= 5; ++n) await call("CreatePolicyVersion", { PolicyArn, PolicyDocument: documentOf("s3:List*"), SetAsDefault: n === 3 });
  await refused(sdk.LimitExceededException, "CreatePolicyVersion", { PolicyArn, PolicyDocument: documentOf("s3:*") });
  const versions = await pages("ListPolicyVersions", { PolicyArn }, "Versions");
  assert.deepEqual(versions.filter((one) => one.IsDefaultVersion).map((one) => one.VersionId), ["v3"]);
  await refused(sdk.DeleteConflictException, "DeletePolicyVersion", { PolicyArn, VersionId: "v3" });
  for (const VersionId of ["v1", "v2", "v4", "v5"]) await call("DeletePolicyVersion", { PolicyArn, VersionId });
  const { PolicyVersion } = await call("GetPolicyVersion", { PolicyArn, VersionId: "v3" });
  assert.equal(read(PolicyVersion.Document).Statement[0].Action, "s3:List*");
  assert.equal((await call("GetPolicy", { PolicyArn: ReadOnly })).Policy.PolicyName, "ReadOnlyAccess");
  await call("DeletePolicy", { PolicyArn });
});

test("simulation", async () => {
  const given = { PolicyInputList: [documentOf("sqs:SendMessage")], ActionNames: ["sqs:SendMessage", "sqs:DeleteQueue"] };
  const { EvaluationResults } = await call("SimulateCustomPolicy", given);
  assert.deepEqual(EvaluationResults.map((one) => one.EvalDecision), ["allowed", "implicitDeny"]);
});

test("the account and identity providers", async () => {
  await call("CreateAccountAlias", { AccountAlias: "js-account" });
  assert.deepEqual(await pages("ListAccountAliases", {}, "AccountAliases"), ["js-account"]);
  await call("DeleteAccountAlias", { AccountAlias: "js-account" });
  assert.equal((await call("GetAccountSummary")).SummaryMap.UsersQuota > 0, true);
  await call("UpdateAccountPasswordPolicy", { MinimumPasswordLength: 12 });
  assert.equal((await call("GetAccountPasswordPolicy")).PasswordPolicy.MinimumPasswordLength, 12);
  await call("DeleteAccountPasswordPolicy");
  const Url = "https://js.example.com";
  const made = await call("CreateOpenIDConnectProvider", { Url, ClientIDList: ["js"], ThumbprintList: ["0".repeat(40)] });
  assert.equal(made.OpenIDConnectProviderArn, arnOf("oidc-provider/js.example.com"));
  assert.deepEqual((await call("GetOpenIDConnectProvider", made)).ClientIDList, ["js"]);
  await call("DeleteOpenIDConnectProvider", made);
  await refused("ValidationError", "CreateUser", { UserName: "no/name" });
});
