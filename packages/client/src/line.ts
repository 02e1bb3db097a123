import { Manager, type Socket } from 'socket.io-client';
import { ChatClientError } from './chat-client-error.ts';
import type { Acknowledgement, ErrorAnswer, InputOf, OperationName, ResultOf } from './protocol.ts';

export type LineOptions = { url: string; token: () => string | undefined; receipts: boolean };
export type LineEvents = {
  opened(): void;
  heard(event: string, payload: unknown): void;
  /** It is over, and nothing more is heard of it. @param reason what the server said, if it did */
  ended(reason: ChatClientError): void;
};

const CONNECT_WITHIN_MS = 10_000;
/** An answer that does not come for this long, with nothing else coming either, means that the line is dead. */
const SILENCE_MS = 5_000;
const ON_PRESENCE = new Set(['typing_start', 'typing_stop']);

/** One connection, from its beginning to its end: both namespaces over it. It never reconnects: the next line is another. */
export class Line {
  readonly #manager: Manager;
  readonly #chat: Socket;
  readonly #sockets: readonly Socket[];
  readonly #events: LineEvents;
  #heardAt = Date.now();
  #over: ChatClientError | undefined;

  constructor({ url, token, receipts }: LineOptions, events: LineEvents) {
    this.#events = events;
    this.#manager = new Manager(url, {
      reconnection: false,
      autoConnect: false,
      withCredentials: true,
      timeout: CONNECT_WITHIN_MS,
      // straight to WebSocket: polling needs a proxy that sends a client to the same node each time
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    });
    const auth = (tell: (auth: object) => void) => {
      const own = token();
      tell({ ...(own !== undefined && { token: own }), ...(receipts && { receipts: true }) });
    };
    this.#chat = this.#manager.socket('/chat', { auth });
    this.#sockets = [this.#chat, this.#manager.socket('/presence', { auth })];
    this.#manager.on('ping', () => this.#noteSound());
    for (const socket of this.#sockets) this.#listen(socket);
    for (const socket of this.#sockets) socket.connect();
  }

  /** @throws ChatClientError with the server's code, `timeout` or `disconnected` */
  ask<Name extends OperationName>(name: Name, input: InputOf<Name>, timeoutMs: number): Promise<ResultOf<Name>> {
    const [chat, presence] = this.#sockets;
    const socket = (ON_PRESENCE.has(name) ? presence : chat) as Socket;
    const askedAt = Date.now();
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) return reject(this.#over);
      socket.timeout(timeoutMs).emit(name, input, (error: Error | null, answer: Acknowledgement) => {
        if (error !== null) return reject(this.#unanswered(askedAt));
        this.#noteSound();
        if (!answer.ok) return reject(ChatClientError.of(answer.error));
        const { ok: _, ...result } = answer;
        resolve(result as never); // the server's promise: what it gives is what `Operations` says
      });
    });
  }

  /** Ends it without a word; `ended` is not told. */
  close(): void {
    this.#end(new ChatClientError('closed', 'This client was closed.'), false);
  }

  #listen(socket: Socket): void {
    socket.on('connect', () => {
      if (this.#over === undefined && this.#sockets.every(({ connected }) => connected)) this.#events.opened();
    });
    socket.on('connect_error', (error) => this.#end(refusalOf(error)));
    socket.on('disconnect', () => this.#end(lost()));
    socket.onAny((event: string, payload: unknown) => {
      if (this.#over !== undefined) return;
      this.#noteSound();
      if (event === 'error' && isErrorAnswer(payload) && payload.code === 'unauthenticated')
        this.#end(ChatClientError.of(payload));
      else this.#events.heard(event, payload);
    });
  }

  #unanswered(askedAt: number): ChatClientError {
    if (this.#over !== undefined) return lost();
    const silent = this.#heardAt <= askedAt && Date.now() - askedAt >= SILENCE_MS;
    if (silent) this.#end(lost());
    return new ChatClientError('timeout', 'The server did not answer in time.');
  }

  #noteSound(): void {
    this.#heardAt = Date.now();
  }

  #end(reason: ChatClientError, telling = true): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    for (const socket of this.#sockets) socket.disconnect();
    // what is closing may yet take half a minute to find out that nobody answers
    this.#manager.engine?.close();
    if (telling) this.#events.ended(reason);
  }
}

const lost = () => new ChatClientError('disconnected', 'The connection was lost.');

function refusalOf(error: Error & { data?: unknown }): ChatClientError {
  return isErrorAnswer(error.data) ? ChatClientError.of(error.data) : lost();
}

function isErrorAnswer(data: unknown): data is ErrorAnswer {
  return typeof data === 'object' && data !== null && 'code' in data && 'message' in data;
}
