import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ChatError } from '../operation/errors.ts';
import { type Log, toChatError } from './call.ts';
import type { Origins } from './origins.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { type EngineRequests, isEngineRequest } from './socketio/engine-requests.ts';
import type { RawWebSockets } from './websocket/endpoint.ts';

type Dependencies = { origins: Origins; engine: EngineRequests; raw: RawWebSockets; log: Log };

/** As the router takes the paths of the REST API: in any case, with or without a slash at the end. */
const RAW_PATH = /^\/api\/ws\/?(\?|$)/i;
const VERSIONS = ['8', '13'];
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Passes each WebSocket upgrade to Engine.IO or to the plain WebSockets; every upgrade is answered. */
export function serveUpgrades(http: Server, { origins, engine, raw, log }: Dependencies): void {
  http.on('upgrade', (request, socket, head) => {
    try {
      upgradeTo(request, socket, head);
    } catch (thrown) {
      refuseUpgrade(socket, toChatError(thrown, log, 'upgrade'));
    }
  });

  function upgradeTo(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isRaw = RAW_PATH.test(request.url ?? '');
    if (!isRaw && !isEngineRequest(request)) throw new ChatError('unknown_route');
    origins.check(request);
    mustBeHandshake(request);
    if (isRaw) void raw.upgrade(request, socket, head);
    else engine.upgrade(request, socket, head);
  }
}

/** RFC 6455, section 4.2.1. Checked first: later, a ticket would already be used up. */
function mustBeHandshake({ method, headers }: IncomingMessage): void {
  if (!VERSIONS.includes(headers['sec-websocket-version'] ?? '')) throw new ChatError('upgrade_required');
  if (method !== 'GET' || !KEY.test(headers['sec-websocket-key'] ?? '')) throw new ChatError('invalid_handshake');
}
