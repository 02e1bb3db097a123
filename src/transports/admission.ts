import type { EventEmitter } from 'node:events';
import { sql } from 'kysely';
import type { Authenticated } from '../accounts/sessions.ts';
import { roomOf, roomOfUser } from '../audience.ts';
import { batched } from '../batched.ts';
import type { ChatSocket } from '../chat-server.ts';
import type { Context } from '../context.ts';
import { type Delivery, dismiss } from '../delivery.ts';
import { ChatError } from '../errors.ts';
import type { PendingJoin } from '../pending-joins.ts';
import type { Log } from './answer.ts';
import type { Connections } from './connections.ts';

const RETRY_SEC = 5;

type Dependencies = { context: Context; delivery: Delivery; connections: Connections; log: Log };
/** What is below a socket, and may carry several. */
type Connection = Pick<EventEmitter, 'once' | 'removeListener'>;
/** A connection that is counted: the conversations that were found, and what has happened to its user since. */
export type Registered = { pending: PendingJoin; found: readonly number[]; connection: Connection };

/**
 * How a connection of either kind, once it is authenticated, comes to receive events. A client may be told that it is open
 * only in the same turn of the event loop in which `joinRooms` is called: from that moment on it receives every message.
 */
export class Admission {
  readonly #dependencies: Dependencies;
  readonly #conversationsOf: (userId: number) => Promise<readonly number[] | undefined>;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#conversationsOf = conversationsIn(dependencies.context);
  }

  /**
   * Counts a connection until its `close` event, and looks up its user's conversations.
   * @param giveUp closes it, should it turn out that other nodes admitted some at the same time
   * @throws ChatError `rate_limited` when the user has too many connections, `database_unavailable` after 10 s
   */
  async register(who: Authenticated, connection: Connection, giveUp: () => void): Promise<Registered> {
    const { connections, delivery, context } = this.#dependencies;
    if (!connections.admit(who.userId, connection, giveUp))
      throw new ChatError('rate_limited', { retryAfter: RETRY_SEC });
    // from before the look-up, so that no change is missed between the two
    const pending = delivery.pendingJoins.begin(who.userId, who.sessionId);
    connection.once('close', pending.finish);
    try {
      const found = (await context.working(this.#conversationsOf(who.userId))) ?? [];
      return { pending, found, connection };
    } catch (thrown) {
      pending.finish();
      throw thrown;
    }
  }

  /** Synchronous from beginning to end: a socket that is in a room of the namespace receives the room's events. */
  joinRooms(socket: ChatSocket, { pending, found, connection }: Registered, wantsReceipts: boolean): void {
    const { context, delivery, log } = this.#dependencies;
    const { userId } = socket.data;
    log.debug({ namespace: socket.nsp.name, socket: socket.id, user: userId }, 'socket connected');
    pending.finish();
    connection.removeListener('close', pending.finish);
    if (pending.ended) return dismiss(socket);
    socket.join([roomOfUser(userId), ...pending.conversations(found).map(roomOf)]);
    if (wantsReceipts) delivery.receiptsWantedBy(socket);
    context.presence.connected(userId, socket.id);
  }

  /** To be called when a socket has gone. */
  unregister(socket: ChatSocket, reason: string): void {
    const { userId } = socket.data;
    const { context, log } = this.#dependencies;
    context.presence.disconnected(userId, socket.id);
    log.debug({ namespace: socket.nsp.name, socket: socket.id, user: userId, reason }, 'socket disconnected');
  }
}

const YES: ReadonlySet<unknown> = new Set([true, 'true', 1, '1']);

/** Whether a client asks for live delivery receipts, in any form in which clients can: some can send texts only. */
export const wantsReceipts = (value: unknown): boolean => YES.has(value);

/** The conversations that a user is in. */
const conversationsIn = ({ database }: Context) =>
  batched(async (userIds: readonly number[]) => {
    const { rows } = await sql<{ userId: number; id: number }>`
      select user_id as "userId", conversation_id as id from participants
      where user_id in (${sql.join(userIds)})`.execute(database.sql);
    const perUser = Map.groupBy(rows, ({ userId }) => userId);
    return new Map([...perUser].map(([userId, all]) => [userId, all.map(({ id }) => id)]));
  });
