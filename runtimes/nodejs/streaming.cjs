'use strict';
// Response streaming: the global `awslambda` and the stream that a streaming handler writes to.

const { Writable } = require('stream');

const kStreaming = Symbol.for('aws.lambda.runtime.handler.streaming');
const kHttpResponse = 'application/vnd.awslambda.http-integration-response';

const isStreaming = (handler) => handler[kStreaming] === 'response';

function provideGlobal() {
  globalThis.awslambda = {
    streamifyResponse(handler) {
      handler[kStreaming] = 'response';
      return handler;
    },
    HttpResponseStream: {
      /** Puts status, headers and cookies before the body, in the form that function URLs take apart again. */
      from(stream, metadata) {
        stream.setContentType(kHttpResponse);
        stream._onBeforeFirstWrite = (write) => {
          write(JSON.stringify(metadata));
          write(new Uint8Array(8));
        };
        return stream;
      },
    },
  };
}

class ResponseStream extends Writable {
  constructor(api, resource) {
    super();
    this._api = api;
    this._resource = resource;
    this._contentType = 'application/octet-stream';
    this._answered = false;
    this._whenAnswered = null;
    this.begun = false;
  }

  setContentType(type) {
    if (this.begun) throw new Error('Cannot set content-type, too late.');
    this._contentType = String(type).replace(/[^\x20-\x7e]/g, '');
  }

  write(piece, ...rest) {
    const sendable = typeof piece === 'string' || piece instanceof Uint8Array;
    return super.write(sendable ? piece : JSON.stringify(piece), ...rest);
  }

  _begin() {
    if (this.begun) return;
    this.begun = true;
    this._api.beginStream(this._resource, this._contentType, () => {
      this._answered = true;
      if (this._whenAnswered) this._whenAnswered();
    });
    if (typeof this._onBeforeFirstWrite === 'function')
      this._onBeforeFirstWrite((piece) => this._api.write(Buffer.from(piece), () => {}));
  }

  _write(piece, encoding, then) {
    this._begin();
    this._api.write(piece, then);
  }

  _final(then) {
    this._begin();
    this._api.endStream('');
    then();
  }

  /** Calls `then` once the platform has taken the whole answer, which has been ended. */
  settled(then) {
    this._api.socket.ref();
    if (this._answered) then();
    else this._whenAnswered = then;
  }

  /** Ends the answer, of which a part has been sent, with an error. */
  fail(document, then) {
    if (!this.writableFinished) {
      const type = document.errorType.replace(/[^\x21-\x7e]/g, '');
      const body = Buffer.from(JSON.stringify(document)).toString('base64');
      this._final = (done) => done();
      this._write = (piece, encoding, done) => done(); // what the handler still writes is lost
      this._api.endStream(
        `Lambda-Runtime-Function-Error-Type: ${type}\r\nLambda-Runtime-Function-Error-Body: ${body}\r\n`,
      );
    }
    this.settled(then);
  }
}

module.exports = { isStreaming, provideGlobal, ResponseStream };
