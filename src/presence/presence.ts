import { sql } from 'kysely';
import { int8 } from '../conversations/batch.ts';
import type { Database } from '../database.ts';
import type { Deliver } from '../effects.ts';
import { Announcements } from './announcements.ts';

/** Whether another user's socket on this node is in a conversation's room. */
export type AnyOtherIn = (conversationId: number, userId: number) => boolean;
/** Who is online on the other nodes, and who tells them of this one's. */
export type OtherNodes = {
  isOnline(userId: number): boolean;
  onlineUsers(): Iterable<number>;
  userConnected(userId: number): void;
  userDisconnected(userId: number): void;
};

type Report = (error: unknown, doing: string) => void;

const FLUSH_EVERY_MS = 5_000;
/** Who is online needs no row to say so: theirs is written only every so many times, against a crash. */
const ONLINE_EVERY = 12;
const MOST_ROWS = 5_000;

/** Who is online, by their open connections, and when everybody was last seen. */
export class Presence {
  readonly #database: Database;
  readonly #connections = new Map<number, Set<string>>();
  /** When users were last active, until it is written to their rows. */
  readonly #active = new Map<number, number>();
  #flushes = 0;
  readonly #announcements: Announcements;
  readonly #report: Report;
  readonly #flushing: NodeJS.Timeout;
  readonly #anyOtherIn: AnyOtherIn;
  #others: OtherNodes | undefined;

  constructor(database: Database, deliver: Deliver, anyOtherIn: AnyOtherIn, report: Report) {
    this.#database = database;
    this.#anyOtherIn = anyOtherIn;
    this.#report = report;
    this.#announcements = new Announcements(database, deliver, (userId) => this.isOnline(userId), report);
    this.#flushing = setInterval(() => void this.#flush(), FLUSH_EVERY_MS).unref();
  }

  /** From now on there are other nodes. */
  join(others: OtherNodes): void {
    this.#others = others;
  }

  connected(userId: number, connection: string): void {
    const connections = this.#connections.get(userId) ?? new Set();
    this.#connections.set(userId, connections.add(connection));
    this.touch(userId);
    if (connections.size > 1) return;
    this.#others?.userConnected(userId);
    this.#announcements.changed(userId);
  }

  disconnected(userId: number, connection: string): void {
    const connections = this.#connections.get(userId);
    if (connections?.delete(connection) !== true || connections.size > 0) return;
    this.#connections.delete(userId);
    this.touch(userId);
    this.#others?.userDisconnected(userId);
    this.#announcements.changed(userId);
  }

  /** Users came or went on other nodes. */
  readonly changedElsewhere = (userIds: Iterable<number>): void => {
    for (const userId of userIds) this.#announcements.changed(userId);
  };

  /** Users with a connection on this node. */
  onlineHere(): Iterable<number> {
    return this.#connections.keys();
  }

  /** Notes that a user does something. */
  touch(userId: number): void {
    this.#active.set(userId, Date.now());
  }

  isOnline(userId: number): boolean {
    return this.#connections.has(userId) || this.#others?.isOnline(userId) === true;
  }

  /** Those of the given conversations in which anybody but this user is online. */
  async withOthersOnline(conversationIds: readonly number[], userId: number): Promise<Set<number>> {
    const here = new Set(conversationIds.filter((id) => this.#anyOtherIn(id, userId)));
    const open = conversationIds.filter((id) => !here.has(id));
    const elsewhere = [...(this.#others?.onlineUsers() ?? [])].filter((id) => id !== userId);
    return new Set([...here, ...(await this.#withAnyOf(open, elsewhere))]);
  }

  async #withAnyOf(conversationIds: readonly number[], userIds: readonly number[]): Promise<number[]> {
    if (conversationIds.length === 0 || userIds.length === 0) return [];
    const { rows } = await sql<{ id: number }>`
      select distinct conversation_id as id from participants
      where conversation_id in (${sql.join(conversationIds)}) and user_id in (${sql.join(userIds.slice(0, MOST_ROWS))})`.execute(
      this.#database.sql,
    );
    return rows.map(({ id }) => id);
  }

  /** Milliseconds since 1970: now for who is online, else the last activity. @param stored what the user's row says */
  lastSeen(userId: number, stored: number): number {
    return this.isOnline(userId) ? Date.now() : Math.max(stored, this.#active.get(userId) ?? 0);
  }

  /** Writes what is not yet written, and announces nothing more. */
  async close(): Promise<void> {
    clearInterval(this.#flushing);
    this.#announcements.close();
    this.#flushes = -1; // the last time, everybody
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const now = Date.now();
    this.#flushes += 1;
    const everybody = this.#flushes % ONLINE_EVERY === 0;
    if (everybody) for (const userId of this.#connections.keys()) this.#active.set(userId, now);
    const active = [...this.#active].filter(([userId]) => everybody || !this.#connections.has(userId));
    for (const [userId] of active) this.#active.delete(userId);
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
