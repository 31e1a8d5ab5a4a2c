// STS: every operation that there is, with errors by their classes, and what temporary credentials are good for.

import assert from "node:assert/strict";
import { createSign, generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import * as sdk from "@aws-sdk/client-sts";

import { messagingOf } from "./messaging.mjs";

const account = "666677770003";
const { call, refused, notShown } = messagingOf(sdk, sdk.STSClient, account);
const settings = { endpoint: process.env.MARTLET_ENDPOINT, region: "us-east-1", maxAttempts: 1 };
const iam = new IAMClient({ ...settings, credentials: { accessKeyId: account, secretAccessKey: "test" } });
const RoleArn = `arn:aws:iam::${account}:role/js-sts`;
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const keys = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "one", use: "sig" }] };

let provider, issuer;

before(async () => {
  provider = createServer((request, response) => {
    const configuration = { jwks_uri: `http://${issuer}/keys` };
    response.end(JSON.stringify(request.url === "/keys" ? keys : configuration));
  });
  await new Promise((go) => provider.listen(0, "127.0.0.1", go));
  issuer = `127.0.0.1:${provider.address().port}`;
  const made = await iam.send(new CreateOpenIDConnectProviderCommand({ Url: `https://${issuer}`, ClientIDList: ["js"], ThumbprintList: ["0".repeat(40)] }));
  const Statement = [
    { Effect: "Allow", Principal: { AWS: account }, Action: "sts:AssumeRole" },
    { Effect: "Allow", Principal: { Federated: made.OpenIDConnectProviderArn }, Action: "sts:AssumeRoleWithWebIdentity" },
  ];
  await iam.send(new CreateRoleCommand({ RoleName: "js-sts", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
});
after(() => provider.close());
// What is built is shown here; the rest says that it is not.
const NOT_BUILT = ["AssumeRoleWithSAML", "AssumeRoot", "GetDelegatedAccessToken", "GetScopedCredentials", "GetWebIdentityToken"];
const NEVER_SUCCEEDS = ["DecodeAuthorizationMessage"];
after(() => assert.deepEqual(notShown([...NOT_BUILT, ...NEVER_SUCCEEDS]), [], "operations that no test has called"));

const encoded = (document) => Buffer.from(JSON.stringify(document)).toString("base64url");

function token(claims = {}) {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: `https://${issuer}`, sub: "me", aud: "js", iat: now, exp: now + 600, ...claims };
  const part = `${encoded({ alg: "RS256", kid: "one" })}.${encoded(all)}`;
  return `${part}.${createSign("RSA-SHA256").update(part).sign(privateKey).toString("base64url")}`;
}

/** Who is behind the credentials that STS gave. */
async function bearerOf({ AccessKeyId, SecretAccessKey, SessionToken }) {
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  return (await new sdk.STSClient({ ...settings, credentials }).send(new sdk.GetCallerIdentityCommand({}))).Arn;
}

test("who calls", async () => {
  const { Account, Arn, UserId } = await call("GetCallerIdentity");
  assert.deepEqual([Account, Arn, UserId], [account, `arn:aws:iam::${account}:root`, account]);
});

test("sessions of roles", async () => {
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:*", Resource: "*" }] });
  const made = await call("AssumeRole", { RoleArn, RoleSessionName: "js", Policy, Tags: [{ Key: "team", Value: "red" }], SourceIdentity: "me", DurationSeconds: 900 });
  const arn = `arn:aws:sts::${account}:assumed-role/js-sts/js`;
  assert.deepEqual([made.AssumedRoleUser.Arn, made.SourceIdentity], [arn, "me"]);
  assert.ok(made.PackedPolicySize > 0);
  assert.ok(made.Credentials.Expiration - Date.now() <= 900_000);
  assert.equal(await bearerOf(made.Credentials), arn);
  const { AccessKeyId } = made.Credentials;
  assert.equal((await call("GetAccessKeyInfo", { AccessKeyId })).Account, account);
  await refused(sdk.MalformedPolicyDocumentException, "AssumeRole", { RoleArn, RoleSessionName: "js", Policy: "{}" });
  const Tags = Array.from({ length: 20 }, (_, n) => ({ Key: `${n}`.padStart(128, "k"), Value: "v".repeat(256) }));
  await refused(sdk.PackedPolicyTooLargeException, "AssumeRole", { RoleArn, RoleSessionName: "js", Tags });
  await refused("AccessDenied", "AssumeRole", { RoleArn: `${RoleArn}-absent`, RoleSessionName: "js" });
  await refused("ValidationError", "AssumeRole", { RoleArn, RoleSessionName: "js", DurationSeconds: 899 });
});

test("sessions by tokens of an identity provider", async () => {
  const given = (WebIdentityToken) => ({ RoleArn, RoleSessionName: "web", WebIdentityToken });
  const made = await call("AssumeRoleWithWebIdentity", given(token()));
  assert.deepEqual([made.SubjectFromWebIdentityToken, made.Audience, made.Provider], ["me", "js", `https://${issuer}`]);
  assert.equal(await bearerOf(made.Credentials), `arn:aws:sts::${account}:assumed-role/js-sts/web`);
  await refused(sdk.ExpiredTokenException, "AssumeRoleWithWebIdentity", given(token({ exp: 1 })));
  await refused(sdk.InvalidIdentityTokenException, "AssumeRoleWithWebIdentity", given(token({ aud: "others" })));
  await refused(sdk.InvalidIdentityTokenException, "AssumeRoleWithWebIdentity", given(`${token().slice(0, -8)}AAAAAAAA`));
});

test("sessions of users", async () => {
  const session = await call("GetSessionToken", { DurationSeconds: 900 });
  assert.equal(await bearerOf(session.Credentials), `arn:aws:iam::${account}:root`);
  const federated = await call("GetFederationToken", { Name: "alice" });
  assert.deepEqual(federated.FederatedUser, { FederatedUserId: `${account}:alice`, Arn: `arn:aws:sts::${account}:federated-user/alice` });
  assert.equal(await bearerOf(federated.Credentials), federated.FederatedUser.Arn);
});

test("what is refused and what is not built", async () => {
  await refused(sdk.InvalidAuthorizationMessageException, "DecodeAuthorizationMessage", { EncodedMessage: "none" });
  await refused("ValidationError", "GetAccessKeyInfo", { AccessKeyId: "AKIA0000000000000000" });
  const arn = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
  await refused("NotImplemented", "AssumeRoot", { TargetPrincipal: account, TaskPolicyArn: { arn } });
});
