import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import type { Database, Sql } from '../database.ts';
import { ChatError } from '../errors.ts';
import { OneTimeCode } from './entities.ts';
import { randomKey, sameText, sha256, type Tokens } from './tokens.ts';

export type Purpose = 'signup' | 'reset';
/** What a code is for. */
export type CodeFor = { readonly purpose: Purpose; readonly emailKey: string };
/** A code that was right: which one, and the address that it was sent to. */
export type RightCode = CodeFor & { readonly requestHash: string; readonly codeHash: string; readonly email: string };
type Row = { requestHash: string; codeHash: string; email: string; tries: number };

const MAX_TRIES = 5;

/**
 * One-time codes: kept hashed, good once, each bound to the request that asked for it. The requester has five tries, which
 * nobody else's tries use up. Clients that do not name their request share five tries of the newest code.
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
   * Makes a new code for an address, whether the address is known or not: both must take the same time.
   * @param email the address that the code is sent to
   * @param previous the request whose code this one replaces
   * @returns the code, and the id of the request that it is bound to
   */
  async issue(
    { purpose, emailKey }: CodeFor,
    email: string,
    previous?: string,
  ): Promise<{ code: string; requestId: string }> {
    const code = String(randomInt(10 ** this.#digits)).padStart(this.#digits, '0');
    const requestId = randomKey();
    const now = Date.now();
    const codeHash = this.#hash({ purpose, emailKey }, code);
    const expiresAt = now + this.ttlSec * 1000;
    const replaced = { requestHash: sha256(previous ?? ''), purpose, emailKey };
    const entities = this.#database.entities();
    await entities.nativeDelete(OneTimeCode, replaced);
    const row = { requestHash: sha256(requestId), purpose, emailKey, email, codeHash, createdAt: now, expiresAt };
    await entities.insert(OneTimeCode, { ...row, tries: 0, sharedTries: 0 });
    return { code, requestId };
  }

  /**
   * Counts a try and compares, without using the code up.
   * @param request the request that the code was asked for with, if the client names it
   * @throws ChatError `invalid_otp`
   */
  async check(what: CodeFor, code: string, request?: string): Promise<RightCode> {
    const row = (request !== undefined && (await this.#tryOwn(what, request))) || (await this.#tryShared(what));
    const codeHash = this.#hash(what, code);
    const isRight = sameText(row?.codeHash ?? '', codeHash);
    if (!isRight || row === undefined || row.tries > MAX_TRIES) throw new ChatError('invalid_otp');
    return { ...what, codeHash, requestHash: row.requestHash, email: row.email };
  }

  /**
   * Uses a code up inside the transaction that does what it is for, and with it all others for the same: of two that race,
   * one finds it.
   * @throws ChatError `invalid_otp`
   */
  async use(transaction: Sql, { purpose, emailKey, requestHash, codeHash }: RightCode): Promise<void> {
    const { rows } = await sql<{ requestHash: string; codeHash: string; expiresAt: number }>`
      delete from one_time_codes where email_key = ${emailKey} and purpose = ${purpose}
      returning request_hash as "requestHash", code_hash as "codeHash", expires_at as "expiresAt"`.execute(transaction);
    const used = rows.find((row) => row.requestHash === requestHash && row.codeHash === codeHash);
    if (used === undefined || Number(used.expiresAt) <= Date.now()) throw new ChatError('invalid_otp');
  }

  /** Deletes codes that have run out. */
  async sweep(): Promise<void> {
    await this.#database.entities().nativeDelete(OneTimeCode, { expiresAt: { $lt: Date.now() } });
  }

  async #tryOwn({ purpose, emailKey }: CodeFor, request: string): Promise<Row | undefined> {
    const { rows } = await sql<Row>`
      update one_time_codes set tries = tries + 1
      where request_hash = ${sha256(request)} and purpose = ${purpose} and email_key = ${emailKey}
        and expires_at > ${Date.now()}
      returning request_hash as "requestHash", code_hash as "codeHash", email, tries`.execute(this.#database.sql);
    return rows[0];
  }

  async #tryShared({ purpose, emailKey }: CodeFor): Promise<Row | undefined> {
    const { rows } = await sql<Row>`
      update one_time_codes set shared_tries = shared_tries + 1
      where request_hash = (
        select request_hash from one_time_codes
        where email_key = ${emailKey} and purpose = ${purpose} and expires_at > ${Date.now()}
        order by created_at desc limit 1
      )
      returning request_hash as "requestHash", code_hash as "codeHash", email, shared_tries as tries`.execute(
      this.#database.sql,
    );
    return rows[0];
  }

  #hash({ purpose, emailKey }: CodeFor, code: string): string {
    return this.#tokens.keyedHash(`otp ${purpose}`, `${emailKey}\0${code}`);
  }
}
