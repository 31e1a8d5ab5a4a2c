'use strict';
// Error documents, with the members that AWS gives them.

/** A failure that the runtime itself reports, with AWS's error type. */
class Fault extends Error {
  constructor(kind, message, stack, title = 'Uncaught Exception') {
    super(message);
    this.kind = kind;
    this.title = title;
    if (stack) this.stack = `${kind}: ${stack}`;
    else this.stack = String(this.stack).replace(/^Error/, kind);
  }

  static wrap(error, title) {
    const { errorType, errorMessage } = describe(error);
    const fault = new Fault(errorType, errorMessage, undefined, title);
    if (error instanceof Error) fault.stack = error.stack;
    return fault;
  }

  static rejection(reason) {
    const stack = reason instanceof Error ? reason.stack : undefined;
    return new Fault('Runtime.UnhandledPromiseRejection', String(reason), stack, 'Unhandled Promise Rejection');
  }
}

function describe(error) {
  if (error instanceof Fault) return { errorType: error.kind, errorMessage: error.message, trace: lines(error) };
  const isError = error instanceof Error || Object.prototype.toString.call(error) === '[object Error]';
  if (isError) return { errorType: String(error.name), errorMessage: String(error.message), trace: lines(error) };
  let text;
  try {
    text = typeof error === 'object' ? JSON.stringify(error) : String(error);
  } catch {
    text = '[object]';
  }
  return { errorType: typeof error, errorMessage: text, trace: [] };
}

function lines(error) {
  const ours = (line) => line.includes(`(${__dirname}/`) || line.includes(`at ${__dirname}/`);
  return String(error.stack || '').split('\n').filter((line) => !ours(line));
}

module.exports = { Fault, describe };
