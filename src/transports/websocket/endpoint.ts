import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Authenticated } from '../../accounts/sessions.ts';
import type { Config } from '../../config/config.ts';
import { CLOSE_CODES } from '../../delivery/close-codes.ts';
import { rejectTooMany } from '../../delivery/close-socket.ts';
import { type ChatServer, PLAIN } from '../../delivery/socket-types.ts';
import { ChatError } from '../../operation/errors.ts';
import { type Admission, type Registered, wantsReceipts } from '../admission.ts';
import type { BackPressure } from '../back-pressure.ts';
import { type Calling, toChatError } from '../call.ts';
import type { Connections } from '../connections.ts';
import { addressOf, authenticateRequest, bearsToken, isBearer } from '../credentials.ts';
import type { TickBuffer } from '../frame-writer.ts';
import { refuseUpgrade } from '../refuse-upgrade.ts';
import { RawClient } from './client.ts';
import { Heartbeat } from './heartbeat.ts';
import { Translation } from './packet-to-frame.ts';
import { RawConnection, type Shared } from './socket.ts';

const LARGEST_FRAME_BYTES = 65_536;

type Dependencies = Calling & {
  io: ChatServer;
  buffer: TickBuffer;
  connections: Connections;
  admission: Admission;
  pressure: BackPressure;
  trustedProxies: number;
  times: Config['times'];
};

/** `/api/ws`: plain WebSocket clients, in the rooms of the Socket.IO server. */
export class RawWebSockets {
  readonly #dependencies: Dependencies;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_FRAME_BYTES, perMessageDeflate: false });
  readonly #shared: Shared;
  readonly #opened = new Set<RawConnection>();
  readonly #heartbeat: Heartbeat;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#heartbeat = new Heartbeat(dependencies.times.pingEveryMs, dependencies.times.pongWithinMs);
    this.#shared = {
      namespace: dependencies.io.of(PLAIN),
      buffer: dependencies.buffer,
      translation: new Translation(),
      tooSlow: () => dependencies.context.observer.slowClientCut('raw'),
      closed: ({ asSocket }, reason) => dependencies.admission.unregister(asSocket, reason),
    };
  }

  /** How many are open. */
  get size(): number {
    return this.#opened.size;
  }

  /**
   * Accepts an upgrade from a page that may ask for it, or answers it with the status that says why not. Whatever takes time
   * is done before the answer: a client that has received the 101 receives every message from then on.
   */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const upgrade: Upgrade = { socket };
    try {
      const { who, registered } = await this.#dependencies.context.inFlight.track(this.#register(request, upgrade));
      this.#mustBeServing();
      if (registered.pending.ended) throw new ChatError('unauthenticated');
      if (!socket.writable) return; // it has been refused, or has hung up
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        upgrade.connection = this.#open(webSocket, request, who, registered);
      });
    } catch (thrown) {
      refuseUpgrade(socket, toChatError(thrown, this.#dependencies.log, 'upgrade'));
    }
  }

  async #register(request: IncomingMessage, upgrade: Upgrade) {
    const who = await this.#authenticate(request);
    // a client that was refused or disconnected meanwhile emits no further close event, and would be counted for ever
    if (!upgrade.socket.writable) throw new ChatError('unauthenticated');
    const registered = await this.#dependencies.admission.register(who, upgrade.socket, giveUp(upgrade));
    return { who, registered };
  }

  #mustBeServing(): void {
    if (this.#dependencies.context.inFlight.draining) throw new ChatError('shutting_down', { retryAfter: 1 });
  }

  async #authenticate(request: IncomingMessage): Promise<Authenticated> {
    const { context, connections } = this.#dependencies;
    this.#mustBeServing();
    const query = queryOf(request);
    const [ticket, token] = [query.get('ticket'), query.get('token')];
    const { sessions } = context.accounts;
    const who =
      ticket !== null
        ? await sessions.redeemTicket(ticket)
        : token !== null
          ? await sessions.authenticate(token)
          : await authenticateRequest(request, sessions);
    if (who === undefined) {
      const bears = ticket !== null || token !== null || bearsToken(request.headers);
      if (bears) context.security.sessionRefused(addressOf(request, this.#dependencies.trustedProxies));
      throw new ChatError('unauthenticated');
    }
    if (!connections.isAvailable(who.userId)) throw new ChatError('rate_limited', { retryAfter: 5 });
    return who;
  }

  /** Called when the 101 has been written. No pause until the rooms are joined: what is emitted next follows the 101. */
  #open(webSocket: WebSocket, request: IncomingMessage, who: Authenticated, registered: Registered): RawConnection {
    const { userId, sessionId, expiresAt } = who;
    const holdsToken = isBearer(request.headers) || queryOf(request).has('token');
    const address = addressOf(request, this.#dependencies.trustedProxies);
    const data = { userId, sessionId, expiresAt, holdsToken, address };
    const connection = new RawConnection(webSocket, data, this.#shared);
    this.#opened.add(connection);
    this.#heartbeat.watch(webSocket);
    webSocket.on('error', terminated); // ws has closed it with the right code already
    webSocket.on('close', () => this.#opened.delete(connection));
    connection.enter();
    this.#dependencies.admission.joinRooms(connection.asSocket, registered, wantsReceipts(receiptsIn(request)));
    const client = new RawClient(connection, this.#dependencies);
    webSocket.on('message', (frame, isBinary) => void client.receive(frame, isBinary));
    return connection;
  }

  /** Closes one connection each, telling its client that the server is restarting. */
  closings(): (() => void)[] {
    return [...this.#opened].map((connection) => () => connection.closeWith(CLOSE_CODES.restarting.code, 'restarting'));
  }

  stop(): void {
    this.#heartbeat.stop();
  }
}

/** It keeps nothing for as long as the connection lives. */
function terminated(this: WebSocket): void {
  this.terminate();
}

type Upgrade = { readonly socket: Duplex; connection?: RawConnection };

/** Kept for as long as the connection lives, so it must not hold the request. */
const giveUp = (upgrade: Upgrade) => () => {
  if (upgrade.connection === undefined) refuseUpgrade(upgrade.socket, new ChatError('rate_limited'));
  else rejectTooMany(upgrade.connection.asSocket);
};

const queryOf = ({ url = '' }: IncomingMessage) => new URL(url, 'http://localhost').searchParams;
const receiptsIn = (request: IncomingMessage) => queryOf(request).get('receipts');
