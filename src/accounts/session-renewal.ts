import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { cacheOf } from '../operation/cache.ts';
import type { Caller } from '../operation/caller.ts';
import type { Tokens } from './tokens.ts';

/** A token of a session; both expire at `expiresAt`, in milliseconds since 1970. */
export type Renewed = { readonly token: string; readonly expiresAt: number };
type Cached = { readonly renewed: Promise<Renewed | undefined>; readonly recheckAt: number };

const MAX_CACHED = 20_000;
const DAY_MS = 86_400_000;
/** A session is renewed once this part of its lifetime has passed. */
const RENEWAL_FRACTION = 1 / 4;
/** A token holds whole seconds, a session milliseconds. */
const TOKEN_STEP_MS = 1_000;

/**
 * Sliding sessions: a request in the last three quarters of a session's lifetime extends it to a full lifetime from
 * now, up to a maximum after the login. All nodes together write a session at most once per quarter: the condition is
 * part of the statement.
 */
export class SessionRenewal {
  readonly #database: Database;
  readonly #tokens: Tokens;
  readonly #ttlMs: number;
  readonly #maxMs: number;
  readonly #cache = cacheOf<string, Cached>(MAX_CACHED);

  /** @param maxDays the longest time after the login, in days */
  constructor(database: Database, tokens: Tokens, { ttlMinutes, maxDays }: { ttlMinutes: number; maxDays: number }) {
    this.#database = database;
    this.#tokens = tokens;
    this.#ttlMs = ttlMinutes * 60_000;
    this.#maxMs = maxDays * DAY_MS;
  }

  /**
   * Renews the session of a token, if it is due. For a token in its first quarter this costs one comparison.
   * @param expiresAt when the token expires, in milliseconds since 1970
   * @returns a token that expires later, if there is one
   */
  async ofToken(caller: Caller & { expiresAt: number }): Promise<Renewed | undefined> {
    const now = this.#database.now();
    if (caller.expiresAt - now > this.#ttlMs * (1 - RENEWAL_FRACTION)) return undefined;
    const renewed = await this.#renewCached(caller, now);
    return renewed !== undefined && renewed.expiresAt >= caller.expiresAt + TOKEN_STEP_MS ? renewed : undefined;
  }

  #renewCached(caller: Caller, now: number): Promise<Renewed | undefined> {
    const { sessionId } = caller;
    const cached = this.#cache.get(sessionId);
    if (cached !== undefined && now < cached.recheckAt) return cached.renewed;
    const renewed = this.renew(caller);
    this.#cache.set(sessionId, { renewed, recheckAt: now + this.#ttlMs * RENEWAL_FRACTION });
    renewed.catch(() => this.#cache.delete(sessionId));
    return renewed;
  }

  /**
   * Extends the session if it is due.
   * @returns a token that expires with the session; undefined if the session has ended
   */
  async renew({ sessionId, userId }: Caller): Promise<Renewed | undefined> {
    const now = this.#database.now();
    const end = now + this.#ttlMs;
    const isDue = now + Math.floor(this.#ttlMs * (1 - RENEWAL_FRACTION));
    await sql`
      update sessions set expires_at = case when created_at + ${this.#maxMs} < ${end} then created_at + ${this.#maxMs} else ${end} end
      where id = ${sessionId} and user_id = ${userId} and expires_at > ${now} and expires_at <= ${isDue}
        and expires_at < created_at + ${this.#maxMs}`.execute(this.#database.sql);
    const session = await this.#database.sql
      .selectFrom('sessions')
      .select('expires_at')
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    if (session === undefined) return undefined;
    const expiresAt = Math.floor(session.expires_at / TOKEN_STEP_MS) * TOKEN_STEP_MS;
    return { token: this.#tokens.issue({ userId, sessionId, expiresAt }), expiresAt };
  }

  /**
   * The expiry times of those of the given sessions that were renewed, and so outlast their first token.
   * @param sessionIds at most a few thousand
   */
  async endsOfRenewed(sessionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database.sql
      .selectFrom('sessions')
      .select(['id', 'expires_at'])
      .where('id', 'in', sessionIds)
      .where(({ eb }) => eb('expires_at', '>', eb('created_at', '+', this.#ttlMs + TOKEN_STEP_MS)))
      .execute();
    return new Map(rows.map(({ id, expires_at }) => [id, expires_at]));
  }
}
