import { object } from 'yup';
import { originOf } from '../client-address.ts';
import { ChatError } from '../errors.ts';
import { COOKIE, publicOperation } from '../operation.ts';
import { Session, User } from './entities.ts';
import { email, keyOf, newPassword, oneTimeCode } from './fields.ts';
import { findByEmail } from './find-users.ts';
import { resetCode } from './letters.ts';
import { takeCode } from './signup.ts';

/** Sends a code for a new password; an unknown address gets the same answer and no letter. */
export const initiateReset = publicOperation({
  input: object({ email: email() }),
  async run({ email: address }, _, context, asked) {
    asked.quota = await context.limits.take('forgotOrigin', originOf(asked.address));
    await takeCode(context, address);
    const { codes, mail } = context.accounts;
    const code = await codes.issue('reset', keyOf(address));
    const user = await findByEmail(context.database.sql, keyOf(address));
    if (user !== undefined) mail.send(resetCode(user.email, code, codes.ttlSec));
    return { message: 'OTP sent' };
  },
});

/** Sets a new password and ends all of the user's sessions. */
export const resetPassword = publicOperation({
  input: object({ email: email(), otp: oneTimeCode(), new_password: newPassword('NewStrongPassword456') }),
  async run({ email: address, otp, new_password: password }, _, context, asked) {
    asked.quota = await context.limits.take('resetOrigin', originOf(asked.address));
    const { codes, passwords, sessions } = context.accounts;
    const emailKey = keyOf(address);
    await codes.check('reset', emailKey, otp);
    const user = await context.database.entities().findOne(User, { emailKey });
    if (user === null) throw new ChatError('invalid_otp');
    const passwordHash = await passwords.hash(password);
    await context.database.transaction(async ({ sql: transaction }) => {
      await codes.use(transaction, 'reset', emailKey, otp);
      const entities = context.database.entities(transaction);
      await entities.nativeUpdate(User, { id: user.id }, { passwordHash });
      await entities.nativeDelete(Session, { userId: user.id });
    });
    await sessions.endedAll(user.id);
    await context.limits.clear('loginAccount', user.usernameKey);
    return { message: 'Password updated', [COOKIE]: null };
  },
});
