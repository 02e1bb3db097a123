import type { Database } from '../database/database.ts';
import { breaksUnique } from '../database/errors.ts';
import { addressTaken, signupCode } from '../mail/emails.ts';
import type { Context } from '../operation/context.ts';
import { ChatError } from '../operation/errors.ts';
import { required } from '../operation/inputs.ts';
import { publicOperation } from '../operation/operation.ts';
import { COOKIE } from '../operation/result.ts';
import { originOf } from '../rate-limits/client-address.ts';
import { checkCode, requestCode } from './code-requests.ts';
import { User } from './entities.ts';
import { codeRequest, email, newPassword, oneTimeCode, username } from './fields.ts';
import { findByEmail } from './find-users.ts';
import { isReservedForOther } from './former-names.ts';
import { emailKeyOf, usernameKeyOf } from './names.ts';
import type { CorrectCode } from './one-time-codes.ts';
import { refuseNameAsPassword } from './password-rules.ts';
import { isReserved } from './reserved-names.ts';
import { codeSentFields, loginFields } from './results.ts';
import { tokenAnswer, wantsToken } from './token-answer.ts';
import { indexUsername } from './username-ngrams.ts';

/** No user has this id. */
const NEW_USER = 0;

type NewUser = { username: string; passwordHash: string; address: string };

const signup = { username: username().required(required), email: email(), password: newPassword() };

/** Sends a code to the address. Only the e-mail shows whether the address has an account. */
export const initiateSignup = publicOperation('signup_initiate', {
  http: 'POST /api/signup/initiate',
  operationId: 'initiateSignup',
  summary: 'Begin to sign up: a one-time code is sent to the e-mail address',
  details: 'An address that already has an account gets the same answer, and its owner an e-mail about it.',
  input: { ...signup, request_id: codeRequest() },
  result: codeSentFields,
  errors: ['username_taken'],
  cookie: 'request',
  async run({ username: name, email: address, password, request_id: request }, _, context, info) {
    info.quota = await context.limits.take('signupOrigin', originOf(info.address));
    refuseNameAsPassword(password, { username: name, email: address }, 'password');
    if (await isTaken(context.database, name)) throw new ChatError('username_taken');
    const { codes, mail } = context.accounts;
    const owner = await findByEmail(context.database.sql, emailKeyOf(address));
    const what = { purpose: 'signup', email: address, to: owner?.email ?? address, request } as const;
    return requestCode(context, info, what, (code, options) => {
      const content =
        owner === undefined ? signupCode(address, name, code, codes.ttlSec) : addressTaken(owner.email, owner.username);
      mail.send({ ...content, ...options });
    });
  },
});

/** Creates an account with the address that the code was sent to, and logs it in. */
export const verifySignup = publicOperation('signup_verify', {
  http: 'POST /api/signup/verify',
  operationId: 'verifySignup',
  summary: 'Finish signing up with the code, and log in',
  details:
    'Creates the account with this username, address and password. The session’s token is set as a cookie; a program requests it with `"token": true`.',
  input: { ...signup, otp: oneTimeCode(), request_id: codeRequest(), token: wantsToken() },
  result: loginFields,
  errors: ['username_taken', 'invalid_otp'],
  cookie: 'set',
  audit: { done: 'signup', refused: { invalid_otp: 'code_wrong' } },
  async run({ otp, request_id: request, token: isTokenWanted, ...input }, _, context, info) {
    const { username: name, email: address, password } = input;
    info.quota = await context.limits.take('verifyOrigin', originOf(info.address));
    refuseNameAsPassword(password, { username: name, email: address }, 'password');
    const code = await checkCode(context, info, { purpose: 'signup', email: address, code: otp, request });
    if (await isTaken(context.database, name)) throw new ChatError('username_taken');
    const passwordHash = await context.accounts.passwords.hash(password);
    const user = { username: name, passwordHash, address: info.address };
    const { id, token } = await createUser(context, user, code);
    return { user_id: id, ...tokenAnswer(token, isTokenWanted), [COOKIE]: token };
  },
});

async function isTaken(database: Database, name: string): Promise<boolean> {
  const key = usernameKeyOf(name);
  if (isReserved(key) || (await isReservedForOther(database.sql, key, NEW_USER, database.now()))) return true;
  return (await database.entities().count(User, { usernameKey: key })) > 0;
}

/**
 * Consumes the code, creates the user and logs them in, in one transaction: if the name is taken, the code stays valid.
 */
async function createUser(
  { database, accounts: { codes, sessions } }: Context,
  { username: name, passwordHash, address }: NewUser,
  code: CorrectCode,
): Promise<{ id: number; token: string }> {
  const now = database.now();
  try {
    return await database.transaction(async (transaction) => {
      await codes.use(transaction.sql, code);
      const { id } = await transaction.sql
        .insertInto('users')
        .values({
          username: name,
          username_key: usernameKeyOf(name),
          email: code.email,
          email_key: code.emailKey,
          password_hash: passwordHash,
          last_seen: now,
          created_at: now,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      if (await isReservedForOther(transaction.sql, usernameKeyOf(name), id, now))
        throw new ChatError('username_taken');
      await indexUsername(transaction, id, usernameKeyOf(name));
      const started = await sessions.startIn(transaction.sql, { userId: id, passwordHash, address });
      if (started === undefined) throw new Error('the password hash of the new user differs');
      return { id, token: started.token };
    });
  } catch (error) {
    if (breaksUnique(error, 'username_key')) throw new ChatError('username_taken');
    // only for a guessed code of an address that has an account; reveals nothing
    if (breaksUnique(error, 'email_key')) throw new ChatError('invalid_otp');
    throw error;
  }
}
