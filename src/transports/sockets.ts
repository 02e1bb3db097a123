import type { WebSocket } from 'ws';
import type { Authenticated } from '../accounts/sessions.ts';
import { placeOf } from '../call-order.ts';
import { type ChatServer, type ChatSocket, NAMESPACES, PLAIN } from '../chat-server.ts';
import type { Context } from '../context.ts';
import { answered, awaitsAnswer, dismiss, turnAway } from '../delivery.ts';
import { ChatError } from '../errors.ts';
import type { Acknowledgement } from '../protocol.ts';
import { type Admission, type Registered, wantsReceipts } from './admission.ts';
import { answer, errorAnswer, type Log, toChatError } from './answer.ts';
import type { BackPressure } from './back-pressure.ts';
import { addressOf, authenticateRequest, bearsToken } from './credentials.ts';
import { FloodGuard } from './flood-guard.ts';
import { closeRefused } from './namespace-entry.ts';

type House = { context: Context; admission: Admission; pressure: BackPressure; trustedProxies: number; log: Log };
/** Engine.IO's types leave out what is below a WebSocket; long polling has nothing there. */
type Transport = { readonly socket?: WebSocket };
type Next = (error?: Error) => void;
type Namespace = (typeof NAMESPACES)[number];

/** Serves Socket.IO: authentication, rooms and operations, on both namespaces alike. */
export function serveSockets(io: ChatServer, house: House): void {
  io.of('/').use((_, next) =>
    next(refusalOf(new ChatError('unknown_operation'), 'Connect to the namespaces /chat and /presence.')),
  );
  io.of(PLAIN).use((_, next) => next(new Error('Invalid namespace'))); // what Socket.IO says of one that is not there
  for (const name of NAMESPACES) {
    const admitted = new WeakMap<ChatSocket, Registered>();
    io.of(name).use((socket, next) => void admit(socket, next));
    io.of(name).on('connection', (socket) => settleIn(socket));

    async function admit(socket: ChatSocket, next: Next): Promise<void> {
      try {
        const who = await authenticate(socket, house);
        admitted.set(socket, await house.admission.register(who, socket.conn, () => turnAway(socket)));
        next();
      } catch (thrown) {
        const error = toChatError(thrown, house.log, 'connect');
        // a client that is told of a refusal never tries again; one whose connection is closed does
        if (mayPass(error)) socket.conn.close();
        else closeRefused(socket.conn);
        next(refusalOf(error, error.message));
      }
    }

    function settleIn(socket: ChatSocket): void {
      const arriving = admitted.get(socket);
      admitted.delete(socket);
      socket.on('error', () => house.log.warn({}, 'socket error')); // a client may emit one, with anything in it
      if (arriving === undefined) return dismiss(socket);
      socket.on('disconnect', (reason) => house.admission.unregister(socket, reason));
      const floods = new FloodGuard(socket, readingOf);
      socket.onAny((event: string, ...args: unknown[]) => void receive(socket, name, event, args, house, floods));
      house.admission.joinRooms(socket, arriving, name === '/chat' && wantsReceipts(socket.handshake.auth.receipts));
    }
  }
}

async function authenticate(socket: ChatSocket, { context, trustedProxies }: House): Promise<Authenticated> {
  const { request } = socket;
  const { token } = socket.handshake.auth;
  const { sessions } = context.accounts;
  const who = await (typeof token === 'string' ? sessions.authenticate(token) : authenticateRequest(request, sessions));
  if (who === undefined && (typeof token === 'string' || bearsToken(request.headers)))
    context.security.sessionRefused(addressOf(request, trustedProxies));
  // who has hung up meanwhile will not close any more, and would be counted for ever
  if (who === undefined || socket.conn.readyState !== 'open') throw new ChatError('unauthenticated');
  const { userId, sessionId, expiresAt } = who;
  Object.assign(socket.data, { userId, sessionId, expiresAt, address: addressOf(request, trustedProxies) });
  return who;
}

/** Whether another try, some time later, may succeed as it is. */
const mayPass = ({ code, status }: ChatError) => code === 'rate_limited' || status >= 500;

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
  floods: FloodGuard,
): Promise<void> {
  if (!socket.connected) return;
  if (floods.isPaused) return floods.postpone(() => void receive(socket, namespace, event, args, house, floods));
  const last = args.at(-1);
  const acknowledge = typeof last === 'function' ? (last as (answer: Acknowledgement) => void) : undefined;
  const input = typeof args[0] === 'function' ? undefined : args[0];
  const answering = ask(socket, namespace, event, input, house);
  house.pressure.heed(readingOf(socket));
  const acknowledgement = await answering;
  if (acknowledge !== undefined) acknowledge(acknowledgement);
  else if (!acknowledgement.ok) socket.emit('error', acknowledgement.error);
  if (!acknowledgement.ok) floods.refused(acknowledgement.error);
  answered(socket);
}

const readingOf = ({ conn }: ChatSocket) => (conn.transport as Transport).socket;

const refused: Acknowledgement = { ok: false, error: errorAnswer(new ChatError('unauthenticated')) };

/** Runs an operation for a socket, which has to be followed by `answered`. Never rejects. */
export function ask(
  socket: ChatSocket,
  namespace: Namespace,
  name: string,
  input: unknown,
  { context, log }: Pick<House, 'context' | 'log'>,
) {
  awaitsAnswer(socket);
  const { userId, sessionId, address, ended } = socket.data;
  if (ended) return Promise.resolve(refused);
  const asked = { address, connection: socket.id, place: placeOf(socket.conn) };
  return answer(name, input, namespace, { userId, sessionId }, context, asked, log);
}
