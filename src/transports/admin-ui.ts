import { hostname } from 'node:os';
import { instrument } from '@socket.io/admin-ui';
import type { Server } from 'socket.io';
import type { Limits } from '../accounts/limits.ts';
import { sameText, Tokens } from '../accounts/tokens.ts';
import type { ChatServer, ChatSocket } from '../chat-server.ts';
import type { Config } from '../config.ts';
import { type Log, toChatError } from './answer.ts';
import { addressOf } from './credentials.ts';

const ADMIN_NAMESPACE = '/admin';
/** How long the UI may come back without asking for the password again. */
const SESSION_MS = 43_200_000;
/** The text by which the UI knows that it has to ask for the password. */
const WRONG = 'invalid credentials';

type Gate = { config: Config; limits: Limits; log: Log };
type Credentials = NonNullable<Config['adminUi']>;

/**
 * Serves Socket.IO's admin UI in a namespace of its own, if there is a password for it: how many sockets, packets and bytes
 * there are on this node. It only shows: what it could otherwise do (put a socket into a room, emit) would go past
 * the checks of membership. And it counts only: no event's content, room or address is told.
 * To be called when the server is attached: it listens to the engine.
 */
export function serveAdminUi(io: ChatServer, { config, limits, log }: Gate): void {
  const { adminUi, trustedProxies, tokens } = config;
  if (adminUi === undefined) return;
  const keys = new AdminKeys(adminUi, new Tokens(tokens.secret));
  io.of(ADMIN_NAMESPACE).use((socket, next) => {
    const address = addressOf(socket.request, trustedProxies);
    admit(socket, address)
      .then(() => next())
      .catch((error) => next(error instanceof WrongCredentials ? error : toChatError(error, log, 'admin ui')));
  });
  instrument(io as unknown as Server, {
    namespaceName: ADMIN_NAMESPACE,
    auth: false, // the library would hash on this thread, a tenth of a second for each guess: it is done above
    readonly: true,
    mode: 'production',
    serverId: `${hostname()}#${process.pid}`,
  });

  async function admit(socket: ChatSocket, address: string): Promise<void> {
    const { sessionId, username, password } = socket.handshake.auth;
    if (keys.isSession(sessionId)) return;
    await limits.take('loginOrigin', address);
    if (!keys.fit(username, password)) {
      log.warn({ address }, 'a login to the admin UI failed');
      throw new WrongCredentials(WRONG);
    }
    await limits.giveBack('loginOrigin', address);
    log.info({ address }, 'a login to the admin UI');
    socket.emit('session', keys.session());
  }
}

class WrongCredentials extends Error {}

/** The name and password of the admin UI, and sessions that need no memory: they run out, and end when the password changes. */
class AdminKeys {
  readonly #credentials: Credentials;
  readonly #tokens: Tokens;

  constructor(credentials: Credentials, tokens: Tokens) {
    this.#credentials = credentials;
    this.#tokens = tokens;
  }

  fit(user: unknown, password: unknown): boolean {
    if (typeof user !== 'string' || typeof password !== 'string') return false;
    return sameText(this.#hash({ user, password }, 'login'), this.#hash(this.#credentials, 'login'));
  }

  session(expiresAt: number = Date.now() + SESSION_MS): string {
    return `${expiresAt}.${this.#hash(this.#credentials, `session until ${expiresAt}`)}`;
  }

  isSession(given: unknown): boolean {
    const expiresAt = typeof given === 'string' ? Number.parseInt(given, 10) : Number.NaN;
    return expiresAt > Date.now() && sameText(String(given), this.session(expiresAt));
  }

  #hash({ user, password }: Credentials, purpose: string): string {
    return this.#tokens.keyedHash(`admin-ui ${purpose}`, JSON.stringify([user, password]));
  }
}
