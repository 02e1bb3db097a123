import { Manager, type Socket } from 'socket.io-client';
import { ChatClientError } from './chat-client-error.ts';
import type { Acknowledgement, ErrorAnswer, InputOf, OperationName, ResultOf } from './protocol.ts';

export type SessionOptions = { url: string; token: () => string | undefined; receipts: boolean };
export type SessionEvents = {
  onOpen(): void;
  onEvent(event: string, payload: unknown): void;
  /** The session has ended; no further events follow. @param reason the server's reason, if it gave one */
  onEnd(reason: ChatClientError): void;
};

const CONNECT_TIMEOUT_MS = 10_000;
/** If an answer is missing for this long and nothing else arrives, the connection is considered dead. */
const DEAD_AFTER_MS = 5_000;
const PRESENCE_OPERATIONS = new Set(['typing_start', 'typing_stop']);

/**
 * One connection with both namespaces, from opening to end. It never reconnects: `Connection` opens another session.
 */
export class Session {
  readonly #manager: Manager;
  readonly #chat: Socket;
  readonly #sockets: readonly Socket[];
  readonly #events: SessionEvents;
  #lastActivityAt = Date.now();
  #endReason: ChatClientError | undefined;

  constructor({ url, token, receipts }: SessionOptions, events: SessionEvents) {
    this.#events = events;
    this.#manager = new Manager(url, {
      reconnection: false,
      autoConnect: false,
      withCredentials: true,
      timeout: CONNECT_TIMEOUT_MS,
      // WebSocket first: polling needs sticky sessions in a proxy
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    });
    const auth = (callback: (auth: object) => void) => {
      const current = token();
      callback({ ...(current !== undefined && { token: current }), ...(receipts && { receipts: true }) });
    };
    this.#chat = this.#manager.socket('/chat', { auth });
    this.#sockets = [this.#chat, this.#manager.socket('/presence', { auth })];
    this.#manager.on('ping', () => this.#noteActivity());
    for (const socket of this.#sockets) this.#listen(socket);
    for (const socket of this.#sockets) socket.connect();
  }

  /** @throws ChatClientError with the server's code, `timeout` or `disconnected` */
  ask<Name extends OperationName>(name: Name, input: InputOf<Name>, timeoutMs: number): Promise<ResultOf<Name>> {
    const [chat, presence] = this.#sockets;
    const socket = (PRESENCE_OPERATIONS.has(name) ? presence : chat) as Socket;
    const askedAt = Date.now();
    return new Promise((resolve, reject) => {
      if (this.#endReason !== undefined) return reject(this.#endReason);
      socket.timeout(timeoutMs).emit(name, input, (error: Error | null, answer: Acknowledgement) => {
        if (error !== null) return reject(this.#timeoutError(askedAt));
        this.#noteActivity();
        if (!answer.ok) return reject(ChatClientError.of(answer.error));
        const { ok: _, ...result } = answer;
        resolve(result as never); // the server returns what `Operations` declares
      });
    });
  }

  /** Ends the session without calling `onEnd`. */
  close(): void {
    this.#end(new ChatClientError('closed', 'This client was closed.'), false);
  }

  #listen(socket: Socket): void {
    socket.on('connect', () => {
      if (this.#endReason === undefined && this.#sockets.every(({ connected }) => connected)) this.#events.onOpen();
    });
    socket.on('connect_error', (error) => this.#end(errorOf(error)));
    socket.on('disconnect', () => this.#end(lost()));
    socket.onAny((event: string, payload: unknown) => {
      if (this.#endReason !== undefined) return;
      this.#noteActivity();
      if (event === 'error' && isErrorAnswer(payload) && payload.code === 'unauthenticated')
        this.#end(ChatClientError.of(payload));
      else this.#events.onEvent(event, payload);
    });
  }

  #timeoutError(askedAt: number): ChatClientError {
    if (this.#endReason !== undefined) return lost();
    const isDead = this.#lastActivityAt <= askedAt && Date.now() - askedAt >= DEAD_AFTER_MS;
    if (isDead) this.#end(lost());
    return new ChatClientError('timeout', 'The server did not answer in time.');
  }

  #noteActivity(): void {
    this.#lastActivityAt = Date.now();
  }

  #end(reason: ChatClientError, notify = true): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    for (const socket of this.#sockets) socket.disconnect();
    // a closing transport may wait half a minute for a peer that does not answer
    this.#manager.engine?.close();
    if (notify) this.#events.onEnd(reason);
  }
}

const lost = () => new ChatClientError('disconnected', 'The connection was lost.');

function errorOf(error: Error & { data?: unknown }): ChatClientError {
  return isErrorAnswer(error.data) ? ChatClientError.of(error.data) : lost();
}

function isErrorAnswer(data: unknown): data is ErrorAnswer {
  return typeof data === 'object' && data !== null && 'code' in data && 'message' in data;
}
