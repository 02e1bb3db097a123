import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { Deliver } from '../effects.ts';
import { timeOf } from '../time.ts';

/** A user who comes and goes is told of at most this often. */
const LEAST_INTERVAL_MS = 1_000;
/** Who reconnects within this time, as a page does that is loaded again, was never away. */
const GRACE_MS = 1_000;
/** How long an `online` is vouched for, and when it is repeated. */
const LEASE_MS = 300_000;
const RENEW_MS = 150_000;
const LOOK_EVERY_MS = 100;

type Told = { online: boolean; at: number };
type Affected = { userId: number; username: string; conversationId: number };

/** Tells the people who share a conversation with a user that they came or went: the latest state, at most once a second. */
export class Announcements {
  readonly #database: Database;
  readonly #deliver: Deliver;
  readonly #isOnline: (userId: number) => boolean;
  readonly #report: (error: unknown, doing: string) => void;
  readonly #told = new Map<number, Told>();
  /** Who changed, and when that is to be told. */
  readonly #due = new Map<number, number>();
  /** Who was online without a word of it so far: lists may have said so, and are owed the end of it. */
  readonly #untold = new Set<number>();
  readonly #looking: NodeJS.Timeout;

  constructor(
    database: Database,
    deliver: Deliver,
    isOnline: (userId: number) => boolean,
    report: (error: unknown, doing: string) => void,
  ) {
    this.#database = database;
    this.#deliver = deliver;
    this.#isOnline = isOnline;
    this.#report = report;
    this.#looking = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  changed(userId: number): void {
    const now = Date.now();
    const free = (this.#told.get(userId)?.at ?? 0) + LEAST_INTERVAL_MS;
    const online = this.#isOnline(userId);
    if (online && this.#told.get(userId)?.online !== true) this.#untold.add(userId);
    this.#due.set(userId, Math.max(free, online ? now : now + GRACE_MS));
  }

  close(): void {
    clearInterval(this.#looking);
  }

  async #look(): Promise<void> {
    const now = Date.now();
    const news = this.#takeDue(now).filter((userId) => this.#isNews(userId));
    const users = [...new Set([...news, ...this.#toRenew(now)])];
    if (users.length === 0) return;
    for (const userId of users) this.#note(userId, now);
    await this.#announce(users, now).catch((error) => this.#report(error, 'announcing presence'));
  }

  #takeDue(now: number): number[] {
    const due: number[] = [];
    for (const [userId, at] of this.#due) if (at <= now) due.push(userId);
    for (const userId of due) this.#due.delete(userId);
    return due;
  }

  /** Whoever was told longest ago comes first, so it looks at no more than those. */
  #toRenew(now: number): number[] {
    const users: number[] = [];
    for (const [userId, { online, at }] of this.#told) {
      if (at + RENEW_MS > now) break;
      if (online) users.push(userId);
    }
    return users;
  }

  #isNews(userId: number): boolean {
    const told = this.#told.get(userId)?.online === true;
    return this.#isOnline(userId) ? !told : told || this.#untold.has(userId);
  }

  /** What was told is remembered for who is online; for who is not, as long as it limits the next announcement. */
  #note(userId: number, now: number): void {
    this.#untold.delete(userId);
    this.#told.delete(userId); // so that it comes last
    this.#told.set(userId, { online: this.#isOnline(userId), at: now });
    if (!this.#isOnline(userId)) {
      setTimeout(() => {
        if (this.#told.get(userId)?.online === false) this.#told.delete(userId);
      }, LEAST_INTERVAL_MS).unref();
    }
  }

  async #announce(userIds: readonly number[], now: number): Promise<void> {
    const { rows } = await sql<Affected>`
      select u.id as "userId", u.username, p.conversation_id as "conversationId"
      from users u join participants p on p.user_id = u.id where u.id in (${sql.join(userIds)})`.execute(
      this.#database.sql,
    );
    for (const [userId, affected] of Map.groupBy(rows, (row) => row.userId)) {
      const online = this.#told.get(userId)?.online ?? false;
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
