import { Backoff } from './backoff.ts';
import { ChatClientError, isUnauthenticated } from './chat-client-error.ts';
import { assertFitsPacket } from './limits.ts';
import { Line, type LineOptions } from './line.ts';
import type { InputOf, OperationName, ResultOf } from './protocol.ts';
import { Value } from './readable.ts';
import { onWindow } from './surroundings.ts';

export type ConnectionState = 'connecting' | 'online' | 'waiting' | 'unauthenticated' | 'closed';
export type ConnectionStatus = {
  readonly state: ConnectionState /** Milliseconds since 1970. */;
  readonly retryAt?: number;
};
export type Listener = {
  /** A line is open, and not yet in use: it is when this resolves. If it rejects, the line is given up. */
  opened(line: Line): Promise<void>;
  online(): void;
  lost(): void;
  heard(event: string, payload: unknown): void;
  /** What was asked for at `askedAt`, by `performance.now()`, is here. @returns what is to be made of it */
  answered<Name extends OperationName>(name: Name, result: ResultOf<Name>, askedAt: number): ResultOf<Name>;
};

/** A line that stayed open this long was a good one. */
const GOOD_AFTER_MS = 5_000;
const ASK_WITHIN_MS = 10_000;

/** Stays connected: one line after the other, with ever longer pauses while there is none. */
export class Connection {
  readonly status = new Value<ConnectionStatus>({ state: 'connecting' });
  readonly #options: LineOptions;
  readonly #listener: Listener;
  readonly #backoff: Backoff;
  readonly #stopListening: () => void;
  #line: Line | undefined;
  #openedAt: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting = new Set<() => void>();

  constructor(options: LineOptions, random: () => number, listener: Listener) {
    this.#options = options;
    this.#listener = listener;
    this.#backoff = new Backoff(random);
    this.#stopListening = onWindow('online', () => this.connectNow());
  }

  get isOnline(): boolean {
    return this.status.get().state === 'online';
  }

  /** Connects without waiting any longer; a line that is there stays. */
  connectNow(): void {
    if (this.status.get().state === 'closed' || this.#line !== undefined) return;
    clearTimeout(this.#timer);
    this.status.set({ state: 'connecting' });
    const line: Line = new Line(this.#options, {
      opened: () => void this.#use(line),
      heard: (event, payload) => this.#listener.heard(event, payload),
      ended: (reason) => this.#lose(line, reason),
    });
    this.#line = line;
  }

  /**
   * Asks for an operation, after waiting for the connection if there is none.
   * @param timeoutMs for the waiting and the answer together
   */
  async ask<Name extends OperationName>(
    name: Name,
    input: InputOf<Name>,
    timeoutMs = ASK_WITHIN_MS,
  ): Promise<ResultOf<Name>> {
    assertFitsPacket(name, input);
    const deadline = Date.now() + timeoutMs;
    while (!this.isOnline) await this.#change(deadline);
    return this.askOver(this.#line as Line, name, input, Math.max(1, deadline - Date.now()));
  }

  /** Asks over the line that there is. Unlike `ask` it waits for no other, on which somebody else may be logged in. */
  async askNow<Name extends OperationName>(name: Name, input: InputOf<Name>): Promise<ResultOf<Name>> {
    assertFitsPacket(name, input);
    if (!this.isOnline || this.#line === undefined)
      throw new ChatClientError('disconnected', 'There is no connection.');
    return this.askOver(this.#line, name, input);
  }

  /** Asks over one line, in use or not. */
  async askOver<Name extends OperationName>(
    line: Line,
    name: Name,
    input: InputOf<Name>,
    timeoutMs = ASK_WITHIN_MS,
  ): Promise<ResultOf<Name>> {
    const askedAt = performance.now();
    const result = await line.ask(name, input, timeoutMs);
    return this.#listener.answered(name, result, askedAt);
  }

  /** No more connecting until `connectNow`. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#line?.close();
    if (this.#line !== undefined) this.#lose(this.#line, unauthenticated());
    this.#settle({ state: 'unauthenticated' });
  }

  close(): void {
    this.pause();
    this.#settle({ state: 'closed' });
    this.#stopListening();
  }

  async #use(line: Line): Promise<void> {
    try {
      await this.#listener.opened(line);
      if (this.#line !== line) return;
      this.#openedAt = Date.now();
      this.#settle({ state: 'online' });
      this.#listener.online();
    } catch (error) {
      if (this.#line !== line) return;
      line.close();
      this.#lose(line, error instanceof ChatClientError ? error : new ChatClientError('internal_error', String(error)));
    }
  }

  #lose(line: Line, reason: ChatClientError): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    if (Date.now() - (this.#openedAt ?? Number.POSITIVE_INFINITY) >= GOOD_AFTER_MS) this.#backoff.reset();
    this.#openedAt = undefined;
    this.#listener.lost();
    if (isUnauthenticated(reason)) return this.#settle({ state: 'unauthenticated' });
    const waitMs = this.#backoff.next(reason.retryAfter);
    this.#timer = setTimeout(() => this.connectNow(), waitMs);
    this.#settle({ state: 'waiting', retryAt: Date.now() + waitMs });
  }

  #settle(status: ConnectionStatus): void {
    if (this.status.get().state === 'closed') return;
    this.status.set(status);
    for (const wake of this.#waiting) wake();
  }

  #change(deadline: number): Promise<void> {
    const { state } = this.status.get();
    if (state === 'closed') throw new ChatClientError('closed', 'This client was closed.');
    if (state === 'unauthenticated') throw unauthenticated();
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        settle();
      };
      const wake = done(resolve);
      const late = done(() => reject(new ChatClientError('timeout', 'There is no connection.')));
      const timer = setTimeout(late, deadline - Date.now());
      this.#waiting.add(wake);
    });
  }
}

const unauthenticated = () => new ChatClientError('unauthenticated', 'Please log in.');
