import type { Accounts } from './accounts/accounts.ts';
import type { Limits } from './accounts/limits.ts';
import type { UserUpdates } from './accounts/user-updates.ts';
import type { GroupCommit } from './conversations/group-commit.ts';
import type { Database } from './database.ts';
import type { HeavyCalls } from './heavy-calls.ts';
import type { Observer } from './observer.ts';
import type { Presence } from './presence/presence.ts';
import type { Typing } from './presence/typing.ts';
import type { Told } from './removals.ts';
import type { SecurityLog } from './security-log.ts';

/** What an operation may use. `app.ts` fills it; types only, so that no feature depends on its caller. */
export type Context = {
  readonly database: Database;
  readonly accounts: Accounts;
  readonly limits: Limits;
  readonly presence: Presence;
  readonly typing: Typing;
  readonly userUpdates: UserUpdates;
  /** Every durable change of a conversation goes through this one line. */
  readonly changes: GroupCommit;
  readonly observer: Observer;
  readonly security: SecurityLog;
  readonly heavy: HeavyCalls;
  /** Whether a client on any node asked for live delivery receipts, as far as this one knows. */
  receiptsWanted(): boolean;
  /** True once the server is stopping: nothing new is begun. */
  draining(): boolean;
  /** Reads for a user, and again if they were removed meanwhile from a conversation that the answer tells of. */
  reading<T>(userId: number, read: () => Promise<T>, told: Told<T>): Promise<T>;
  /** Counts an operation under way, so that stopping waits for it. */
  working<T>(work: Promise<T>): Promise<T>;
};
