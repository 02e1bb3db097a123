import { Backoff } from './backoff.ts';
import { ChatClientError, isUnauthenticated } from './chat-client-error.ts';
import { assertFitsPacket } from './limits.ts';
import { onWindow } from './platform.ts';
import type { InputOf, OperationName, ResultOf } from './protocol.ts';
import { Session, type SessionOptions } from './session.ts';
import { ValueStore } from './store.ts';

export type ConnectionState = 'connecting' | 'online' | 'waiting' | 'unauthenticated' | 'closed';
export type ConnectionStatus = {
  readonly state: ConnectionState /** Milliseconds since 1970. */;
  readonly retryAt?: number;
};
export type ConnectionListener = {
  /** A session is open. It is used once this resolves; if it rejects, the session is closed. */
  onOpen(session: Session): Promise<void>;
  onOnline(): void;
  onLost(): void;
  onEvent(event: string, payload: unknown): void;
  /** Amends the result of a request that was sent at `askedAt` (`performance.now()`). */
  amendResult<Name extends OperationName>(name: Name, result: ResultOf<Name>, askedAt: number): ResultOf<Name>;
};

/** A session that lasted this long resets the backoff. */
const STABLE_AFTER_MS = 5_000;
const ASK_TIMEOUT_MS = 10_000;

/** Keeps a session open: opens another when one ends, with increasing delays between failed attempts. */
export class Connection {
  readonly status = new ValueStore<ConnectionStatus>({ state: 'connecting' });
  readonly #options: SessionOptions;
  readonly #listener: ConnectionListener;
  readonly #backoff: Backoff;
  readonly #stopListening: () => void;
  #session: Session | undefined;
  #openedAt: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiters = new Set<() => void>();

  constructor(options: SessionOptions, random: () => number, listener: ConnectionListener) {
    this.#options = options;
    this.#listener = listener;
    this.#backoff = new Backoff(random);
    this.#stopListening = onWindow('online', () => this.connectNow());
  }

  get isOnline(): boolean {
    return this.status.get().state === 'online';
  }

  /** Connects without waiting; keeps an open session. */
  connectNow(): void {
    if (this.status.get().state === 'closed' || this.#session !== undefined) return;
    clearTimeout(this.#timer);
    this.status.set({ state: 'connecting' });
    const session: Session = new Session(this.#options, {
      onOpen: () => void this.#activate(session),
      onEvent: (event, payload) => this.#listener.onEvent(event, payload),
      onEnd: (reason) => this.#lose(session, reason),
    });
    this.#session = session;
  }

  /**
   * Calls an operation; waits for a connection if there is none.
   * @param timeoutMs for the connection and the answer together
   */
  async ask<Name extends OperationName>(
    name: Name,
    input: InputOf<Name>,
    timeoutMs = ASK_TIMEOUT_MS,
  ): Promise<ResultOf<Name>> {
    assertFitsPacket(name, input);
    const deadline = Date.now() + timeoutMs;
    while (!this.isOnline) await this.#statusChange(deadline);
    return this.askOver(this.#session as Session, name, input, Math.max(1, deadline - Date.now()));
  }

  /**
   * Calls an operation on the current session. Unlike `ask`, it does not wait for another one, which may belong to
   * another user.
   */
  async askNow<Name extends OperationName>(name: Name, input: InputOf<Name>): Promise<ResultOf<Name>> {
    assertFitsPacket(name, input);
    if (!this.isOnline || this.#session === undefined)
      throw new ChatClientError('disconnected', 'There is no connection.');
    return this.askOver(this.#session, name, input);
  }

  /** Calls an operation on a session, whether it is in use yet or not. */
  async askOver<Name extends OperationName>(
    session: Session,
    name: Name,
    input: InputOf<Name>,
    timeoutMs = ASK_TIMEOUT_MS,
  ): Promise<ResultOf<Name>> {
    const askedAt = performance.now();
    const result = await session.ask(name, input, timeoutMs);
    return this.#listener.amendResult(name, result, askedAt);
  }

  /** Stops connecting until `connectNow`. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#session?.close();
    if (this.#session !== undefined) this.#lose(this.#session, unauthenticated());
    this.#setStatus({ state: 'unauthenticated' });
  }

  close(): void {
    this.pause();
    this.#setStatus({ state: 'closed' });
    this.#stopListening();
  }

  async #activate(session: Session): Promise<void> {
    try {
      await this.#listener.onOpen(session);
      if (this.#session !== session) return;
      this.#openedAt = Date.now();
      this.#setStatus({ state: 'online' });
      this.#listener.onOnline();
    } catch (error) {
      if (this.#session !== session) return;
      session.close();
      this.#lose(
        session,
        error instanceof ChatClientError ? error : new ChatClientError('internal_error', String(error)),
      );
    }
  }

  #lose(session: Session, reason: ChatClientError): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    if (Date.now() - (this.#openedAt ?? Number.POSITIVE_INFINITY) >= STABLE_AFTER_MS) this.#backoff.reset();
    this.#openedAt = undefined;
    this.#listener.onLost();
    if (isUnauthenticated(reason)) return this.#setStatus({ state: 'unauthenticated' });
    const waitMs = this.#backoff.next(reason.retryAfter);
    this.#timer = setTimeout(() => this.connectNow(), waitMs);
    this.#setStatus({ state: 'waiting', retryAt: Date.now() + waitMs });
  }

  #setStatus(status: ConnectionStatus): void {
    if (this.status.get().state === 'closed') return;
    this.status.set(status);
    for (const wake of this.#waiters) wake();
  }

  #statusChange(deadline: number): Promise<void> {
    const { state } = this.status.get();
    if (state === 'closed') throw new ChatClientError('closed', 'This client was closed.');
    if (state === 'unauthenticated') throw unauthenticated();
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => () => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        settle();
      };
      const wake = done(resolve);
      const late = done(() => reject(new ChatClientError('timeout', 'There is no connection.')));
      const timer = setTimeout(late, deadline - Date.now());
      this.#waiters.add(wake);
    });
  }
}

const unauthenticated = () => new ChatClientError('unauthenticated', 'Please log in.');
