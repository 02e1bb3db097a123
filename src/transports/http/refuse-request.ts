import type { ServerResponse } from 'node:http';
import type { ChatError } from '../../operation/errors.ts';

/** Answers a request with an error, in the form of every HTTP error. */
export function refuseRequest(response: ServerResponse, { code, message, status, retryAfter, allow }: ChatError): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
    ...(allow !== undefined && { Allow: allow }),
  });
  response.end(JSON.stringify({ success: false, error: message, code }));
}
