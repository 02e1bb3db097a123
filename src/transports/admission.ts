import type { EventEmitter } from 'node:events';
import { sql } from 'kysely';
import type { Authenticated } from '../accounts/sessions.ts';
import { batched } from '../database/batch-loader.ts';
import { disconnectUnauthenticated } from '../delivery/close-socket.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { PendingJoin } from '../delivery/pending-joins.ts';
import { roomOf, roomOfUser } from '../delivery/rooms.ts';
import type { ChatSocket } from '../delivery/socket-types.ts';
import type { Context } from '../operation/context.ts';
import { ChatError } from '../operation/errors.ts';
import type { Log } from './call.ts';
import type { Connections } from './connections.ts';

const RETRY_SEC = 5;

type Dependencies = { context: Context; delivery: Delivery; connections: Connections; log: Log };
/** The connection below a socket, which may carry several sockets. */
type Connection = Pick<EventEmitter, 'once' | 'removeListener'>;
/** A counted connection: the conversations that were found, and what has happened to its user since. */
export type Registered = { pending: PendingJoin; found: readonly number[]; connection: Connection };

/**
 * How an authenticated connection of either kind comes to receive events. The client may learn that it is open only in the
 * same tick in which `joinRooms` is called: from that moment on it receives every message.
 */
export class Admission {
  readonly #dependencies: Dependencies;
  readonly #conversationsOf: (userId: number) => Promise<readonly number[] | undefined>;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#conversationsOf = conversationLoader(dependencies.context);
  }

  /**
   * Counts a connection until its `close` event, and queries its user's conversations.
   * @param close closes it, called if other nodes admitted connections at the same time
   * @throws ChatError `rate_limited` if the user has too many connections, `database_unavailable` after 10 s
   */
  async register(caller: Authenticated, connection: Connection, close: () => void): Promise<Registered> {
    const { connections, delivery, context } = this.#dependencies;
    if (!connections.admit(caller.userId, connection, close))
      throw new ChatError('rate_limited', { retryAfter: RETRY_SEC });
    void context.accounts.sessions.renewal.ofToken(caller).catch(ignored); // another request or connection retries it
    // begun before the query, so that no change is missed between the two
    const pending = delivery.pendingJoins.begin(caller.userId, caller.sessionId);
    connection.once('close', pending.finish);
    try {
      const found = (await context.inFlight.track(this.#conversationsOf(caller.userId))) ?? [];
      return { pending, found, connection };
    } catch (thrown) {
      pending.finish();
      throw thrown;
    }
  }

  /** Synchronous, without exception: a socket in a room of the namespace receives the events of the room. */
  joinRooms(socket: ChatSocket, { pending, found, connection }: Registered, wantsReceipts: boolean): void {
    const { context, delivery, log } = this.#dependencies;
    const { userId } = socket.data;
    log.debug({ namespace: socket.nsp.name, socket: socket.id, user: userId }, 'socket connected');
    pending.finish();
    connection.removeListener('close', pending.finish);
    if (pending.ended) return disconnectUnauthenticated(socket);
    socket.join([roomOfUser(userId), ...pending.conversations(found).map(roomOf)]);
    if (wantsReceipts) delivery.subscribeToReceipts(socket);
    context.presence.connected(userId, socket.id);
  }

  /** Makes all sockets join the rooms of their users' conversations again, as after a backup was restored. */
  async rejoinAll(): Promise<void> {
    const { delivery } = this.#dependencies;
    const rejoin = async (userId: number) => {
      const pending = delivery.pendingJoins.begin(userId, '');
      try {
        const found = (await this.#conversationsOf(userId)) ?? [];
        delivery.setConversations(userId, new Set(pending.conversations(found)));
      } finally {
        pending.finish();
      }
    };
    await Promise.all([...delivery.users()].map(rejoin));
  }

  /** To be called when a socket has closed. */
  unregister(socket: ChatSocket, reason: string): void {
    const { userId } = socket.data;
    const { context, log } = this.#dependencies;
    context.presence.disconnected(userId, socket.id);
    log.debug({ namespace: socket.nsp.name, socket: socket.id, user: userId, reason }, 'socket disconnected');
  }
}

const ignored = () => undefined;

const TRUE_VALUES: ReadonlySet<unknown> = new Set([true, 'true', 1, '1']);

/** Whether a client subscribes to live delivery receipts, in any form in which clients can: some can send only strings. */
export const wantsReceipts = (value: unknown): boolean => TRUE_VALUES.has(value);

/** Loads the conversations of users, many users in one query. */
const conversationLoader = ({ database }: Context) =>
  batched(async (userIds: readonly number[]) => {
    const { rows } = await sql<{ userId: number; id: number }>`
      select user_id as "userId", conversation_id as id from participants
      where user_id in (${sql.join(userIds)})`.execute(database.sql);
    const perUser = Map.groupBy(rows, ({ userId }) => userId);
    return new Map([...perUser].map(([userId, all]) => [userId, all.map(({ id }) => id)]));
  });
