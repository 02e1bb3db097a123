import { object } from 'yup';
import { originOf } from '../client-address.ts';
import { ChatError } from '../errors.ts';
import { COOKIE, publicOperation } from '../operation.ts';
import { checkCode, requestCode } from './code-requests.ts';
import { Session, User } from './entities.ts';
import { codeRequest, email, keyOf, newPassword, oneTimeCode } from './fields.ts';
import { findByEmail } from './find-users.ts';
import { keyFor } from './known-origins.ts';
import { passwordChanged, resetCode } from './letters.ts';
import { refuseNameAsPassword } from './password-rules.ts';

/** Sends a code for a new password; an unknown address gets the same answer and no letter. */
export const initiateReset = publicOperation({
  input: object({ email: email(), request_id: codeRequest() }),
  async run({ email: address, request_id: request }, _, context, asked) {
    asked.quota = await context.limits.take('forgotOrigin', originOf(asked.address));
    const { codes, mail } = context.accounts;
    const user = await findByEmail(context.database.sql, keyOf(address));
    asked.about = user?.id;
    const what = { purpose: 'reset', email: address, to: user?.email ?? address, request } as const;
    const { code, answer } = await requestCode(context, asked, what);
    mail.sendLater(resetCode(what.to, code, codes.ttlSec), user !== undefined);
    return answer;
  },
});

/** Sets a new password and ends all of the user's sessions. */
export const resetPassword = publicOperation({
  input: object({
    email: email(),
    otp: oneTimeCode(),
    new_password: newPassword('NewStrongPassword456'),
    request_id: codeRequest(),
  }),
  async run({ email: address, otp, new_password: password, request_id: request }, _, context, asked) {
    asked.quota = await context.limits.take('resetOrigin', originOf(asked.address));
    refuseNameAsPassword(password, { email: address }, 'new_password');
    const { codes, mail, passwords, sessions } = context.accounts;
    const code = await checkCode(context, asked, { purpose: 'reset', email: address, code: otp, request });
    const user = await context.database.entities().findOne(User, { emailKey: code.emailKey });
    if (user === null) throw new ChatError('invalid_otp');
    asked.about = user.id;
    refuseNameAsPassword(password, user, 'new_password');
    const passwordHash = await passwords.hash(password);
    await context.database.transaction(async ({ sql: transaction }) => {
      await codes.use(transaction, code);
      const entities = context.database.entities(transaction);
      await entities.nativeUpdate(User, { id: user.id }, { passwordHash });
      await entities.nativeDelete(Session, { userId: user.id });
    });
    mail.send(passwordChanged(user.email));
    await sessions.endedAll(user.id);
    // whether it is known or not: the code came from there
    for (const known of [true, false])
      await context.limits.clear('loginAccount', keyFor(user.usernameKey, asked.address, known));
    return { message: 'Password updated', [COOKIE]: null };
  },
});
