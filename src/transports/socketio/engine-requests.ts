import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ChatError } from '../../operation/errors.ts';
import { type Log, toChatError } from '../call.ts';
import { refuseRequest } from '../http/refuse-request.ts';
import type { Origins } from '../origins.ts';
import type { Engine } from './engine.ts';

type Dependencies = { origins: Origins; draining: () => boolean; log: Log };

const PATH = '/socket.io/';
const PROTOCOL = '4';
const METHODS = ['GET', 'POST', 'OPTIONS'];

/** Whether a request is one of Engine.IO's. */
export const isEngineRequest = ({ url = '' }: IncomingMessage): boolean => url.split('?', 1)[0] === PATH;

/**
 * Checks every request of Engine.IO, not only those that open a connection, and refuses it as every other request is
 * refused: before any state is kept for it. Engine.IO serves the others.
 */
export class EngineRequests {
  readonly #engine: Engine;
  readonly #dependencies: Dependencies;

  constructor(engine: Engine, dependencies: Dependencies) {
    this.#engine = engine;
    this.#dependencies = dependencies;
  }

  /** Serves long polling. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    try {
      this.#check(request);
      this.#engine.handleRequest(request, response);
    } catch (thrown) {
      refuseRequest(response, toChatError(thrown, this.#dependencies.log, 'polling'));
    }
  }

  /**
   * Accepts a WebSocket.
   * @throws ChatError with the reason of the refusal
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#check(request, true);
    this.#engine.handleUpgrade(request, socket, head);
  }

  #check(request: IncomingMessage, upgrade = false): void {
    const { method = '', url = '' } = request;
    if (!upgrade) this.#dependencies.origins.check(request);
    if (!METHODS.includes(method)) throw new ChatError('method_not_allowed', { allow: METHODS.join(', ') });
    if (method === 'OPTIONS') return;
    const query = Object.fromEntries(new URL(url, 'http://localhost').searchParams);
    if ('j' in query) throw new ChatError('forbidden_origin'); // JSONP: a script from here, on a page from anywhere
    Object.assign(request, { _query: query }); // Engine.IO takes it from here: what was checked is what is used
    if (query.EIO !== PROTOCOL) throw new ChatError('unsupported_client');
    if (query.transport !== (upgrade ? 'websocket' : 'polling')) throw new ChatError('invalid_handshake');
    if (query.sid === undefined) this.#checkOpening(method);
    else this.#checkSession(query.sid, upgrade);
  }

  #checkOpening(method: string): void {
    if (method !== 'GET') throw new ChatError('invalid_handshake');
    if (this.#dependencies.draining()) throw new ChatError('shutting_down', { retryAfter: 1 });
  }

  /** Long polling goes on until the connection is a WebSocket; it becomes one once. */
  #checkSession(sid: string, upgrade: boolean): void {
    const connection = this.#engine.connection(sid);
    if (connection?.transport.name !== 'polling' || (upgrade && connection.upgrading))
      throw new ChatError('invalid_handshake');
  }
}
