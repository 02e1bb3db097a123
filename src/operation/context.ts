import type { Accounts } from '../accounts/accounts.ts';
import type { UserUpdates } from '../accounts/user-updates.ts';
import type { Database } from '../database/database.ts';
import type { ReadConversations } from '../delivery/stale-reads.ts';
import type { Installation } from '../installation/installation.ts';
import type { Presence } from '../presence/presence.ts';
import type { Typing } from '../presence/typing.ts';
import type { Limits } from '../rate-limits/limits.ts';
import type { GroupCommit } from '../writer/group-commit.ts';
import type { HeavyCalls } from './heavy-calls.ts';
import type { InFlightRequests } from './in-flight.ts';
import type { Observer } from './observer.ts';
import type { SecurityLog } from './security-log.ts';

/** The services that operations use. Types only, so that no feature depends on the composition root. */
export type Context = {
  readonly database: Database;
  readonly installation: Pick<Installation, 'epoch'>;
  readonly accounts: Accounts;
  readonly limits: Limits;
  readonly presence: Presence;
  readonly typing: Typing;
  readonly userUpdates: UserUpdates;
  /** The single queue for all durable changes of conversations. */
  readonly changes: GroupCommit;
  readonly observer: Observer;
  readonly security: SecurityLog;
  readonly heavy: HeavyCalls;
  readonly inFlight: InFlightRequests;
  /** Whether a client on any node has subscribed to live delivery receipts, as far as this node knows. */
  receiptsWanted(): boolean;
  /** Reads for a user, and again if the user was removed meanwhile from a conversation that the result contains. */
  rereadIfRemoved<T>(userId: number, read: () => Promise<T>, conversations: ReadConversations<T>): Promise<T>;
  /** Logs an error that does not change the answer. */
  report(error: unknown, doing: string): void;
};
