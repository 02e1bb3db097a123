import type { Sql } from '../database/queries.ts';
import { passwordChanged } from '../mail/emails.ts';
import type { Caller, CallInfo } from '../operation/caller.ts';
import type { Context } from '../operation/context.ts';
import { ChatError } from '../operation/errors.ts';
import * as field from '../operation/fields.ts';
import { command } from '../operation/operation.ts';
import { originOf } from '../rate-limits/client-address.ts';
import { anyPassword, newPassword } from './fields.ts';
import { keyFor, selectAccounts } from './known-origins.ts';
import { attempts, countAttempt } from './password-attempts.ts';
import { refuseNameAsPassword } from './password-rules.ts';

type Account = Awaited<ReturnType<typeof findAccount>>;
type Passwords = { old: string; new: string };

const wrongPassword = () =>
  new ChatError('wrong_password', {
    message: 'The password is wrong.',
    fields: [{ field: 'password', message: 'is wrong' }],
  });

/**
 * Sets a new password for a logged-in user who gives the old one, and ends all of their other sessions. Wrong attempts
 * count as failed logins.
 */
export const changePassword = command('change_password', {
  http: 'POST /api/me/password',
  summary: 'Change your password',
  details: 'It ends all of your other sessions, and an e-mail reports it. Wrong attempts count like failed logins.',
  input: { password: anyPassword(), new_password: newPassword('NewStrongPassword456') },
  result: { message: field.fixed('Password updated') },
  errors: ['wrong_password'],
  audit: { done: 'password_changed', refused: { wrong_password: 'password_wrong', rate_limited: 'login_limited' } },
  async run({ password, new_password: next }, caller, context, info) {
    const { usernameKey } = await findAccount(context, caller, info);
    return attempts.run(usernameKey, async () => {
      const account = await findAccount(context, caller, info);
      refuseNameAsPassword(next, account, 'new_password');
      const key = keyFor(account.usernameKey, info.address, account.isKnown);
      const ended = await countAttempt(context.limits, { origin: originOf(info.address), key }, () =>
        change(context, caller, account, { old: password, new: next }),
      );
      context.accounts.mail.send(passwordChanged(account.email, 'login'));
      await context.accounts.sessions.endedSome(caller.userId, ended);
      return { message: 'Password updated' };
    });
  },
});

/** @throws ChatError `unauthenticated` if the session has ended meanwhile */
async function findAccount({ database, accounts }: Context, { userId }: Caller, { address }: CallInfo) {
  const account = await selectAccounts(database.sql, accounts.origins.hashOf(address))
    .select(['u.username', 'u.email'])
    .where('u.id', '=', userId)
    .executeTakeFirst();
  if (account === undefined) throw new ChatError('unauthenticated');
  return { ...account, isKnown: account.knownOrigin !== null };
}

/**
 * Replaces the hash only if it is still the one that was compared and the caller's session still exists, and deletes
 * the other sessions in the same transaction. A concurrent login has either committed, and its session is deleted, or
 * it finds a hash other than the one that it compared.
 * @returns the ids of the deleted sessions
 */
async function change(
  { database, accounts }: Context,
  { userId, sessionId }: Caller,
  { passwordHash }: Account,
  passwords: Passwords,
): Promise<string[]> {
  if ((await accounts.passwords.check(passwords.old, passwordHash)) === 'wrong') throw wrongPassword();
  const newHash = await accounts.passwords.hash(passwords.new);
  return database.transaction(async ({ sql: transaction }) => {
    await replaceHash(transaction, { userId, from: passwordHash, to: newHash });
    const own = await transaction
      .selectFrom('sessions')
      .select('id')
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .executeTakeFirst();
    if (own === undefined) throw new ChatError('unauthenticated');
    const ended = await transaction
      .deleteFrom('sessions')
      .where('user_id', '=', userId)
      .where('id', '<>', sessionId)
      .returning('id')
      .execute();
    return ended.map(({ id }) => id);
  });
}

/** @throws ChatError `wrong_password` if the password was changed after it was compared */
async function replaceHash(
  transaction: Sql,
  { userId, from, to }: { userId: number; from: string; to: string },
): Promise<void> {
  const updated = await transaction
    .updateTable('users')
    .set({ password_hash: to })
    .where('id', '=', userId)
    .where('password_hash', '=', from)
    .returning('id')
    .executeTakeFirst();
  if (updated === undefined) throw wrongPassword();
}
