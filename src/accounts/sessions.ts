import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Broker } from '../broker/broker.ts';
import { batched } from '../database/batch-loader.ts';
import type { Database } from '../database/database.ts';
import type { Sql } from '../database/queries.ts';
import { cacheOf } from '../operation/cache.ts';
import type { Caller } from '../operation/caller.ts';
import { ChatError } from '../operation/errors.ts';
import { Session, Ticket } from './entities.ts';
import { KnownOrigins } from './known-origins.ts';
import { SessionRenewal } from './session-renewal.ts';
import { deleteOldest, insertSession } from './session-rows.ts';
import { randomKey, sha256, type Tokens } from './tokens.ts';

export const TICKET_TTL_SEC = 30;
const MAX_CACHED = 50_000;
/** How long a cached session is used while this node may miss the end of sessions on other nodes. */
const OFFLINE_CACHE_MS = 1_000;

/** @property expiresAt in milliseconds since 1970 */
export type Authenticated = Caller & { expiresAt: number };
/**
 * @property passwordHash the hash that was compared
 * @property address the client's
 */
export type Login = { userId: number; passwordHash: string; address: string };
/** @property readAt when the database was queried, by the monotonic clock */
type Cached = { userId: number; readAt: number };

/** Sessions. A token is valid as long as the row of its session exists in the database. */
export class Sessions {
  readonly #database: Database;
  readonly #tokens: Tokens;
  readonly #origins: KnownOrigins;
  readonly #ttlMs: number;
  readonly #broker: Broker;
  readonly renewal: SessionRenewal;
  /** Sessions that exist; an ended session is removed. */
  readonly #cache = cacheOf<string, Cached>(MAX_CACHED);
  /** Incremented whenever a session ends, so that a query that began before does not fill the cache. */
  #version = 0;
  readonly #ownerOf = batched(async (ids: readonly string[]) => {
    const rows = await this.#database.sql
      .selectFrom('sessions')
      .select(['id', 'user_id'])
      .where('id', 'in', ids)
      .execute();
    return new Map(rows.map(({ id, user_id }) => [id, user_id]));
  });

  constructor(database: Database, tokens: Tokens, lasting: { ttlMinutes: number; maxDays: number }, broker: Broker) {
    this.#database = database;
    this.#tokens = tokens;
    this.#origins = new KnownOrigins(tokens);
    this.#ttlMs = lasting.ttlMinutes * 60_000;
    this.renewal = new SessionRenewal(database, tokens, lasting);
    this.#broker = broker;
    broker.subscribe({
      effects: (effects) => {
        for (const effect of effects) if (effect.kind === 'end') this.#forget(effect.userId, effect.sessionId);
      },
      missed: () => this.forgetAll(),
    });
  }

  /**
   * Starts a session, and ends the user's oldest one if they have too many.
   * @returns the token; undefined if `passwordHash` is no longer the user's
   */
  async start(login: Login): Promise<string | undefined> {
    const { userId } = login;
    const started = await this.#database.transaction(({ sql: db }) => this.startIn(db, login));
    if (started === undefined) return undefined;
    await this.endedSome(userId, started.ended);
    return started.token;
  }

  /** Starts a session inside a transaction; the caller then calls `endedSome` for the sessions that were deleted. */
  async startIn(
    transaction: Sql,
    { userId, passwordHash, address }: Login,
  ): Promise<{ token: string; ended: string[] } | undefined> {
    const now = this.#database.now();
    const session = { id: randomUUID(), userId, createdAt: now, expiresAt: now + this.#ttlMs };
    if (!(await insertSession(transaction, this.#database.kind, session, passwordHash))) return undefined;
    const ended = await deleteOldest(transaction, session);
    await this.#origins.remember(transaction, { userId, address, now });
    return { token: this.#tokens.issue({ userId, sessionId: session.id, expiresAt: session.expiresAt }), ended };
  }

  /** The caller that a token identifies; undefined if it is invalid, expired or revoked. */
  async authenticate(text: string): Promise<Authenticated | undefined> {
    const token = this.#tokens.verify(text);
    return token !== undefined && (await this.#exists(token)) ? token : undefined;
  }

  async #exists({ sessionId, userId }: Caller): Promise<boolean> {
    const cached = this.#cache.get(sessionId);
    const isFresh =
      this.#broker.isCurrent || performance.now() - (cached?.readAt ?? Number.NEGATIVE_INFINITY) < OFFLINE_CACHE_MS;
    if (cached?.userId === userId && isFresh) return true;
    const [version, readAt] = [this.#version, performance.now()];
    if ((await this.#ownerOf(sessionId)) !== userId) return false;
    if (version !== this.#version) return this.#exists({ sessionId, userId }); // this one may have ended meanwhile
    this.#cache.set(sessionId, { userId, readAt });
    return true;
  }

  /**
   * Ends one session: its tokens stop working and its sockets are closed, on every node.
   * @param asking the socket that requested it, which is closed after its answer
   */
  async end({ sessionId, userId }: Caller, asking?: string): Promise<void> {
    await this.#database.entities().nativeDelete(Session, { id: sessionId });
    await this.#broker.publish([{ kind: 'end', userId, sessionId, asking }]);
  }

  /** Delivers the end of all sessions of a user, after their rows were deleted. */
  async endedAll(userId: number): Promise<void> {
    await this.#broker.publish([{ kind: 'end', userId, sessionId: undefined }]);
  }

  /** Delivers the end of some sessions of a user, after their rows were deleted. */
  async endedSome(userId: number, sessionIds: readonly string[]): Promise<void> {
    await this.#broker.publish(sessionIds.map((sessionId) => ({ kind: 'end', userId, sessionId })));
  }

  /** Removes an ended session, or all of a user's, from the cache. */
  #forget(userId: number, sessionId: string | undefined): void {
    this.#version += 1;
    if (sessionId !== undefined) this.#cache.delete(sessionId);
    else for (const [id, cached] of this.#cache.entries()) if (cached.userId === userId) this.#cache.delete(id);
  }

  /** Clears the cache, as this node may have missed the end of sessions. */
  forgetAll(): void {
    this.#version += 1;
    this.#cache.clear();
  }

  /** Those of the given sessions that have ended. */
  async endedOf(sessionIds: ReadonlySet<string>): Promise<string[]> {
    if (sessionIds.size === 0) return [];
    const found = await this.#database.entities().find(Session, { id: { $in: [...sessionIds] } }, { fields: ['id'] });
    const alive = new Set(found.map(({ id }) => id));
    return [...sessionIds].filter((id) => !alive.has(id));
  }

  /**
   * Issues a one-use key, valid for 30 seconds, so that the token itself appears in no URL.
   * @throws ChatError `unauthenticated` if the session has ended meanwhile
   */
  async issueTicket({ sessionId }: Caller): Promise<string> {
    const ticket = randomKey();
    // locks the session, so that a concurrent end leads to no row here, and not to a violated foreign key
    const locked = this.#database.kind === 'postgresql' ? sql`for key share` : sql``;
    const { rows } = await sql`
      insert into tickets (hash, session_id, expires_at)
      select cast(${sha256(ticket)} as varchar(64)), id, cast(${this.#database.now() + TICKET_TTL_SEC * 1000} as bigint)
      from sessions where id = ${sessionId} ${locked} returning hash`.execute(this.#database.sql);
    if (rows.length === 0) throw new ChatError('unauthenticated');
    return ticket;
  }

  /** Redeems a ticket. It works once because its row is deleted first. */
  async redeemTicket(ticket: string): Promise<Authenticated | undefined> {
    const entities = this.#database.entities();
    const found = await entities.findOne(Ticket, { hash: sha256(ticket) });
    if (found === null || (await entities.nativeDelete(Ticket, { hash: found.hash })) === 0) return undefined;
    const version = this.#version;
    const session = await entities.findOne(Session, { id: found.sessionId });
    const now = this.#database.now();
    if (session === null || found.expiresAt <= now || session.expiresAt <= now) return undefined;
    const caller = { userId: session.userId, sessionId: session.id, expiresAt: session.expiresAt };
    return version === this.#version || (await this.#exists(caller)) ? caller : undefined;
  }

  /** Deletes expired rows by the database's clock, as the clock of this node may be wrong. */
  async sweep(): Promise<void> {
    const { sql: db, moment } = this.#database;
    await db.deleteFrom('sessions').where('expires_at', '<', moment).execute();
    await db.deleteFrom('tickets').where('expires_at', '<', moment).execute();
    await this.#origins.sweep(this.#database);
  }
}
