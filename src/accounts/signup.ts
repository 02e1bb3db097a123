import { sql } from 'kysely';
import { object } from 'yup';
import { originOf } from '../client-address.ts';
import type { Context } from '../context.ts';
import type { Database } from '../database.ts';
import { breaksUnique } from '../database-errors.ts';
import { ChatError } from '../errors.ts';
import { required } from '../inputs.ts';
import { COOKIE, publicOperation } from '../operation.ts';
import { checkCode, requestCode } from './code-requests.ts';
import { User } from './entities.ts';
import { codeRequest, email, keyOf, newPassword, oneTimeCode, username } from './fields.ts';
import { findByEmail } from './find-users.ts';
import { isLeftByOther } from './left-names.ts';
import { addressTaken, signupCode } from './letters.ts';
import type { RightCode } from './one-time-codes.ts';
import { refuseNameAsPassword } from './password-rules.ts';
import { isReserved } from './reserved-names.ts';
import { indexUsername } from './username-pieces.ts';

/** The id of somebody who has no account yet. */
const NOBODY = 0;

/** A user in the making. */
type NewUser = { username: string; passwordHash: string; address: string };

const signup = { username: username().required(required), email: email(), password: newPassword() };

/** Sends a code to the address. Whether the address has an account shows in the letter alone. */
export const initiateSignup = publicOperation({
  input: object({ ...signup, request_id: codeRequest() }),
  async run({ username: name, email: address, password, request_id: request }, _, context, asked) {
    asked.quota = await context.limits.take('signupOrigin', originOf(asked.address));
    refuseNameAsPassword(password, { username: name, email: address }, 'password');
    if (await isTaken(context.database, name)) throw new ChatError('username_taken');
    const { codes, mail } = context.accounts;
    const owner = await findByEmail(context.database.sql, keyOf(address));
    const what = { purpose: 'signup', email: address, to: owner?.email ?? address, request } as const;
    const { code, answer } = await requestCode(context, asked, what);
    mail.send(owner === undefined ? signupCode(address, name, code, codes.ttlSec) : addressTaken(owner.email));
    return answer;
  },
});

/** Creates the account, of the address that the code was sent to, and logs it in. */
export const verifySignup = publicOperation({
  input: object({ ...signup, otp: oneTimeCode(), request_id: codeRequest() }),
  async run({ username: name, email: address, password, otp, request_id: request }, _, context, asked) {
    asked.quota = await context.limits.take('verifyOrigin', originOf(asked.address));
    refuseNameAsPassword(password, { username: name, email: address }, 'password');
    const code = await checkCode(context, asked, { purpose: 'signup', email: address, code: otp, request });
    if (await isTaken(context.database, name)) throw new ChatError('username_taken');
    const passwordHash = await context.accounts.passwords.hash(password);
    const user = { username: name, passwordHash, address: asked.address };
    const { id, token } = await createUser(context, user, code);
    return { user_id: id, [COOKIE]: token };
  },
});

async function isTaken(database: Database, name: string): Promise<boolean> {
  const key = keyOf(name);
  if (isReserved(key) || (await isLeftByOther(database.sql, key, NOBODY))) return true;
  return (await database.entities().count(User, { usernameKey: key })) > 0;
}

/** The code is used up, the user made and logged in, all in one transaction: the loser of a race for the name may use the code again. */
async function createUser(
  { database, accounts: { codes, sessions } }: Context,
  { username: name, passwordHash, address }: NewUser,
  code: RightCode,
): Promise<{ id: number; token: string }> {
  const now = Date.now();
  try {
    return await database.transaction(async (transaction) => {
      await codes.use(transaction.sql, code);
      const { rows } = await sql<{ id: number }>`
        insert into users (username, username_key, email, email_key, password_hash, last_seen, created_at)
        values (${name}, ${keyOf(name)}, ${code.email}, ${code.emailKey}, ${passwordHash}, ${now}, ${now})
        returning id`.execute(transaction.sql);
      const id = rows[0]?.id ?? 0;
      if (await isLeftByOther(transaction.sql, keyOf(name), id)) throw new ChatError('username_taken');
      await indexUsername(transaction, id, keyOf(name));
      const started = await sessions.startIn(transaction.sql, { userId: id, passwordHash, address });
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
