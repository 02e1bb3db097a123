import type { WebSocket } from 'ws';
import type { Authenticated } from '../../accounts/sessions.ts';
import { disconnectUnauthenticated, rejectTooMany } from '../../delivery/close-socket.ts';
import { type ChatServer, type ChatSocket, NAMESPACES, PLAIN } from '../../delivery/socket-types.ts';
import { ChatError } from '../../operation/errors.ts';
import type { Acknowledgement } from '../../protocol.ts';
import { type Admission, type Registered, wantsReceipts } from '../admission.ts';
import type { BackPressure } from '../back-pressure.ts';
import { ask, type Calling, callAnswered, errorAnswer, toChatError } from '../call.ts';
import { addressOf, authenticateRequest, bearsToken, isBearer } from '../credentials.ts';
import { FloodGuard } from '../flood-guard.ts';
import { closeRefused } from './namespace-entry.ts';

type Dependencies = Calling & { admission: Admission; pressure: BackPressure; trustedProxies: number };
/** Engine.IO's types omit the TCP socket of a WebSocket; long polling has none. */
type Transport = { readonly socket?: WebSocket };
type Next = (error?: Error) => void;
type Namespace = (typeof NAMESPACES)[number];

/** Serves Socket.IO: authentication, rooms and operations, on both namespaces alike. */
export function serveSockets(io: ChatServer, dependencies: Dependencies): void {
  io.of('/').use((_, next) =>
    next(refusalOf(new ChatError('unknown_operation'), 'Connect to the namespaces /chat and /presence.')),
  );
  io.of(PLAIN).use((_, next) => next(new Error('Invalid namespace'))); // what Socket.IO says of one that is not there
  for (const name of NAMESPACES) {
    const registrations = new WeakMap<ChatSocket, Registered>();
    io.of(name).use((socket, next) => void admit(socket, next));
    io.of(name).on('connection', (socket) => enter(socket));

    async function admit(socket: ChatSocket, next: Next): Promise<void> {
      try {
        registrations.set(socket, await dependencies.context.inFlight.track(register(socket)));
        next();
      } catch (thrown) {
        const error = toChatError(thrown, dependencies.log, 'connect');
        // a client that receives a refusal never retries; one whose connection is closed does
        if (mayPass(error)) socket.conn.close();
        else closeRefused(socket.conn);
        next(refusalOf(error, error.message));
      }
    }

    async function register(socket: ChatSocket): Promise<Registered> {
      const who = await authenticate(socket, dependencies);
      return dependencies.admission.register(who, socket.conn, () => rejectTooMany(socket));
    }

    function enter(socket: ChatSocket): void {
      const registered = registrations.get(socket);
      registrations.delete(socket);
      socket.on('error', () => dependencies.log.warn({}, 'socket error')); // a client may emit one, with anything in it
      if (registered === undefined) return disconnectUnauthenticated(socket);
      socket.on('disconnect', (reason) => dependencies.admission.unregister(socket, reason));
      const floods = new FloodGuard(socket, readingOf);
      socket.onAny(
        (event: string, ...args: unknown[]) => void receive(socket, name, event, args, dependencies, floods),
      );
      dependencies.admission.joinRooms(
        socket,
        registered,
        name === '/chat' && wantsReceipts(socket.handshake.auth.receipts),
      );
    }
  }
}

async function authenticate(socket: ChatSocket, { context, trustedProxies }: Dependencies): Promise<Authenticated> {
  const { request } = socket;
  const { token } = socket.handshake.auth;
  const { sessions } = context.accounts;
  const who = await (typeof token === 'string' ? sessions.authenticate(token) : authenticateRequest(request, sessions));
  if (who === undefined && (typeof token === 'string' || bearsToken(request.headers)))
    context.security.sessionRefused(addressOf(request, trustedProxies));
  // a client that disconnected meanwhile emits no further close event, and would be counted for ever
  if (who === undefined || socket.conn.readyState !== 'open') throw new ChatError('unauthenticated');
  const { userId, sessionId, expiresAt } = who;
  const holdsToken = typeof token === 'string' || isBearer(request.headers);
  Object.assign(socket.data, { userId, sessionId, expiresAt, holdsToken, address: addressOf(request, trustedProxies) });
  return who;
}

/** Whether another try, some time later, may succeed as it is. */
const mayPass = ({ code, status }: ChatError) => code === 'rate_limited' || status >= 500;

/** The form of an error with which Socket.IO refuses a connection. */
function refusalOf(error: ChatError, message: string): Error {
  return Object.assign(new Error(message), { data: { ...errorAnswer(error), message } });
}

async function receive(
  socket: ChatSocket,
  namespace: Namespace,
  event: string,
  args: readonly unknown[],
  dependencies: Dependencies,
  floods: FloodGuard,
): Promise<void> {
  if (!socket.connected) return;
  if (floods.isPaused) return floods.postpone(() => void receive(socket, namespace, event, args, dependencies, floods));
  const last = args.at(-1);
  const acknowledge = typeof last === 'function' ? (last as (answer: Acknowledgement) => void) : undefined;
  const input = typeof args[0] === 'function' ? undefined : args[0];
  const answering = ask(socket, namespace, event, input, dependencies);
  dependencies.pressure.afterCall(readingOf(socket));
  const acknowledgement = await answering;
  if (acknowledge !== undefined) acknowledge(acknowledgement);
  else if (!acknowledgement.ok) socket.emit('error', acknowledgement.error);
  if (!acknowledgement.ok) floods.refused(acknowledgement.error);
  callAnswered(socket);
}

const readingOf = ({ conn }: ChatSocket) => (conn.transport as Transport).socket;
