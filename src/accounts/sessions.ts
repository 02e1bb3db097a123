import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { batched } from '../batched.ts';
import type { Database, Sql } from '../database.ts';
import type { Deliver } from '../effects.ts';
import { ChatError } from '../errors.ts';
import type { Caller } from '../operation.ts';
import { Session, Ticket } from './entities.ts';
import { KnownOrigins } from './known-origins.ts';
import { deleteOldest, insertSession } from './session-rows.ts';
import { randomKey, sha256, type Tokens } from './tokens.ts';

export const TICKET_TTL_SEC = 30;
const MOST_REMEMBERED = 50_000;
/** How long a session is taken for good without asking, while endings on other nodes may not be heard. */
const UNHEARD_TRUST_MS = 1_000;

/** Whose session, and until when (milliseconds since 1970). */
export type Authenticated = Caller & { expiresAt: number };
/** Who logs in, with the hash that was compared, from which address of origin. */
export type Login = { userId: number; passwordHash: string; address: string };
type Good = { userId: number; seenAt: number };

/** Logins: a session's row in the database is the proof that the tokens which name it are still good. */
export class Sessions {
  readonly #database: Database;
  readonly #tokens: Tokens;
  readonly #origins: KnownOrigins;
  readonly #ttlMs: number;
  readonly #deliver: Deliver;
  readonly #hearsEndings: () => boolean;
  /** Sessions known to be good; ending one forgets it here first. */
  readonly #good = new LRUCache<string, Good>({ max: MOST_REMEMBERED });
  /** Raised whenever a session ends, so that a look-up which began before does not believe what it found. */
  #endings = 0;
  readonly #ownerOf = batched(async (ids: readonly string[]) => {
    const { rows } = await sql<{ id: string; userId: number }>`
      select id, user_id as "userId" from sessions where id in (${sql.join(ids)})`.execute(this.#database.sql);
    return new Map(rows.map(({ id, userId }) => [id, userId]));
  });

  /** @param hearsEndings whether sessions that other nodes end are heard of here */
  constructor(database: Database, tokens: Tokens, ttlMinutes: number, deliver: Deliver, hearsEndings: () => boolean) {
    this.#database = database;
    this.#tokens = tokens;
    this.#origins = new KnownOrigins(tokens);
    this.#ttlMs = ttlMinutes * 60_000;
    this.#deliver = deliver;
    this.#hearsEndings = hearsEndings;
  }

  /**
   * Logs a user in, and ends their oldest session if they have too many.
   * @returns the token; undefined when `passwordHash` is no longer the user's
   */
  async start(login: Login): Promise<string | undefined> {
    const { userId } = login;
    const started = await this.#database.transaction(({ sql: db }) => this.startIn(db, login));
    if (started === undefined) return undefined;
    await this.#deliver(started.ended.map((sessionId) => ({ kind: 'end', userId, sessionId })));
    return started.token;
  }

  /** The same inside a transaction, whose caller has to deliver the end of the sessions that were deleted. */
  async startIn(
    transaction: Sql,
    { userId, passwordHash, address }: Login,
  ): Promise<{ token: string; ended: string[] } | undefined> {
    const session = { id: randomUUID(), userId, createdAt: Date.now(), expiresAt: Date.now() + this.#ttlMs };
    if (!(await insertSession(transaction, this.#database.kind, session, passwordHash))) return undefined;
    const ended = await deleteOldest(transaction, session);
    await this.#origins.remember(transaction, userId, address);
    return { token: this.#tokens.issue({ userId, sessionId: session.id, expiresAt: session.expiresAt }), ended };
  }

  /** Who a token speaks for; undefined when it is bad, expired or revoked. */
  async authenticate(text: string): Promise<Authenticated | undefined> {
    const token = this.#tokens.verify(text);
    return token !== undefined && (await this.#isGood(token)) ? token : undefined;
  }

  async #isGood({ sessionId, userId }: Caller): Promise<boolean> {
    const good = this.#good.get(sessionId);
    const trusted = this.#hearsEndings() || Date.now() - (good?.seenAt ?? 0) < UNHEARD_TRUST_MS;
    if (good?.userId === userId && trusted) return true;
    const endings = this.#endings;
    if ((await this.#ownerOf(sessionId)) !== userId) return false;
    if (endings !== this.#endings) return this.#isGood({ sessionId, userId }); // perhaps it was this one that ended
    this.#remember(sessionId, userId);
    return true;
  }

  #remember(sessionId: string, userId: number): void {
    this.#good.set(sessionId, { userId, seenAt: Date.now() });
  }

  /**
   * Ends one session: its tokens stop working and its sockets are closed, on every node.
   * @param asking the socket that asked for it, which is closed when it has been answered
   */
  async end({ sessionId, userId }: Caller, asking?: string): Promise<void> {
    await this.#database.entities().nativeDelete(Session, { id: sessionId });
    await this.#deliver([{ kind: 'end', userId, sessionId, asking }]);
  }

  /** To be called after all sessions of a user were deleted. */
  async endedAll(userId: number): Promise<void> {
    await this.#deliver([{ kind: 'end', userId, sessionId: undefined }]);
  }

  /** Forgets an ended session, or all of a user's: called on every node that hears of it. */
  forget(userId: number, sessionId: string | undefined): void {
    this.#endings += 1;
    if (sessionId !== undefined) this.#good.delete(sessionId);
    else for (const [id, good] of this.#good.entries()) if (good.userId === userId) this.#good.delete(id);
  }

  /** Forgets everything: endings may have been missed. */
  forgetAll(): void {
    this.#endings += 1;
    this.#good.clear();
  }

  /** Those of the given sessions that have been ended. */
  async endedOf(sessionIds: ReadonlySet<string>): Promise<string[]> {
    if (sessionIds.size === 0) return [];
    const found = await this.#database.entities().find(Session, { id: { $in: [...sessionIds] } }, { fields: ['id'] });
    const alive = new Set(found.map(({ id }) => id));
    return [...sessionIds].filter((id) => !alive.has(id));
  }

  /**
   * A one-use key, good for 30 seconds, that keeps the token itself out of URLs.
   * @throws ChatError `unauthenticated` when the session has ended meanwhile
   */
  async issueTicket({ sessionId }: Caller): Promise<string> {
    const ticket = randomKey();
    // the session stays locked: one that is being ended is found ended, in place of a reference that breaks
    const locked = this.#database.kind === 'postgresql' ? sql`for key share` : sql``;
    const { rows } = await sql`
      insert into tickets (hash, session_id, expires_at)
      select cast(${sha256(ticket)} as varchar(64)), id, cast(${Date.now() + TICKET_TTL_SEC * 1000} as bigint)
      from sessions where id = ${sessionId} ${locked} returning hash`.execute(this.#database.sql);
    if (rows.length === 0) throw new ChatError('unauthenticated');
    return ticket;
  }

  /** Takes a ticket; deleting its row is what makes it work once. */
  async redeemTicket(ticket: string): Promise<Authenticated | undefined> {
    const entities = this.#database.entities();
    const found = await entities.findOne(Ticket, { hash: sha256(ticket) });
    if (found === null || (await entities.nativeDelete(Ticket, { hash: found.hash })) === 0) return undefined;
    const endings = this.#endings;
    const session = await entities.findOne(Session, { id: found.sessionId });
    if (session === null || found.expiresAt <= Date.now() || session.expiresAt <= Date.now()) return undefined;
    const who = { userId: session.userId, sessionId: session.id, expiresAt: session.expiresAt };
    return endings === this.#endings || (await this.#isGood(who)) ? who : undefined;
  }

  /** Deletes what has run out. */
  async sweep(): Promise<void> {
    const expired = { expiresAt: { $lt: Date.now() } };
    await this.#database.entities().nativeDelete(Session, expired);
    await this.#database.entities().nativeDelete(Ticket, expired);
    await this.#origins.sweep(this.#database.sql);
  }
}
