'use strict';
// Runs events one after another: context, handler, settlement.

const { writeError } = require('./console.cjs');
const { describe, Fault } = require('./failures.cjs');
const { isStreaming, ResponseStream } = require('./streaming.cjs');

/** Whether the runtime that the function asked for still knows callbacks and the context's done(), succeed(), fail(). */
function knowsCallbacks() {
  const asked = /nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV || '');
  return !asked || Number(asked[1]) < 24;
}

/** Refuses a handler that this runtime would never hear from. */
function checkHandler(handler) {
  if (!knowsCallbacks() && !isStreaming(handler) && handler.length > 2)
    throw new Fault(
      'Runtime.CallbackHandlerDeprecated',
      'Handlers that take a callback are no longer supported from Node.js 24 on: make the handler an async function',
    );
}

function makeContext(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'] || 0);
  const parse = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parse('lambda-runtime-client-context'),
    identity: parse('lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

/** While a handler runs, only its own work keeps the event loop alive. */
class Runner {
  constructor(api, handler, current) {
    this.api = api;
    this.handler = handler;
    this.current = current;
    this.streaming = isStreaming(handler);
    this.callbacks = knowsCallbacks();
    this.settle = null;
    this.whenLoopIsEmpty = null;
    process.on('beforeExit', () => this.loopIsEmpty());
  }

  nextRequest() {
    this.api.socket.ref();
    return { method: 'GET', resource: 'runtime/invocation/next', onAnswer: (headers, body) => this.run(headers, body) };
  }

  run(headers, body) {
    const id = headers['lambda-runtime-aws-request-id'];
    this.current.requestId = id;
    this.current.tenantId = headers['lambda-runtime-aws-tenant-id'];
    if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    else delete process.env._X_AMZN_TRACE_ID;
    this.api.socket.unref();
    if (this.streaming) return this.stream(id, makeContext(headers), body);
    let settled = false;
    this.settle = (error, result, then) => {
      if (settled) return;
      settled = true;
      this.whenLoopIsEmpty = null;
      this.finish(makeSettlement(this.current, id, error, result), then);
    };
    // A handler that neither answers nor leaves anything to wait for has the answer null.
    this.whenLoopIsEmpty = () => this.settle(null, null);
    this.call(this.settle, makeContext(headers), body);
  }

  /** Sends how an invocation ended, and asks for the next event unless `then` is to be called instead. */
  finish(settlement, then) {
    if (!then) return this.api.send(settlement, this.nextRequest());
    this.api.socket.ref();
    this.api.send({ ...settlement, onAnswer: then });
  }

  call(settle, context, body) {
    const done = (error, result) => {
      const failure = error === null || error === undefined ? null : error;
      if (!context.callbackWaitsForEmptyEventLoop) settle(failure, result);
      else this.whenLoopIsEmpty = () => settle(failure, result);
    };
    if (this.callbacks)
      Object.assign(context, {
        done,
        succeed: (result) => done(null, result),
        fail: (error) => done(error === undefined || error === null ? 'handled' : error),
      });
    else delete context.callbackWaitsForEmptyEventLoop;
    try {
      const event = JSON.parse(body.toString());
      const returned = this.callbacks ? this.handler(event, context, done) : this.handler(event, context);
      if (returned && typeof returned.then === 'function')
        returned.then((result) => settle(null, result), (error) => settle(error === undefined ? null : error, null));
      else if (!this.callbacks) settle(null, returned);
    } catch (error) {
      settle(error, null);
    }
  }

  stream(id, context, body) {
    const stream = new ResponseStream(this.api, `runtime/invocation/${id}/response`);
    let over = false;
    const next = () => this.api.send(this.nextRequest());
    this.settle = (error, result, then) => {
      if (over) return;
      over = true;
      this.whenLoopIsEmpty = null;
      if (error === null) return stream.settled(then || next);
      // What has begun cannot be taken back: the error follows it.
      if (!stream.begun) return this.finish(makeSettlement(this.current, id, error), then);
      const document = logFailure(this.current, error);
      this.api.socket.ref();
      stream.fail(document, then || next);
    };
    const unended = () =>
      this.settle(new Fault('Runtime.InvalidStreamingOperation', 'The handler did not end its response stream'));
    this.whenLoopIsEmpty = unended;
    stream.once('error', (error) => this.settle(error));
    const finished = new Promise((resolve) => stream.once('finish', resolve));
    try {
      const returned = this.handler(JSON.parse(body.toString()), stream, context);
      if (!returned || typeof returned.then !== 'function')
        throw new Fault('Runtime.MalformedStreamingHandler', 'Streaming does not support non-async handlers.');
      returned.then(() => finished).then(() => this.settle(null), (error) => this.settle(error ?? 'undefined'));
    } catch (error) {
      this.settle(error);
    }
  }

  loopIsEmpty() {
    const act = this.whenLoopIsEmpty;
    this.whenLoopIsEmpty = null;
    if (act) setImmediate(act);
  }
}

/** Writes the failure to the log; returns the document that describes it. */
function logFailure(current, error) {
  const document = describe(error);
  writeError(current, error instanceof Fault ? error.title : 'Invoke Error', document);
  return document;
}

function makeSettlement(current, id, error, result) {
  const resource = `runtime/invocation/${id}`;
  const onAnswer = () => {};
  if (error === null) {
    try {
      const text = JSON.stringify(result === undefined ? null : result);
      const body = Buffer.from(text === undefined ? 'null' : text);
      return { method: 'POST', resource: `${resource}/response`, body, onAnswer };
    } catch {
      error = new Error('Unable to stringify response body');
    }
  }
  const document = logFailure(current, error);
  const body = Buffer.from(JSON.stringify(document));
  return { method: 'POST', resource: `${resource}/error`, body, errorType: document.errorType, onAnswer };
}

module.exports = { checkHandler, Runner };
