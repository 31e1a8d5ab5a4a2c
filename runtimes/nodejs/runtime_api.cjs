'use strict';
// How the runtime speaks to the Runtime API.

const net = require('net');

/**
 * One kept-alive connection to the Runtime API. It speaks HTTP over a plain socket, because the http module takes longer to
 * load than everything here together.
 */
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

  /** The body of what that resource answers. */
  get(resource) {
    return new Promise((resolve) => {
      this.send({ method: 'GET', resource, onAnswer: (headers, body) => resolve(body) });
    });
  }

  /**
   * Sends requests in one packet; each gets its answer, in order, through `onAnswer(headers, body)`. Resources are paths
   * below /2018-06-01/.
   */
  send(...requests) {
    const parts = [];
    for (const { method, resource, body, errorType, onAnswer } of requests) {
      let head = `${method} /2018-06-01/${resource} HTTP/1.1\r\nHost: ${this.host}\r\n`;
      if (body !== undefined) head += `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
      if (errorType) head += `Lambda-Runtime-Function-Error-Type: ${errorType.replace(/[^\x21-\x7e]/g, '')}\r\n`;
      parts.push(Buffer.from(`${head}\r\n`, 'latin1'));
      if (body !== undefined) parts.push(body);
      this.waiting.push(onAnswer);
    }
    this.socket.write(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  }

  /** Begins a request whose body follows in pieces, by write() and endStream(). */
  beginStream(resource, contentType, onAnswer) {
    this.waiting.push(onAnswer);
    this.socket.write(
      `POST /2018-06-01/${resource} HTTP/1.1\r\nHost: ${this.host}\r\nContent-Type: ${contentType}\r\n` +
        'Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n' +
        'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n',
      'latin1',
    );
  }

  /** One piece of that body; `then` is called once the operating system has it. */
  write(piece, then) {
    if (piece.length === 0) return then();
    this.socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    this.socket.write(piece);
    this.socket.write('\r\n', 'latin1', then);
  }

  /** Ends the body; `trailers` are whole lines. */
  endStream(trailers) {
    this.socket.write(`0\r\n${trailers}\r\n`, 'latin1');
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

module.exports = { RuntimeApi };
