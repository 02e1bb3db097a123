import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Database } from '../database.ts';
import type { Caller } from '../operation.ts';
import { Session, Ticket } from './entities.ts';
import { randomKey, sha256, type Token, type Tokens } from './tokens.ts';

export const TICKET_TTL_SEC = 30;
const MOST_REMEMBERED = 50_000;

/** Whose session, and until when (milliseconds since 1970). */
export type Authenticated = Caller & { expiresAt: number };
/** Closes the open sockets of an ended session, or of all sessions of a user. */
export type EndConnections = (userId: number, sessionId: string | undefined) => void;

/** Logins: a session's row in the database is the proof that the tokens which name it are still good. */
export class Sessions {
  readonly #database: Database;
  readonly #tokens: Tokens;
  readonly #ttlMs: number;
  readonly #endConnections: EndConnections;
  /** Sessions known to be good; ending one forgets it here first. */
  readonly #good = new LRUCache<string, number>({ max: MOST_REMEMBERED });
  /** Raised whenever a session ends, so that a look-up which began before does not remember what it found. */
  #endings = 0;

  constructor(database: Database, tokens: Tokens, ttlMinutes: number, endConnections: EndConnections) {
    this.#database = database;
    this.#tokens = tokens;
    this.#ttlMs = ttlMinutes * 60_000;
    this.#endConnections = endConnections;
  }

  /** Logs a user in. @returns the token */
  async start(userId: number): Promise<string> {
    const session = { id: randomUUID(), userId, createdAt: Date.now(), expiresAt: Date.now() + this.#ttlMs };
    await this.#database.entities().insert(Session, session);
    return this.#tokens.issue({ userId, sessionId: session.id, expiresAt: session.expiresAt });
  }

  /** Who a token speaks for; undefined when it is bad, expired or revoked. */
  async authenticate(text: string): Promise<Authenticated | undefined> {
    const token = this.#tokens.verify(text);
    return token !== undefined && (await this.#isGood(token)) ? token : undefined;
  }

  /** Whether a session that was good a moment ago has not been ended since. */
  isKnown(sessionId: string): boolean {
    return this.#good.has(sessionId);
  }

  async #isGood({ sessionId, userId }: Token): Promise<boolean> {
    if (this.#good.get(sessionId) === userId) return true;
    const endings = this.#endings;
    const found = await this.#database.entities().findOne(Session, { id: sessionId, userId });
    if (found !== null && endings === this.#endings) this.#good.set(sessionId, userId);
    return found !== null;
  }

  /** Ends one session: its tokens stop working and its sockets are closed. */
  async end({ sessionId, userId }: Caller): Promise<void> {
    await this.#database.entities().nativeDelete(Session, { id: sessionId });
    this.#forget(userId, sessionId);
  }

  /** To be called after all sessions of a user were deleted. */
  endedAll(userId: number): void {
    this.#forget(userId, undefined);
  }

  #forget(userId: number, sessionId: string | undefined): void {
    this.#endings += 1;
    if (sessionId !== undefined) this.#good.delete(sessionId);
    else for (const [id, owner] of this.#good.entries()) if (owner === userId) this.#good.delete(id);
    this.#endConnections(userId, sessionId);
  }

  /** A one-use key, good for 30 seconds, that keeps the token itself out of URLs. */
  async issueTicket({ sessionId }: Caller): Promise<string> {
    const ticket = randomKey();
    const row = { hash: sha256(ticket), sessionId, expiresAt: Date.now() + TICKET_TTL_SEC * 1000 };
    await this.#database.entities().insert(Ticket, row);
    return ticket;
  }

  /** Takes a ticket; deleting its row is what makes it work once. */
  async redeemTicket(ticket: string): Promise<Authenticated | undefined> {
    const entities = this.#database.entities();
    const found = await entities.findOne(Ticket, { hash: sha256(ticket) });
    if (found === null || (await entities.nativeDelete(Ticket, { hash: found.hash })) === 0) return undefined;
    const session = await entities.findOne(Session, { id: found.sessionId });
    if (session === null || found.expiresAt <= Date.now() || session.expiresAt <= Date.now()) return undefined;
    this.#good.set(session.id, session.userId);
    return { userId: session.userId, sessionId: session.id, expiresAt: session.expiresAt };
  }

  /** Deletes what has run out. */
  async sweep(): Promise<void> {
    const expired = { expiresAt: { $lt: Date.now() } };
    await this.#database.entities().nativeDelete(Session, expired);
    await this.#database.entities().nativeDelete(Ticket, expired);
  }
}
