/// <reference path="./pg.d.ts" />
import { Client, type QueryConfig, type QueryResult } from 'pg';
import { endsConnection } from '../errors.ts';

/**
 * A connection to PostgreSQL. It is set to send statements without waiting for the results of those before. All that is
 * used of the driver beyond its documentation, `connection` and its `stream`, is used here.
 */
export class PostgresqlClient extends Client {
  /** Since when nothing arrived though a result is expected, as `performance.now()`; 0 while none is expected. */
  #waitingSince = 0;
  /** How much had arrived at the last check. */
  #bytesRead = 0;

  constructor(options: object) {
    super(options);
    this.on('drain', () => {
      this.#waitingSince = 0;
    });
  }

  override query(statement: string | QueryConfig, values?: readonly unknown[]): Promise<QueryResult> {
    if (this.#waitingSince === 0) this.#waitingSince = performance.now();
    return super.query(statement, values);
  }

  /** Runs a statement; it is sent together with all others of the connection that are run in the same tick. */
  send(statement: QueryConfig): Promise<QueryResult> {
    const { stream } = this.connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
    return this.query(statement);
  }

  /** Whether nothing has arrived for so long though a result is expected. To be called regularly. */
  isSilent(forMs: number): boolean {
    if (this.#waitingSince === 0) return false;
    const now = performance.now();
    const { bytesRead } = this.connection.stream;
    if (bytesRead !== this.#bytesRead) {
      this.#bytesRead = bytesRead;
      this.#waitingSince = now;
    }
    return now - this.#waitingSince >= forMs;
  }

  /** Ends the connection when the server reports an error after which it is not used again; the pool drops it then. */
  endOnFatalErrors(): void {
    this.connection.on('errorMessage', ({ code }: { code?: string }) => {
      if (endsConnection(code)) void this.end();
    });
  }

  /** Refuses servers that do not offer channel binding: only with it the server proves that it knows the password. */
  requireChannelBinding(): void {
    const refuse = () => this.destroy(new Error('the server offers no channel binding'));
    this.connection.prependListener('authenticationCleartextPassword', refuse);
    this.connection.prependListener('authenticationMD5Password', refuse);
    this.connection.prependListener('authenticationSASL', ({ mechanisms = [] }: { mechanisms?: string[] }) => {
      if (!mechanisms.includes('SCRAM-SHA-256-PLUS')) refuse();
    });
  }

  /** Closes the socket at once: statements whose results are expected fail, with this error if one is given. */
  destroy(error?: Error): void {
    this.connection.stream.destroy(error);
  }
}
