'use strict';
// Martlet's Node.js runtime: asks the Runtime API for events and gives them to the function's handler. Start-up time is the
// point: nothing is loaded that is not needed. A process that is started ahead of any function (MARTLET_PREBOOT) learns from
// the platform which one it serves; no module here may look at the environment before that, nor keep what it saw.

const path = require('path');
const { loadHandler } = require('./loader.cjs');
const { patchConsole, writeError } = require('./console.cjs');
const { describe, Fault } = require('./failures.cjs');
const { RuntimeApi } = require('./runtime_api.cjs');
const { checkHandler, Runner } = require('./runner.cjs');
const { provideGlobal } = require('./streaming.cjs');

/** The event being handled, for log lines. */
const current = { requestId: undefined, tenantId: undefined };

/** A failure outside the handler's own flow: reported for the invocation under way, and the process ends. */
function dieOf(runner, error, status) {
  if (runner.settle) runner.settle(error, null, () => process.exit(status));
  else process.exit(status);
}

async function main() {
  const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
  if (process.env.MARTLET_PREBOOT) {
    const { preload, become } = require('./preboot.cjs');
    await preload();
    become(JSON.parse((await api.get('martlet/function')).toString()));
  }
  patchConsole(current);
  provideGlobal();
  let handler;
  try {
    handler = loadHandler(process.env.LAMBDA_TASK_ROOT || path.resolve('.'), process.env._HANDLER || '');
    if (typeof handler !== 'function') handler = await handler;
    checkHandler(handler);
  } catch (error) {
    const document = describe(error);
    writeError(current, 'Uncaught Exception', document);
    const body = Buffer.from(JSON.stringify(document));
    const onAnswer = () => process.exit(1);
    api.send({ method: 'POST', resource: 'runtime/init/error', body, errorType: document.errorType, onAnswer });
    return;
  }
  const runner = new Runner(api, handler, current);
  process.on('uncaughtException', (error) =>
    dieOf(runner, Fault.wrap(error, 'Uncaught Exception'), 129));
  process.on('unhandledRejection', (reason) => dieOf(runner, Fault.rejection(reason), 128));
  api.send(runner.nextRequest());
}

main();
