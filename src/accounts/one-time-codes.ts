import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Sql } from '../database/queries.ts';
import { ChatError } from '../operation/errors.ts';
import { OneTimeCode } from './entities.ts';
import { randomKey, sameText, sha256, type Tokens } from './tokens.ts';

export type Purpose = 'signup' | 'reset';
/** The purpose of a code and the address that it proves. */
export type CodeSubject = { readonly purpose: Purpose; readonly emailKey: string };
/** A correct code, and the address that it was sent to. */
export type CorrectCode = CodeSubject & {
  readonly requestHash: string;
  readonly codeHash: string;
  readonly email: string;
};
type Row = { requestHash: string; codeHash: string; email: string; tries: number };

const MAX_TRIES = 5;
const COLUMNS = ['request_hash as requestHash', 'code_hash as codeHash', 'email'] as const;

/** The newest code of a subject that has not expired. */
const newestCode = (database: Database, { purpose, emailKey }: CodeSubject) =>
  database.sql
    .selectFrom('one_time_codes')
    .where('email_key', '=', emailKey)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', database.now())
    .orderBy('created_at', 'desc')
    .limit(sql.lit(1));

async function newestOf(transaction: Sql, { purpose, emailKey }: CodeSubject): Promise<number> {
  const row = await transaction
    .selectFrom('one_time_codes')
    .select(({ fn }) => fn.max('created_at').as('newest'))
    .where('email_key', '=', emailKey)
    .where('purpose', '=', purpose)
    .executeTakeFirst();
  return row?.newest ?? 0;
}

/**
 * One-time codes, stored hashed, each bound to the request that it was issued for. The requester has five attempts of
 * their own, at that code or the newest one. Clients that do not name their request share five attempts at the newest
 * code.
 */
export class OneTimeCodes {
  readonly #database: Database;
  readonly #tokens: Tokens;
  readonly #digits: number;
  readonly ttlSec: number;

  constructor(database: Database, tokens: Tokens, { digits, ttlSec }: { digits: number; ttlSec: number }) {
    this.#database = database;
    this.#tokens = tokens;
    this.#digits = digits;
    this.ttlSec = ttlSec;
  }

  /**
   * Issues a code for an address, whether or not it has an account: both must take the same time.
   * @param email the address that the code is sent to
   * @param previous the request whose code this one replaces
   * @returns the code, and the id of the request that it is bound to
   */
  async issue(
    { purpose, emailKey }: CodeSubject,
    email: string,
    previous?: string,
  ): Promise<{ code: string; requestId: string }> {
    const code = String(randomInt(10 ** this.#digits)).padStart(this.#digits, '0');
    const requestId = randomKey();
    const codeHash = this.#hash({ purpose, emailKey }, code);
    const replaced = { requestHash: sha256(previous ?? ''), purpose, emailKey };
    await this.#database.transaction(async ({ sql: transaction }) => {
      await this.#lock(transaction, { purpose, emailKey });
      const entities = this.#database.entities(transaction);
      await entities.nativeDelete(OneTimeCode, replaced);
      const now = this.#database.now();
      const createdAt = Math.max(now, 1 + (await newestOf(transaction, { purpose, emailKey })));
      const expiresAt = now + this.ttlSec * 1000;
      const row = { requestHash: sha256(requestId), purpose, emailKey, email, codeHash, createdAt, expiresAt };
      await entities.insert(OneTimeCode, { ...row, tries: 0, sharedTries: 0 });
    });
    return { code, requestId };
  }

  /** Whether the code of a request is the newest one on all nodes, and unused. */
  async isNewest(what: CodeSubject, requestId: string): Promise<boolean> {
    return (await this.#newest(what))?.requestHash === sha256(requestId);
  }

  /**
   * The newest code for an address, which is the one in the last e-mail. After concurrent requests a browser's cookie
   * may name an older one; the attempt then counts for the request of the cookie.
   */
  async #newest(what: CodeSubject, { tries }: Pick<Row, 'tries'> = { tries: 0 }): Promise<Row | undefined> {
    const row = await newestCode(this.#database, what).select(COLUMNS).executeTakeFirst();
    return row && { ...row, tries };
  }

  /** Serializes the codes for one address across all nodes. SQLite has one writer at a time anyway. */
  async #lock(transaction: Sql, { purpose, emailKey }: CodeSubject): Promise<void> {
    if (this.#database.kind === 'sqlite') return;
    await sql`select pg_advisory_xact_lock(hashtextextended(${`otp ${purpose} ${emailKey}`}, 0))`.execute(transaction);
  }

  /**
   * Counts an attempt and compares the code, without consuming it.
   * @param request the request that the code was issued for, if the client names it
   * @throws ChatError `invalid_otp`
   */
  async check(what: CodeSubject, code: string, request?: string): Promise<CorrectCode> {
    const codeHash = this.#hash(what, code);
    const isCorrect = (row: Row | undefined): row is Row =>
      sameText(row?.codeHash ?? '', codeHash) && row !== undefined && row.tries <= MAX_TRIES;
    const own = request === undefined ? undefined : await this.#tryOwn(what, request);
    const row = own === undefined ? await this.#tryShared(what) : isCorrect(own) ? own : await this.#newest(what, own);
    if (!isCorrect(row)) throw new ChatError('invalid_otp');
    return { ...what, codeHash, requestHash: row.requestHash, email: row.email };
  }

  /**
   * Consumes a code, and all others for the same purpose and address, inside the transaction that acts on it. Of two
   * concurrent transactions only one finds the code.
   * @throws ChatError `invalid_otp`
   */
  async use(transaction: Sql, { purpose, emailKey, requestHash, codeHash }: CorrectCode): Promise<void> {
    const rows = await transaction
      .deleteFrom('one_time_codes')
      .where('email_key', '=', emailKey)
      .where('purpose', '=', purpose)
      .returning(['request_hash', 'code_hash', 'expires_at'])
      .execute();
    const used = rows.find((row) => row.request_hash === requestHash && row.code_hash === codeHash);
    if (used === undefined || used.expires_at <= this.#database.now()) throw new ChatError('invalid_otp');
  }

  /** Deletes codes that have expired by the database's clock. */
  async sweep(): Promise<void> {
    const { sql: db, moment } = this.#database;
    await db.deleteFrom('one_time_codes').where('expires_at', '<', moment).execute();
  }

  async #tryOwn({ purpose, emailKey }: CodeSubject, request: string): Promise<Row | undefined> {
    return this.#database.sql
      .updateTable('one_time_codes')
      .set(({ eb }) => ({ tries: eb('tries', '+', 1) }))
      .where('request_hash', '=', sha256(request))
      .where('purpose', '=', purpose)
      .where('email_key', '=', emailKey)
      .where('expires_at', '>', this.#database.now())
      .returning([...COLUMNS, 'tries'])
      .executeTakeFirst();
  }

  async #tryShared(what: CodeSubject): Promise<Row | undefined> {
    return this.#database.sql
      .updateTable('one_time_codes')
      .set(({ eb }) => ({ shared_tries: eb('shared_tries', '+', 1) }))
      .where('request_hash', '=', newestCode(this.#database, what).select('request_hash'))
      .returning([...COLUMNS, 'shared_tries as tries'])
      .executeTakeFirst();
  }

  #hash({ purpose, emailKey }: CodeSubject, code: string): string {
    return this.#tokens.keyedHash(`otp ${purpose}`, `${emailKey}\0${code}`);
  }
}
