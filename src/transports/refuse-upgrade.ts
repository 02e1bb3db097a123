import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ChatError, ErrorCode } from '../operation/errors.ts';

/** After its answer a refused socket is kept for so long, so that the client can read the answer. */
const DESTROY_AFTER_MS = 500;
/** Further headers that RFC 9110 and RFC 6455 require. */
const HEADERS: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'WWW-Authenticate: Bearer\r\n',
  upgrade_required: 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
};

/** Answers an upgrade with an error, in the form of every HTTP error, and destroys the socket half a second later. */
export function refuseUpgrade(socket: Duplex, error: ChatError): void {
  socket.resume(); // what the client still sends is dropped: unread, it would undo the answer
  socket.end(answerOf(error));
  setTimeout(() => socket.destroy(), DESTROY_AFTER_MS).unref();
}

function answerOf({ code, message, status, retryAfter }: ChatError): string {
  const body = JSON.stringify({ success: false, error: message, code });
  const retry = retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`;
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
    `X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n${HEADERS[code] ?? ''}${retry}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
