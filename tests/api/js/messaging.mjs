// What the tests of SQS, SNS, IAM and STS share: a client of $MARTLET_ENDPOINT in an account that no other test uses, and a list of the
// operations that have succeeded.

import assert from "node:assert/strict";

/** `sdk` is the package of the service, `Client` its client. */
export function messagingOf(sdk, Client, account) {
  const client = new Client({
    endpoint: process.env.MARTLET_ENDPOINT,
    region: "us-east-1",
    credentials: { accessKeyId: account, secretAccessKey: "test" },
    maxAttempts: 1,
  });
  const succeeded = new Set();

  async function call(operation, input = {}) {
    const answer = await client.send(new sdk[`${operation}Command`](input));
    succeeded.add(operation);
    return answer;
  }

  /** The operation must fail with the error of that class or, where the SDK has none, of that name. */
  async function refused(kind, operation, input = {}) {
    await assert.rejects(call(operation, input), (error) => {
      const isIt = typeof kind === "string" ? error.name === kind : error instanceof kind;
      assert.ok(isIt, `${operation}: ${error.name}: ${error.message}`);
      return true;
    });
  }

  async function pages(operation, input, member) {
    const found = [];
    for await (const page of sdk[`paginate${operation}`]({ client, pageSize: 1 }, input)) found.push(...(page[member] ?? []));
    succeeded.add(operation);
    return found;
  }

  /** Operations of the service, but for those named, that no test has called with success. */
  const notShown = (except = []) =>
    Object.keys(sdk)
      .filter((name) => name.endsWith("Command") && name !== "$Command")
      .map((name) => name.replace(/Command$/, ""))
      .filter((name) => !succeeded.has(name) && !except.includes(name));

  return { client, call, refused, pages, notShown };
}
