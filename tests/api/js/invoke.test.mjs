// Invocations: Invoke in its kinds, InvokeAsync, InvokeWithResponseStream, tenants.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { NODE, clientOf, operationsOf, sdk, text } from "./suite.mjs";

const lambda = clientOf();
const { call, refused, deploy } = operationsOf(lambda);
const FunctionName = "js-invoke";

before(() => deploy(FunctionName));
after(() => call("DeleteFunction", { FunctionName }));

/** A command with a header that its input has no member for. */
function withHeader(operation, input, name, value) {
  const command = new sdk[`${operation}Command`](input);
  const add = (next) => (args) => {
    args.request.headers[name] = value;
    return next(args);
  };
  command.middlewareStack.add(add, { step: "build", name: "header" });
  return command;
}

async function streamed(input) {
  const answer = await call("InvokeWithResponseStream", { LogType: "Tail", ...input });
  assert.deepEqual([answer.StatusCode, answer.ExecutedVersion], [200, "$LATEST"]);
  const pieces = [];
  let complete;
  for await (const event of answer.EventStream) {
    if (event.PayloadChunk) pieces.push(text(event.PayloadChunk.Payload));
    if (event.InvokeComplete) complete = event.InvokeComplete;
  }
  return { body: pieces.join(""), complete };
}

test("dry run, event, client context", async () => {
  assert.equal((await call("Invoke", { FunctionName, InvocationType: "DryRun" })).StatusCode, 204);
  assert.equal((await call("Invoke", { FunctionName, InvocationType: "Event", Payload: "1" })).StatusCode, 202);
  const ClientContext = btoa('{"custom": {"a": 1}}');
  const answer = await call("Invoke", { FunctionName, Payload: '{"a": "ü"}', ClientContext });
  assert.deepEqual(JSON.parse(text(answer.Payload)), { a: "ü" });
  const old = await call("InvokeAsync", { FunctionName, InvokeArgs: '{"a": 1}' });
  assert.equal(old.Status, 202);
});

test("the tail of the log, and errors of functions", async () => {
  await deploy("js-raises", "raises");
  const answer = await call("Invoke", { FunctionName: "js-raises", LogType: "Tail" });
  assert.deepEqual([answer.StatusCode, answer.FunctionError, answer.ExecutedVersion], [200, "Unhandled", "$LATEST"]);
  assert.equal(JSON.parse(text(answer.Payload)).errorType, "ValueError");
  const tail = Buffer.from(answer.LogResult, "base64").toString();
  assert.match(tail, /^START RequestId: [0-9a-f-]{36} Version: \$LATEST\n/);
  assert.match(tail, /\nREPORT RequestId: /);
  await call("DeleteFunction", { FunctionName: "js-raises" });
});

test("invocations are refused", async () => {
  for (const operation of ["Invoke", "InvokeWithResponseStream"]) {
    await refused("InvalidRequestContentException", operation, { FunctionName, Payload: "no json" });
    const tooLarge = await refused("RequestEntityTooLargeException", operation, { FunctionName, Payload: `"${"x".repeat(6 << 20)}"` });
    assert.equal(tooLarge.$metadata.httpStatusCode, 413);
    await refused("InvalidParameterValueException", operation, { FunctionName, TenantId: "blue" });
  }
  await refused("RequestEntityTooLargeException", "Invoke", { FunctionName, InvocationType: "Event", Payload: `"${"x".repeat(1 << 20)}"` });
  await refused("InvalidRequestContentException", "InvokeAsync", { FunctionName, InvokeArgs: "no json" });
});

test("a runtime that this machine does not have", async () => {
  await deploy("js-no-runtime", "echo", { Runtime: "dotnet6", Handler: "A::B::C" });
  for (const operation of ["Invoke", "InvokeWithResponseStream"]) {
    const error = await refused("InvalidRuntimeException", operation, { FunctionName: "js-no-runtime" });
    assert.equal(error.$metadata.httpStatusCode, 502);
  }
  await call("DeleteFunction", { FunctionName: "js-no-runtime" });
});

test("throttles say why", async () => {
  await deploy("js-off");
  await call("PutFunctionConcurrency", { FunctionName: "js-off", ReservedConcurrentExecutions: 0 });
  for (const operation of ["Invoke", "InvokeWithResponseStream"]) {
    const error = await refused("TooManyRequestsException", operation, { FunctionName: "js-off" });
    assert.equal(error.Reason, "ReservedFunctionConcurrentInvocationLimitExceeded");
  }
  await call("DeleteFunction", { FunctionName: "js-off" });
});

test("an event that has come around too often", async () => {
  await deploy("js-loop", "trace");
  const first = await call("Invoke", { FunctionName: "js-loop" });
  let trace = JSON.parse(text(first.Payload));
  const lineage = trace.match(/Lineage=([^;]*)/)[1];
  trace = trace.replace(lineage, lineage.replace(/:\d+$/, ":16"));
  for (const operation of ["Invoke", "InvokeWithResponseStream"]) {
    const command = withHeader(operation, { FunctionName: "js-loop" }, "x-amzn-trace-id", trace);
    await assert.rejects(lambda.send(command), { name: "RecursiveInvocationException" });
  }
  await call("DeleteFunction", { FunctionName: "js-loop" });
});

test("streamed answers", async () => {
  await deploy("js-stream", "streams", { Runtime: NODE });
  const whole = await streamed({ FunctionName: "js-stream", Payload: "{}" });
  assert.equal(whole.body, "first second");
  assert.equal(whole.complete.ErrorCode, undefined);
  assert.match(atob(whole.complete.LogResult), /REPORT RequestId/);
  const broken = await streamed({ FunctionName: "js-stream", Payload: '{"fail": true}' });
  assert.deepEqual([broken.body, broken.complete.ErrorCode], ["first ", "Unhandled"]);
  assert.equal(JSON.parse(broken.complete.ErrorDetails).errorMessage, "half-way");
  await call("DeleteFunction", { FunctionName: "js-stream" });
});

test("tenants", async () => {
  await deploy("js-tenants", "tenant", { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
  const ask = async (TenantId) => JSON.parse(text((await call("Invoke", { FunctionName: "js-tenants", TenantId })).Payload));
  assert.deepEqual(await ask("blue"), ["blue"]);
  assert.deepEqual(await ask("red"), ["red"]);
  assert.deepEqual(await ask("blue"), ["blue", "blue"]);
  const { body } = await streamed({ FunctionName: "js-tenants", TenantId: "red" });
  assert.deepEqual(JSON.parse(body), ["red", "red"]);
  await refused("InvalidParameterValueException", "Invoke", { FunctionName: "js-tenants" });
  await refused("InvalidParameterValueException", "InvokeWithResponseStream", { FunctionName: "js-tenants" });
  await call("DeleteFunction", { FunctionName: "js-tenants" });
});
