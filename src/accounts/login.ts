import { object } from 'yup';
import { originOf } from '../client-address.ts';
import type { Context } from '../context.ts';
import { ChatError } from '../errors.ts';
import { required, text } from '../inputs.ts';
import { COOKIE, FORGET, operation, optionalOperation, publicOperation, type Quota } from '../operation.ts';
import { User } from './entities.ts';
import { keyOf } from './fields.ts';
import type { Limits } from './limits.ts';
import { TICKET_TTL_SEC } from './sessions.ts';
import { Turns } from './turns.ts';

/** Whatever could be one; what a database could not even look for is refused. */
const anyString = (description: string, example: string) =>
  text(1, 65_536).required(required).meta({ description, example });
/** Tries for one account come one after the other, so that none slips through while another is being counted. */
const turns = new Turns();

/**
 * Counts a try before it is known to fail, so that none of many at once slips through, and takes the count back when it
 * does not fail.
 */
async function countedAsFailure<T>(
  limits: Limits,
  address: string,
  account: string,
  logIn: (quota: Quota | undefined) => Promise<T>,
): Promise<T> {
  await limits.take('loginOrigin', address);
  try {
    const result = await logIn(await limits.take('loginAccount', account));
    await limits.clear('loginAccount', account);
    await limits.giveBack('loginOrigin', address);
    return result;
  } catch (error) {
    const code = error instanceof ChatError ? error.code : undefined;
    if (code !== 'invalid_credentials') await limits.giveBack('loginOrigin', address);
    if (code !== 'invalid_credentials' && code !== 'rate_limited') await limits.giveBack('loginAccount', account);
    throw error;
  }
}

/** Logs in. A wrong username and a wrong password get the same answer, in the same time. */
export const login = publicOperation({
  input: object({
    username: anyString('Yours, in any case.', 'alice'),
    password: anyString('Yours.', 'StrongPassword123'),
  }),
  run: ({ username, password }, _, context, asked) => {
    const account = keyOf(username);
    return turns.take(account, () =>
      countedAsFailure(context.limits, originOf(asked.address), account, async (quota) => {
        const started = await logIn(context, account, password);
        if (started !== undefined) return { user_id: started.userId, [COOKIE]: started.token };
        asked.quota = quota;
        throw new ChatError('invalid_credentials');
      }),
    );
  },
});

/** Compares the password and starts a session; once more if the user's hash was changed in between. */
async function logIn(
  context: Context,
  account: string,
  password: string,
  tries = 2,
): Promise<{ userId: number; token: string } | undefined> {
  const { database, accounts } = context;
  const user = await database.entities().findOne(User, { usernameKey: account });
  if (!(await accounts.passwords.check(password, user?.passwordHash)) || user === null) return undefined;
  const token = await accounts.sessions.start(user.id, user.passwordHash);
  if (token === undefined) return tries > 1 ? logIn(context, account, password, tries - 1) : undefined;
  if (accounts.passwords.isOutdated(user.passwordHash)) await renewHash(context, user, password);
  return { userId: user.id, token };
}

/** The cost was changed since, and only now is the password known; one that was set meanwhile stays. */
async function renewHash(
  { database, accounts }: Context,
  { id, passwordHash: outdated }: Pick<User, 'id' | 'passwordHash'>,
  password: string,
): Promise<void> {
  const passwordHash = await accounts.passwords.hash(password);
  await database.entities().nativeUpdate(User, { id, passwordHash: outdated }, { passwordHash });
}

/**
 * Ends the session, if there is one: its token stops working and its open sockets are closed. Without one there is still a
 * dead cookie to take away.
 */
export const logout = optionalOperation({
  input: object({}),
  async run(_, caller, { accounts }, { connection }) {
    if (caller !== undefined) await accounts.sessions.end(caller, connection);
    return { message: 'Logged out successfully', [COOKIE]: null, [FORGET]: true };
  },
});

/** A one-use ticket for opening one plain WebSocket. */
export const createTicket = operation({
  input: object({}),
  run: async (_, caller, { accounts }) => ({
    ticket: await accounts.sessions.issueTicket(caller),
    expires_in: TICKET_TTL_SEC,
  }),
});
