import { sql } from 'kysely';
import { object } from 'yup';
import { originOf } from '../client-address.ts';
import type { Context } from '../context.ts';
import type { Database } from '../database.ts';
import { breaksUnique } from '../database-errors.ts';
import { ChatError } from '../errors.ts';
import { required } from '../inputs.ts';
import { COOKIE, publicOperation } from '../operation.ts';
import { User } from './entities.ts';
import { email, keyOf, newPassword, oneTimeCode, username } from './fields.ts';
import { findByEmail } from './find-users.ts';
import { addressTaken, signupCode } from './letters.ts';
import { indexUsername } from './username-pieces.ts';

type Signup = { username: string; email: string; password: string };

const signup = { username: username().required(required), email: email(), password: newPassword() };

/** Sends a code to the address. Whether the address has an account shows in the letter alone. */
export const initiateSignup = publicOperation({
  input: object(signup),
  async run({ username: name, email: address }, _, context, asked) {
    asked.quota = await context.limits.take('signupOrigin', originOf(asked.address));
    if (await isTaken(context.database, name)) throw new ChatError('username_taken');
    await takeCode(context, address);
    const { codes, mail } = context.accounts;
    const code = await codes.issue('signup', keyOf(address));
    const owner = await findByEmail(context.database.sql, keyOf(address));
    mail.send(owner === undefined ? signupCode(address, name, code, codes.ttlSec) : addressTaken(owner.email));
    return { message: 'OTP sent' };
  },
});

/** Creates the account and logs it in. */
export const verifySignup = publicOperation({
  input: object({ ...signup, otp: oneTimeCode() }),
  async run({ otp, ...account }, _, context, asked) {
    asked.quota = await context.limits.take('verifyOrigin', originOf(asked.address));
    const { codes, passwords } = context.accounts;
    await codes.check('signup', keyOf(account.email), otp);
    if (await isTaken(context.database, account.username)) throw new ChatError('username_taken');
    const passwordHash = await passwords.hash(account.password);
    const { id, token } = await createUser(context, account, passwordHash, otp);
    return { user_id: id, [COOKIE]: token };
  },
});

/** Codes are limited per address, known or not. */
export async function takeCode({ limits }: Context, address: string): Promise<void> {
  await limits.take('otpAddressDaily', keyOf(address));
  await limits.take('otpAddress', keyOf(address));
}

async function isTaken(database: Database, name: string): Promise<boolean> {
  return (await database.entities().count(User, { usernameKey: keyOf(name) })) > 0;
}

/** The code is used up, the user made and logged in, all in one transaction: the loser of a race for the name may use the code again. */
async function createUser(
  { database, accounts }: Context,
  account: Signup,
  passwordHash: string,
  code: string,
): Promise<{ id: number; token: string }> {
  const emailKey = keyOf(account.email);
  const now = Date.now();
  try {
    return await database.transaction(async (transaction) => {
      await accounts.codes.use(transaction.sql, 'signup', emailKey, code);
      const { rows } = await sql<{ id: number }>`
        insert into users (username, username_key, email, email_key, password_hash, last_seen, created_at)
        values (${account.username}, ${keyOf(account.username)}, ${account.email}, ${emailKey}, ${passwordHash}, ${now}, ${now})
        returning id`.execute(transaction.sql);
      const id = rows[0]?.id ?? 0;
      await indexUsername(transaction, id, keyOf(account.username));
      const started = await accounts.sessions.startIn(transaction.sql, id, passwordHash);
      if (started === undefined) throw new Error('the new user has another password');
      return { id, token: started.token };
    });
  } catch (error) {
    if (breaksUnique(error, 'username_key')) throw new ChatError('username_taken');
    // only somebody who guessed the code of a taken address gets here, and learns nothing
    if (breaksUnique(error, 'email_key')) throw new ChatError('invalid_otp');
    throw error;
  }
}
