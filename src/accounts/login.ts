import type { Context } from '../operation/context.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { command, optionalCommand, publicOperation } from '../operation/operation.ts';
import { COOKIE, FORGET } from '../operation/result.ts';
import { originOf } from '../rate-limits/client-address.ts';
import { boundedKey } from '../rate-limits/limits.ts';
import { User } from './entities.ts';
import { anyName, anyPassword } from './fields.ts';
import { keyFor, selectAccounts } from './known-origins.ts';
import { emailKeyOf, usernameKeyOf } from './names.ts';
import { attempts, countAttempt } from './password-attempts.ts';
import { loginFields } from './results.ts';
import { TICKET_TTL_SEC } from './sessions.ts';
import { tokenAnswer, wantsToken } from './token-answer.ts';

/** Logs in. A wrong username and a wrong password get the same answer, in the same time. */
export const login = publicOperation('login', {
  http: 'POST /api/login',
  operationId: 'logIn',
  summary: 'Log in',
  details:
    'Failed attempts are limited per account and network, and per client address. The session’s token is set as a cookie; a program requests it with `"token": true`.',
  input: {
    username: anyName('Your username or your e-mail address, in any case.', 'alice'),
    password: anyPassword(),
    token: wantsToken(),
  },
  result: loginFields,
  errors: ['invalid_credentials'],
  cookie: 'set',
  uncounted: true,
  audit: { done: 'login', refused: { invalid_credentials: 'login_failed', rate_limited: 'login_limited' } },
  async run({ username, password, token: isTokenWanted }, _, context, info) {
    const named = await findUser(context, username, info.address);
    // the same key for the username and the e-mail address
    const account = boundedKey(named?.usernameKey ?? keyOfName(username));
    return attempts.run(account, async () => {
      const user = await findUser(context, username, info.address);
      info.about = user?.id;
      const key = keyFor(account, info.address, user?.isKnown === true);
      return countAttempt(context.limits, { origin: originOf(info.address), key }, async (quota) => {
        const token = await logIn(context, user, password, info.address);
        if (user !== undefined && token !== undefined)
          return { user_id: user.id, ...tokenAnswer(token, isTokenWanted), [COOKIE]: token };
        info.quota = quota;
        throw new ChatError('invalid_credentials');
      });
    });
  },
});

type Found = { id: number; usernameKey: string; passwordHash: string; isKnown: boolean };

/** No username has an `@`. */
const isAddress = (name: string) => name.includes('@');
const keyOfName = (name: string) => (isAddress(name) ? emailKeyOf(name) : usernameKeyOf(name));

/** @param name a username or an e-mail address */
async function findUser({ database, accounts }: Context, name: string, origin: string): Promise<Found | undefined> {
  const account = await selectAccounts(database.sql, accounts.origins.hashOf(origin))
    .where(isAddress(name) ? 'u.email_key' : 'u.username_key', '=', keyOfName(name))
    .executeTakeFirst();
  return account && { ...account, isKnown: account.knownOrigin !== null };
}

/** Compares the password and starts a session; retries once if the user's hash was changed in between. */
async function logIn(
  context: Context,
  user: Found | undefined,
  password: string,
  address: string,
  tries = 2,
): Promise<string | undefined> {
  const { database, accounts } = context;
  const checked = await accounts.passwords.check(password, user?.passwordHash);
  if (checked === 'wrong' || user === undefined) return undefined;
  const { id: userId, passwordHash } = user;
  const token = await accounts.sessions.start({ userId, passwordHash, address });
  if (token === undefined && tries > 1) {
    const changed = await database.entities().findOne(User, { id: userId });
    return logIn(context, changed === null ? undefined : { ...user, ...changed }, password, address, tries - 1);
  }
  if (token !== undefined && checked === 'outdated') await renewHash(context, user, password);
  return token;
}

/** Replaces a hash of an outdated cost or normalisation, unless a new password was set meanwhile. */
async function renewHash(
  { database, accounts }: Context,
  { id, passwordHash: outdated }: Pick<User, 'id' | 'passwordHash'>,
  password: string,
): Promise<void> {
  const passwordHash = await accounts.passwords.hash(password);
  await database.entities().nativeUpdate(User, { id, passwordHash: outdated }, { passwordHash });
}

/**
 * Ends the session, if there is one: its token stops working and its open sockets are closed. In any case the cookie is
 * cleared.
 */
export const logout = optionalCommand('logout', {
  http: 'POST /api/logout',
  operationId: 'logOut',
  summary: 'Log out: the session’s token stops working and its sockets are closed',
  details: 'Over HTTP it needs no session: the cookie of an ended session is cleared too.',
  input: {},
  result: { message: field.fixed('Logged out successfully') },
  cookie: 'cleared',
  audit: { done: 'logout' },
  async run(_, caller, { accounts }, { connection }) {
    if (caller !== undefined) await accounts.sessions.end(caller, connection);
    return { message: 'Logged out successfully', [COOKIE]: null, [FORGET]: true };
  },
});

/** Issues a one-use ticket that opens one plain WebSocket. */
export const createTicket = command('ws_ticket', {
  http: 'POST /api/ws/ticket',
  operationId: 'createTicket',
  summary: 'Get a ticket that opens one plain WebSocket',
  details: 'It keeps the token out of URLs and logs: `/api/ws?ticket=…`.',
  input: {},
  result: {
    ticket: field.text('Works once.', '4f6PjbWyLV0jXyrZC1uF7qkYb1pYqj0xkXf1qg1bJ3k'),
    expires_in: field.whole('Seconds for which it is valid.', 30),
  },
  run: async (_, caller, { accounts }) => ({
    ticket: await accounts.sessions.issueTicket(caller),
    expires_in: TICKET_TTL_SEC,
  }),
});
