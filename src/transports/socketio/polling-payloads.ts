import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { ChatError } from '../../operation/errors.ts';
import { refuseRequest } from '../http/refuse-request.ts';
import {
  CLOSE_WITHIN_MS,
  LARGEST_PACKET_BYTES,
  LARGEST_PAYLOAD_BYTES,
  MOST_PACKETS_PER_PAYLOAD,
} from './engine-limits.ts';

/** Engine.IO's long polling, as far as receiving goes. The form is not documented: engine.io is pinned, and tests guard it. */
export type PollingTransport = {
  closeTimeout: number;
  /** The request that is being received; destroyed when the connection is closed. */
  dataReq: IncomingMessage | null;
  onDataRequest(request: IncomingMessage, response: ServerResponse): void;
  onData(payload: string): void;
  onError(reason: string): void;
  headers(request: IncomingMessage, headers: OutgoingHttpHeaders): OutgoingHttpHeaders;
};

const SEPARATOR = '\u001e';
const OK = { 'Content-Type': 'text/html', 'Content-Length': '2' };

/**
 * Reads the payloads of a polling client in place of Engine.IO, which has one limit for a payload and a packet. A payload
 * that is beyond the limits is refused (400 or 413) as a whole, and the connection is closed.
 */
export function limitPayloads(transport: PollingTransport): void {
  transport.closeTimeout = CLOSE_WITHIN_MS;
  transport.dataReq = null;
  transport.onDataRequest = (request, response) => {
    if (transport.dataReq !== null) return refuse(request, response, new ChatError('invalid_handshake'));
    transport.dataReq = request;
    receive(request, response).catch((thrown) => {
      transport.dataReq = null;
      refuse(request, response, thrown instanceof ChatError ? thrown : new ChatError('invalid_handshake'));
    });
  };

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payload = mustBeWithinLimits(await textOf(request));
    transport.dataReq = null;
    transport.onData(payload);
    response.writeHead(200, transport.headers(request, { ...OK })).end('ok');
  }

  function refuse(request: IncomingMessage, response: ServerResponse, error: ChatError): void {
    refuseRequest(response, error);
    request.resume(); // what still comes is dropped: a client that cannot send on would not look at the answer
    transport.onError('a payload that cannot be read');
  }
}

/** @throws TypeError if it is not UTF-8, Error if it ends too early */
async function textOf(request: IncomingMessage): Promise<string> {
  if (isBinary(request.headers)) throw new ChatError('invalid_handshake');
  const chunks: Buffer[] = [];
  let bytes = 0;
  // destroyed after a refusal, it would take the answer with it
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > LARGEST_PAYLOAD_BYTES) throw new ChatError('body_too_large');
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
}

function mustBeWithinLimits(payload: string): string {
  const packets = payload.split(SEPARATOR);
  if (packets.length > MOST_PACKETS_PER_PAYLOAD) throw new ChatError('invalid_handshake');
  for (const packet of packets)
    if (Buffer.byteLength(packet) > LARGEST_PACKET_BYTES) throw new ChatError('body_too_large');
  return payload;
}

const isBinary = (headers: IncomingHttpHeaders) => headers['content-type'] === 'application/octet-stream';
