import { sql } from 'kysely';
import { object } from 'yup';
import { originOf } from '../client-address.ts';
import type { Context } from '../context.ts';
import { ChatError } from '../errors.ts';
import { required, text } from '../inputs.ts';
import { COOKIE, FORGET, operation, optionalOperation, publicOperation, type Quota } from '../operation.ts';
import { User } from './entities.ts';
import { keyOf } from './fields.ts';
import { keyFor } from './known-origins.ts';
import { boundedKey, type Limits } from './limits.ts';
import { TICKET_TTL_SEC } from './sessions.ts';
import { Turns } from './turns.ts';

/** Whatever could be one; what a database could not even look for is refused. */
const anyString = (description: string, example: string) =>
  text(1, 65_536).required(required).meta({ description, example });
/** Tries for one account come one after the other, so that none slips through while another is being counted. */
const turns = new Turns();

/** Logs in. A wrong username and a wrong password get the same answer, in the same time. */
export const login = publicOperation({
  input: object({
    username: anyString('Yours, in any case.', 'alice'),
    password: anyString('Yours.', 'StrongPassword123'),
  }),
  run: ({ username, password }, _, context, asked) => {
    const account = boundedKey(keyOf(username));
    return turns.take(account, async () => {
      const user = await findUser(context, keyOf(username), asked.address);
      asked.about = user?.id;
      const key = keyFor(account, asked.address, user?.isKnown === true);
      return countedAsFailure(context.limits, { origin: originOf(asked.address), key }, async (quota) => {
        const token = await logIn(context, user, password, asked.address);
        if (user !== undefined && token !== undefined) return { user_id: user.id, [COOKIE]: token };
        asked.quota = quota;
        throw new ChatError('invalid_credentials');
      });
    });
  },
});

/**
 * Counts a try before it is known to fail, so that none of many at once slips through, and takes the count back when it
 * does not fail. Logins that succeed are counted the same way, so that a refusal does not tell that the password is right.
 */
async function countedAsFailure<T>(
  limits: Limits,
  { origin, key }: { origin: string; key: string },
  work: (quota: Quota | undefined) => Promise<T>,
): Promise<T> {
  let failed = false;
  await limits.take('loginOrigin', origin);
  try {
    const result = await countedAsLogin(limits, key, async () => work(await limits.take('loginAccount', key)));
    await limits.clear('loginAccount', key);
    return result;
  } catch (error) {
    const code = error instanceof ChatError ? error.code : undefined;
    failed = code === 'invalid_credentials';
    if (!failed && code !== 'rate_limited') await limits.giveBack('loginAccount', key);
    throw error;
  } finally {
    if (!failed) await limits.giveBack('loginOrigin', origin);
  }
}

async function countedAsLogin<T>(limits: Limits, key: string, work: () => Promise<T>): Promise<T> {
  await limits.take('logins', key);
  try {
    return await work();
  } catch (error) {
    await limits.giveBack('logins', key);
    throw error;
  }
}

type Found = { id: number; passwordHash: string; isKnown: boolean };

async function findUser({ database, accounts }: Context, account: string, address: string): Promise<Found | undefined> {
  const { rows } = await sql<{ id: number; passwordHash: string; knownOrigin: string | null }>`
    select u.id, u.password_hash as "passwordHash", k.origin_hash as "knownOrigin"
    from users u left join known_origins k on k.user_id = u.id and k.origin_hash = ${accounts.origins.hashOf(address)}
    where u.username_key = ${account}`.execute(database.sql);
  return rows[0] && { ...rows[0], isKnown: rows[0].knownOrigin !== null };
}

/** Compares the password and starts a session; once more if the user's hash was changed in between. */
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

/** The cost or the form was changed since, and only now is the password known; one that was set meanwhile stays. */
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
