import type { Pool } from 'pg';
import { NO_ANSWER } from '../errors.ts';
import type { PostgresqlClient } from './client.ts';

/** A connection on which a result is expected is given up when nothing arrived for so long. */
const SILENT_AFTER_MS = 8_000;
const CHECKS_PER_SPAN = 20;

/**
 * Closes dead connections to PostgreSQL: a server that hangs, a NAT that dropped the connection. It watches every
 * connection of the pool. The socket is destroyed, so that all statements on it fail at once. Idle connections are closed
 * with it, because they are probably dead too, and each would take as long to be noticed; those on which an answer arrived
 * lately are kept.
 */
export class ConnectionWatch {
  readonly #silentAfterMs: number;
  readonly #used = new Set<PostgresqlClient>();
  /** When the last answer arrived on a connection that is not used, as `performance.now()`. */
  readonly #unused = new Map<PostgresqlClient, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(silentAfterMs = SILENT_AFTER_MS) {
    this.#silentAfterMs = silentAfterMs;
  }

  /** To be called when the pool is created. No connection is given up before `start`. */
  attach(pool: Pool<PostgresqlClient>): void {
    pool.on('connect', (client: PostgresqlClient) => {
      client.on('end', () => {
        this.#used.delete(client);
        this.#unused.delete(client);
      });
    });
    pool.on('acquire', (client: PostgresqlClient) => {
      this.#unused.delete(client);
      this.#used.add(client);
    });
    pool.on('release', (_: unknown, client: PostgresqlClient) => {
      if (this.#used.delete(client)) this.#unused.set(client, performance.now());
    });
  }

  /** To be called after the migrations, which may take long. */
  start(): void {
    this.#timer ??= setInterval(() => this.#check(), this.#silentAfterMs / CHECKS_PER_SPAN).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const silent = [...this.#used, ...this.#unused.keys()].filter((each) => each.isSilent(this.#silentAfterMs));
    if (silent.length === 0) return;
    const answeredSince = performance.now() - this.#silentAfterMs / 2;
    const suspect = [...this.#unused].filter(([, at]) => at < answeredSince).map(([client]) => client);
    // the unused ones first: when statements fail, their callers may ask the pool for a connection at once. With an error,
    // because the pool drops an unused connection on its error, which comes before any other event
    for (const client of [...suspect, ...silent]) client.destroy(new SilentConnection(this.#silentAfterMs));
  }
}

class SilentConnection extends Error {
  readonly code = NO_ANSWER;

  constructor(ms: number) {
    super(`no answer for ${ms} ms`);
  }
}
