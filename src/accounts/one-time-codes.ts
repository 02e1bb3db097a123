import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import type { Database, Sql } from '../database.ts';
import { ChatError } from '../errors.ts';
import { OneTimeCode } from './entities.ts';
import { sameText, type Tokens } from './tokens.ts';

export type Purpose = 'signup' | 'reset';

const MOST_TRIES = 5;

/** One-time codes: kept hashed, good once, dead after five wrong tries, replaced by a newer one. */
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

  /** Makes a new code for an address, whether the address is known or not: both must take the same time. */
  async issue(purpose: Purpose, emailKey: string): Promise<string> {
    const code = String(randomInt(10 ** this.#digits)).padStart(this.#digits, '0');
    const row = {
      purpose,
      emailKey,
      codeHash: this.#hash(purpose, emailKey, code),
      tries: 0,
      expiresAt: Date.now() + this.ttlSec * 1000,
    };
    await this.#database.entities().upsert(OneTimeCode, row);
    return code;
  }

  /**
   * Counts a try and compares, without using the code up.
   * @throws ChatError `invalid_otp`
   */
  async check(purpose: Purpose, emailKey: string, code: string): Promise<void> {
    const { rows } = await sql<{ codeHash: string }>`
      update one_time_codes set tries = tries + 1
      where purpose = ${purpose} and email_key = ${emailKey} and tries < ${MOST_TRIES} and expires_at > ${Date.now()}
      returning code_hash as "codeHash"`.execute(this.#database.sql);
    const expected = rows[0]?.codeHash ?? '';
    if (!sameText(expected, this.#hash(purpose, emailKey, code))) throw new ChatError('invalid_otp');
  }

  /**
   * Uses a code up inside the transaction that does what it is for: of two that race, one finds it.
   * @throws ChatError `invalid_otp`
   */
  async use(transaction: Sql, purpose: Purpose, emailKey: string, code: string): Promise<void> {
    const { rows } = await sql`
      delete from one_time_codes
      where purpose = ${purpose} and email_key = ${emailKey} and code_hash = ${this.#hash(purpose, emailKey, code)}
        and expires_at > ${Date.now()} returning purpose`.execute(transaction);
    if (rows.length === 0) throw new ChatError('invalid_otp');
  }

  /** Deletes codes that have run out. */
  async sweep(): Promise<void> {
    await this.#database.entities().nativeDelete(OneTimeCode, { expiresAt: { $lt: Date.now() } });
  }

  #hash(purpose: Purpose, emailKey: string, code: string): string {
    return this.#tokens.keyedHash(`otp ${purpose}`, `${emailKey}\0${code}`);
  }
}
