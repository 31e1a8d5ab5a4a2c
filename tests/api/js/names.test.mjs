// Every operation that names a function, with the name of one that is not there and with what is no name; and the same for
// layers.

import { test } from "node:test";

import { clientOf, operationsOf, packaged } from "./suite.mjs";

const { refused } = operationsOf(clientOf());
const CodeSigningConfigArn = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdefg";
const VersionNumber = 1;

/** What each operation needs beside the function's name. */
const ofFunctions = {
  AddPermission: { StatementId: "s", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" },
  CreateAlias: { Name: "a", FunctionVersion: "$LATEST" },
  CreateFunctionUrlConfig: { AuthType: "NONE" },
  DeleteAlias: { Name: "a" },
  DeleteFunction: {},
  DeleteFunctionCodeSigningConfig: {},
  DeleteFunctionConcurrency: {},
  DeleteFunctionEventInvokeConfig: {},
  DeleteFunctionUrlConfig: {},
  DeleteProvisionedConcurrencyConfig: { Qualifier: "1" },
  GetAlias: { Name: "a" },
  GetFunction: {},
  GetFunctionCodeSigningConfig: {},
  GetFunctionConcurrency: {},
  GetFunctionConfiguration: {},
  GetFunctionEventInvokeConfig: {},
  GetFunctionRecursionConfig: {},
  GetFunctionScalingConfig: { Qualifier: "1" },
  GetFunctionUrlConfig: {},
  GetPolicy: {},
  GetProvisionedConcurrencyConfig: { Qualifier: "1" },
  GetRuntimeManagementConfig: {},
  Invoke: {},
  InvokeAsync: { InvokeArgs: "{}" },
  InvokeWithResponseStream: {},
  ListAliases: {},
  ListFunctionEventInvokeConfigs: {},
  ListFunctionUrlConfigs: {},
  ListProvisionedConcurrencyConfigs: {},
  ListVersionsByFunction: {},
  PublishVersion: {},
  PutFunctionCodeSigningConfig: { CodeSigningConfigArn },
  PutFunctionConcurrency: { ReservedConcurrentExecutions: 1 },
  PutFunctionEventInvokeConfig: { MaximumRetryAttempts: 1 },
  PutFunctionRecursionConfig: { RecursiveLoop: "Allow" },
  PutFunctionScalingConfig: { Qualifier: "1" },
  PutProvisionedConcurrencyConfig: { Qualifier: "1", ProvisionedConcurrentExecutions: 1 },
  PutRuntimeManagementConfig: { UpdateRuntimeOn: "Auto" },
  RemovePermission: { StatementId: "s" },
  UpdateAlias: { Name: "a" },
  UpdateFunctionCode: { ZipFile: packaged("echo") },
  UpdateFunctionConfiguration: {},
  UpdateFunctionEventInvokeConfig: { MaximumRetryAttempts: 1 },
  UpdateFunctionUrlConfig: {},
};

const ofLayers = {
  AddLayerVersionPermission: { VersionNumber, StatementId: "s", Action: "lambda:GetLayerVersion", Principal: "*" },
  GetLayerVersion: { VersionNumber },
  GetLayerVersionPolicy: { VersionNumber },
  RemoveLayerVersionPermission: { VersionNumber, StatementId: "s" },
};

test("functions that are not there", async () => {
  for (const [operation, input] of Object.entries(ofFunctions)) {
    await refused("ResourceNotFoundException", operation, { FunctionName: "js-nowhere", ...input });
  }
});

test("what is no function's name", async () => {
  for (const [operation, input] of Object.entries(ofFunctions)) {
    await refused("ValidationException", operation, { FunctionName: "no name!", ...input });
  }
});

test("layers that are not there, and what is no layer's name", async () => {
  for (const [operation, input] of Object.entries(ofLayers)) {
    await refused("ResourceNotFoundException", operation, { LayerName: "js-nowhere", ...input });
    await refused("ValidationException", operation, { LayerName: "no name!", ...input });
  }
});
