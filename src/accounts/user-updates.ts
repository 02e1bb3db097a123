import type { Database } from '../database/database.ts';
import { type Deliver, toUsers } from '../delivery/effects.ts';
import { timeOf } from '../time.ts';

/** A user's changes are announced at most this often, with the latest state. */
const LEAST_INTERVAL_MS = 1_000;

/** Sends new names and pictures to all users who share a conversation with the user, and to the user's own sockets. */
export class UserUpdates {
  readonly #database: Database;
  readonly #deliver: Deliver;
  readonly #report: (error: unknown, doing: string) => void;
  /** Users whose last announcement is recent, and whether they have changed since. */
  readonly #pauses = new Map<number, { timer: NodeJS.Timeout; changed: boolean }>();

  constructor(database: Database, deliver: Deliver, report: (error: unknown, doing: string) => void) {
    this.#database = database;
    this.#deliver = deliver;
    this.#report = report;
  }

  /** To be called after a user's name or picture was changed. */
  changed(userId: number): void {
    const pause = this.#pauses.get(userId);
    if (pause !== undefined) pause.changed = true;
    else this.#announce(userId);
  }

  close(): void {
    for (const { timer } of this.#pauses.values()) clearTimeout(timer);
    this.#pauses.clear();
  }

  #announce(userId: number): void {
    const timer = setTimeout(() => this.#pauseEnded(userId), LEAST_INTERVAL_MS).unref();
    this.#pauses.set(userId, { timer, changed: false });
    this.#emit(userId).catch((error) => this.#report(error, 'announcing a new name or picture'));
  }

  #pauseEnded(userId: number): void {
    const changed = this.#pauses.get(userId)?.changed === true;
    this.#pauses.delete(userId);
    if (changed) this.#announce(userId);
  }

  async #emit(userId: number): Promise<void> {
    const rows = await this.#database.sql
      .selectFrom('users as u')
      .leftJoin('participants as p', 'p.user_id', 'u.id')
      .select(['u.username', 'u.profile_picture as profilePicture', 'p.conversation_id as conversationId'])
      .where('u.id', '=', userId)
      .execute();
    const [first] = rows;
    if (first === undefined) return;
    const event = {
      type: 'user_update' as const,
      payload: {
        sender_id: userId,
        sender_username: first.username,
        profile_picture: first.profilePicture,
        created_at: timeOf(this.#database.now()),
      },
    };
    const conversationIds = rows.flatMap(({ conversationId }) => conversationId ?? []);
    await this.#deliver([
      { kind: 'emit', to: { contactsOf: userId, conversationIds }, event },
      toUsers([userId], event),
    ]);
  }
}
