'use strict';
// Martlet's Node.js runtime: asks the Runtime API for events and gives them to the function's handler. It speaks HTTP over
// a plain socket, because the http module takes longer to load than everything here together.

const net = require('net');
const path = require('path');
const { loadHandler } = require('./loader.cjs');
const { patchConsole, writeError } = require('./console.cjs');
const { describe, Fault } = require('./failures.cjs');

const current = { requestId: undefined };
patchConsole(current);

/** One kept-alive connection to the Runtime API. */
class RuntimeApi {
  constructor(address) {
    const colon = address.lastIndexOf(':');
    this.socket = net.connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true });
    this.socket.on('data', (piece) => this.receive(piece));
    this.socket.on('close', () => process.exit(0)); // the environment is being ended
    this.socket.on('error', () => process.exit(0));
    this.host = address;
    this.pieces = [];
    this.size = 0;
    this.head = null;
    this.waiting = [];
  }

  /** Sends requests in one packet; each gets its answer, in order, through `onAnswer(headers, body)`. */
  send(...requests) {
    const parts = [];
    for (const { method, resource, body, errorType, onAnswer } of requests) {
      let head = `${method} /2018-06-01/runtime/${resource} HTTP/1.1\r\nHost: ${this.host}\r\n`;
      if (body !== undefined) head += `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
      if (errorType) head += `Lambda-Runtime-Function-Error-Type: ${errorType.replace(/[^\x21-\x7e]/g, '')}\r\n`;
      parts.push(Buffer.from(`${head}\r\n`, 'latin1'));
      if (body !== undefined) parts.push(body);
      this.waiting.push(onAnswer);
    }
    this.socket.write(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  }

  receive(piece) {
    this.pieces.push(piece);
    this.size += piece.length;
    for (;;) {
      if (this.head !== null && this.size < this.head.length) return;
      const received = this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces);
      if (this.head === null) {
        const end = received.indexOf('\r\n\r\n');
        this.rest(end < 0 ? received : received.subarray(end + 4));
        if (end < 0) return;
        this.head = parseHead(received.toString('latin1', 0, end));
      } else {
        const { headers, length } = this.head;
        this.head = null;
        this.rest(received.subarray(length));
        this.waiting.shift()(headers, received.subarray(0, length));
        if (this.size === 0) return;
      }
    }
  }

  rest(bytes) {
    this.pieces = bytes.length === 0 ? [] : [bytes];
    this.size = bytes.length;
  }
}

function parseHead(text) {
  const headers = Object.create(null);
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { headers, length: Number(headers['content-length'] || 0) };
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
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

/** Runs events one after another. While a handler runs, only its own work keeps the event loop alive. */
class Runner {
  constructor(api, handler) {
    this.api = api;
    this.handler = handler;
    this.settle = null;
    this.whenLoopIsEmpty = null;
    process.on('beforeExit', () => this.loopIsEmpty());
  }

  nextRequest() {
    this.api.socket.ref();
    return { method: 'GET', resource: 'invocation/next', onAnswer: (headers, body) => this.run(headers, body) };
  }

  run(headers, body) {
    const id = headers['lambda-runtime-aws-request-id'];
    current.requestId = id;
    if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    this.api.socket.unref();
    let settled = false;
    this.settle = (error, result, then) => {
      if (settled) return;
      settled = true;
      this.whenLoopIsEmpty = null;
      const settlement = makeSettlement(id, error, result);
      if (!then) return this.api.send(settlement, this.nextRequest());
      this.api.socket.ref();
      settlement.onAnswer = then;
      this.api.send(settlement);
    };
    // A handler that neither answers nor leaves anything to wait for has the answer null.
    this.whenLoopIsEmpty = () => this.settle(null, null);
    this.call(this.settle, makeContext(headers), body);
  }

  call(settle, context, body) {
    const done = (error, result) => {
      const failure = error === null || error === undefined ? null : error;
      if (!context.callbackWaitsForEmptyEventLoop) settle(failure, result);
      else this.whenLoopIsEmpty = () => settle(failure, result);
    };
    Object.assign(context, {
      done,
      succeed: (result) => done(null, result),
      fail: (error) => done(error === undefined || error === null ? 'handled' : error),
    });
    try {
      const returned = this.handler(JSON.parse(body.toString()), context, done);
      if (returned && typeof returned.then === 'function')
        returned.then((result) => settle(null, result), (error) => settle(error === undefined ? null : error, null));
    } catch (error) {
      settle(error, null);
    }
  }

  loopIsEmpty() {
    const act = this.whenLoopIsEmpty;
    this.whenLoopIsEmpty = null;
    if (act) setImmediate(act);
  }
}

function makeSettlement(id, error, result) {
  const ignore = () => {};
  if (error === null) {
    try {
      const text = JSON.stringify(result === undefined ? null : result);
      const body = Buffer.from(text === undefined ? 'null' : text);
      return { method: 'POST', resource: `invocation/${id}/response`, body, onAnswer: ignore };
    } catch {
      error = new Error('Unable to stringify response body');
    }
  }
  const document = describe(error);
  writeError(current, error instanceof Fault ? error.title : 'Invoke Error', document);
  const body = Buffer.from(JSON.stringify(document));
  return { method: 'POST', resource: `invocation/${id}/error`, body, errorType: document.errorType, onAnswer: ignore };
}

/** A failure outside the handler's own flow: reported for the invocation under way, and the process ends. */
function dieOf(runner, error, status) {
  if (runner.settle) runner.settle(error, null, () => process.exit(status));
  else process.exit(status);
}

async function main() {
  const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
  let handler;
  try {
    handler = loadHandler(process.env.LAMBDA_TASK_ROOT || path.resolve('.'), process.env._HANDLER || '');
    if (typeof handler !== 'function') handler = await handler;
  } catch (error) {
    const document = describe(error);
    writeError(current, 'Uncaught Exception', document);
    const body = Buffer.from(JSON.stringify(document));
    const onAnswer = () => process.exit(1);
    api.send({ method: 'POST', resource: 'init/error', body, errorType: document.errorType, onAnswer });
    return;
  }
  const runner = new Runner(api, handler);
  process.on('uncaughtException', (error) =>
    dieOf(runner, Fault.wrap(error, 'Uncaught Exception'), 129));
  process.on('unhandledRejection', (reason) => dieOf(runner, Fault.rejection(reason), 128));
  api.send(runner.nextRequest());
}

main();
