import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ChatError, type ErrorCode } from '../../operation/errors.ts';

/** By Node's error codes for requests that are not valid HTTP. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};
/** The response that is being written, which Node's types omit. */
type Busy = { readonly _httpMessage?: { readonly headersSent: boolean } };

/**
 * Answers requests that Node would answer itself, with an empty body: those that are not valid HTTP, too long or too slow, that
 * have an unknown `Expect`, or request a tunnel (`CONNECT`). The connection ends with the response.
 */
export function answerProtocolErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex & Busy) => {
    if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?.headersSent) return socket.destroy();
    endWith(socket, CODES[error.code ?? ''] ?? 'invalid_request');
  });
  server.on('checkExpectation', (_, response) => {
    const { status, headers, body } = answerOf('expectation_failed');
    response.writeHead(status, headers).end(body);
  });
  server.on('connect', (_: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    endWith(socket, 'invalid_request');
  });
}

const HEADERS = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', Connection: 'close' };

function answerOf(of: ErrorCode) {
  const { status, message, code } = new ChatError(of);
  const body = JSON.stringify({ success: false, error: message, code });
  return { status, headers: { ...HEADERS, 'Content-Length': Buffer.byteLength(body) }, body };
}

function endWith(socket: Duplex, code: ErrorCode): void {
  const { status, headers, body } = answerOf(code);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`;
  socket.end(head + body, () => socket.destroy());
}
