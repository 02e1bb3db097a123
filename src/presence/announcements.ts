import type { Database } from '../database/database.ts';
import type { Deliver } from '../delivery/effects.ts';
import { timeOf } from '../time.ts';

/** The presence of a user is announced at most this often. */
const MIN_INTERVAL_MS = 1_000;
/** How long an `online` is valid, and when it is repeated. */
const LEASE_MS = 300_000;
const RENEW_MS = 150_000;
const CHECK_EVERY_MS = 100;

/** @property at by the monotonic clock */
type Announced = { online: boolean; at: number };

/** Announces to the contacts of a user that they came online or went offline: the latest state, at most once a second. */
export class Announcements {
  readonly #database: Database;
  readonly #deliver: Deliver;
  readonly #isOnline: (userId: number) => boolean;
  readonly #report: (error: unknown, doing: string) => void;
  readonly #graceMs: number;
  /** The last announcement of each user who is online or was announced recently, the oldest first. */
  readonly #announced = new Map<number, Announced>();
  /** Users who changed, and when that is to be announced. */
  readonly #due = new Map<number, number>();
  /** Users who are or were online without an announcement: lists may have shown it, so `offline` has to be announced. */
  readonly #unannounced = new Set<number>();
  readonly #timer: NodeJS.Timeout;

  /** @param graceMs a user who reconnects within this time, as when a page is reloaded, does not go offline */
  constructor(
    database: Database,
    deliver: Deliver,
    isOnline: (userId: number) => boolean,
    report: (error: unknown, doing: string) => void,
    graceMs: number,
  ) {
    this.#database = database;
    this.#deliver = deliver;
    this.#isOnline = isOnline;
    this.#report = report;
    this.#graceMs = graceMs;
    this.#timer = setInterval(() => void this.#check(), CHECK_EVERY_MS).unref();
  }

  changed(userId: number): void {
    const now = performance.now();
    const free = (this.#announced.get(userId)?.at ?? Number.NEGATIVE_INFINITY) + MIN_INTERVAL_MS;
    const online = this.#isOnline(userId);
    if (online && this.#announced.get(userId)?.online !== true) this.#unannounced.add(userId);
    this.#due.set(userId, Math.max(free, online ? now : now + this.#graceMs));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const now = performance.now();
    const changed = this.#takeDue(now).filter((userId) => this.#hasChanged(userId));
    const users = [...new Set([...changed, ...this.#toRenew(now)])];
    if (users.length === 0) return;
    for (const userId of users) this.#remember(userId, now);
    await this.#announce(users).catch((error) => this.#report(error, 'announcing presence'));
  }

  #takeDue(now: number): number[] {
    const due: number[] = [];
    for (const [userId, at] of this.#due) if (at <= now) due.push(userId);
    for (const userId of due) this.#due.delete(userId);
    return due;
  }

  /** The oldest announcement comes first, so this looks only at those that are due. */
  #toRenew(now: number): number[] {
    const users: number[] = [];
    for (const [userId, { online, at }] of this.#announced) {
      if (at + RENEW_MS > now) break;
      if (online) users.push(userId);
    }
    return users;
  }

  #hasChanged(userId: number): boolean {
    const wasOnline = this.#announced.get(userId)?.online === true;
    return this.#isOnline(userId) ? !wasOnline : wasOnline || this.#unannounced.has(userId);
  }

  /** Of users who are offline the announcement is remembered only as long as it delays the next one. */
  #remember(userId: number, now: number): void {
    this.#unannounced.delete(userId);
    this.#announced.delete(userId); // so that it comes last
    this.#announced.set(userId, { online: this.#isOnline(userId), at: now });
    if (!this.#isOnline(userId)) {
      setTimeout(() => {
        if (this.#announced.get(userId)?.online === false) this.#announced.delete(userId);
      }, MIN_INTERVAL_MS).unref();
    }
  }

  async #announce(userIds: readonly number[]): Promise<void> {
    const now = this.#database.now();
    const rows = await this.#database.sql
      .selectFrom('users as u')
      .innerJoin('participants as p', 'p.user_id', 'u.id')
      .select(['u.id as userId', 'u.username', 'p.conversation_id as conversationId'])
      .where('u.id', 'in', userIds)
      .execute();
    for (const [userId, affected] of Map.groupBy(rows, (row) => row.userId)) {
      const online = this.#announced.get(userId)?.online ?? false;
      const payload = {
        sender_id: userId,
        sender_username: affected[0]?.username ?? '',
        content: online ? ('online' as const) : ('offline' as const),
        last_seen: timeOf(now),
        expires_at: timeOf(online ? now + LEASE_MS : now),
      };
      const conversationIds = affected.map(({ conversationId }) => conversationId);
      await this.#deliver([
        { kind: 'emit', to: { contactsOf: userId, conversationIds }, event: { type: 'presence', payload } },
      ]);
    }
  }
}
