import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Authenticated } from '../accounts/sessions.ts';
import { type ChatServer, PLAIN } from '../chat-server.ts';
import { CLOSE_CODES } from '../close-codes.ts';
import type { Context } from '../context.ts';
import { turnAway } from '../delivery.ts';
import { ChatError } from '../errors.ts';
import { type Admission, type Registered, wantsReceipts } from './admission.ts';
import { type Log, toChatError } from './answer.ts';
import type { BackPressure } from './back-pressure.ts';
import type { Connections } from './connections.ts';
import { addressOf, authenticateRequest, bearsToken } from './credentials.ts';
import type { Turn } from './frame-writer.ts';
import { Heartbeat } from './heartbeat.ts';
import { RawClient } from './raw-client.ts';
import { RawConnection, type Surroundings } from './raw-connection.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { Translation } from './translation.ts';

const LARGEST_FRAME_BYTES = 65_536;

type House = {
  io: ChatServer;
  turn: Turn;
  context: Context;
  connections: Connections;
  admission: Admission;
  pressure: BackPressure;
  trustedProxies: number;
  log: Log;
};

/** `/api/ws`: plain WebSocket clients, in the rooms of the Socket.IO server. */
export class RawWebSockets {
  readonly #house: House;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_FRAME_BYTES, perMessageDeflate: false });
  readonly #surroundings: Surroundings;
  readonly #opened = new Set<RawConnection>();
  readonly #heartbeat = new Heartbeat();

  constructor(house: House) {
    this.#house = house;
    this.#surroundings = {
      namespace: house.io.of(PLAIN),
      turn: house.turn,
      translation: new Translation(),
      tooSlow: () => house.context.observer.slowClientCut('raw'),
      left: ({ asSocket }, reason) => house.admission.unregister(asSocket, reason),
    };
  }

  /** How many are open. */
  get size(): number {
    return this.#opened.size;
  }

  /**
   * Accepts an upgrade from a page that may ask for it, or answers it with the status that says why not. Whatever takes time
   * is done before the answer: a client that is told 101 receives every message from then on.
   */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const upgrade: Upgrade = { socket };
    try {
      const who = await this.#authenticate(request);
      const registered = await this.#house.admission.register(who, socket, giveUp(upgrade));
      this.#mustBeServing();
      if (registered.pending.ended) throw new ChatError('unauthenticated');
      if (!socket.writable) return; // it has been refused, or has hung up
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        upgrade.connection = this.#open(webSocket, request, who, registered);
      });
    } catch (thrown) {
      refuseUpgrade(socket, toChatError(thrown, this.#house.log, 'upgrade'));
    }
  }

  #mustBeServing(): void {
    if (this.#house.context.draining()) throw new ChatError('shutting_down', { retryAfter: 1 });
  }

  async #authenticate(request: IncomingMessage): Promise<Authenticated> {
    const { context, connections } = this.#house;
    this.#mustBeServing();
    const query = new URL(request.url ?? '', 'http://localhost').searchParams;
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
      if (bears) context.security.sessionRefused(addressOf(request, this.#house.trustedProxies));
      throw new ChatError('unauthenticated');
    }
    if (!connections.hasRoom(who.userId)) throw new ChatError('rate_limited', { retryAfter: 5 });
    return who;
  }

  /** Called when the 101 has been written. No pause until the rooms are joined: what is emitted next follows the 101. */
  #open(webSocket: WebSocket, request: IncomingMessage, who: Authenticated, registered: Registered): RawConnection {
    const { userId, sessionId, expiresAt } = who;
    const data = { userId, sessionId, expiresAt, address: addressOf(request, this.#house.trustedProxies) };
    const connection = new RawConnection(webSocket, data, this.#surroundings);
    this.#opened.add(connection);
    this.#heartbeat.watch(webSocket);
    webSocket.on('error', terminated); // ws has closed it with the right code already
    webSocket.on('close', () => this.#opened.delete(connection));
    connection.enter();
    this.#house.admission.joinRooms(connection.asSocket, registered, wantsReceipts(receiptsIn(request)));
    const client = new RawClient(connection, this.#house);
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
  else turnAway(upgrade.connection.asSocket);
};

const receiptsIn = ({ url = '' }: IncomingMessage) => new URL(url, 'http://localhost').searchParams.get('receipts');
