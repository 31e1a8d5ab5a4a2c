'use strict';
// console.log and its relatives, in Lambda's text or JSON form.

const fs = require('fs');
const util = require('util');

const asJson = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const least = asJson ? Math.max(levels.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL || 'TRACE').toUpperCase()), 0) : 0;

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

function writeRecord(current, level, parts) {
  const timestamp = new Date().toISOString();
  if (!asJson) return writeEvent(`${timestamp}\t${current.requestId}\t${level}\t${util.format(...parts)}`);
  const record = { timestamp, level, requestId: current.requestId };
  if (parts.length === 1 && typeof parts[0] === 'object' && parts[0] !== null && !(parts[0] instanceof Error)) {
    record.message = parts[0];
    try {
      return writeEvent(JSON.stringify(record));
    } catch {
      // What JSON cannot hold is shown as text.
    }
  }
  record.message = util.format(...parts);
  const error = parts.find((part) => part instanceof Error);
  if (error) {
    record.errorType = error.name;
    record.errorMessage = error.message;
    record.stackTrace = String(error.stack).split('\n');
  }
  writeEvent(JSON.stringify(record));
}

function patchConsole(current) {
  const names = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' };
  for (const [name, level] of Object.entries(names))
    console[name] = (...parts) => {
      if (levels.indexOf(level) >= least) writeRecord(current, level, parts);
    };
}

/** The line that Lambda writes for a failure: a title and the error with its stack. */
function writeError(current, title, document) {
  const { errorType, errorMessage, trace } = document;
  const shown = { errorType, errorMessage, stack: trace };
  const timestamp = new Date().toISOString();
  const { requestId } = current;
  if (asJson) writeEvent(JSON.stringify({ timestamp, level: 'ERROR', requestId, message: { ...shown, title } }));
  else writeEvent(`${timestamp}\t${requestId}\tERROR\t${title} \t${JSON.stringify(shown)}`);
}

module.exports = { patchConsole, writeError };
