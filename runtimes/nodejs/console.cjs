'use strict';
// console.log and its relatives, in Lambda's text or JSON form.

const fs = require('fs');
const util = require('util');

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
let asJson = false;

/**
 * Writes one log event, which may have several lines. Martlet ends an event at a newline; a unit separator before the
 * newline says that the event goes on.
 */
function writeEvent(text) {
  let data = Buffer.from(text.replace(/\n/g, '\x1f\n') + '\n');
  while (data.length > 0) {
    try {
      data = data.subarray(fs.writeSync(1, data));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      // Somebody made the pipe non-blocking and it is full: give its reader a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** An error inside a JSON record. */
function showErrors(name, value) {
  if (!(value instanceof Error)) return value;
  const stackTrace = typeof value.stack === 'string' ? value.stack.split('\n') : value.stack;
  return { errorType: value.constructor?.name ?? 'UnknownError', errorMessage: value.message, stackTrace, ...value };
}

function writeRecord(current, level, parts) {
  const timestamp = new Date().toISOString();
  if (!asJson) return writeEvent(`${timestamp}\t${current.requestId}\t${level}\t${util.format(...parts)}`);
  const record = { timestamp, level, requestId: current.requestId };
  if (current.tenantId !== undefined) record.tenantId = current.tenantId;
  if (parts.length === 1) {
    record.message = parts[0];
    try {
      return writeEvent(JSON.stringify(record, showErrors));
    } catch {
      // What JSON cannot hold is shown as text.
    }
  }
  record.message = util.format(...parts);
  const error = parts.length > 1 && parts.find((part) => part instanceof Error);
  if (error) {
    const { errorType, errorMessage, stackTrace } = showErrors('', error);
    Object.assign(record, { errorType, errorMessage, stackTrace });
  }
  writeEvent(JSON.stringify(record));
}

/** Makes the console write log events, as the environment asks for it now. */
function patchConsole(current) {
  asJson = (process.env.AWS_LAMBDA_LOG_FORMAT || '').toUpperCase() === 'JSON';
  const least = Math.max(levels.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL || 'TRACE').toUpperCase()), 0);
  const names = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
  for (const [name, level] of Object.entries(names))
    console[name] =
      levels.indexOf(level) < least ? () => {} : (...parts) => writeRecord(current, level, parts);
}

/** The line that Lambda writes for a failure: a title and the error with its stack. */
function writeError(current, title, document) {
  const { errorType, errorMessage, trace } = document;
  const timestamp = new Date().toISOString();
  const { requestId } = current;
  if (asJson) {
    const message = { errorType, errorMessage, stackTrace: trace };
    return writeEvent(JSON.stringify({ timestamp, level: 'ERROR', requestId, message }));
  }
  const shown = { errorType, errorMessage, stack: trace };
  writeEvent(`${timestamp}\t${requestId}\tERROR\t${title} \t${JSON.stringify(shown)}`);
}

module.exports = { patchConsole, writeError };
