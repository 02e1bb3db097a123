import { sql } from 'kysely';
import type { Authenticated } from '../accounts/sessions.ts';
import type { Arrival } from '../arrivals.ts';
import { roomOf, roomOfUser } from '../audience.ts';
import { batched } from '../batched.ts';
import { type ChatServer, type ChatSocket, NAMESPACES } from '../chat-server.ts';
import type { Context } from '../context.ts';
import { type Delivery, dismiss, dismissIfEnded, turnAway } from '../delivery.ts';
import { ChatError } from '../errors.ts';
import type { Acknowledgement } from '../protocol.ts';
import { answer, errorAnswer, type Log, toChatError } from './answer.ts';
import type { Connections } from './connections.ts';
import { addressOf, authenticatedUpgrades, tokenOf } from './credentials.ts';

type House = { context: Context; delivery: Delivery; connections: Connections; trustedProxies: number; log: Log };
type Next = (error?: Error) => void;
type Namespace = (typeof NAMESPACES)[number];

/** Serves Socket.IO: authentication, rooms and operations, on both namespaces alike. Plain WebSockets pass through here too. */
export function serveSockets(io: ChatServer, house: House): void {
  io.of('/').use((_, next) =>
    next(refusalOf(new ChatError('unknown_operation'), 'Connect to the namespaces /chat and /presence.')),
  );
  const conversationsOf = conversationsIn(house.context);
  for (const name of NAMESPACES) {
    const arrivals = new WeakMap<ChatSocket, { arrival: Arrival; found: readonly number[] }>();
    io.of(name).use((socket, next) => void admit(socket, next));
    io.of(name).on('connection', (socket) => settleIn(socket));

    async function admit(socket: ChatSocket, next: Next): Promise<void> {
      let arrival: Arrival | undefined;
      try {
        const who = await authenticate(socket, house);
        arrival = house.delivery.arrivals.begin(who.userId, who.sessionId);
        socket.conn.once('close', arrival.finish);
        const found = (await conversationsOf(who.userId)) ?? [];
        arrivals.set(socket, { arrival, found });
        next();
      } catch (thrown) {
        arrival?.finish();
        const error = toChatError(thrown, house.log, 'connect');
        next(refusalOf(error, error.message));
      }
    }

    /** From here to its end without a pause: whoever is in a room of the namespace gets its events. */
    function settleIn(socket: ChatSocket): void {
      const { arrival, found } = arrivals.get(socket) ?? {};
      arrivals.delete(socket);
      arrival?.finish();
      socket.conn.removeListener('close', arrival?.finish ?? (() => undefined));
      socket.on('error', () => house.log.warn({}, 'socket error')); // a client may emit one, with anything in it
      if (arrival === undefined || found === undefined || arrival.ended) return dismiss(socket);
      const { userId } = socket.data;
      socket.join([roomOfUser(userId), ...arrival.settle(found).map(roomOf)]);
      if (name === '/chat' && socket.handshake.auth.receipts === true) house.delivery.receiptsWantedBy(socket);
      house.context.presence.connected(userId, socket.id);
      socket.on('disconnect', () => house.context.presence.disconnected(userId, socket.id));
      socket.onAny((event: string, ...args: unknown[]) => void receive(socket, name, event, args, house));
    }
  }
}

async function authenticate(
  socket: ChatSocket,
  { context, connections, trustedProxies }: House,
): Promise<Authenticated> {
  const { request } = socket;
  const { token } = socket.handshake.auth;
  const text = typeof token === 'string' ? token : tokenOf(request.headers);
  const known = authenticatedUpgrades.get(request);
  const who = known ?? (text === undefined ? undefined : await context.accounts.sessions.authenticate(text));
  // who has hung up meanwhile will not close any more, and would be counted for ever
  if (who === undefined || socket.conn.readyState !== 'open') throw new ChatError('unauthenticated');
  if (!connections.admit(who.userId, socket.conn, () => turnAway(socket)))
    throw new ChatError('rate_limited', { retryAfter: 5 });
  const { userId, sessionId, expiresAt } = who;
  Object.assign(socket.data, { userId, sessionId, expiresAt, address: addressOf(request, trustedProxies) });
  return who;
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

/** The form in which Socket.IO tells a client why it may not connect. */
function refusalOf(error: ChatError, message: string): Error {
  return Object.assign(new Error(message), { data: { ...errorAnswer(error), message } });
}

async function receive(
  socket: ChatSocket,
  namespace: Namespace,
  event: string,
  args: readonly unknown[],
  house: House,
): Promise<void> {
  const last = args.at(-1);
  const acknowledge = typeof last === 'function' ? (last as (answer: Acknowledgement) => void) : undefined;
  const input = typeof args[0] === 'function' ? undefined : args[0];
  const acknowledgement = await ask(socket, namespace, event, input, house);
  if (acknowledge !== undefined) acknowledge(acknowledgement);
  else if (!acknowledgement.ok) socket.emit('error', acknowledgement.error);
  dismissIfEnded(socket);
}

const refused: Acknowledgement = { ok: false, error: errorAnswer(new ChatError('unauthenticated')) };

/** Runs an operation for a socket. Never rejects. */
export function ask(
  socket: ChatSocket,
  namespace: Namespace,
  name: string,
  input: unknown,
  { context, log }: Pick<House, 'context' | 'log'>,
) {
  const { userId, sessionId, address, ended } = socket.data;
  if (ended) return Promise.resolve(refused);
  return answer(name, input, namespace, { userId, sessionId }, context, { address, connection: socket.id }, log);
}
