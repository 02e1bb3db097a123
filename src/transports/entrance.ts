import type { EventEmitter } from 'node:events';
import { sql } from 'kysely';
import type { Authenticated } from '../accounts/sessions.ts';
import type { Arrival } from '../arrivals.ts';
import { roomOf, roomOfUser } from '../audience.ts';
import { batched } from '../batched.ts';
import type { ChatSocket } from '../chat-server.ts';
import type { Context } from '../context.ts';
import { type Delivery, dismiss, turnAway } from '../delivery.ts';
import { ChatError } from '../errors.ts';
import type { Log } from './answer.ts';
import type { Connections } from './connections.ts';

type House = { context: Context; delivery: Delivery; connections: Connections; log: Log };
/** What is below a socket, and may carry several. */
type Connection = Pick<EventEmitter, 'once' | 'removeListener'>;
/** A socket on its way in: the conversations that were found, and what has happened to its user since. */
export type Admitted = { arrival: Arrival; found: readonly number[]; connection: Connection };

/** How a socket of either kind, once it is known whose it is, gets among those who hear. */
export class Entrance {
  readonly #house: House;
  readonly #conversationsOf: (userId: number) => Promise<readonly number[] | undefined>;

  constructor(house: House) {
    this.#house = house;
    this.#conversationsOf = conversationsIn(house.context);
  }

  /**
   * Counts the connection, and looks up its user's conversations.
   * @throws ChatError `rate_limited` when the user has too many connections
   */
  async admit(socket: ChatSocket, who: Authenticated, connection: Connection): Promise<Admitted> {
    const { connections, delivery } = this.#house;
    if (!connections.admit(who.userId, connection, () => turnAway(socket)))
      throw new ChatError('rate_limited', { retryAfter: 5 });
    const arrival = delivery.arrivals.begin(who.userId, who.sessionId);
    connection.once('close', arrival.finish);
    try {
      const found = (await this.#conversationsOf(who.userId)) ?? [];
      return { arrival, found, connection };
    } catch (thrown) {
      arrival.finish();
      throw thrown;
    }
  }

  /** From here to its end without a pause: whoever is in a room of the namespace gets its events. */
  settle(socket: ChatSocket, { arrival, found, connection }: Admitted, wantsReceipts: boolean): void {
    const { context, delivery, log } = this.#house;
    const { userId } = socket.data;
    log.debug({ namespace: socket.nsp.name, socket: socket.id, user: userId }, 'socket connected');
    arrival.finish();
    connection.removeListener('close', arrival.finish);
    if (arrival.ended) return dismiss(socket);
    socket.join([roomOfUser(userId), ...arrival.settle(found).map(roomOf)]);
    if (wantsReceipts) delivery.receiptsWantedBy(socket);
    context.presence.connected(userId, socket.id);
  }

  /** To be called when a socket has gone. */
  left(socket: ChatSocket, reason: string): void {
    const { userId } = socket.data;
    const { context, log } = this.#house;
    context.presence.disconnected(userId, socket.id);
    log.debug({ namespace: socket.nsp.name, socket: socket.id, user: userId, reason }, 'socket disconnected');
  }
}

/** The conversations that a user is in. */
const conversationsIn = ({ database }: Context) =>
  batched(async (userIds: readonly number[]) => {
    const { rows } = await sql<{ userId: number; id: number }>`
      select user_id as "userId", conversation_id as id from participants
      where user_id in (${sql.join(userIds)})`.execute(database.sql);
    const perUser = Map.groupBy(rows, ({ userId }) => userId);
    return new Map([...perUser].map(([userId, all]) => [userId, all.map(({ id }) => id)]));
  });
