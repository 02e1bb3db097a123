import { sql } from 'kysely';
import type { Broker } from '../broker/broker.ts';
import type { Database } from '../database/database.ts';
import { int8 } from '../database/queries.ts';
import type { Deliver } from '../delivery/effects.ts';
import { Announcements } from './announcements.ts';
import { withOnlineMembers } from './online-members.ts';

/** The sockets of this node. */
type LocalDelivery = {
  readonly deliver: Deliver;
  /** Whether a socket of another user is in a conversation's room. */
  readonly anyOtherIn: (conversationId: number, userId: number) => boolean;
};
type Report = (error: unknown, doing: string) => void;

const FLUSH_EVERY_MS = 5_000;
/** `last_seen` of connected users is written only every 12th flush; it matters only after a crash. */
const CONNECTED_EVERY = 12;
const MAX_ROWS = 5_000;

/** Which users are online, by their open connections, and when users were last seen. */
export class Presence {
  readonly #database: Database;
  readonly #broker: Broker;
  readonly #local: LocalDelivery;
  readonly #connections = new Map<number, Set<string>>();
  /** When users were last active, until it is written to their rows. */
  readonly #active = new Map<number, number>();
  #flushes = 0;
  readonly #announcements: Announcements;
  readonly #report: Report;
  readonly #flushing: NodeJS.Timeout;

  constructor(database: Database, broker: Broker, local: LocalDelivery, report: Report, graceMs: number) {
    this.#database = database;
    this.#broker = broker;
    this.#local = local;
    this.#report = report;
    // every node announces to its own clients, so these events are not published
    this.#announcements = new Announcements(
      database,
      local.deliver,
      (userId) => this.isOnline(userId),
      report,
      graceMs,
    );
    this.#flushing = setInterval(() => void this.#flush(), FLUSH_EVERY_MS).unref();
    broker.subscribe({
      onlineElsewhere: (userIds) => {
        for (const userId of userIds) this.#announcements.changed(userId);
      },
    });
  }

  connected(userId: number, connection: string): void {
    const connections = this.#connections.get(userId) ?? new Set();
    this.#connections.set(userId, connections.add(connection));
    this.touch(userId);
    if (connections.size > 1) return;
    this.#broker.setOnline(userId, true);
    this.#announcements.changed(userId);
  }

  disconnected(userId: number, connection: string): void {
    const connections = this.#connections.get(userId);
    if (connections?.delete(connection) !== true || connections.size > 0) return;
    this.#connections.delete(userId);
    this.touch(userId);
    this.#broker.setOnline(userId, false);
    this.#announcements.changed(userId);
  }

  /** To be called when a user calls an operation. */
  touch(userId: number): void {
    this.#active.set(userId, this.#database.now());
  }

  isOnline(userId: number): boolean {
    return this.#connections.has(userId) || this.#broker.isOnlineElsewhere(userId);
  }

  /** Those of the given conversations in which another user is online. */
  async withOthersOnline(conversationIds: readonly number[], userId: number): Promise<Set<number>> {
    const found = new Set(conversationIds.filter((id) => this.#local.anyOtherIn(id, userId)));
    const rest = conversationIds.filter((id) => !found.has(id));
    if (!this.#broker.anyOnlineElsewhere || rest.length === 0) return found;
    const isOtherOnline = (id: number) => id !== userId && this.#broker.isOnlineElsewhere(id);
    return found.union(await withOnlineMembers(this.#database, rest, isOtherOnline));
  }

  /** Milliseconds since 1970: now if the user is online, else their last activity. @param stored in the user's row */
  lastSeen(userId: number, stored: number): number {
    return this.isOnline(userId) ? this.#database.now() : Math.max(stored, this.#active.get(userId) ?? 0);
  }

  /** Stops announcing, and writes what has not been written. */
  async close(): Promise<void> {
    clearInterval(this.#flushing);
    this.#announcements.close();
    this.#flushes = -1; // the last flush includes connected users
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const now = this.#database.now();
    this.#flushes += 1;
    const all = this.#flushes % CONNECTED_EVERY === 0;
    if (all) for (const userId of this.#connections.keys()) this.#active.set(userId, now);
    const active = [...this.#active].filter(([userId]) => all || !this.#connections.has(userId));
    for (const [userId] of active) this.#active.delete(userId);
    try {
      for (let start = 0; start < active.length; start += MAX_ROWS)
        await this.#store(active.slice(start, start + MAX_ROWS));
    } catch (error) {
      // kept for the next flush, unless there is something newer
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
