import { sql } from 'kysely';
import { int8 } from '../conversations/batch.ts';
import type { Database } from '../database.ts';
import type { Deliver } from '../effects.ts';
import { Announcements } from './announcements.ts';

/** Whether another user's socket is in a conversation's room. */
export type AnyOtherIn = (conversationId: number, userId: number) => boolean;

type Report = (error: unknown, doing: string) => void;

const FLUSH_EVERY_MS = 5_000;
const MOST_ROWS = 5_000;

/** Who is online, by their open connections, and when everybody was last seen. */
export class Presence {
  readonly #database: Database;
  readonly #connections = new Map<number, Set<string>>();
  /** When users were last active, until it is written to their rows. */
  #active = new Map<number, number>();
  readonly #announcements: Announcements;
  readonly #report: Report;
  readonly #flushing: NodeJS.Timeout;
  readonly #anyOtherIn: AnyOtherIn;

  constructor(database: Database, deliver: Deliver, anyOtherIn: AnyOtherIn, report: Report) {
    this.#database = database;
    this.#anyOtherIn = anyOtherIn;
    this.#report = report;
    this.#announcements = new Announcements(database, deliver, (userId) => this.isOnline(userId), report);
    this.#flushing = setInterval(() => void this.#flush(), FLUSH_EVERY_MS).unref();
  }

  connected(userId: number, connection: string): void {
    const connections = this.#connections.get(userId) ?? new Set();
    this.#connections.set(userId, connections.add(connection));
    this.touch(userId);
    if (connections.size === 1) this.#announcements.changed(userId);
  }

  disconnected(userId: number, connection: string): void {
    const connections = this.#connections.get(userId);
    if (connections?.delete(connection) !== true || connections.size > 0) return;
    this.#connections.delete(userId);
    this.touch(userId);
    this.#announcements.changed(userId);
  }

  /** Notes that a user does something. */
  touch(userId: number): void {
    this.#active.set(userId, Date.now());
  }

  isOnline(userId: number): boolean {
    return this.#connections.has(userId);
  }

  /** Whether any other member of a conversation is online. */
  isAnyOtherOnline(conversationId: number, userId: number): boolean {
    return this.#anyOtherIn(conversationId, userId);
  }

  /** Milliseconds since 1970: now for who is online, else the last activity. @param stored what the user's row says */
  lastSeen(userId: number, stored: number): number {
    return this.isOnline(userId) ? Date.now() : Math.max(stored, this.#active.get(userId) ?? 0);
  }

  /** Writes what is not yet written, and announces nothing more. */
  async close(): Promise<void> {
    clearInterval(this.#flushing);
    this.#announcements.close();
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const now = Date.now();
    for (const userId of this.#connections.keys()) this.#active.set(userId, now);
    const active = [...this.#active];
    this.#active = new Map();
    try {
      for (let start = 0; start < active.length; start += MOST_ROWS)
        await this.#store(active.slice(start, start + MOST_ROWS));
    } catch (error) {
      // kept for the next time, unless something newer has come
      for (const [userId, at] of active) this.#active.set(userId, Math.max(at, this.#active.get(userId) ?? 0));
      this.#report(error, 'writing when users were last seen');
    }
  }

  async #store(active: readonly (readonly [number, number])[]): Promise<void> {
    const rows = active.map(([userId, at]) => sql`(${int8(userId)}, ${int8(at)})`);
    await sql`
      update users set last_seen = v.column2 from (values ${sql.join(rows)}) as v
      where users.id = v.column1 and users.last_seen < v.column2`.execute(this.#database.sql);
  }
}
