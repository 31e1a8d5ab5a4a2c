// What the tests of Lambda share: clients of $MARTLET_ENDPOINT that note down, in the file $MARTLET_COVERAGE, each operation
// they call and what came of it, so that test_sdk_javascript.py can say which operation or error no test has shown.

import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import * as sdk from "@aws-sdk/client-lambda";

export { sdk };
export const text = (bytes) => new TextDecoder().decode(bytes);
export const packaged = (name) => readFileSync(join(process.env.MARTLET_PACKAGES, `${name}.zip`));
export const NODE = `nodejs${process.versions.node.split(".")[0]}.x`;
export const arnOf = (name, account = "000000000000") => `arn:aws:lambda:us-east-1:${account}:function:${name}`;

function note(call) {
  appendFileSync(process.env.MARTLET_COVERAGE, `${JSON.stringify(call)}\n`);
}

/** A client of Lambda. An account of 12 digits is one that no other test uses. */
export function clientOf(account = "test") {
  const client = new sdk.LambdaClient({
    endpoint: process.env.MARTLET_ENDPOINT,
    region: "us-east-1",
    credentials: { accessKeyId: account, secretAccessKey: "test" },
    maxAttempts: 1,
  });
  const observe = (next, context) => async (args) => {
    const operation = context.commandName.replace(/Command$/, "");
    try {
      const answer = await next(args);
      note({ operation, paged: Boolean(args.input.Marker) });
      return answer;
    } catch (error) {
      note({ operation, error: error.name });
      throw error;
    }
  };
  client.middlewareStack.add(observe, { step: "initialize", name: "observe" });
  return client;
}

/** call, refused, pages and deploy of one client. */
export function operationsOf(client) {
  const call = (operation, input = {}) => client.send(new sdk[`${operation}Command`](input));

  /** The operation must fail with the error of that name. Gives the error. */
  async function refused(name, operation, input = {}) {
    let caught;
    await assert.rejects(call(operation, input), (error) => {
      caught = error;
      assert.equal(error.name, name, `${operation}: ${error.name}: ${error.message}`);
      return true;
    });
    return caught;
  }

  /** All items of a list, fetched one by one; a marker that no answer gave must be refused. */
  async function pages(operation, input, member) {
    const found = [];
    for await (const page of sdk[`paginate${operation}`]({ client, pageSize: 1 }, input)) {
      assert.ok(page[member].length <= 1, `${operation} gives more than MaxItems`);
      found.push(...page[member]);
    }
    await refused("InvalidParameterValueException", operation, { ...input, Marker: "no such marker" });
    await refused("ValidationException", operation, { ...input, MaxItems: 0 });
    return found;
  }

  const deploy = (FunctionName, name = "echo", more = {}) =>
    call("CreateFunction", {
      FunctionName,
      Runtime: process.env.MARTLET_PYTHON,
      Handler: "app.handler",
      Role: "arn:aws:iam::000000000000:role/js",
      Code: { ZipFile: packaged(name) },
      Timeout: 30,
      ...more,
    });

  return { call, refused, pages, deploy };
}
